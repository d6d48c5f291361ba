//! What people decide by hand about who is who, who brought whom, and what is paid, is written down: who, when, what and why.

use chrono::{DateTime, Utc};
use entity::commission;
use entity::intervention::Model;
use entity::value::{InterventionId, InterventionKind};
use sea_orm::DatabaseTransaction;

use super::{Refusal, RefusalCode, ServiceError};
use crate::domain::access::{Scope, Viewer};
use crate::store;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// A row that says who did it and when, and nothing yet about whom.
#[must_use]
pub fn blank(viewer: &Viewer, scope: Scope, kind: InterventionKind, now: DateTime<Utc>) -> Model {
    let (created_by, api_key_id) = match viewer {
        Viewer::User { user, .. } => (Some(*user), None),
        Viewer::Server { key, .. } | Viewer::Snippet { key, .. } => (None, Some(*key)),
        Viewer::Public => (None, None),
    };
    Model {
        id: InterventionId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        kind,
        customer_id: None,
        merged_id: None,
        purchase_id: None,
        enrollment_id: None,
        subject: None,
        what: String::new(),
        reason: String::new(),
        created_by,
        api_key_id,
        created_at: now,
    }
}

/// A word on what is paid.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// Of what kind.
    pub kind: InterventionKind,
    /// The id of what it is about.
    pub subject: &'a str,
    /// The commission that it decides on, where it is one.
    pub commission: Option<&'a commission::Model>,
    /// What was done, in a sentence.
    pub what: &'a str,
    /// Why, where a reason was given.
    pub reason: Option<&'a str>,
}

/// Writes down a word on what is paid, in the transaction of what was decided (FR-4).
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn record(
    tx: &DatabaseTransaction,
    viewer: &Viewer,
    scope: Scope,
    word: Word<'_>,
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    let row = Model {
        customer_id: word.commission.and_then(|of| of.customer_id),
        purchase_id: word.commission.and_then(|of| of.purchase_id),
        enrollment_id: word.commission.map(|of| of.enrollment_id),
        subject: Some(word.subject.to_owned()),
        what: word.what.to_owned(),
        reason: word.reason.unwrap_or_default().to_owned(),
        ..blank(viewer, scope, word.kind, now)
    };
    note(tx, row).await
}

/// Writes it down in the transaction of what was decided.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn note(tx: &DatabaseTransaction, row: Model) -> Result<(), ServiceError> {
    store::row::insert(tx, row).await?;
    Ok(())
}

/// A reason as given, trimmed.
///
/// # Errors
/// [`ServiceError::Refused`] when it is missing or too long.
pub fn reason(text: &str) -> Result<String, ServiceError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON {
        return Err(Refusal::new("reason", RefusalCode::Invalid, format!("say why, in 1 to {LONGEST_REASON} characters")).into());
    }
    Ok(text.to_owned())
}
