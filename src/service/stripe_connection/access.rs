//! Calling Stripe for a connection: with what, and what an answer says of the access (S14).

use entity::stripe_connection::Model;
use entity::value::{ConnectionId, ConnectionMethod, ConnectionStatus, Sealed};

use super::{key_place, open};
use crate::service::{ServiceError, Services};
use crate::store;
use crate::stripe::client::{Client, ClientSettings};
use crate::stripe::error::ReadError;

/// What calls for a connection are made with.
pub struct Access {
    /// Makes them.
    pub client: Client,
    /// The connection as it was when the credential was taken.
    pub row: Model,
    used: Sealed,
}

/// Access to Stripe for a connection that may be asked: linked, and with a credential.
///
/// # Errors
/// [`ServiceError::Internal`] when a credential does not open.
pub async fn of(services: &Services, id: ConnectionId) -> Result<Option<Access>, ServiceError> {
    let row = store::connection::by_id(services.db.read(), id).await?.filter(|row| row.status == ConnectionStatus::Linked);
    let Some((row, used)) = row.and_then(|row| row.secret.clone().map(|used| (row, used))) else { return Ok(None) };
    let key = open(services, &used, key_place(row.id))?;
    // A restricted key speaks for its own account; only a platform's key names another.
    let account = row.account.clone().filter(|_| row.method != ConnectionMethod::ApiKey);
    let settings = ClientSettings { base: services.settings.stripe_api.clone(), key, account };
    let client = Client::new(&services.stripe, &settings, &services.clock).map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(Some(Access { client, row, used }))
}

impl Access {
    /// Takes note of an answer: a credential that Stripe does not accept any more ends the connection. Gives the answer on.
    ///
    /// # Errors
    /// The error of the answer.
    pub async fn note<T>(&self, services: &Services, answer: Result<T, ReadError>) -> Result<T, ReadError> {
        if matches!(answer, Err(ReadError::Unauthorised)) {
            let why = "Stripe does not accept the key or token any more";
            if let Err(error) = end(services, self.row.id, &self.used, why).await {
                tracing::warn!(connection = %self.row.id, %error, "a connection that Stripe refuses could not be marked");
            }
        }
        answer
    }

    /// Whether the credential is still the one of `row`.
    pub(super) fn is_of(&self, row: &Model) -> bool {
        row.secret.as_ref() == Some(&self.used)
    }
}

/// Ends a connection from Stripe's side: no calls are made from now on, and the history stays. Nothing happens when the credential was replaced
/// meanwhile.
async fn end(services: &Services, id: ConnectionId, used: &Sealed, why: &str) -> Result<(), ServiceError> {
    let tx = services.db.begin().await?;
    let Some(row) = store::connection::lock_by_id(&tx, id).await? else { return Ok(()) };
    if row.status != ConnectionStatus::Linked || row.secret.as_ref() != Some(used) {
        return Ok(());
    }
    store::connection::deauthorize(&tx, id, why, services.clock.now()).await?;
    tx.commit().await?;
    tracing::warn!(connection = %id, why, "access to a Stripe account ended");
    Ok(())
}
