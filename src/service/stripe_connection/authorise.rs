//! Linking by Stripe's own pages, begin: who wants it, for which merchant and mode, and the state that goes to Stripe and back (S5, S12).
//!
//! A state is random, signed, kept as a hash, good for ten minutes and for one use. It is bound to who began it and to the merchant and mode they
//! work in. A browser that comes back to this instance must also hold what it was given when it left, so that nobody can send somebody else through
//! Stripe's consent into a merchant that is not theirs; a page of the merchant's own completes with the user's access token in place of that.

use chrono::{DateTime, Duration, Utc};
use entity::link_attempt::Model as Attempt;
use entity::stripe_connection;
use entity::value::{ApiKeyId, ConnectionId, ConnectionMethod, LinkFault, MembershipId, Mode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use uuid::Uuid;

use super::access::{app, platform};
use super::capability::READ_WRITE;
use crate::auth::link_state::{self, Bound};
use crate::auth::refresh::{OpaqueKind, OpaqueToken};
use crate::domain::access::{Action, Scope, Viewer};
use crate::service::check::{Faults, address};
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::scoped::find;

/// The page of this instance from which a browser leaves for Stripe. Stripe sends it back to `/callback` under it.
pub const PATH: &str = "/connect/stripe";
/// How long an attempt can be completed.
pub const LIFETIME: Duration = Duration::minutes(10);

/// What to link, and how.
#[derive(Clone, Debug)]
pub struct NewAttempt {
    /// By Connect OAuth, or by installing the app.
    pub method: ConnectionMethod,
    /// What a new connection is to be called.
    pub name: Option<String>,
    /// The connection to link again; its id and history stay (S11).
    pub connection: Option<ConnectionId>,
    /// Whether more than reading is asked for; the setting when left out. For Connect only.
    pub scope: Option<String>,
    /// A page of the merchant's own that Stripe sends the browser to; it completes by mutation.
    pub redirect_uri: Option<String>,
    /// Where the browser goes when this instance has completed.
    pub return_url: Option<String>,
}

/// An attempt that was begun.
// Without `Debug`: its address holds the state.
pub struct Begun {
    /// Where to send the browser.
    pub url: String,
    /// Until when it can be completed.
    pub expires_at: DateTime<Utc>,
}

/// Begins to link an account.
///
/// # Errors
/// Refused when the way is not set up on this instance, for an address that is not allowed, or when the connection is not there; denied to those
/// who may not connect.
pub async fn begin(services: &Services, viewer: &Viewer, input: NewAttempt) -> Result<Begun, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let mut faults = Faults::default();
    set_up(services, &mut faults, input.method, scope.mode());
    let name = input.name.as_deref().map(|name| faults.name("name", name));
    let redirect_uri = own_page(services, &mut faults, input.redirect_uri.as_deref());
    let return_url = back(services, &mut faults, input.return_url.as_deref());
    faults.done()?;
    if let Some(id) = input.connection {
        let known = find::<stripe_connection::Entity, _>(services.db.read(), scope, id).await?;
        known.ok_or_else(|| Refusal::not_found("connectionId", "connection"))?;
    }
    let now = services.clock.now();
    let who = Who::of(viewer);
    let wanted = input.scope.unwrap_or_else(|| services.settings.stripe_oauth_scope.clone());
    let mut row = Attempt {
        id: Uuid::now_v7(),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        method: input.method,
        state_hash: Vec::new(),
        browser_hash: None,
        membership_id: who.membership,
        session_version: session_version(services, viewer).await?,
        api_key_id: who.key,
        connection_id: input.connection,
        name,
        scope: (input.method == ConnectionMethod::Oauth).then_some(wanted),
        redirect_uri: redirect_uri.clone().unwrap_or_else(|| callback(services)),
        return_url,
        created_at: now,
        expires_at: now + LIFETIME,
        used_at: None,
    };
    let (state, hash) = services.link_states.mint(bound(&row));
    row.state_hash = hash.bytes().to_vec();
    store::link_attempt::forget_before(services.db.write(), now - LIFETIME * 6).await?;
    let row = store::row::insert(services.db.write(), row).await?;
    let expires_at = row.expires_at;
    let url = match redirect_uri {
        Some(_) => stripe_page(services, &row, &state)?.into(),
        None => services.public(&format!("{PATH}?state={}", state.expose_secret())),
    };
    Ok(Begun { url, expires_at })
}

