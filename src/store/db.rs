//! The connection pools.

use std::path::Path;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use super::StoreError;

/// How long a statement waits for SQLite's write lock, and any caller for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database: one pool on PostgreSQL; on SQLite one connection that writes and a pool that reads.
#[derive(Clone, Debug)]
pub struct Db {
    write: DatabaseConnection,
    read: DatabaseConnection,
}

impl Db {
    /// Connects to `sqlite://…` or `postgres://…` with at most `connections` connections.
    ///
    /// SQLite runs in WAL mode and syncs on each commit: a webhook is acknowledged after the commit, so a commit must outlive the power.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be reached or opened.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        let options = |max: u32| {
            let mut options = ConnectOptions::new(url);
            options.max_connections(max.max(1)).min_connections(1).acquire_timeout(PATIENCE).connect_timeout(PATIENCE);
            options.sqlx_logging(false).test_before_acquire(false);
            options.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(PATIENCE)
                    .foreign_keys(true)
            });
            // A worker that was stopped in the middle of a transaction must not keep its locks (RELIABILITY: SIGSTOP).
            options.map_sqlx_postgres_opts(|postgres| postgres.options([("idle_in_transaction_session_timeout", "30s")]));
            options
        };
        if url.starts_with("sqlite:") {
            create_folder(url)?;
            let write = Database::connect(options(1)).await?;
            let read = if url.contains(":memory:") { write.clone() } else { Database::connect(options(connections)).await? };
            return Ok(Self { write, read });
        }
        let write = Database::connect(options(connections)).await?;
        Ok(Self { read: write.clone(), write })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError`] when a migration fails; it then left nothing behind.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(Migrator::up(&self.write, None).await?)
    }

    /// How many schema changes are not applied yet.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be asked.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        Ok(Migrator::get_pending_migrations(&self.write).await?.len())
    }

    /// Lets SQLite count how the rows of its tables differ, where that has changed much: without it, it takes the index of a merchant's rows
    /// for a better one than that of a single commission. PostgreSQL does so by itself. Call it at the start and now and then.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; reads are then slow, and right.
    pub async fn optimise(&self) -> Result<(), StoreError> {
        if self.backend() == DbBackend::Sqlite {
            // All tables (0x10000), and only those that changed by a factor of ten since (0x2).
            self.write.execute_unprepared("PRAGMA optimize = 0x10002").await?;
        }
        Ok(())
    }

    /// Calls `seen` with each statement on this handle and on those that are cloned from it later: for tests that count or explain them.
    pub fn watch(&mut self, seen: impl Fn(&Statement) + Clone + Send + Sync + 'static) {
        let also = seen.clone();
        self.write.set_metric_callback(move |info| seen(info.statement));
        self.read.set_metric_callback(move |info| also(info.statement));
    }

    /// For reads outside a transaction.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For single statements that write.
    #[must_use]
    pub const fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a transaction that will write. SQLite takes its write lock at once, because a transaction that reads first and writes later
    /// is refused without waiting. Dropping it rolls back.
    ///
    /// # Errors
    /// [`StoreError`] when none can be begun.
    pub async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Begins a transaction that only reads, and sees one moment of the database throughout. Dropping it ends it.
    ///
    /// # Errors
    /// [`StoreError`] when none can be begun.
    pub async fn moment(&self) -> Result<DatabaseTransaction, StoreError> {
        // A reading transaction of SQLite sees one moment anyway.
        let isolation_level = (self.backend() == DbBackend::Postgres).then_some(IsolationLevel::RepeatableRead);
        Ok(self.read.begin_with_options(TransactionOptions { isolation_level, ..Default::default() }).await?)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.read.ping().await?)
    }

    /// Which kind of database it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }
}

/// The folder of a SQLite file, made if it is not there.
fn create_folder(url: &str) -> Result<(), StoreError> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or(path);
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if path != ":memory:" => std::fs::create_dir_all(folder)
            .map_err(|error| sea_orm::DbErr::Conn(sea_orm::RuntimeErr::Internal(format!("cannot create {}: {error}", folder.display())))),
        _ => Ok(()),
    }
    .map_err(StoreError::from)
}
