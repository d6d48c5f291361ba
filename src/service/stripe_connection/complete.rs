//! Linking by Stripe's own pages, end: from what came back to a connection that is linked (S11, S13).
//!
//! The state is used up first, in a statement of its own, so that a code is exchanged at most once. The exchange is outside of any transaction;
//! what it gave is stored in one. A process that dies in between leaves an attempt that is over and no half connection; the user begins again.

use entity::api_key;
use entity::link_attempt::Model as Attempt;
use entity::stripe_connection::Model;
use entity::value::{ApiScope, ConnectionId, ConnectionMethod, LinkFault, Mode, Role};
use secrecy::{ExposeSecret, SecretString};

use super::access::{app, platform, renewed};
use super::authorise::{Who, open, scope_of};
use super::endpoint::Register;
use super::{check, new_row, proof, relink, row_of};
use crate::auth::refresh::{OpaqueKind, read};
use crate::auth::same;
use crate::domain::access::{Action, Viewer};
use crate::service::{ServiceError, Services};
use crate::store;
use crate::store::connection::Renewed;
use crate::store::scoped::find;
use crate::stripe::oauth::{self, Grant};

/// What came back from Stripe.
#[derive(Debug, Default)]
pub struct Back {
    /// The state.
    pub state: Option<String>,
    /// The code, when the merchant agreed.
    pub code: Option<SecretString>,
    /// The error word, when not.
    pub error: Option<String>,
    /// What Stripe says about the error.
    pub description: Option<String>,
}

/// By what it is known that who completes is who began.
#[derive(Debug)]
pub enum Proof<'a> {
    /// What the browser was given when it left.
    Browser(Option<SecretString>),
    /// Who asks, by access token or key.
    Viewer(&'a Viewer),
}

/// What became of an attempt.
#[derive(Debug)]
pub struct Completed {
    /// The connection, or why there is none.
    pub outcome: Result<Model, LinkFault>,
    /// Where the browser is to go.
    pub return_url: Option<String>,
}

/// Completes an attempt.
///
/// # Errors
/// [`ServiceError`] when the database fails. Everything else is an outcome.
pub async fn complete(services: &Services, back: Back, proof: Proof<'_>) -> Result<Completed, ServiceError> {
    let row = match open(services, back.state.as_deref().unwrap_or_default()).await? {
        Ok(row) => row,
        Err(fault) => return Ok(Completed { outcome: Err(fault), return_url: None }),
    };
    if !proves(&row, &proof) {
        // Whoever that is learns nothing of where the real one wants to go, and does not use up the state.
        return Ok(Completed { outcome: Err(LinkFault::StateOfAnotherSession), return_url: None });
    }
    let return_url = row.return_url.clone();
    let now = services.clock.now();
    let outcome = if store::link_attempt::use_up(services.db.write(), row.id, now).await? {
        finish(services, &row, back).await?
    } else {
        Err(LinkFault::StateUsed)
    };
    if let Err(fault) = &outcome {
        tracing::info!(merchant = %row.merchant_id, %fault, "an account was not linked");
    }
    Ok(Completed { outcome, return_url })
}

fn proves(row: &Attempt, proof: &Proof<'_>) -> bool {
    match proof {
        Proof::Browser(held) => {
            let hash = held.as_ref().and_then(|held| read(OpaqueKind::Link, held.expose_secret()).ok());
            row.browser_hash.as_ref().zip(hash).is_some_and(|(known, hash)| same(known, hash.bytes()))
        }
        Proof::Viewer(viewer) => {
            let scope = viewer.allow(Action::Connect).ok();
            Who::of(viewer) == Who::began(row)
                && scope.is_some_and(|scope| scope.merchant() == row.merchant_id && scope.livemode() == row.livemode)
        }
    }
}

async fn finish(services: &Services, row: &Attempt, back: Back) -> Result<Result<Model, LinkFault>, ServiceError> {
    if !still_allowed(services, row).await? {
        return Ok(Err(LinkFault::NoLongerAllowed));
    }
    if let Some(error) = back.error {
        return Ok(Err(oauth::fault(&error, back.description.as_deref().unwrap_or_default())));
    }
    let Some(code) = back.code else { return Ok(Err(LinkFault::CodeMissing)) };
    let mode = Mode::from_livemode(row.livemode);
    let exchanged = match row.method {
        ConnectionMethod::App => match app(services, mode) {
            Some(app) => app.exchange(&services.stripe, code.expose_secret()).await,
            None => Err(LinkFault::ClientRefused),
        },
        _ => match platform(services, mode) {
            Some(platform) => platform.exchange(&services.stripe, code.expose_secret()).await,
            None => Err(LinkFault::ClientRefused),
        },
    };
    let grant = match exchanged {
        Ok(grant) if grant.livemode != row.livemode => return Ok(Err(LinkFault::ModeMismatch)),
        Ok(grant) => grant,
        Err(fault) => return Ok(Err(fault)),
    };
    let linked = match link(services, row, &grant).await? {
        Ok(linked) => linked,
        Err(fault) => {
            give_back(services, row, &grant).await?;
            return Ok(Err(fault));
        }
    };
    look(services, linked).await;
    Ok(Ok(row_of(services, linked).await?))
}

