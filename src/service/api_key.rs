//! API keys: making and revoking.

use entity::api_key;
use entity::program;
use entity::value::{ApiKeyId, ApiKeyKind, ApiScope, ProgramId, TextList};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::check::Faults;
use super::idempotency::{Asked, ask};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::auth::api_key::NewApiKey;
use crate::auth::origin::AllowedOrigin;
use crate::domain::access::{Action, Viewer};
use crate::store;
use crate::store::scoped::{find, lock};

/// The most origins of one key.
const MAX_ORIGINS: usize = 50;
/// A key to be. It works in the mode in which it is made.
#[derive(Clone, Debug, Serialize)]
pub struct NewKey {
    /// Secret or publishable.
    pub kind: ApiKeyKind,
    /// By which people know it.
    pub name: String,
    /// What a secret key may do.
    pub scopes: Vec<ApiScope>,
    /// From which pages a publishable key works (SN-4).
    pub origins: Vec<String>,
    /// The only program a publishable key is for.
    pub program: Option<ProgramId>,
}

/// A key just made.
#[derive(Debug)]
pub struct Made {
    /// The row.
    pub key: api_key::Model,
    /// The key itself; `None` when the request was a repetition, as it is shown once.
    pub secret: Option<SecretString>,
}

/// Makes a key.
///
/// # Errors
/// Refused when fields do not fit the kind; denied to all but owners and administrators.
pub async fn create(services: &Services, viewer: &Viewer, mut input: NewKey, idempotency_key: Option<&str>) -> Result<Made, ServiceError> {
    let scope = viewer.allow(Action::ManageAccess)?;
    let mut faults = Faults::default();
    input.name = faults.name("name", &input.name);
    input.origins = check_kind(&mut faults, &input);
    faults.done()?;
    let tx = services.db.begin().await?;
    let now = services.clock.now();
    let mark = match ask::<ApiKeyId>(&tx, (viewer, scope), "apiKeyCreate", (idempotency_key, &input), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let key =
                find::<api_key::Entity, _>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("idempotencyKey", "key any more"))?;
            return Ok(Made { key, secret: None });
        }
    };
    if let Some(id) = input.program {
        find::<program::Entity, _>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    }
    let made = NewApiKey::generate(input.kind, scope.mode());
    let row = api_key::Model {
        id: ApiKeyId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        kind: input.kind,
        program_id: input.program,
        name: input.name,
        hash: made.hash.bytes().to_vec(),
        token: (input.kind == ApiKeyKind::Publishable).then(|| made.value.expose_secret().to_owned()),
        last4: made.last4,
        scopes: input.scopes.into(),
        origins: TextList(input.origins),
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    let key = store::row::insert(&tx, row).await?;
    mark.done(&tx, key.id).await?;
    tx.commit().await?;
    Ok(Made { key, secret: Some(made.value) })
}

/// What belongs to a kind and what does not. Gives the origins as they are stored.
fn check_kind(faults: &mut Faults, input: &NewKey) -> Vec<String> {
    let secret = input.kind == ApiKeyKind::Secret;
    if secret && input.scopes.is_empty() {
        faults.add("scopes", RefusalCode::Required, "must say what the key may do");
    }
    if !secret && !input.scopes.is_empty() {
        faults.add("scopes", RefusalCode::NotAllowed, "are for secret keys; a publishable key records clicks and sign-ups alone");
    }
    if secret && !input.origins.is_empty() {
        faults.add("origins", RefusalCode::NotAllowed, "are for publishable keys; a secret key never stands in a page");
    }
    if secret && input.program.is_some() {
        faults.add("programId", RefusalCode::NotAllowed, "is for publishable keys");
    }
    if !secret && input.origins.is_empty() {
        faults.add("origins", RefusalCode::Required, "must name the sites on which the key works, such as https://shop.example");
    }
    if input.origins.len() > MAX_ORIGINS {
        faults.add("origins", RefusalCode::OutOfRange, format!("must be at most {MAX_ORIGINS}"));
    }
    let mut origins = Vec::new();
    for (index, text) in input.origins.iter().take(MAX_ORIGINS).enumerate() {
        let read = text.parse::<AllowedOrigin>().map_err(|error| (RefusalCode::Invalid, error.to_string()));
        origins.extend(faults.take(&format!("origins.{index}"), read).map(|origin| origin.to_string()));
    }
    origins
}

/// Ends a key at once. A revoked key stays revoked.
///
/// # Errors
/// Refused when there is no such key; denied to all but owners and administrators.
pub async fn revoke(services: &Services, viewer: &Viewer, id: ApiKeyId) -> Result<api_key::Model, ServiceError> {
    let scope = viewer.allow(Action::ManageAccess)?;
    let tx = services.db.begin().await?;
    let mut key = lock::<api_key::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "API key"))?;
    if key.revoked_at.is_none() {
        key.revoked_at = Some(services.clock.now());
        key = store::row::save(&tx, key).await?;
    }
    tx.commit().await?;
    Ok(key)
}
