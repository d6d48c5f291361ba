//! Signing in and staying so: a short access token and a refresh token that is exchanged for the next pair.
//!
//! Refresh tokens that follow each other are a family. A used one that comes back was stolen, or its thief used it first; either way the
//! whole family ends.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use entity::value::{MembershipId, MerchantId, Mode, PartnerId, RefreshTokenId, Role, UserId};
use entity::{membership, refresh_token, user};
use sea_orm::ConnectionTrait;
use secrecy::SecretString;
use uuid::Uuid;

use super::{Refusal, RefusalCode, ServiceError, Services, fraud};
use crate::auth::email::Email;
use crate::auth::jwt::{AccessToken, Bearer};
use crate::auth::password::PasswordError;
use crate::auth::refresh::{OpaqueKind, OpaqueToken, read};
use crate::domain::access::{Denied, Viewer};
use crate::store;

/// How long a refresh token can be exchanged.
pub const REFRESH_LIFETIME: Duration = Duration::days(30);

/// What somebody holds after signing in.
#[derive(Debug)]
pub struct Session {
    /// For each request; lives minutes.
    pub access: AccessToken,
    /// For the next session, once.
    pub refresh: SecretString,
    /// Until when that works.
    pub refresh_expires_at: DateTime<Utc>,
    /// Who.
    pub user: user::Model,
    /// In which role.
    pub membership: membership::Model,
}

/// Signs in with e-mail address and password, into the oldest membership or the one with `merchant`.
///
/// # Errors
/// Refused with `WRONG_CREDENTIALS`, the same for an unknown address as for a wrong password, or `TOO_MANY_ATTEMPTS`.
pub async fn sign_in(
    services: &Services,
    (email, password): (&str, SecretString),
    merchant: Option<MerchantId>,
    address: Option<IpAddr>,
) -> Result<Session, ServiceError> {
    let email = Email::normalise(email).map(Email::into_string).ok();
    services.attempts.count(email.as_deref().unwrap_or_default(), address).await?;
    let user = match &email {
        Some(email) => store::user::by_email(services.db.read(), email).await?,
        None => None,
    };
    let right = services.passwords.verify(password, user.as_ref().map(|user| user.password_hash.clone())).await;
    let (true, Some(user)) = (right.map_err(password_fault)?, user) else {
        return Err(wrong_credentials());
    };
    let memberships = store::membership::of_user(services.db.read(), user.id).await?;
    let chosen = memberships.into_iter().find(|membership| merchant.is_none_or(|merchant| membership.merchant_id == merchant));
    let Some(membership) = chosen else {
        return Err(wrong_credentials());
    };
    let tx = services.db.begin().await?;
    let now = store::user::lock(&tx, user.id).await?.ok_or_else(wrong_credentials)?;
    // The password was changed, or every session ended, while this one was being checked.
    if now.session_version != user.session_version {
        return Err(wrong_credentials());
    }
    let session = open(services, &tx, now, membership, Uuid::now_v7()).await?;
    fraud::seen(services, &tx, &session.membership, address).await?;
    tx.commit().await?;
    Ok(session)
}

/// Exchanges a refresh token for a new session, in the same membership or another one of the same user.
///
/// # Errors
/// Refused with `WRONG_CREDENTIALS` when the token cannot be used; if it had been used before, its family ends.
pub async fn refresh(
    services: &Services,
    token: &str,
    membership: Option<MembershipId>,
    address: Option<IpAddr>,
) -> Result<Session, ServiceError> {
    let now = services.clock.now();
    let hash = read(OpaqueKind::Refresh, token).map_err(|_| wrong_credentials())?;
    // Before the write: on SQLite that waits for every other one, which a made-up token shall not cause.
    let row = store::token::refresh_by_hash(services.db.read(), hash.bytes()).await?.ok_or_else(wrong_credentials)?;
    let tx = services.db.begin().await?;
    let user = store::user::lock(&tx, row.user_id).await?.ok_or_else(wrong_credentials)?;
    if !store::token::use_refresh(&tx, hash.bytes(), now).await? {
        let row = store::token::refresh_by_hash(&tx, hash.bytes()).await?.ok_or_else(wrong_credentials)?;
        if row.used_at.is_some() {
            store::token::end_family(&tx, row.family, now).await?;
            tx.commit().await?;
            tracing::warn!(user = %row.user_id, "a used refresh token came back; its family was ended");
        }
        return Err(wrong_credentials());
    }
    let wanted = store::membership::find(&tx, membership.unwrap_or(row.membership_id)).await?;
    let membership = wanted.filter(|membership| membership.user_id == user.id).ok_or_else(wrong_credentials)?;
    let session = open(services, &tx, user, membership, row.family).await?;
    fraud::seen(services, &tx, &session.membership, address).await?;
    tx.commit().await?;
    Ok(session)
}

