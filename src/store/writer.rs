//! Whether the one connection of SQLite that writes gets to write, told without waiting for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long who asks waits for a fresh answer. A write that takes longer says nothing of the one after it.
const WAIT: Duration = Duration::from_millis(200);

/// What the writing connection last said. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Writer(Arc<State>);

#[derive(Debug)]
struct State {
    /// Whether the last try ended well.
    good: AtomicBool,
    /// Held while one tries: one is enough.
    trying: Arc<Mutex<()>>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self(Arc::new(State { good: AtomicBool::new(true), trying: Arc::default() }))
    }

    /// Begins to try whether `connection` can take the write lock, unless somebody tries, and says how the last try ended. While one is under way that is the
    /// one before: a lock that others hold for a moment is nothing to tell of, and one that they keep fails the try.
    pub(super) async fn writes(&self, connection: &DatabaseConnection) -> bool {
        if let Ok(trying) = Arc::clone(&self.0.trying).try_lock_owned() {
            let (state, connection) = (Arc::clone(&self.0), connection.clone());
            let tried = tokio::spawn(async move {
                let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
                let begun = connection.begin_with_options(options).await;
                state.good.store(begun.is_ok(), Ordering::Relaxed);
                drop((begun, trying));
            });
            // Out of time or not: what it said stands in the state.
            let _ = timeout(WAIT, tried).await;
        }
        self.0.good.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::store::Db;

    #[tokio::test]
    async fn a_database_that_somebody_holds_is_told_of_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("held.sqlite3").display());
        let (db, other) = (Db::connect(&url, 2).await.unwrap(), Db::connect(&url, 2).await.unwrap());
        assert!(db.writes().await);
        let held = other.begin().await.unwrap();
        let began = tokio::time::Instant::now();
        assert!(db.writes().await, "a moment is nothing to tell of");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        let told = async |expected: bool| {
            while db.writes().await != expected {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), told(false)).await.expect("it is told when it lasts");
        held.rollback().await.unwrap();
        tokio::time::timeout(Duration::from_secs(15), told(true)).await.expect("and when it is over");
    }
}
