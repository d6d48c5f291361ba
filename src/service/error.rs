//! Why a service did not do what it was asked, sorted by who has to act.

use sea_orm::DbErr;

use crate::domain::access::Denied;
use crate::store::StoreError;

/// Why a service did not do it. Nothing was changed, unless the service says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The viewer may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The caller has to change something: a domain outcome, not a fault (GQ-3).
    #[error("refused: {}", .0.first().map_or("", |refusal| refusal.message.as_str()))]
    Refused(Vec<Refusal>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something outside does not answer now; the same call may succeed later.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of ours. The text holds no secret and no personal data.
    #[error("{0}")]
    Internal(String),
}

impl From<DbErr> for ServiceError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

/// One thing that the caller has to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which field of the input, from the outside in; empty when it is about the whole.
    pub field: Vec<String>,
    /// What kind of thing.
    pub code: RefusalCode,
    /// What is wrong and what to do about it, for people.
    pub message: String,
}

impl Refusal {
    /// A refusal of one field; `field` has dots between its steps (`terms.holdDays`), and is empty for the whole input.
    #[must_use]
    pub fn new(field: &str, code: RefusalCode, message: impl Into<String>) -> Self {
        let field = field.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        Self { field, code, message: message.into() }
    }

    /// The thing named by a field is not there for this viewer: absent, or another's; the answer is the same.
    #[must_use]
    pub fn not_found(field: &str, what: &str) -> Self {
        Self::new(field, RefusalCode::NotFound, format!("no such {what}"))
    }

    /// The same refusal, seen from an input in which its field stands under `parent`.
    #[must_use]
    pub fn under(mut self, parent: &str) -> Self {
        self.field.insert(0, parent.to_owned());
        self
    }
}

/// What kind of thing the caller has to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "UserErrorCode")]
pub enum RefusalCode {
    /// The value has the wrong form.
    Invalid,
    /// Something has to stand here.
    Required,
    /// The value lies outside of its bounds.
    OutOfRange,
    /// The value is used already, or stands twice.
    Taken,
    /// There is no such thing, or none that you may see.
    NotFound,
    /// The thing is in a state in which this cannot be done.
    WrongState,
    /// The value belongs to the other mode: test in live, or live in test.
    WrongMode,
    /// It would work, but is not allowed here.
    NotAllowed,
    /// The credential of the Stripe connection lacks a right that this needs; the message names it.
    CapabilityMissing,
    /// A kind of data is switched off, or one that it needs; the message names it.
    TypeDisabled,
    /// The currency is not known.
    UnknownCurrency,
    /// E-mail, password or token are not right.
    WrongCredentials,
    /// Too many attempts; wait a minute.
    TooManyAttempts,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
}