/// Ends the session of a refresh token; with `everywhere` all sessions of its user, at once. An unknown token is nobody's, and that is fine.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn sign_out(services: &Services, token: &str, everywhere: bool) -> Result<(), ServiceError> {
    let now = services.clock.now();
    let Ok(hash) = read(OpaqueKind::Refresh, token) else {
        return Ok(());
    };
    let Some(known) = store::token::refresh_by_hash(services.db.read(), hash.bytes()).await? else {
        return Ok(());
    };
    let tx = services.db.begin().await?;
    store::user::lock(&tx, known.user_id).await?;
    let row = store::token::refresh_by_hash(&tx, hash.bytes()).await?;
    // A token that is over signs nobody out any more, or an old leak could throw its user out for ever.
    let Some(row) = row.filter(|row| row.revoked_at.is_none() && row.expires_at > now) else {
        return Ok(());
    };
    if everywhere && row.used_at.is_none() {
        store::token::end_of_user(&tx, row.user_id, now).await?;
        store::user::end_sessions(&tx, row.user_id, None).await?;
    } else {
        store::token::end_family(&tx, row.family, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Forgets refresh tokens that ended a whole lifetime ago: until then a used one that comes back still ends its family. Returns how many.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn forget(services: &Services) -> Result<u64, ServiceError> {
    Ok(store::token::forget_refresh(services.db.write(), services.clock.now() - REFRESH_LIFETIME).await?)
}

/// Changes the viewer's password, ends every session, and opens a new one.
///
/// # Errors
/// Refused when the old password is wrong or the new one too weak.
pub async fn change_password(
    services: &Services,
    viewer: &Viewer,
    (current, new): (SecretString, SecretString),
    address: Option<IpAddr>,
) -> Result<Session, ServiceError> {
    let Viewer::User { user, membership, .. } = viewer else {
        return Err(Denied::Unauthenticated.into());
    };
    services.attempts.count(&user.to_string(), address).await?;
    let row = store::user::find(services.db.read(), *user).await?.ok_or(Denied::Unauthenticated)?;
    let right = services.passwords.verify(current, Some(row.password_hash.clone())).await.map_err(password_fault)?;
    if !right {
        return Err(Refusal::new("currentPassword", RefusalCode::WrongCredentials, "this is not your password").into());
    }
    let hash = services.passwords.hash(new).await.map_err(|error| new_password("newPassword", error))?;
    let tx = services.db.begin().await?;
    let row_now = store::user::lock(&tx, *user).await?.ok_or(Denied::Unauthenticated)?;
    // Another change came first; this one proved a password that is no longer one.
    if row_now.session_version != row.session_version {
        return Err(Denied::Unauthenticated.into());
    }
    store::user::end_sessions(&tx, *user, Some(hash)).await?;
    store::token::end_of_user(&tx, *user, services.clock.now()).await?;
    let row = store::user::find(&tx, *user).await?.ok_or(Denied::Unauthenticated)?;
    let membership = store::membership::find(&tx, *membership).await?.ok_or(Denied::Unauthenticated)?;
    let session = open(services, &tx, row, membership, Uuid::now_v7()).await?;
    tx.commit().await?;
    Ok(session)
}

/// Hands out the tokens of a session, as a new family or the next of one.
pub(super) async fn open<C: ConnectionTrait>(
    services: &Services,
    conn: &C,
    user: user::Model,
    membership: membership::Model,
    family: Uuid,
) -> Result<Session, ServiceError> {
    let now = services.clock.now();
    let bearer = Bearer {
        user: user.id,
        merchant: membership.merchant_id,
        membership: membership.id,
        role: membership.role,
        partner: membership.partner_id,
        mode: membership.livemode.map(Mode::from_livemode),
        session_version: user.session_version,
    };
    let access = services.access_tokens.issue(&bearer, now).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let refresh = OpaqueToken::generate(OpaqueKind::Refresh);
    let row = refresh_token::Model {
        id: RefreshTokenId::new_at(now),
        family,
        user_id: user.id,
        membership_id: membership.id,
        hash: refresh.hash.bytes().to_vec(),
        created_at: now,
        expires_at: now + REFRESH_LIFETIME,
        used_at: None,
        revoked_at: None,
    };
    let refresh_expires_at = row.expires_at;
    store::row::insert(conn, row).await?;
    Ok(Session { access, refresh: refresh.value, refresh_expires_at, user, membership })
}

/// A membership to be.
pub(super) fn new_membership(
    user: UserId,
    merchant: MerchantId,
    role: Role,
    partner: Option<(PartnerId, bool)>,
    now: DateTime<Utc>,
) -> membership::Model {
    membership::Model {
        id: MembershipId::new_at(now),
        user_id: user,
        merchant_id: merchant,
        role,
        partner_id: partner.map(|(partner, _)| partner),
        livemode: partner.map(|(_, livemode)| livemode),
        created_at: now,
    }
}

/// The one answer to everything that does not let in, so that nobody learns which part was wrong.
pub(super) fn wrong_credentials() -> ServiceError {
    Refusal::new("", RefusalCode::WrongCredentials, "this does not let you in; check what you typed, or sign in again").into()
}

/// A new password that was refused, or a fault of ours.
pub(super) fn new_password(field: &str, error: PasswordError) -> ServiceError {
    match error {
        PasswordError::TooShort(_) | PasswordError::TooLong | PasswordError::OneCharacter => {
            Refusal::new(field, RefusalCode::Invalid, error.to_string()).into()
        }
        other => password_fault(other),
    }
}

pub(super) fn password_fault(error: PasswordError) -> ServiceError {
    ServiceError::Internal(error.to_string())
}
