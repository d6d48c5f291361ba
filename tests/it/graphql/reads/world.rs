//! Two merchants with partners, customers and sales, and somebody to ask about them.

use std::sync::Arc;

use async_graphql::{Request, Variables};
use chrono::{DateTime, Duration, TimeZone, Utc};
use entity::value::{
    CommissionId, CommissionState, ConnectionId, Currency, CustomerId, DecisionId, EnrollmentId, LedgerAccount, MembershipId, MerchantId,
    MerchantSettings, Mode, PartnerId, PostingId, ProgramId, PurchaseId, Role, Terms, TermsId, UserId,
};
use entity::{commission, customer, decision, merchant, purchase, purchase_reference, terms, user};
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, EntityTrait, IntoActiveModel, ModelTrait};
use serde_json::Value;
use tributary::clock::Clock;
use tributary::config::Settings;
use tributary::domain::access::{Scope, Viewer};
use tributary::graphql::{Schema, schema};
use tributary::pubsub::MemoryFeed;
use tributary::queue::{MemoryQueue, QueueSettings};
use tributary::service::Services;
use tributary::store::Db;
use uuid::Uuid;

use crate::support::postgres::OwnDatabase;

use super::rows::{bought, connection_row, decided, earned, enrollment_row, entry, partner_row, program_of};

/// Some seconds after the start of these stories.
pub fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap() + Duration::seconds(seconds)
}

pub fn usd() -> Currency {
    "USD".parse().unwrap()
}

/// Runs a story on SQLite and on PostgreSQL, each on a database of its own.
pub async fn on_both<F: Future<Output = ()>>(story: impl Fn(World) -> F) {
    story(World::sqlite().await).await;
    let database = OwnDatabase::new().await;
    story(World::new(Db::connect(&database.url, 3).await.unwrap()).await).await;
}

/// A merchant and what hangs on it.
#[derive(Clone, Debug)]
pub struct Shop {
    pub id: MerchantId,
    pub program: ProgramId,
    pub terms: TermsId,
    pub connection: ConnectionId,
    /// Two partners, each with their place in the program.
    pub partners: [(PartnerId, EnrollmentId); 2],
}

/// The instance.
#[derive(Clone)]
pub struct World {
    pub services: Services,
    pub schema: Schema,
    /// Who asks, in whatever role.
    pub user: UserId,
    pub shop: Shop,
    /// Another tenant.
    pub other: Shop,
}

/// What a customer bought and what it earned.
#[derive(Clone, Debug)]
pub struct Sale {
    pub purchase: PurchaseId,
    pub decision: DecisionId,
    pub commission: CommissionId,
}

impl World {
    /// A world on SQLite.
    pub async fn sqlite() -> Self {
        Self::new(Db::connect("sqlite::memory:", 1).await.unwrap()).await
    }

    /// A world in this database.
    pub async fn new(db: Db) -> Self {
        db.migrate().await.unwrap();
        let settings = Settings::from_args(&["--secret", "a secret of thirty-two characters", "--stripe-api=http://127.0.0.1:9"]).unwrap();
        let secret = settings.instance_secret().unwrap();
        let queue = Arc::new(MemoryQueue::new(QueueSettings { max_attempts: 1, ..QueueSettings::default() }));
        let clock = Clock::frozen(at(1000));
        let services = Services::new(Arc::new(settings), &secret, db, clock, queue, Arc::new(MemoryFeed::new())).unwrap();
        let (shop, other) = (shop(&services.db, "Shop").await, shop(&services.db, "Other").await);
        let user = UserId::new();
        let (email, password_hash) = ("user@example.com".to_owned(), String::new());
        store(&services.db, user::Model { id: user, email, password_hash, session_version: 0, created_at: at(-1000) }).await;
        Self { schema: schema(services.clone()), services, user, shop, other }
    }

    pub async fn store<M, A>(&self, row: M)
    where
        M: ModelTrait<Entity: EntityTrait<Model = M>> + IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
    {
        store(&self.services.db, row).await;
    }

    /// A person of the merchant's, in one mode.
    pub fn user(&self, role: Role, scope: Scope) -> Viewer {
        Viewer::User { user: self.user, membership: MembershipId::new(), role, scope }
    }

    pub fn scope(&self) -> Scope {
        Scope::merchant_wide(self.shop.id, Mode::Live)
    }

    pub fn admin(&self) -> Viewer {
        self.user(Role::Admin, self.scope())
    }

    pub fn analyst(&self) -> Viewer {
        self.user(Role::Analyst, self.scope())
    }

    /// One of the shop's partners.
    pub fn partner(&self, which: usize) -> Viewer {
        self.user(Role::Partner, Scope::of_partner(self.shop.id, Mode::Live, self.shop.partners[which].0))
    }

