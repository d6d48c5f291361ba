//! One measured step over a database that was seeded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use entity::value::{BasisPoints, CustomerId, Mode, ProgramId, RecountStatus, Reward, Span, TermsId};
use entity::{merchant, program, recount, terms};
use sea_orm::EntityTrait;
use tributary::clock::Clock;
use tributary::config::Settings;
use tributary::domain::access::{Scope, Viewer};
use tributary::pubsub::MemoryFeed;
use tributary::queue::{MemoryQueue, QueueSettings};
use tributary::service::Services;
use tributary::service::recount::{NewReattribution, NewSimulation, Size, reattribute, simulate, slice};
use tributary::store::recount::Range;
use tributary::store::tally::Sheet;
use tributary::store::{self, Db};
use uuid::Uuid;

use crate::rows::NOW;

/// The instance secret of every database that is made here.
pub const SECRET: &str = "a secret of thirty-two characters";

/// The services over a database.
pub async fn services(url: &str) -> Services {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = Settings::from_args(&["--secret", SECRET, "--stripe-api=http://127.0.0.1:9"]).unwrap();
    let secret = settings.instance_secret().unwrap();
    let db = Db::connect(url, 4).await.unwrap();
    db.migrate().await.unwrap();
    let queue = Arc::new(MemoryQueue::new(QueueSettings::default()));
    Services::new(Arc::new(settings), &secret, db, Clock::frozen(*NOW), queue, Arc::new(MemoryFeed::new())).unwrap()
}

/// Does one step and prints what it took.
pub async fn run(what: &str, url: &str) {
    let services = services(url).await;
    services.db.optimise().await.unwrap();
    let db = services.db.read();
    let shop = merchant::Entity::find().one(db).await.unwrap().unwrap().id;
    let scope = Scope::merchant_wide(shop, Mode::Live);
    let program = program::Entity::find().one(db).await.unwrap().unwrap().id;
    let viewer = Viewer::Server { key: entity::value::ApiKeyId::new(), scopes: scopes(), scope };
    let began = Instant::now();
    let (purchases, changed) = match what {
        "read" => (read(&services, scope).await, None),
        "replay" => recounted(&services, preview(&services, &viewer, program, None).await, Size::READING).await,
        "simulate" => {
            let new = NewSimulation { program, based_on: None, months: 120 };
            let lower = |base| Ok(entity::value::Terms { reward: Reward::Percent { rate: BasisPoints::new(1_000).unwrap() }, ..base });
            recounted(&services, simulate(&services, &viewer, new, lower).await.unwrap(), Size::READING).await
        }
        _ => {
            let versions = terms::Entity::find().all(db).await.unwrap();
            let lower = versions.into_iter().find(|row| row.assigned).unwrap().id;
            let seen = preview(&services, &viewer, program, Some(lower)).await;
            let preview = seen.id;
            recounted(&services, seen, Size::READING).await;
            let new = NewReattribution { program, from: None, to: None, terms: Some(lower), dry_run: false, preview: Some(preview) };
            let row = reattribute(&services, &viewer, new).await.unwrap();
            let began = Instant::now();
            let done = recounted(&services, row, Size::WRITING).await;
            print("of which posting", began.elapsed(), done.0, done.1);
            done
        }
    };
    print(what, began.elapsed(), purchases, changed);
}

/// Everything that a key can be allowed.
pub fn scopes() -> Vec<entity::value::ApiScope> {
    entity::value::ApiScope::ALL.to_vec()
}

async fn preview(services: &Services, viewer: &Viewer, program: ProgramId, terms: Option<TermsId>) -> recount::Model {
    let new = NewReattribution { program, from: None, to: None, terms, dry_run: true, preview: None };
    reattribute(services, viewer, new).await.unwrap()
}

/// Goes through all of a recount. Gives how many purchases it looked at, and how many commissions differ.
async fn recounted(services: &Services, mut row: recount::Model, size: Size) -> (i64, Option<i64>) {
    while row.status == RecountStatus::Running {
        row = slice(services, &row, size).await.unwrap().expect("nobody else goes on with it");
    }
    (row.purchases, Some(row.changed))
}

/// Reads every row that settling gathers of the same persons in the same pages, and decides nothing.
async fn read(services: &Services, scope: Scope) -> i64 {
    let (mut place, mut purchases) = (Uuid::nil(), 0);
    let range = Range { span: Span { from: chrono::DateTime::UNIX_EPOCH, to: None }, leads: false };
    loop {
        let tx = services.db.moment().await.unwrap();
        let page = store::recount::buyers(&tx, scope, range, place, Size::READING.customers).await.unwrap();
        let Some((last, _)) = page.last() else { return purchases };
        place = last.uuid();
        let ids: Vec<CustomerId> = page.iter().map(|(id, _)| *id).collect();
        let rows = store::purchase::of_customers(&tx, &ids).await.unwrap();
        purchases += i64::try_from(rows.len()).unwrap();
        let of: Vec<_> = rows.iter().map(|row| row.id).collect();
        let commissions = store::commission::of_person(&tx, &of, &ids).await.unwrap();
        store::trial::of_customers(&tx, &ids).await.unwrap();
        store::tally::of_person(&tx, Sheet::Ledger, &of, &ids).await.unwrap();
        let own: Vec<_> = commissions.iter().map(|row| row.id).collect();
        store::ledger::standings(&tx, &own).await.unwrap();
        store::identity::of_customers(&tx, &ids).await.unwrap();
        let touches = store::touch::of_customers(&tx, &ids).await.unwrap();
        store::world::clicks(&tx, scope, &touches.iter().filter_map(|row| row.click_id).collect()).await.unwrap();
        store::decision::current(&tx, &of).await.unwrap();
        store::binding::of_customers(&tx, &ids).await.unwrap();
    }
}

/// Prints a line: how long, how many for each second, and the greatest memory of this process.
pub fn print(what: &str, took: Duration, purchases: i64, changed: Option<i64>) {
    let rate = purchases * 1_000 / i64::try_from(took.as_millis().max(1)).unwrap();
    let changed = changed.map(|changed| format!(", {changed} commissions differ")).unwrap_or_default();
    println!("  {what:<16} {:>7.1} s  {rate:>7} purchases/s  at most {} MiB{changed}", took.as_secs_f64(), memory());
}

/// The greatest resident memory of this process so far, in MiB; 0 where the machine does not tell.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    peak.unwrap_or(0) / 1024
}