/// Whether who began may still connect accounts: a member whose sessions were not ended, or a key that was not revoked.
async fn still_allowed(services: &Services, row: &Attempt) -> Result<bool, ServiceError> {
    let db = services.db.read();
    if let Some(id) = row.api_key_id {
        let key = find::<api_key::Entity, _>(db, scope_of(row), id).await?;
        return Ok(key.is_some_and(|key| key.revoked_at.is_none() && key.scopes.contains(&ApiScope::WriteConnections)));
    }
    let Some(id) = row.membership_id else { return Ok(false) };
    let Some(membership) = store::membership::find(db, id).await? else { return Ok(false) };
    let user = store::user::find(db, membership.user_id).await?;
    Ok(membership.merchant_id == row.merchant_id
        && matches!(membership.role, Role::Owner | Role::Admin)
        && user.is_some_and(|user| Some(user.session_version) == row.session_version))
}

/// Looks at a fresh link at once. What fails is looked at again later, and the link stands all the same.
async fn look(services: &Services, id: ConnectionId) {
    if let Err(error) = check::run(services, id, Register::Kept).await {
        tracing::warn!(connection = %id, %error, "a fresh connection could not be looked at; it is tried again");
    }
}

/// Stores what Stripe gave: in the connection that was named, in that of the account, or in a new one.
async fn link(services: &Services, attempt: &Attempt, grant: &Grant) -> Result<Result<ConnectionId, LinkFault>, ServiceError> {
    let (now, scope) = (services.clock.now(), scope_of(attempt));
    let tx = services.db.begin().await?;
    let known = match attempt.connection_id {
        Some(id) => store::connection::lock_by_id(&tx, id).await?,
        None => store::connection::of_account(&tx, scope, &grant.account).await?,
    };
    let is_new = known.is_none();
    let mut row = known.unwrap_or_else(|| fresh(services, attempt, &grant.account));
    // An account that was proved or that sent events is this one's history; one that was only claimed gives way.
    let claimed = row.verified_at.is_none() && row.last_event_at.is_none();
    if !claimed && row.account.as_ref().is_some_and(|account| *account != grant.account) {
        return Ok(Err(LinkFault::AccountDiffers));
    }
    let Renewed { secret, refresh, expires_at } = renewed(services, row.id, grant)?;
    (row.account, row.verified_at) = (Some(grant.account.clone()), Some(now));
    (row.secret, row.refresh_secret, row.token_expires_at) =
        (Some(secret), refresh.filter(|_| attempt.method == ConnectionMethod::App), expires_at);
    (row.key_last4, row.method) = (None, attempt.method);
    row.granted_scope.clone_from(&grant.scope);
    let revived = relink(&mut row, now);
    match proof::alone(&tx, scope, &row, "account").await {
        Ok(()) => {}
        Err(ServiceError::Refused(_)) => return Ok(Err(LinkFault::AccountTaken)),
        Err(other) => return Err(other),
    }
    let stored = if is_new { store::row::insert(&tx, row).await } else { store::row::save(&tx, row).await };
    let row = match stored {
        Ok(row) => row,
        Err(error) if error.fault() == store::Fault::Duplicate => return Ok(Err(LinkFault::AccountTaken)),
        Err(error) => return Err(error.into()),
    };
    let routed = proof::hand_out(&tx, &row, revived, services.clock.shared()).await?;
    tx.commit().await?;
    proof::ring(services, routed).await;
    Ok(Ok(row.id))
}

fn fresh(services: &Services, attempt: &Attempt, account: &str) -> Model {
    let now = services.clock.now();
    new_row(attempt.merchant_id, attempt.livemode, attempt.name.clone().unwrap_or_else(|| account.to_owned()), attempt.method, now)
}

/// Gives access back that cannot be kept, so that no token of it lies about; but not while another connection lives by it.
async fn give_back(services: &Services, row: &Attempt, grant: &Grant) -> Result<(), ServiceError> {
    let (mode, others) =
        (Mode::from_livemode(row.livemode), store::connection::lives(services.db.read(), &grant.account, row.livemode).await?);
    if let (ConnectionMethod::Oauth, false, Some(platform)) = (row.method, others, platform(services, mode))
        && let Err(fault) = platform.revoke(&services.stripe, &grant.account).await
    {
        tracing::warn!(%fault, "access that is not used could not be given back to Stripe");
    }
    Ok(())
}
