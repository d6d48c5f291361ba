//! Who is calling: from a credential to a [`Viewer`].
//!
//! A token or key says who somebody was when it was made, so membership, session version and the key's row are read again, at
//! most [`FRESH`] later: that is how long a removed member or a revoked key still works.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderMap};
use chrono::{DateTime, Duration, Utc};
use entity::api_key;
use entity::value::{ApiKeyId, ApiKeyKind, MembershipId, Mode, UserId};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use uuid::Uuid;

use super::rate::TooMany;
use super::strangers::Strangers;
use crate::auth::origin::AllowedOrigin;
use crate::auth::{api_key as keys, jwt, origin};
use crate::domain::access::{Scope, Viewer};
use crate::service::Services;
use crate::store::{StoreError, credential};

/// How old what is known of a credential may be.
const FRESH: Duration = Duration::seconds(30);
/// How many credentials are remembered of each kind.
const REMEMBERED: u64 = 10_000;
/// The header by which a person chooses test or live.
pub const MODE_HEADER: &str = "tributary-mode";

/// What a caller presented.
#[derive(Clone, Debug, Default)]
pub struct Credential {
    /// The token or key, without the word `Bearer`.
    pub bearer: Option<SecretString>,
    /// The mode asked for, as written.
    pub mode: Option<String>,
    /// The web origin, as the browser wrote it.
    pub origin: Option<String>,
    /// The address from which it came.
    pub address: Option<IpAddr>,
}

/// A caller that is known.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who.
    pub viewer: Viewer,
    /// When the credential ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Identity {
    /// What limits count by; `None` for the public.
    #[must_use]
    pub fn counted_as(&self) -> Option<Uuid> {
        match &self.viewer {
            Viewer::Public => None,
            Viewer::User { user, .. } => Some(user.uuid()),
            Viewer::Server { key, .. } | Viewer::Snippet { key, .. } => Some(key.uuid()),
        }
    }
}

/// Why a credential was not accepted.
#[derive(Debug, Error)]
pub enum Unidentified {
    /// Not a header of the form `Bearer <token>`.
    #[error("the Authorization header must have the form: Bearer <access token or API key>")]
    Form,
    /// Neither a token nor a key of ours, or one that has ended.
    #[error("the access token or API key is not valid, or no longer; sign in again or check the key")]
    Invalid,
    /// The mode is neither of the two, or not that of the key.
    #[error("Tributary-Mode must be test or live, and for an API key that of the key")]
    Mode,
    /// A publishable key used on a page that it is not for.
    #[error("this publishable key is not for this origin; add the origin to the key")]
    Origin,
    /// Too many keys that do not exist came from there.
    #[error("too many keys that do not exist came from this address; try again in {} s", .0.retry_after)]
    TooMany(TooMany),
    /// The database did not say.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Credential {
    /// Reads the headers of a request that came from this address.
    ///
    /// # Errors
    /// `Form` when there is an `Authorization` header of another form.
    pub fn of_headers(headers: &HeaderMap, address: Option<IpAddr>) -> Result<Self, Unidentified> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bearer = headers.get(header::AUTHORIZATION).map(|value| value.to_str().ok().and_then(bearer).ok_or(Unidentified::Form));
        Ok(Self { bearer: bearer.transpose()?, mode: text(MODE_HEADER), origin: text("origin"), address })
    }
}

/// The token of `Bearer <token>`.
#[must_use]
pub fn bearer(text: &str) -> Option<SecretString> {
    let (scheme, token) = text.trim().split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim().into())
}

/// A publishable key with what it may do.
#[derive(Clone, Debug)]
pub struct PageKey {
    /// Its row.
    pub row: api_key::Model,
    /// Its origins, read.
    pub origins: Vec<AllowedOrigin>,
}

/// A remembered answer of the database: what it said, and when.
type Remembered<T> = (Option<T>, DateTime<Utc>);

/// Finds out who is calling, and remembers it for a while.
#[derive(Clone)]
pub struct Viewers {
    services: Arc<Services>,
    strangers: Arc<Strangers>,
    members: Cache<(MembershipId, UserId), Remembered<(entity::membership::Model, i32)>>,
    keys: Cache<Vec<u8>, Remembered<Arc<PageKey>>>,
}

impl std::fmt::Debug for Viewers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Viewers")
    }
}

impl Viewers {
    /// Knows nobody yet.
    #[must_use]
    pub fn new(services: Arc<Services>, strangers: Arc<Strangers>) -> Self {
        Self { services, strangers, members: Cache::new(REMEMBERED), keys: Cache::new(REMEMBERED) }
    }

    /// Who presented this; the public when nothing was presented.
    ///
    /// # Errors
    /// [`Unidentified`].
    pub async fn identify(&self, credential: &Credential) -> Result<Identity, Unidentified> {
        let mode = credential.mode.as_deref().map(|text| mode(text).ok_or(Unidentified::Mode)).transpose()?;
        let Some(bearer) = &credential.bearer else {
            return Ok(Identity { viewer: Viewer::Public, expires_at: None });
        };
        match keys::parse(bearer.expose_secret()) {
            Ok(presented) => self.of_key(&presented, mode, credential).await,
            Err(keys::ApiKeyError::Damaged) => Err(Unidentified::Invalid),
            Err(keys::ApiKeyError::Prefix) => self.of_token(bearer, mode).await,
        }
    }

