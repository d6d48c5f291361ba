//! A new password for somebody who forgot the old one. This instance sends no mail: whoever holds the shell makes a token and hands it over.

use std::net::IpAddr;

use chrono::Duration;
use secrecy::SecretString;
use uuid::Uuid;

use super::session::{self, Session, new_password, wrong_credentials};
use super::{Refusal, ServiceError, Services};
use crate::auth::email::Email;
use crate::auth::reset_token::ResetToken;
use crate::store;

/// How long a token can be used.
pub const LIFETIME: Duration = Duration::minutes(30);

/// A token by which the user with this address sets a new password, once. For who runs the instance: it lets into everything that the user may.
///
/// # Errors
/// Refused when there is no such user; [`ServiceError::Store`].
pub async fn issue(services: &Services, email: &str) -> Result<SecretString, ServiceError> {
    let unknown = || Refusal::not_found("email", "user");
    let email = Email::normalise(email).map_err(|_| unknown())?;
    let user = store::user::by_email(services.db.read(), email.as_str()).await?.ok_or_else(unknown)?;
    tracing::warn!(user = %user.id, "a token to set a new password was made");
    Ok(services.reset_tokens.mint(user.id, user.session_version, services.clock.now() + LIFETIME))
}

/// Sets a new password by a token, ends every session of the user, and opens a new one in the oldest membership.
///
/// # Errors
/// Refused with `WRONG_CREDENTIALS` when the token cannot be used, or no more; when the password is too weak; or with `TOO_MANY_ATTEMPTS`.
pub async fn redeem(services: &Services, token: &str, password: SecretString, address: Option<IpAddr>) -> Result<Session, ServiceError> {
    let token = ResetToken::read(token).ok_or_else(wrong_credentials)?;
    services.attempts.count(&token.user.to_string(), address).await?;
    let user = store::user::find(services.db.read(), token.user).await?.ok_or_else(wrong_credentials)?;
    if !services.reset_tokens.verify(&token, user.session_version, services.clock.now()) {
        return Err(wrong_credentials());
    }
    let hash = services.passwords.hash(password).await.map_err(|error| new_password("newPassword", error))?;
    let tx = services.db.begin().await?;
    let locked = store::user::lock(&tx, user.id).await?.ok_or_else(wrong_credentials)?;
    // The token was used, or the password changed, while this one was being hashed.
    if locked.session_version != user.session_version {
        return Err(wrong_credentials());
    }
    store::user::end_sessions(&tx, user.id, Some(hash)).await?;
    store::token::end_of_user(&tx, user.id, services.clock.now()).await?;
    let user = store::user::find(&tx, user.id).await?.ok_or_else(wrong_credentials)?;
    let membership = store::membership::of_user(&tx, user.id).await?.into_iter().next().ok_or_else(wrong_credentials)?;
    let session = session::open(services, &tx, user, membership, Uuid::now_v7()).await?;
    tx.commit().await?;
    Ok(session)
}