/// Where Stripe sends browsers back to, unless a page of the merchant's own was named.
#[must_use]
pub fn callback(services: &Services) -> String {
    services.public(&format!("{PATH}/callback"))
}

/// Who began an attempt, as it notes that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Who {
    membership: Option<MembershipId>,
    key: Option<ApiKeyId>,
}

impl Who {
    /// Who asks.
    pub(super) const fn of(viewer: &Viewer) -> Self {
        match viewer {
            Viewer::User { membership, .. } => Self { membership: Some(*membership), key: None },
            Viewer::Server { key, .. } | Viewer::Snippet { key, .. } => Self { membership: None, key: Some(*key) },
            Viewer::Public => Self { membership: None, key: None },
        }
    }

    /// Who began an attempt.
    pub(super) const fn began(row: &Attempt) -> Self {
        Self { membership: row.membership_id, key: row.api_key_id }
    }

    fn uuid(self) -> Uuid {
        self.membership.map(|id| id.uuid()).or(self.key.map(|id| id.uuid())).unwrap_or_default()
    }
}

/// The session version of a user; nothing for a key.
async fn session_version(services: &Services, viewer: &Viewer) -> Result<Option<i32>, ServiceError> {
    let Viewer::User { user, .. } = viewer else { return Ok(None) };
    Ok(store::user::find(services.db.read(), *user).await?.map(|row| row.session_version))
}

/// What the state of an attempt is bound to.
fn bound(row: &Attempt) -> Bound {
    Bound { merchant: row.merchant_id, livemode: row.livemode, method: row.method, who: Who::began(row).uuid() }
}

fn set_up(services: &Services, faults: &mut Faults, method: ConnectionMethod, mode: Mode) {
    let word = mode.as_str();
    match method {
        ConnectionMethod::Oauth if platform(services, mode).is_none() => faults.add(
            "method",
            RefusalCode::NotAllowed,
            format!(
                "this instance is no Connect platform in {word} mode; its operator sets TRIBUTARY_STRIPE_CLIENT_ID_{word} and \
                 TRIBUTARY_STRIPE_PLATFORM_KEY_{word}. A restricted key works without"
            ),
        ),
        ConnectionMethod::App if app(services, mode).is_none() => faults.add(
            "method",
            RefusalCode::NotAllowed,
            format!(
                "this instance has no Stripe App in {word} mode; its operator sets TRIBUTARY_STRIPE_APP_INSTALL_URL_{word} and \
                 TRIBUTARY_STRIPE_APP_KEY_{word}. A restricted key works without"
            ),
        ),
        ConnectionMethod::ApiKey => faults.add("method", RefusalCode::Invalid, "a key is given to stripeConnectionCreate"),
        ConnectionMethod::Oauth | ConnectionMethod::App => {}
    }
}

/// A page of the merchant's own must be one of those that the operator registered at Stripe.
fn own_page(services: &Services, faults: &mut Faults, page: Option<&str>) -> Option<String> {
    let page = page?;
    if !services.settings.stripe_redirect_uris.iter().any(|allowed| allowed == page) {
        faults.add("redirectUri", RefusalCode::NotAllowed, "must be one of TRIBUTARY_STRIPE_REDIRECT_URIS, which are registered at Stripe");
    }
    Some(page.to_owned())
}

/// Browsers are sent back to this instance and to its portals only.
fn back(services: &Services, faults: &mut Faults, page: Option<&str>) -> Option<String> {
    let url = match address(page?) {
        Ok(url) => url,
        Err((code, message)) => {
            faults.add("returnUrl", code, message);
            return None;
        }
    };
    let origin = url.origin().ascii_serialization();
    let own = services.settings.public_url().parse::<Url>().is_ok_and(|own| own.origin() == url.origin());
    if !own && !services.settings.portal_origins.contains(&origin) {
        faults.add("returnUrl", RefusalCode::NotAllowed, "must be on this instance or on one of TRIBUTARY_PORTAL_ORIGINS");
    }
    Some(url.into())
}

