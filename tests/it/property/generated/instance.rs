//! An instance without HTTP and without a way to Stripe, on a file of its own that is copied from one with the schema and an owner.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use entity::membership;
use entity::value::{MerchantId, Mode, Role};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tributary::app::App;
use tributary::clock::Clock;
use tributary::config::Settings;
use tributary::domain::access::{Scope, Viewer};
use tributary::pubsub::MemoryFeed;
use tributary::queue::{MemoryQueue, QueueSettings};
use tributary::service::Services;
use tributary::service::exchange::{Import, import_for_all};
use tributary::service::merchant::{self, SetUp, ensure_setup_token, set_up};

use crate::property::END;
use crate::support::app::install_tls;
use crate::support::merchant::PASSWORD;
use crate::support::stage::day;

const FILE: &str = "tributary.sqlite3";

pub struct Instance {
    pub services: Services,
    pub clock: Clock,
    /// How often the process died.
    pub deaths: usize,
    owner: Viewer,
    _folder: TempDir,
}

impl Instance {
    pub async fn start() -> Self {
        static TEMPLATE: OnceCell<(Vec<u8>, Viewer)> = OnceCell::const_new();
        let (template, owner) = TEMPLATE.get_or_init(template).await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), template).unwrap();
        let (services, clock) = open(&folder).await;
        Self { services, clock, deaths: 0, owner: owner.clone(), _folder: folder }
    }

    /// The process dies and is started anew: what was in memory is gone.
    pub fn restart(&mut self) {
        self.deaths += 1;
        self.services.queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
    }

    /// Another merchant of the owner, in one mode.
    pub async fn merchant(&self, name: &str, mode: Mode) -> (Viewer, Scope) {
        let id = merchant::create(&self.services, &self.owner, name).await.unwrap().id;
        let scope = Scope::merchant_wide(id, mode);
        (owner_of(&self.services, id, scope).await, scope)
    }
}

async fn owner_of(services: &Services, id: MerchantId, scope: Scope) -> Viewer {
    let own = membership::Entity::find().filter(membership::Column::MerchantId.eq(id));
    let membership = own.one(services.db.read()).await.unwrap().expect("an owner");
    Viewer::User { user: membership.user_id, membership: membership.id, role: Role::Owner, scope }
}

async fn open(folder: &TempDir) -> (Services, Clock) {
    install_tls();
    let flags = [
        format!("--data-dir={}", folder.path().display()),
        "--secret=the secret of an instance for tests".to_owned(),
        "--db-connections=4".to_owned(),
        // Nobody listens there, and no connection has a key.
        "--stripe-api=http://127.0.0.1:9".to_owned(),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let settings = Settings::from_args(&flags).unwrap();
    let clock = Clock::frozen(day(-30));
    let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
    let app = App::assemble(settings, clock.clone(), queue, Arc::new(MemoryFeed::new())).await.unwrap();
    (Services::clone(app.services()), clock)
}

/// The schema, an owner, and exchange rates for every day of a history.
async fn template() -> (Vec<u8>, Viewer) {
    let folder = tempfile::tempdir().unwrap();
    let (services, _) = open(&folder).await;
    let token = ensure_setup_token(&services.db, &services.clock).await.unwrap().expect("a fresh instance");
    let input = SetUp { token, merchant_name: "First".to_owned(), email: "owner@shop.example".to_owned(), password: PASSWORD.into() };
    let merchant = set_up(&services, input).await.unwrap().membership.merchant_id;
    let owner = owner_of(&services, merchant, Scope::merchant_wide(merchant, Mode::Live)).await;
    let csv = (0..END + 10).map(|n| rates(day(n))).collect();
    import_for_all(&services, &Import { csv, source: "bank".to_owned(), replace: false }).await.unwrap();
    services.db.write().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    (std::fs::read(folder.path().join(FILE)).unwrap(), owner)
}

/// No rates on the first day of a week, and none for pounds at all.
fn rates(at: DateTime<Utc>) -> String {
    let date: NaiveDate = at.date_naive();
    let n = (at - day(0)).num_days();
    if n % 7 == 0 { String::new() } else { format!("{date},EUR,USD,1.{:04}\n{date},USD,JPY,1{}.5\n", 300 + n * 7, 40 + n % 20) }
}