    /// The publishable key that a page presented, if it is one and covers the page's origin.
    ///
    /// # Errors
    /// `Invalid` for any other text, `Origin` for another page, `TooMany`, `Store`.
    pub async fn page_key(&self, key: &str, origin: Option<&str>, address: Option<IpAddr>) -> Result<Arc<PageKey>, Unidentified> {
        let presented = keys::parse(key).map_err(|_| Unidentified::Invalid)?;
        let known = self.key(&presented, address).await?;
        if known.row.kind != ApiKeyKind::Publishable {
            return Err(Unidentified::Invalid);
        }
        if !origin.is_some_and(|origin| origin::any_covers(&known.origins, origin)) {
            return Err(Unidentified::Origin);
        }
        Ok(known)
    }

    async fn of_key(&self, presented: &keys::PresentedKey, asked: Option<Mode>, from: &Credential) -> Result<Identity, Unidentified> {
        let (known, origin) = (self.key(presented, from.address).await?, from.origin.as_deref());
        let row = &known.row;
        let mode = Mode::from_livemode(row.livemode);
        if asked.is_some_and(|asked| asked != mode) {
            return Err(Unidentified::Mode);
        }
        let (key, scope) = (row.id, Scope::merchant_wide(row.merchant_id, mode));
        let viewer = match row.kind {
            ApiKeyKind::Secret => Viewer::Server { key, scopes: row.scopes.to_vec(), scope },
            ApiKeyKind::Publishable if origin.is_some_and(|origin| origin::any_covers(&known.origins, origin)) => {
                Viewer::Snippet { key, program: row.program_id, scope }
            }
            ApiKeyKind::Publishable => return Err(Unidentified::Origin),
        };
        Ok(Identity { viewer, expires_at: None })
    }

    /// The row of a key; its kind and mode are those that its text says.
    async fn key(&self, presented: &keys::PresentedKey, address: Option<IpAddr>) -> Result<Arc<PageKey>, Unidentified> {
        let (hash, now) = (presented.hash.bytes(), self.services.clock.now());
        let known = match self.keys.get(hash).await.filter(|known| is_fresh(known.1, now)) {
            Some((known, _)) => known,
            None => {
                self.strangers.may_guess(address).map_err(Unidentified::TooMany)?;
                self.read_key(hash, now).await?
            }
        };
        if known.is_none() {
            self.strangers.guessed_wrong(address);
        }
        let agrees = |key: &PageKey| key.row.kind == presented.kind && key.row.livemode == presented.mode.livemode();
        known.filter(|key| agrees(key)).ok_or(Unidentified::Invalid)
    }

    async fn read_key(&self, hash: &[u8], now: DateTime<Utc>) -> Result<Option<Arc<PageKey>>, Unidentified> {
        let row = credential::api_key(self.services.db.read(), hash).await?;
        let known = row.map(|row| {
            let origins = row.origins.iter().filter_map(|text| text.parse().ok()).collect();
            Arc::new(PageKey { row, origins })
        });
        self.keys.insert(hash.to_vec(), (known.clone(), now)).await;
        if let Some(known) = &known {
            self.note_use(known.row.id, now).await;
        }
        Ok(known)
    }

    /// That a key was used is told to people only, so a failure to note it stops nobody.
    async fn note_use(&self, key: ApiKeyId, now: DateTime<Utc>) {
        if let Err(error) = credential::used(self.services.db.write(), key, now).await {
            tracing::warn!(%error, "the use of an API key was not noted");
        }
    }

    async fn of_token(&self, token: &SecretString, asked: Option<Mode>) -> Result<Identity, Unidentified> {
        let now = self.services.clock.now();
        let verified = self.services.access_tokens.verify(token.expose_secret(), now).map_err(|_| Unidentified::Invalid)?;
        let bearer = verified.bearer;
        let agrees = |(membership, session_version): &(entity::membership::Model, i32)| {
            membership.merchant_id == bearer.merchant
                && membership.role == bearer.role
                && membership.partner_id == bearer.partner
                && *session_version == bearer.session_version
        };
        // A token may be newer than what is remembered: that of who has just changed the password is.
        if !agrees(&self.member(&bearer, now).await?) && !agrees(&self.read_member(&bearer, now).await?) {
            return Err(Unidentified::Invalid);
        }
        let scope = match (bearer.partner, bearer.mode) {
            (Some(partner), Some(mode)) if asked.is_none_or(|asked| asked == mode) => Scope::of_partner(bearer.merchant, mode, partner),
            (Some(_), _) => return Err(Unidentified::Mode),
            (None, _) => Scope::merchant_wide(bearer.merchant, asked.unwrap_or(Mode::Live)),
        };
        let viewer = Viewer::User { user: bearer.user, membership: bearer.membership, role: bearer.role, scope };
        Ok(Identity { viewer, expires_at: Some(verified.expires_at) })
    }

    async fn member(&self, bearer: &jwt::Bearer, now: DateTime<Utc>) -> Result<(entity::membership::Model, i32), Unidentified> {
        let key = (bearer.membership, bearer.user);
        if let Some((known, _)) = self.members.get(&key).await.filter(|known| is_fresh(known.1, now)) {
            return known.ok_or(Unidentified::Invalid);
        }
        self.read_member(bearer, now).await
    }

    async fn read_member(&self, bearer: &jwt::Bearer, now: DateTime<Utc>) -> Result<(entity::membership::Model, i32), Unidentified> {
        let key = (bearer.membership, bearer.user);
        let found = credential::member(self.services.db.read(), bearer.membership, bearer.user).await?;
        let known = found.map(|(membership, user)| (membership, user.session_version));
        self.members.insert(key, (known.clone(), now)).await;
        known.ok_or(Unidentified::Invalid)
    }
}

fn is_fresh(since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (Duration::zero()..FRESH).contains(&(now - since))
}

fn mode(text: &str) -> Option<Mode> {
    match text.trim() {
        "test" => Some(Mode::Test),
        "live" => Some(Mode::Live),
        _ => None,
    }
}