/// Stripe's page for an attempt.
pub(super) fn stripe_page(services: &Services, row: &Attempt, state: &SecretString) -> Result<Url, ServiceError> {
    let mode = Mode::from_livemode(row.livemode);
    let away = || ServiceError::Unavailable("this way to link is not set up any more".to_owned());
    let state = state.expose_secret();
    match row.method {
        ConnectionMethod::App => Ok(app(services, mode).ok_or_else(away)?.page(state, &row.redirect_uri)),
        _ => Ok(platform(services, mode).ok_or_else(away)?.page(row.scope.as_deref().unwrap_or(READ_WRITE), state, &row.redirect_uri)),
    }
}

/// An attempt as the page shows it from which the browser leaves.
#[derive(Debug)]
pub struct Leaving {
    /// For which merchant.
    pub merchant: String,
    /// In which mode.
    pub mode: Mode,
    /// By which way.
    pub method: ConnectionMethod,
    /// Whether more than reading is asked for.
    pub writes: bool,
}

/// The attempt of a state, before its browser leaves for Stripe.
///
/// # Errors
/// [`LinkFault`] inside when the state cannot be used.
pub async fn leaving(services: &Services, state: &str) -> Result<Result<Leaving, LinkFault>, ServiceError> {
    let row = match open(services, state).await? {
        Ok(row) => row,
        Err(fault) => return Ok(Err(fault)),
    };
    let merchant = store::merchant::by_ids(services.db.read(), &[row.merchant_id]).await?.into_iter().next();
    Ok(Ok(Leaving {
        merchant: merchant.map(|merchant| merchant.name).unwrap_or_default(),
        mode: Mode::from_livemode(row.livemode),
        method: row.method,
        writes: row.scope.as_deref() != Some(super::capability::READ_ONLY),
    }))
}

/// Binds an attempt to the browser that leaves for Stripe. Gives Stripe's page, the name of the cookie, and what to put into it.
///
/// # Errors
/// [`LinkFault`] inside when the state cannot be used.
pub async fn leave(services: &Services, state: &str) -> Result<Result<(Url, String, SecretString), LinkFault>, ServiceError> {
    let row = match open(services, state).await? {
        Ok(row) => row,
        Err(fault) => return Ok(Err(fault)),
    };
    let held = OpaqueToken::generate(OpaqueKind::Link);
    store::link_attempt::bind(services.db.write(), row.id, held.hash.bytes()).await?;
    let page = stripe_page(services, &row, &SecretString::from(state))?;
    Ok(Ok((page, cookie(&row.state_hash), held.value)))
}

/// The name of the cookie of an attempt: two tabs that link at the same time do not meet.
#[must_use]
pub fn cookie(state_hash: &[u8]) -> String {
    format!("tributary_link_{}", hex::encode(&state_hash[..state_hash.len().min(6)]))
}

/// The name of the cookie for a state.
#[must_use]
pub fn cookie_of(state: &str) -> Option<String> {
    link_state::hash(state).map(|hash| cookie(hash.bytes()))
}

/// The attempt of a state that can still be used.
///
/// # Errors
/// [`ServiceError::Store`]; the inner [`LinkFault`] says why it cannot.
pub(super) async fn open(services: &Services, state: &str) -> Result<Result<Attempt, LinkFault>, ServiceError> {
    if state.is_empty() {
        return Ok(Err(LinkFault::StateMissing));
    }
    let Some(hash) = link_state::hash(state) else { return Ok(Err(LinkFault::StateUnknown)) };
    let row = store::link_attempt::by_state(services.db.read(), hash.bytes()).await?;
    let ours = |row: &Attempt| services.link_states.verify(&SecretString::from(state), bound(row));
    Ok(match row.filter(ours) {
        None => Err(LinkFault::StateUnknown),
        Some(row) if row.used_at.is_some() => Err(LinkFault::StateUsed),
        Some(row) if row.expires_at <= services.clock.now() => Err(LinkFault::StateExpired),
        Some(row) => Ok(row),
    })
}

/// The scope of an attempt's merchant and mode.
pub(super) const fn scope_of(row: &Attempt) -> Scope {
    Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode))
}
