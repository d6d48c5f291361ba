//! A stage for stories: one merchant with a program and two partners, a shop at a pretended Stripe, and a clock that stands still.

use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Duration, TimeZone, Utc};
use entity::value::{
    ClickId, ConnectionId, ConnectionMethod, ConnectionStatus, EnrollmentId, EnrollmentStatus, LinkId, MerchantId, Mode, PartnerId,
    PartnerStatus, ProgramId, ProgramKind, ProgramStatus, Terms, TermsId,
};
use entity::{click, enrollment, link, merchant, partner, program, promotion_code, stripe_connection, terms};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Set};
use secrecy::SecretString;
use tributary::auth::email::Email;
use tributary::auth::seal::Place;
use tributary::clock::Clock;
use tributary::config::{InstanceSecret, Settings};
use tributary::domain::access::Scope;
use tributary::pubsub::MemoryFeed;
use tributary::queue::{MemoryQueue, QueueSettings};
use tributary::service::Services;
use tributary::service::inbox::{self, Accepted, Endpoint};
use tributary::service::signup::{SignUp, sign_up};
use tributary::store::Db;
use tributary::stripe::signature;
use tributary::worker;
use uuid::Uuid;

use super::books::Books;
use super::stripe::{Event, FakeStripe, Shop, Version};

const ENDPOINT: &str = "front-door";
const SECRET: &str = "whsec_of_the_stories_0123456789";

/// 2025-01-01 and a number of days.
pub fn day(number: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap() + Duration::days(number)
}

/// How the stage is set.
#[derive(Clone, Debug)]
pub struct Setup {
    pub terms: Terms,
    /// Whether the connection has a key, so that Stripe can be asked.
    pub read_access: bool,
    pub mode: Mode,
}

impl Default for Setup {
    fn default() -> Self {
        Self { terms: Terms { hold_days: 0, ..Terms::default() }, read_access: true, mode: Mode::Live }
    }
}

/// A partner in the program, with a link.
#[derive(Clone, Copy, Debug)]
pub struct Affiliate {
    pub partner: PartnerId,
    pub enrollment: EnrollmentId,
    pub link: LinkId,
}

/// A visit through a link, and the token that the visitor carries.
#[derive(Clone, Debug)]
pub struct Click {
    pub id: ClickId,
    pub token: String,
}

pub struct Stage {
    pub services: Services,
    pub clock: Clock,
    pub merchant: MerchantId,
    pub program: ProgramId,
    pub connection: ConnectionId,
    pub mode: Mode,
    pub ada: Affiliate,
    pub bob: Affiliate,
    pub stripe: FakeStripe,
    shop: Arc<Mutex<Shop>>,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// The usual stage: 20 %, no hold, read access, live mode, on SQLite and in memory.
    pub async fn new() -> Self {
        Self::set(Setup::default()).await
    }