    /// The data that a viewer gets; errors fail the test.
    pub async fn ask(&self, viewer: &Viewer, query: &str, variables: Value) -> Value {
        let request = Request::new(query).variables(Variables::from_json(variables)).data(viewer.clone());
        let response = self.schema.execute(request).await;
        assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
        response.data.into_json().unwrap()
    }

    /// The code of the one error that a viewer gets.
    pub async fn refused(&self, viewer: &Viewer, query: &str, variables: Value) -> String {
        let request = Request::new(query).variables(Variables::from_json(variables)).data(viewer.clone());
        let response = self.schema.execute(request).await;
        let [error] = &response.errors[..] else { panic!("{query}: {:?} {:?}", response.data, response.errors) };
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code").cloned());
        code.unwrap().into_json().unwrap().as_str().unwrap().to_owned()
    }

    pub async fn customer(&self, shop: &Shop, name: &str) -> CustomerId {
        let id = CustomerId::new();
        let row = customer::Model {
            id,
            merchant_id: shop.id,
            livemode: true,
            name: Some(name.to_owned()),
            email: Some(format!("{}@example.com", name.to_lowercase().replace(' ', "."))),
            claimed: true,
            signed_up_at: Some(at(0)),
            due_at: None,
            merged_into: None,
            created_at: at(0),
            version: 0,
        };
        self.store(row).await;
        id
    }

    /// A sale of 100.00 USD of which 20.00 belong to a partner, pending.
    pub async fn sale(&self, shop: &Shop, customer: CustomerId, which: usize, seconds: i64) -> Sale {
        self.sale_with(shop, customer, which, seconds, |_, _, _| ()).await
    }

    /// A sale, changed before it is stored.
    pub async fn sale_with(
        &self,
        shop: &Shop,
        customer: CustomerId,
        which: usize,
        seconds: i64,
        change: impl FnOnce(&mut purchase::Model, &mut decision::Model, &mut commission::Model),
    ) -> Sale {
        let (partner, enrollment) = shop.partners[which];
        let invoice = format!("in_{}", Uuid::now_v7().simple());
        let mut bought = bought(shop, customer, &invoice, seconds);
        let mut decided = decided(shop, &bought, enrollment, seconds);
        let mut earned = earned(shop, &bought, partner, enrollment, seconds);
        change(&mut bought, &mut decided, &mut earned);
        let sale = Sale { purchase: bought.id, decision: decided.id, commission: earned.id };
        let (amount, account) = (decided.amount, account_of(earned.state));
        self.store(bought).await;
        self.store(purchase_reference::Model {
            id: Uuid::now_v7(),
            merchant_id: shop.id,
            livemode: earned.livemode,
            connection_id: shop.connection,
            reference: format!("invoice:{invoice}"),
            purchase_id: sale.purchase,
        })
        .await;
        self.store(decided).await;
        self.store(earned.clone()).await;
        let posting = PostingId::new();
        for (account, amount) in [(account, amount), (LedgerAccount::CommissionExpense, -amount)] {
            let row = entry(&earned, posting, account, amount, sale.decision);
            self.store(row).await;
        }
        sale
    }
}

fn account_of(state: CommissionState) -> LedgerAccount {
    if state == CommissionState::Approved { LedgerAccount::PartnerPayable } else { LedgerAccount::PartnerPending }
}

async fn store<M, A>(db: &Db, row: M)
where
    M: ModelTrait<Entity: EntityTrait<Model = M>> + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    row.into_active_model().reset_all().insert(db.write()).await.unwrap();
}

async fn shop(db: &Db, name: &str) -> Shop {
    let shop = Shop {
        id: MerchantId::new(),
        program: ProgramId::new(),
        terms: TermsId::new(),
        connection: ConnectionId::new(),
        partners: [(PartnerId::new(), EnrollmentId::new()), (PartnerId::new(), EnrollmentId::new())],
    };
    let created_at = at(-1000);
    store(db, merchant::Model { id: shop.id, name: name.to_owned(), settings: MerchantSettings::default(), created_at }).await;
    store(db, program_of(&shop, shop.program, "Main")).await;
    let version = terms::Model {
        id: shop.terms,
        merchant_id: shop.id,
        livemode: true,
        program_id: shop.program,
        version: 1,
        body: Terms::default(),
        effective_from: created_at,
        assigned: false,
        asks_catalogue: false,
        created_at,
        created_by: None,
    };
    store(db, version).await;
    for (place, (partner, enrollment)) in shop.partners.into_iter().enumerate() {
        store(db, partner_row(&shop, partner, place)).await;
        store(db, enrollment_row(&shop, partner, enrollment)).await;
    }
    store(db, connection_row(&shop)).await;
    shop
}
