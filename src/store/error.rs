//! What can go wrong at the database, sorted by what to do about it.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// A failed query or transaction.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("the database failed: {0}")]
    Db(#[from] DbErr),
    /// Another transaction stored the same meanwhile, and what was read before no longer holds.
    #[error("another transaction stored {0} meanwhile")]
    Raced(&'static str),
    /// A stored value cannot be read back: it was written by a newer version, or by hand.
    #[error("a stored {what} cannot be read: {why}")]
    Corrupt {
        /// Which column or value.
        what: &'static str,
        /// Why not.
        why: String,
    },
}

/// What to do about a [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Try the whole transaction again: it lost a race or a lock.
    Race,
    /// The database is not there or full: try later.
    Unavailable,
    /// A row with this key is there already.
    Duplicate,
    /// Trying again does not help.
    Permanent,
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Raced(_) => Fault::Race,
            Self::Corrupt { .. } => Fault::Permanent,
            Self::Db(error) => fault_of(error),
        }
    }
}

fn fault_of(error: &DbErr) -> Fault {
    if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
        return Fault::Duplicate;
    }
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Fault::Unavailable,
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => fault_of_driver(inner),
        _ => Fault::Permanent,
    }
}

/// Codes of PostgreSQL (class 40 is a lost race, 08, 53 and 57 are an absent or full server) and of SQLite (5 and 6 are busy and locked,
/// 13 is a full disk, 10 a failed read or write).
fn fault_of_driver(error: &sqlx::Error) -> Fault {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Fault::Unavailable,
        sqlx::Error::Database(database) => match database.code().as_deref() {
            Some(code) if code.len() == 5 => match code.get(..2) {
                Some("40") => Fault::Race,
                Some("08" | "53" | "57") => Fault::Unavailable,
                _ if code == "55P03" => Fault::Race,
                _ => Fault::Permanent,
            },
            Some(code) => match code.parse::<u32>().map(|code| code & 0xff) {
                Ok(5 | 6) => Fault::Race,
                Ok(10 | 13) => Fault::Unavailable,
                _ => Fault::Permanent,
            },
            None => Fault::Permanent,
        },
        _ => Fault::Permanent,
    }
}