    pub async fn set(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = Arc::new(Mutex::new(Shop::new(setup.mode.livemode())));
        let stripe = FakeStripe::start(Arc::clone(&shop));
        let settings = Settings::from_args(&["--stripe-api", stripe.base().as_str()]).unwrap();
        let clock = Clock::frozen(day(0));
        let db = Db::connect(&format!("sqlite://{}?mode=rwc", folder.path().join("stage.sqlite3").display()), 4).await.unwrap();
        db.migrate().await.unwrap();
        let secret = InstanceSecret { current: SecretString::from("an instance secret for stories, 32+ bytes"), previous: Vec::new() };
        let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
        let services = Services::new(Arc::new(settings), &secret, db, clock.clone(), queue, Arc::new(MemoryFeed::new())).unwrap();
        let (merchant, program) = program_of(&services, &setup).await;
        let connection = connect(&services, merchant, &setup).await;
        let ada = affiliate(&services, merchant, program, setup.mode, "Ada").await;
        let bob = affiliate(&services, merchant, program, setup.mode, "Bob").await;
        Self { services, clock, merchant, program, connection, mode: setup.mode, ada, bob, stripe, shop, _folder: folder }
    }

    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap()
    }

    pub fn scope(&self) -> Scope {
        Scope::merchant_wide(self.merchant, self.mode)
    }

    /// A visit through a partner's link at this time.
    pub async fn click(&self, affiliate: Affiliate, at: DateTime<Utc>) -> Click {
        self.clock.set(at);
        let id = ClickId::new_at(at);
        let row = click::Model {
            id,
            merchant_id: self.merchant,
            livemode: self.mode.livemode(),
            program_id: self.program,
            link_id: affiliate.link,
            enrollment_id: affiliate.enrollment,
            visitor: Uuid::now_v7(),
            clicked_at: at,
            landing_url: None,
            referrer: None,
            user_agent: None,
            ip_hash: None,
            bot: false,
            rejected_at: None,
        };
        row.into_active_model().insert(self.services.db.write()).await.unwrap();
        Click { id, token: self.services.click_tokens.mint(id, self.program) }
    }

    /// A sign-up with the merchant's own id, at this time.
    pub async fn sign_up(&self, external_id: &str, email: &str, click: Option<&Click>, at: DateTime<Utc>) {
        self.clock.set(at);
        let signup = SignUp {
            external_id: Some(external_id.to_owned()),
            email: Some(Email::normalise(email).unwrap()),
            name: None,
            click: click.map(|click| click.id),
            enrollment: None,
            at,
        };
        sign_up(&self.services, self.scope(), signup).await.unwrap();
    }

    /// Someone whom Ada brought: a click, a sign-up a day later, and a customer at Stripe that carries the merchant's id.
    pub async fn customer_of_ada(&self, external_id: &str, email: &str) -> String {
        let click = self.click(self.ada, day(0)).await;
        self.sign_up(external_id, email, Some(&click), day(1)).await;
        self.shop().customer(day(1), email, Some(external_id))
    }

    /// Makes a promotion code at Stripe that is this partner's from then on.
    pub async fn code_of(&self, affiliate: Affiliate, text: &str, at: DateTime<Utc>) -> super::stripe::Discount {
        let (code, discount) = {
            let mut shop = self.shop();
            let code = shop.promotion_code(at, text);
            let discount = shop.discount(&code);
            (code, discount)
        };
        self.deliver(Version::Endive).await;
        self.drain().await;
        let query = promotion_code::Entity::find().filter(promotion_code::Column::StripeId.eq(code.id));
        let mut row = query.one(self.services.db.read()).await.unwrap().expect("the code was taken in").into_active_model();
        row.enrollment_id = Set(Some(affiliate.enrollment));
        row.mapped_from = Set(Some(at));
        row.update(self.services.db.write()).await.unwrap();
        discount
    }

    /// Delivers one event as Stripe does: signed, to the connection's endpoint. The time is not before the event's.
    pub async fn send(&self, event: &Event, version: Version) -> u16 {
        self.clock.set(self.clock.now().max(event.at));
        let body = event.body(version);
        let header = signature::sign(&body, &[SecretString::from(SECRET)], self.clock.now());
        match inbox::accept(&self.services, Endpoint::Connection(ENDPOINT), Some(&header), body.into()).await {
            Ok(Accepted::New | Accepted::Duplicate) => 200,
            Err(inbox::Refused::Unavailable(_)) => 503,
            Err(inbox::Refused::UnknownEndpoint) => 404,
            Err(_) => 400,
        }
    }

    /// Delivers what happened in the shop since the last time, in Stripe's order, and works it off. Nothing that the version lacks.
    pub async fn deliver(&self, version: Version) {
        let news = self.shop().news();
        for event in news.iter().filter(|event| event.exists_in(version)) {
            assert_eq!(self.send(event, version).await, 200, "{}", event.kind);
        }
        self.drain().await;
    }

    /// Works off everything that is to be done now.
    pub async fn drain(&self) {
        worker::drain(&self.services).await.unwrap();
    }

    /// Moves the clock and does what time brings.
    pub async fn wait_until(&self, at: DateTime<Utc>) {
        self.clock.set(at);
        self.drain().await;
    }

    /// Everything that the story led to.
    pub async fn books(&self) -> Books {
        Books::read(&self.services).await
    }

    /// The end of every story: nothing waits, nothing failed, and the books are in order.
    pub async fn finish(self) {
        self.drain().await;
        self.books().await.check();
    }
}

