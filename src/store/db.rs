//! The connection pools.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sqlx::Connection;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use super::StoreError;
use super::writer::Writer;

/// How long a statement waits for SQLite's write lock, and any caller for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database: one pool on PostgreSQL; on SQLite one connection that writes and a pool that reads.
#[derive(Clone, Debug)]
pub struct Db {
    write: DatabaseConnection,
    read: DatabaseConnection,
    /// On PostgreSQL a pool of its own, opened when it is needed, whose statements may take as long as they do.
    unlimited: DatabaseConnection,
    writer: Writer,
}

impl Db {
    /// Connects to `sqlite://…` or `postgres://…` with at most `connections` connections, whose statements may take as long as they do.
    ///
    /// # Errors
    /// As for [`Db::within`].
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        Self::open(url, connections, None).await
    }

    /// The same, but PostgreSQL ends a statement that takes longer than `limit`. On SQLite no statement waits for anything but the write lock.
    ///
    /// SQLite runs in WAL mode and syncs on each commit: a webhook is acknowledged after the commit, so a commit must outlive the power.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be reached or opened.
    pub async fn within(url: &str, connections: u32, limit: Duration) -> Result<Self, StoreError> {
        Self::open(url, connections, Some(limit)).await
    }

    async fn open(url: &str, connections: u32, limit: Option<Duration>) -> Result<Self, StoreError> {
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
            if !url.contains(":memory:") {
                options.map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|connection, _| Box::pin(is_free(connection))));
            }
            // A worker that was stopped in the middle of a transaction must not keep its locks (RELIABILITY: SIGSTOP).
            options.map_sqlx_postgres_opts(|postgres| postgres.options([("idle_in_transaction_session_timeout", "30s")]));
            options
        };
        if url.starts_with("sqlite:") {
            create_folder(url)?;
            let write = Database::connect(options(1)).await?;
            let read = if url.contains(":memory:") { write.clone() } else { Database::connect(options(connections)).await? };
            return Ok(Self { unlimited: write.clone(), write, read, writer: Writer::new() });
        }
        let mut limited = options(connections);
        if let Some(limit) = limit {
            limited.statement_timeout(limit);
        }
        let write = Database::connect(limited).await?;
        let mut unlimited = options(1);
        unlimited.min_connections(0).idle_timeout(PATIENCE).connect_lazy(true);
        Ok(Self { unlimited: Database::connect(unlimited).await?, read: write.clone(), write, writer: Writer::new() })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError`] when a migration fails; it then left nothing behind.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(Migrator::up(&self.unlimited, None).await?)
    }

    /// How many schema changes are not applied yet.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be asked.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        Ok(Migrator::get_pending_migrations_read_only(&self.read).await?.len())
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
        begun(&self.write, options).await
    }

    /// Begins a transaction that only reads, and sees one moment of the database throughout. Dropping it ends it.
    ///
    /// # Errors
    /// [`StoreError`] when none can be begun.
    pub async fn moment(&self) -> Result<DatabaseTransaction, StoreError> {
        // A reading transaction of SQLite sees one moment anyway.
        let isolation_level = (self.backend() == DbBackend::Postgres).then_some(IsolationLevel::RepeatableRead);
        begun(&self.read, TransactionOptions { isolation_level, ..Default::default() }).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.read.ping().await?)
    }

    /// What the clock of PostgreSQL says, by which leases are written: processes on machines whose clocks disagree share it. Those that share a file of
    /// SQLite share a machine and its clock; nothing then.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be asked.
    pub async fn time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let row = self.read.query_one_raw(Statement::from_string(DbBackend::Postgres, "SELECT clock_timestamp() AS now")).await?;
        Ok(row.map(|row| row.try_get("", "now")).transpose()?)
    }

    /// Whether it is written to, as far as is known: by what SQLite's one writing connection said last, which is not waited for. PostgreSQL has no such
    /// connection.
    pub async fn writes(&self) -> bool {
        self.backend() != DbBackend::Sqlite || self.writer.writes(&self.write).await
    }

    /// Which kind of database it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }
}

/// Begins a transaction in a task of its own, which goes on when the caller is dropped, as the handler of a client that hangs up is: half begun it would stay open
/// on a connection that goes back to the pool, and swallow what is written there next.
async fn begun(pool: &DatabaseConnection, options: TransactionOptions) -> Result<DatabaseTransaction, StoreError> {
    let pool = pool.clone();
    let task = tokio::spawn(async move { pool.begin_with_options(options).await });
    task.await.map_err(|error| StoreError::Db(DbErr::Custom(error.to_string())))?.map_err(StoreError::from)
}

/// Whether a connection of SQLite that comes back is in no transaction. SQLite ends one by itself when the disk is full, which the driver does
/// not notice: what is written later would go into a transaction that nobody commits. Such a connection is closed, and all that is open with
/// it.
async fn is_free(connection: &mut sqlx::SqliteConnection) -> Result<bool, sqlx::Error> {
    // The end of a transaction that was dropped is only queued until the connection answers.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
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
