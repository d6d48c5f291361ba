//! Who did what by hand, when and why (FR-4). Written in the transaction that does it, and never changed.

use chrono::{DateTime, Utc};
use entity::audit;
use entity::value::{AuditAction, AuditId};
use sea_orm::DatabaseTransaction;

use super::{Refusal, RefusalCode, ServiceError};
use crate::domain::access::{Scope, Viewer};
use crate::store;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What was done.
    pub action: AuditAction,
    /// The id of what it was done to.
    pub subject: String,
    /// Why, where a reason was given.
    pub reason: Option<&'a str>,
}

/// Records what a viewer did.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn record(
    tx: &DatabaseTransaction,
    viewer: &Viewer,
    scope: Scope,
    entry: &Entry<'_>,
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    let (user, key) = match viewer {
        Viewer::User { user, .. } => (Some(*user), None),
        Viewer::Server { key, .. } | Viewer::Snippet { key, .. } => (None, Some(*key)),
        Viewer::Public => (None, None),
    };
    let row = audit::Model {
        id: AuditId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        user_id: user,
        api_key_id: key,
        action: entry.action,
        subject: entry.subject.clone(),
        reason: entry.reason.map(str::to_owned),
        created_at: now,
    };
    store::row::insert(tx, row).await?;
    Ok(())
}

/// A reason as it is stored: it has to say something.
///
/// # Errors
/// Refused when it is empty or too long.
pub fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON {
        return Err(Refusal::new("reason", RefusalCode::Invalid, format!("say why, in 1 to {LONGEST_REASON} characters")));
    }
    Ok(text.to_owned())
}