async fn program_of(services: &Services, setup: &Setup) -> (MerchantId, ProgramId) {
    let (db, at, livemode) = (services.db.write(), day(-30), setup.mode.livemode());
    let id = MerchantId::new_at(at);
    let row = merchant::Model { id, name: "Shop".into(), settings: serde_json::from_str("{}").unwrap(), created_at: at };
    row.into_active_model().insert(db).await.unwrap();
    let program_id = ProgramId::new_at(at);
    let row = program::Model {
        id: program_id,
        merchant_id: id,
        livemode,
        name: "Affiliates".into(),
        kind: ProgramKind::Affiliate,
        status: ProgramStatus::Active,
        query_param: "via".into(),
        landing_url: "https://shop.example/".into(),
        allowed_hosts: vec!["shop.example".to_owned()].into(),
        auto_approve: true,
        currency: None,
        inactive_from: None,
        created_at: at,
    };
    row.into_active_model().insert(db).await.unwrap();
    let row = terms::Model {
        id: TermsId::new_at(at),
        merchant_id: id,
        livemode,
        program_id,
        version: 1,
        body: setup.terms.clone(),
        effective_from: at,
        created_at: at,
        created_by: None,
    };
    row.into_active_model().insert(db).await.unwrap();
    (id, program_id)
}

async fn connect(services: &Services, merchant: MerchantId, setup: &Setup) -> ConnectionId {
    let id = ConnectionId::new_at(day(-30));
    let seal = |text: &str, field| {
        let place = Place { table: "stripe_connection", row: id.uuid(), field };
        services.sealer.seal(&SecretString::from(text), place).unwrap()
    };
    let row = stripe_connection::Model {
        id,
        merchant_id: merchant,
        livemode: setup.mode.livemode(),
        name: "Stripe".into(),
        account: None,
        method: ConnectionMethod::ApiKey,
        status: ConnectionStatus::Linked,
        status_reason: None,
        secret: setup.read_access.then(|| seal("rk_live_of_the_stories", "secret")),
        key_last4: None,
        endpoint: ENDPOINT.into(),
        webhook_secrets: vec![seal(SECRET, "webhook_secrets")].into(),
        api_version: None,
        last_event_at: None,
        created_at: day(-30),
        updated_at: day(-30),
    };
    row.into_active_model().insert(services.db.write()).await.unwrap();
    id
}

async fn affiliate(services: &Services, merchant: MerchantId, program: ProgramId, mode: Mode, name: &str) -> Affiliate {
    let (db, at, livemode) = (services.db.write(), day(-20), mode.livemode());
    let of = Affiliate { partner: PartnerId::new_at(at), enrollment: EnrollmentId::new_at(at), link: LinkId::new_at(at) };
    let row = partner::Model {
        id: of.partner,
        merchant_id: merchant,
        livemode,
        name: name.into(),
        email: format!("{}@partner.example", name.to_lowercase()),
        status: PartnerStatus::Active,
        external_id: None,
        metadata: serde_json::json!({}),
        created_at: at,
    };
    row.into_active_model().insert(db).await.unwrap();
    let row = enrollment::Model {
        id: of.enrollment,
        merchant_id: merchant,
        livemode,
        program_id: program,
        partner_id: of.partner,
        status: EnrollmentStatus::Approved,
        terms_id: None,
        approved_at: Some(at),
        ended_at: None,
        ended_kind: None,
        created_at: at,
    };
    row.into_active_model().insert(db).await.unwrap();
    let row = link::Model {
        id: of.link,
        merchant_id: merchant,
        livemode,
        program_id: program,
        enrollment_id: of.enrollment,
        code: name.to_lowercase(),
        code_folded: name.to_lowercase(),
        short_code: format!("s-{}", name.to_lowercase()),
        destination_url: "https://shop.example/".into(),
        created_at: at,
        archived_at: None,
    };
    row.into_active_model().insert(db).await.unwrap();
    of
}
