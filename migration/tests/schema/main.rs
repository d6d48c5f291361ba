//! The schema on both databases: every table takes and gives back what its entity says, unique indexes bite, the ledger stays.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

use migration::Migrator;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, SqlErr, Statement,
};
use sea_orm_migration::MigratorTrait;

use entity::value::{ClickId, EntryId, LinkId};
use entity::{click, ledger_entry, merchant};
use rows::{Rows, at, rows};
use store::{comes_back, empties, store, taken};

mod database;
mod rows;
mod store;
mod unique;

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    contract(database::sqlite().await).await;
}

#[tokio::test]
async fn postgres_keeps_the_contract() {
    database::on_postgres(contract).await;
}

/// Every table in the order in which rows can be stored.
macro_rules! each_table {
    ($action:ident, $db:expr, $rows:expr) => {
        each_table!(@ $action, $db, $rows, merchant, user, partner, membership, refresh_token, setup_token, invitation, program, terms,
            enrollment, partner_group, partner_trait, group_terms, terms_move, link, api_key, click, customer, identity, identity_claim, stripe_connection,
            link_attempt, coupon, promotion_code, stripe_write, purchase,
            purchase_reference, snapshot, touch, binding, decision, tier_period, commission, payout, ledger_entry, payout_line,
            trial, recruitment, tally, tally_entry, tally_sum, inbox_event, outbox_message, idempotency, instance, intervention,
            fraud_case, purchase_card, partner_address, exchange_rate, purchase_rate);
        each_table!(@ $action, $db, $rows.insight, audit_lane, audit_finding, insight_delta, insight, insight_counted);
        each_table!(@ $action, $db, $rows.recount, recount, recount_row, recount_sum, recount_cap);
        each_table!(@ $action, $db, $rows.referral, referral_offer, referrer, referral_sync, referral_reward)
    };
    (@ $action:ident, $db:expr, $rows:expr, $($table:ident),+) => {
        $($action($db, &$rows.$table).await;)+
    };
}

async fn contract(db: DatabaseConnection) {
    Migrator::up(&db, None).await.unwrap();
    Migrator::down(&db, None).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    let rows = rows();
    each_table!(comes_back, &db, rows);
    each_table!(empties, &db, rows);
    index_names_are_whole(&db).await;
    times_sort(&db, &rows).await;
    unique::bites_within_a_mode(&db, &rows).await;
    unique::one_is_in_force(&db, &rows).await;
    unique::empty_is_no_loophole(&db, &rows).await;
    unique::a_proved_account_is_one_connection_s(&db, &rows).await;
    unique::a_day_has_one_rate(&db, &rows).await;
    ledger_stays(&db, &rows).await;
    foreign_keys_hold(&db, &rows).await;
}

/// PostgreSQL cuts names at 63 bytes, and two that are cut alike clash.
async fn index_names_are_whole(db: &DatabaseConnection) {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'",
        _ => "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    };
    let found = db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    let names: Vec<String> = found.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    assert!(names.len() > 100, "{}", names.len());
    for name in names {
        assert!(name.len() < 63, "{name}");
    }
}

/// Times are text in SQLite; they still sort and compare as times, with and without a fraction.
async fn times_sort(db: &DatabaseConnection, rows: &Rows) {
    let second = at(1_000_000) - chrono::Duration::microseconds(123_456);
    let times = [0, 100_000, 123_456, 500_000, 1_000_000].map(|micros| second + chrono::Duration::microseconds(micros));
    for time in times.iter().rev() {
        taken(db, &click::Model { id: ClickId::new(), clicked_at: *time, ..rows.click.clone() }).await;
    }
    let query = click::Entity::find().select_only().column(click::Column::ClickedAt);
    let query = query.filter(click::Column::ClickedAt.gte(times[1])).filter(click::Column::ClickedAt.lt(times[4]));
    let found: Vec<chrono::DateTime<chrono::Utc>> = query.order_by_asc(click::Column::ClickedAt).into_tuple().all(db).await.unwrap();
    assert_eq!(found, times[1..4]);
}

/// The database refuses to change, delete or empty the ledger (RF-7).
async fn ledger_stays(db: &DatabaseConnection, rows: &Rows) {
    let before = ledger_entry::Entity::find().all(db).await.unwrap();
    let one = ledger_entry::Column::Id.eq(rows.ledger_entry.id);
    let update = ledger_entry::Entity::update_many().col_expr(ledger_entry::Column::Amount, 1.into()).filter(one.clone());
    let mut errors = vec![update.exec(db).await.expect_err("no update")];
    errors.push(ledger_entry::Entity::delete_many().filter(one).exec(db).await.expect_err("no delete"));
    if db.get_database_backend() == DbBackend::Postgres {
        errors.push(db.execute_unprepared("TRUNCATE ledger_entry CASCADE").await.expect_err("no truncate"));
    }
    for error in errors {
        assert!(error.to_string().contains("ledger_entry is append-only"), "{error}");
    }
    let nothing = ledger_entry::Model { id: EntryId::new(), amount: 0, ..rows.ledger_entry.clone() };
    store(db, &nothing).await.expect_err("an entry of nothing is refused");
    assert_eq!(ledger_entry::Entity::find().all(db).await.unwrap(), before);
}

/// What is pointed to must be there, and cannot go.
async fn foreign_keys_hold(db: &DatabaseConnection, rows: &Rows) {
    let orphan = click::Model { id: ClickId::new(), link_id: LinkId::new(), ..rows.click.clone() };
    let error = store(db, &orphan).await.expect_err("its link does not exist");
    assert!(matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))), "{error}");
    let error = merchant::Entity::delete_by_id(rows.merchant.id).exec(db).await.expect_err("the merchant has rows");
    assert!(matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))), "{error}");
}
