//! What a service can answer besides its result.

use crate::domain::access::Denied;
use crate::store::{Fault, StoreError};

/// A service could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The viewer may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such thing in the viewer's scope. Foreign and absent look the same.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The input cannot be used; the sentence says what to do.
    #[error("{message}")]
    Invalid {
        /// The field, by its path in the input.
        field: Vec<String>,
        /// What is wrong and what to do.
        message: String,
    },
    /// The thing is in a state that does not allow this; the sentence says which.
    #[error("{0}")]
    Conflict(String),
    /// A fault of ours that trying again does not mend.
    #[error("{0}")]
    Internal(String),
}

impl ServiceError {
    /// An input that cannot be used.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid { field: field.split('.').map(str::to_owned).collect(), message: message.into() }
    }

    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if matches!(error.fault(), Fault::Race | Fault::Unavailable))
    }
}

impl From<sea_orm::DbErr> for ServiceError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}
