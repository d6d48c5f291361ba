//! Stripe connections: one account in one mode, linked by a pasted key, by Connect OAuth, or by installing a Stripe App.
//!
//! Whichever way, it is one row that keeps its id, and with it everything that it ever told (S11). Credentials are sealed before a row holds
//! them. Decides whose an account is, what a connection is good for ([`capability`]) and what is wrong with it ([`doctor`]).

pub mod access;
pub mod authorise;
pub mod capability;
pub mod check;
pub mod complete;
pub mod doctor;
pub mod endpoint;
pub mod fault;
mod keyed;
mod proof;
mod secrets;
mod unlink;

use chrono::{DateTime, Utc};
use entity::stripe_connection::{self, Model};
use entity::value::{ConnectionId, ConnectionMethod, ConnectionStatus, MerchantId, Sealed, SealedList};
use secrecy::{ExposeSecret, SecretString};

use super::random::word;
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::auth::seal::Place;
use crate::domain::access::{Action, Scope, Viewer};
use crate::store::scoped::lock;
use crate::store::{self, Fault, StoreError};

pub use keyed::{Change, NewConnection, create, update};
pub use secrets::{add_webhook_secret, fingerprint, remove_webhook_secret, shown_secrets, webhook_secrets};
pub use unlink::unlink;

/// The path under which Stripe delivers to a connection, before its random word.
pub const WEBHOOK_PATH: &str = "/webhooks/stripe/";
/// Characters of that word: 130 bits.
const ENDPOINT_LENGTH: usize = 26;
/// The most signing secrets side by side: one in use, and those that are being rolled.
const MAX_WEBHOOK_SECRETS: usize = 5;

/// Where Stripe has to deliver for a connection.
#[must_use]
pub fn webhook_url(services: &Services, row: &Model) -> String {
    services.public(&format!("{WEBHOOK_PATH}{}", row.endpoint))
}

/// The key or token of a connection; `None` when it has none. For calls use [`access::of`], which keeps it fresh.
///
/// # Errors
/// [`ServiceError::Internal`] when it does not open, as after the instance secret was lost.
pub fn key(services: &Services, row: &Model) -> Result<Option<SecretString>, ServiceError> {
    row.secret.as_ref().map(|sealed| open(services, sealed, key_place(row.id))).transpose()
}

/// A connection that was never linked before, with a webhook address of its own.
#[must_use]
pub fn new_row(merchant: MerchantId, livemode: bool, name: String, method: ConnectionMethod, now: DateTime<Utc>) -> Model {
    Model {
        id: ConnectionId::new_at(now),
        merchant_id: merchant,
        livemode,
        name,
        account: None,
        verified_at: None,
        method,
        status: ConnectionStatus::PendingAuth,
        status_reason: None,
        disabled_at: None,
        secret: None,
        key_last4: None,
        granted_scope: None,
        refresh_secret: None,
        token_expires_at: None,
        refresh_until: None,
        refresh_owner: None,
        linked_at: None,
        endpoint: word(ENDPOINT_LENGTH),
        webhook_secrets: SealedList::default(),
        webhook_endpoint: None,
        api_version: None,
        last_event_at: None,
        refused_count: 0,
        refused_at: None,
        refused_reason: None,
        health: None,
        check_at: None,
        check_until: None,
        check_owner: None,
        created_at: now,
        updated_at: now,
    }
}

/// Links a row by the credential that it was just given; it is to be looked at. Gives since when events were left aside, if access had been
/// taken back: nobody wished that they be missed.
fn relink(row: &mut Model, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let since = row.disabled_at.filter(|_| row.status == ConnectionStatus::Deauthorized);
    (row.status, row.status_reason, row.disabled_at) = (ConnectionStatus::Linked, None, None);
    (row.linked_at, row.check_at, row.health) = (Some(now), Some(now), None);
    // Who fetches a token of the old pair finds the lease gone.
    (row.refresh_until, row.refresh_owner) = (None, None);
    since
}

/// A connection as it is now.
async fn row_of(services: &Services, id: ConnectionId) -> Result<Model, ServiceError> {
    let row = store::connection::by_id(services.db.read(), id).await?;
    row.ok_or_else(|| ServiceError::Internal("a connection is gone".to_owned()))
}

/// Changes a connection under its lock.
async fn edit(
    services: &Services,
    viewer: &Viewer,
    id: ConnectionId,
    change: impl FnOnce(&Services, Scope, &mut Model) -> Result<Option<DateTime<Utc>>, ServiceError>,
) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let tx = services.db.begin().await?;
    let row = lock::<stripe_connection::Entity>(&tx, scope, id).await?;
    let mut row = row.ok_or_else(|| Refusal::not_found("id", "connection"))?;
    let revived = change(services, scope, &mut row)?;
    row.updated_at = services.clock.now();
    proof::alone(&tx, scope, &row, "key").await?;
    let row = store::row::save(&tx, row).await.map_err(account_taken)?;
    let routed = proof::hand_out(&tx, &row, revived, services.clock.shared()).await?;
    tx.commit().await?;
    proof::ring(services, routed).await;
    Ok(row)
}

pub(super) const fn key_place(id: ConnectionId) -> Place {
    Place { table: "stripe_connection", row: id.uuid(), field: "secret" }
}

pub(super) const fn refresh_place(id: ConnectionId) -> Place {
    Place { table: "stripe_connection", row: id.uuid(), field: "refresh_secret" }
}

pub(super) const fn webhook_place(id: ConnectionId) -> Place {
    Place { table: "stripe_connection", row: id.uuid(), field: "webhook_secrets" }
}

fn seal(services: &Services, secret: &SecretString, place: Place) -> Result<Sealed, ServiceError> {
    let trimmed = SecretString::from(secret.expose_secret().trim());
    services.sealer.seal(&trimmed, place).map_err(|error| ServiceError::Internal(error.to_string()))
}

fn open(services: &Services, sealed: &Sealed, place: Place) -> Result<SecretString, ServiceError> {
    services.sealer.open(sealed, place).map_err(|error| ServiceError::Internal(error.to_string()))
}

fn account_taken(error: StoreError) -> ServiceError {
    match error.fault() {
        Fault::Duplicate => Refusal::new("account", RefusalCode::Taken, "the account is connected already, in this mode").into(),
        _ => error.into(),
    }
}
