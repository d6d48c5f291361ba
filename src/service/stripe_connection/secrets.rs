//! The signing secrets of a connection's webhook endpoint: several side by side while one replaces the other.

use entity::stripe_connection::Model;
use entity::value::{ConnectionId, Sealed};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{MAX_WEBHOOK_SECRETS, edit, open, seal, webhook_place};
use crate::domain::access::Viewer;
use crate::service::check::Faults;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::stripe::credential::{is_webhook_secret, last4};

/// Adds a signing secret beside those in use, so that a roll loses no delivery.
///
/// # Errors
/// Refused for a text that is none, or when there are too many; denied to those who may not connect.
pub async fn add_webhook_secret(
    services: &Services,
    viewer: &Viewer,
    id: ConnectionId,
    secret: &SecretString,
) -> Result<Model, ServiceError> {
    edit(services, viewer, id, |services, _, row| {
        let mut faults = Faults::default();
        check_webhook_secret(&mut faults, "secret", secret);
        if row.webhook_secrets.len() >= MAX_WEBHOOK_SECRETS {
            faults.add("secret", RefusalCode::OutOfRange, format!("there are {MAX_WEBHOOK_SECRETS} already; remove an old one first"));
        }
        faults.done()?;
        row.webhook_secrets.0.push(seal(services, secret, webhook_place(id))?);
        Ok(None)
    })
    .await
}

/// Removes a signing secret, named by its [`fingerprint`].
///
/// # Errors
/// Refused when there is none of that name; denied to those who may not connect.
pub async fn remove_webhook_secret(services: &Services, viewer: &Viewer, id: ConnectionId, named: &str) -> Result<Model, ServiceError> {
    edit(services, viewer, id, |_, _, row| {
        let before = row.webhook_secrets.len();
        row.webhook_secrets.0.retain(|secret| fingerprint(secret) != named);
        if row.webhook_secrets.len() == before {
            return Err(Refusal::not_found("fingerprint", "signing secret").into());
        }
        Ok(None)
    })
    .await
}

/// The signing secrets of a connection, every one of which may sign (IN-1).
///
/// # Errors
/// [`ServiceError::Internal`] when one does not open, as after the instance secret was lost.
pub fn webhook_secrets(services: &Services, row: &Model) -> Result<Vec<SecretString>, ServiceError> {
    row.webhook_secrets.iter().map(|sealed| open(services, sealed, webhook_place(row.id))).collect()
}

/// A signing secret as people see it: its fingerprint and its last four characters.
///
/// # Errors
/// As for [`webhook_secrets`].
pub fn shown_secrets(services: &Services, row: &Model) -> Result<Vec<(String, String)>, ServiceError> {
    let secrets = webhook_secrets(services, row)?;
    Ok(row.webhook_secrets.iter().map(fingerprint).zip(secrets.iter().map(|secret| last4(secret.expose_secret()))).collect())
}

/// A name for a sealed secret that says nothing of it.
#[must_use]
pub fn fingerprint(sealed: &Sealed) -> String {
    hex::encode(&Sha256::digest([sealed.nonce.as_bytes(), sealed.ciphertext.as_bytes()].concat())[..6])
}

pub(super) fn check_webhook_secret(faults: &mut Faults, field: &str, secret: &SecretString) {
    if !is_webhook_secret(secret.expose_secret().trim()) {
        faults.add(field, RefusalCode::Invalid, "must be a webhook signing secret, which begins with whsec_");
    }
}
