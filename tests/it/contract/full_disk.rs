//! SQLite on a disk that is full for a while.

use sea_orm::{ConnectionTrait, DbErr};
use tributary::store::Db;

/// How many rows the read pool sees: what somebody else sees, and what survives.
async fn seen(db: &Db) -> i64 {
    let rows = db.read().query_all_raw(statement("SELECT COUNT(*) AS n FROM kept")).await.unwrap();
    rows[0].try_get("", "n").unwrap()
}

fn statement(sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql)
}

/// A transaction that needs more pages than there are.
async fn fill(db: &Db) -> Result<(), DbErr> {
    let tx = db.begin().await.map_err(|error| DbErr::Custom(error.to_string()))?;
    for _ in 0..100 {
        tx.execute_unprepared("INSERT INTO kept VALUES (randomblob(4000))").await?;
    }
    tx.commit().await
}

#[tokio::test]
async fn what_is_written_after_the_disk_was_full_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("t.sqlite3").display());
    let db = Db::connect(&url, 2).await.unwrap();
    db.write().execute_unprepared("CREATE TABLE kept (body BLOB)").await.unwrap();
    let rows = db.write().query_all_raw(statement("PRAGMA page_count")).await.unwrap();
    let pages: i64 = rows[0].try_get("", "page_count").unwrap();
    for _ in 0..2 {
        db.write().execute_unprepared(&format!("PRAGMA max_page_count = {}", pages + 2)).await.unwrap();
        assert!(fill(&db).await.is_err(), "there is no room");
    }
    db.write().execute_unprepared("PRAGMA max_page_count = 1000000").await.unwrap();
    // A job that fails rolls back, as one does that lost its lease.
    drop(db.begin().await.unwrap());
    for number in 1..=3 {
        db.write().execute_unprepared("INSERT INTO kept VALUES ('an event')").await.unwrap();
        assert_eq!(seen(&db).await, number, "what is acknowledged is there for everybody");
    }
}
