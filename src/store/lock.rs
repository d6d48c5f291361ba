//! Locks that live in the database (IN-7): work on the same keys runs one at a time, other work runs in parallel.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use sha2::{Digest, Sha256};

use super::StoreError;

/// Takes the locks of all `keys` until the end of the transaction, in a fixed order so that two callers cannot wait for each other.
///
/// On PostgreSQL these are advisory locks on 64-bit hashes: a collision only makes two callers take turns. A SQLite transaction that writes
/// has the one write lock already.
///
/// # Errors
/// [`StoreError`] when the database fails; a deadlock with other locks is [`super::Fault::Race`].
pub async fn acquire<I>(tx: &DatabaseTransaction, keys: I) -> Result<(), StoreError>
where
    I: IntoIterator<Item: AsRef<str>>,
{
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let mut hashes: Vec<i64> = keys.into_iter().map(|key| hash(key.as_ref())).collect();
    hashes.sort_unstable();
    hashes.dedup();
    if hashes.is_empty() {
        return Ok(());
    }
    // One statement for all: rows of a list are taken in its order.
    let places: Vec<String> = (1..=hashes.len()).map(|place| format!("(${place}::bigint)")).collect();
    let sql = format!("SELECT pg_advisory_xact_lock(key) FROM (VALUES {}) AS keys (key)", places.join(", "));
    tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, hashes.into_iter().map(Into::into))).await?;
    Ok(())
}

/// Takes the lock of `key` until the end of the transaction, unless somebody else has it: then says false at once. On SQLite the one writer
/// has every lock.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn try_acquire(tx: &DatabaseTransaction, key: &str) -> Result<bool, StoreError> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let sql = "SELECT pg_try_advisory_xact_lock($1) AS taken";
    let row = tx.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [hash(key).into()])).await?;
    Ok(row.map_or(Ok(false), |row| row.try_get("", "taken"))?)
}

fn hash(key: &str) -> i64 {
    let digest = Sha256::digest(key.as_bytes());
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}
