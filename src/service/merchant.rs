//! Merchants: the first of an instance, and further ones.

use chrono::Duration;
use entity::value::{MerchantId, MerchantSettings, Role, SetupTokenId, UserId};
use entity::{merchant, setup_token, user};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::check::Faults;
use super::session::{Session, new_membership, new_password, open, wrong_credentials};
use super::{ServiceError, Services};
use crate::auth::refresh::{OpaqueKind, OpaqueToken, read};
use crate::clock::Clock;
use crate::domain::access::{Denied, Viewer};
use crate::store::{self, Db};

/// How long the set-up token of a fresh instance works. Each start of a process prints a new one while there is no user.
const SETUP_LIFETIME: Duration = Duration::hours(24);

/// The set-up token to print, while nobody has an account; `None` afterwards.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn ensure_setup_token(db: &Db, clock: &Clock) -> Result<Option<String>, ServiceError> {
    if store::user::any(db.read()).await? {
        return Ok(None);
    }
    let now = clock.now();
    let token = OpaqueToken::generate(OpaqueKind::Setup);
    let row = setup_token::Model {
        id: SetupTokenId::new_at(now),
        hash: token.hash.bytes().to_vec(),
        created_at: now,
        expires_at: now + SETUP_LIFETIME,
        used_at: None,
    };
    store::row::insert(db.write(), row).await?;
    Ok(Some(token.value.expose_secret().to_owned()))
}

/// What a fresh instance is set up with.
pub struct SetUp {
    /// The set-up token that the first start printed.
    pub token: String,
    /// What the first merchant is called.
    pub merchant_name: String,
    /// The first owner's address.
    pub email: String,
    /// The first owner's password.
    pub password: SecretString,
}

/// Makes the first merchant and its owner, and signs the owner in. Works once.
///
/// # Errors
/// Refused with `WRONG_CREDENTIALS` for a token that does not work (any more), or for fields of the wrong form.
pub async fn set_up(services: &Services, input: SetUp) -> Result<Session, ServiceError> {
    let mut faults = Faults::default();
    let name = faults.name("merchantName", &input.merchant_name);
    let email = faults.email("email", &input.email);
    faults.done()?;
    let hash = read(OpaqueKind::Setup, input.token.trim()).map_err(|_| wrong_credentials())?;
    if store::user::any(services.db.read()).await? {
        return Err(wrong_credentials());
    }
    let password_hash = services.passwords.hash(input.password).await.map_err(|error| new_password("password", error))?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    if !store::token::use_setup(&tx, hash.bytes(), now).await? || store::user::any(&tx).await? {
        return Err(wrong_credentials());
    }
    let merchant = store::row::insert(&tx, new_merchant(name, now)).await?;
    let user = user::Model { id: UserId::new_at(now), email, password_hash, session_version: 0, created_at: now };
    let user = store::row::insert(&tx, user).await?;
    let membership = store::row::insert(&tx, new_membership(user.id, merchant.id, Role::Owner, None, now)).await?;
    let session = open(services, &tx, user, membership, Uuid::now_v7()).await?;
    tx.commit().await?;
    Ok(session)
}

/// Makes a further merchant of which the viewer is the owner. They sign in to it, or refresh into its membership.
///
/// # Errors
/// Refused for a bad name; denied to all but owners.
pub async fn create(services: &Services, viewer: &Viewer, name: &str) -> Result<merchant::Model, ServiceError> {
    let user = match viewer {
        Viewer::User { user, role: Role::Owner, .. } => *user,
        Viewer::Public => return Err(Denied::Unauthenticated.into()),
        _ => return Err(Denied::Forbidden.into()),
    };
    let mut faults = Faults::default();
    let name = faults.name("name", name);
    faults.done()?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let merchant = store::row::insert(&tx, new_merchant(name, now)).await?;
    store::row::insert(&tx, new_membership(user, merchant.id, Role::Owner, None, now)).await?;
    tx.commit().await?;
    Ok(merchant)
}

fn new_merchant(name: String, now: chrono::DateTime<chrono::Utc>) -> merchant::Model {
    merchant::Model { id: MerchantId::new_at(now), name, settings: MerchantSettings::default(), created_at: now }
}
