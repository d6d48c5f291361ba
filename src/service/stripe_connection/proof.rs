//! Whose account a connection is: learned from Stripe by its own credential. An account that is only named proves nothing, and gets none of
//! the events that come to the platform's endpoint (IN-4).

use chrono::{DateTime, Utc};
use entity::stripe_connection::Model;
use entity::value::ConnectionStatus;
use sea_orm::DatabaseTransaction;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::access::Scope;
use crate::service::{Refusal, RefusalCode, ServiceError, Services, sweep};
use crate::store;
use crate::stripe::client::{Client, ClientSettings};
use crate::stripe::error::ReadError;

/// Asks Stripe for the account of a key, by the key. `None` when the key may not say, or Stripe does not answer now.
///
/// # Errors
/// Refused when Stripe does not know the key.
pub(super) async fn account_of(services: &Services, key: &SecretString) -> Result<Option<String>, ServiceError> {
    let key = SecretString::from(key.expose_secret().trim());
    let settings = ClientSettings { base: services.settings.stripe_api.clone(), key, account: None };
    let client = Client::new(&services.stripe, &settings, &services.clock).map_err(|error| ServiceError::Internal(error.to_string()))?;
    match client.account().await {
        Ok(account) => Ok(Some(account)),
        Err(ReadError::Unauthorised) => {
            let message = "Stripe does not accept this key; copy it again from the dashboard under Developers, API keys";
            Err(Refusal::new("key", RefusalCode::Invalid, message).into())
        }
        Err(error) => {
            tracing::info!(%error, "a key does not say whose account it is");
            Ok(None)
        }
    }
}

/// Takes what was learned of the account into a connection. What was claimed before gives way to what is proved, and what was proved before
/// counts no more when the present credential cannot prove it.
///
/// # Errors
/// Refused when the credential is of another account than the one that was proved before: its history would be mixed with another's.
pub(super) fn take(row: &mut Model, learned: Option<String>, field: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let Some(account) = learned else {
        row.verified_at = None;
        return Ok(());
    };
    if let Some(known) = row.account.as_ref().filter(|known| row.verified_at.is_some() && **known != account) {
        let message =
            format!("this is of the account {account}, and the connection of {known}; make a new connection for the other account");
        return Err(Refusal::new(field, RefusalCode::NotAllowed, message));
    }
    (row.account, row.verified_at) = (Some(account), Some(now));
    Ok(())
}

/// Sees to it that nobody else has proved the account of a connection that is about to be stored.
///
/// # Errors
/// Refused when somebody has, with what to do about it.
pub(super) async fn alone(tx: &DatabaseTransaction, scope: Scope, row: &Model, field: &str) -> Result<(), ServiceError> {
    let holds = row.verified_at.is_some() && row.status != ConnectionStatus::Unlinked;
    let Some(account) = row.account.as_ref().filter(|_| holds) else { return Ok(()) };
    match store::connection::by_account(tx, account, row.livemode).await? {
        Some(other) if other.id != row.id => Err(taken(scope, account, &other, field).into()),
        _ => Ok(()),
    }
}

/// An account moves only by an explicit step of whoever has it, so that nobody's events go elsewhere by surprise.
fn taken(scope: Scope, account: &str, other: &Model, field: &str) -> Refusal {
    let message = if other.merchant_id == scope.merchant() {
        format!(
            "the account {account} is connected already, as {:?} ({}); update that connection, which keeps its history",
            other.name, other.id
        )
    } else {
        format!(
            "the account {account} is connected to another merchant of this instance; to move it here, unlink it there \
             (stripeConnectionUnlink), then connect it here"
        )
    };
    Refusal::new(field, RefusalCode::Taken, message)
}

/// Gives a connection that has proved its account the events that waited for it. Returns how many; [`ring`] when the transaction is
/// committed.
///
/// # Errors
/// [`ServiceError::Store`].
pub(super) async fn route(tx: &DatabaseTransaction, row: &Model, now: DateTime<Utc>) -> Result<u64, ServiceError> {
    let proved = row.account.as_ref().filter(|_| row.verified_at.is_some() && row.status == ConnectionStatus::Linked);
    let Some(account) = proved else { return Ok(0) };
    Ok(store::inbox::route(tx, account, row.livemode, (row.id, row.merchant_id), now).await?)
}

/// The same, and events that were left aside since access was taken back.
///
/// # Errors
/// [`ServiceError::Store`].
pub(super) async fn hand_out(
    tx: &DatabaseTransaction,
    row: &Model,
    left_aside: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<u64, ServiceError> {
    let revived = match left_aside {
        Some(since) => store::inbox::revive(tx, row, since, now).await?,
        None => 0,
    };
    Ok(revived + route(tx, row, now).await?)
}

/// Rings for events that were routed. The sweeper rings again for what this one leaves out or cannot tell.
pub(super) async fn ring(services: &Services, routed: u64) {
    if routed == 0 {
        return;
    }
    tracing::info!(events = routed, "events that waited for a connection were given to it");
    if let Err(error) = sweep::everything(services).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
}
