//! Asked twice, done once (GQ-3): a creating request may carry a key; the same key brings back what was made the first time.
//!
//! The key is put down in the transaction that does the work, so both are there or neither is.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use entity::idempotency::Model;
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Refusal, RefusalCode, ServiceError};
use crate::auth::same;
use crate::domain::access::{Scope, Viewer};
use crate::store;

/// The longest key.
const MAX_KEY: usize = 200;

/// Whether a request is new.
pub enum Asked<T> {
    /// It is; when it is done, call [`Mark::done`].
    First(Mark),
    /// It was done before, and this is the id of what came of it.
    Again(T),
}

/// A key that was put down; nothing, when the request came without one.
pub struct Mark(Option<Uuid>);

impl Mark {
    /// Notes the id of what was made, before the transaction commits.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn done(self, tx: &DatabaseTransaction, made: impl Display) -> Result<(), ServiceError> {
        match self.0 {
            Some(id) => Ok(store::idempotency::answer(tx, id, serde_json::Value::String(made.to_string())).await?),
            None => Ok(()),
        }
    }
}

/// Asks whether a request is new. `operation` and `request` say what was asked; another request under the same key is refused.
///
/// # Errors
/// Refused when the key was used for another request or is too long; [`ServiceError::Store`].
pub async fn ask<T: FromStr>(
    tx: &DatabaseTransaction,
    (viewer, scope): (&Viewer, Scope),
    operation: &str,
    (key, request): (Option<&str>, &impl Serialize),
    now: DateTime<Utc>,
) -> Result<Asked<T>, ServiceError> {
    let Some(key) = key else { return Ok(Asked::First(Mark(None))) };
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Refusal::new("idempotencyKey", RefusalCode::OutOfRange, format!("must have 1 to {MAX_KEY} characters")).into());
    }
    let request = serde_json::to_vec(&(operation, request)).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let row = Model {
        id: Uuid::now_v7(),
        scope: caller(viewer, scope),
        key: key.to_owned(),
        request_hash: Sha256::digest(&request).to_vec(),
        response: None,
        created_at: now,
    };
    let (id, hash) = (row.id, row.request_hash.clone());
    let Some(earlier) = store::idempotency::claim(tx, row).await? else {
        return Ok(Asked::First(Mark(Some(id))));
    };
    if !same(&earlier.request_hash, &hash) {
        let message = "this key was used for another request; take a new key for each new request";
        return Err(Refusal::new("idempotencyKey", RefusalCode::IdempotencyKeyReused, message).into());
    }
    let made = earlier.response.as_ref().and_then(serde_json::Value::as_str).and_then(|text| text.parse().ok());
    made.map(Asked::Again).ok_or_else(|| ServiceError::Internal("an idempotency key has no answer".to_owned()))
}

/// Whose keys they are: those of two callers, merchants or modes never meet.
fn caller(viewer: &Viewer, scope: Scope) -> String {
    let who = match viewer {
        Viewer::Public => "public".to_owned(),
        Viewer::User { user, .. } => user.to_string(),
        Viewer::Server { key, .. } | Viewer::Snippet { key, .. } => key.to_string(),
    };
    format!("{}/{}/{who}", scope.merchant(), scope.mode())
}
