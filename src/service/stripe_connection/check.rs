//! Looking at a connection at Stripe: whose account it is, which rights are there, how its webhook endpoint stands, and
//! whether clocks agree.
//!
//! Done when a connection is linked, when somebody asks, and once a day. One look at a time, under a lease in the database; what was found counts
//! only while the credential is still the one that was asked with.

use chrono::{DateTime, Duration, Utc};
use entity::stripe_connection::Model;
use entity::value::{
    Capability, ConnectionHealth, ConnectionId, ConnectionMethod, ConnectionStatus, Mode, PermissionState, StripePermission,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::access::{self, Access};
use super::capability::{held, require, state, told_by_scope};
use super::endpoint::{self, Register};
use super::{proof, row_of};
use crate::domain::access::{Action, Scope, Viewer};
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;
use crate::store::scoped::find;
use crate::stripe::error::ReadError;
use crate::stripe::permission::{PERMISSIONS, Permission};

/// How long one look may take.
const LEASE: Duration = Duration::minutes(3);
/// When a connection is looked at again.
const DAILY: Duration = Duration::hours(24);
/// When it is looked at again after Stripe did not answer.
const SOON: Duration = Duration::minutes(15);
/// How many rights are asked for at the same time: far below Stripe's limits, and quick all the same.
const AT_ONCE: usize = 6;
/// How many connections are looked at in one go.
const BATCH: u64 = 20;

/// Looks at a connection now, because somebody asks.
///
/// # Errors
/// Refused when there is no such connection; denied to those who may not connect.
pub async fn now(services: &Services, viewer: &Viewer, id: ConnectionId) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let known = find::<entity::stripe_connection::Entity, _>(services.db.read(), scope, id).await?;
    known.ok_or_else(|| Refusal::not_found("id", "connection"))?;
    run(services, id, Register::Kept).await?;
    row_of(services, id).await
}

/// Registers the webhook endpoint of a connection at Stripe, or repairs it, because somebody asks.
///
/// # Errors
/// Refused when there is no such connection, when its events come to the platform's endpoint, when the key may not, or when Stripe refuses; denied
/// to those who may not connect.
pub async fn register(services: &Services, viewer: &Viewer, id: ConnectionId) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let known = find::<entity::stripe_connection::Entity, _>(services.db.read(), scope, id).await?;
    let known = known.ok_or_else(|| Refusal::not_found("id", "connection"))?;
    let refused = |message: &str| Refusal::new("id", RefusalCode::WrongState, message);
    if known.status != ConnectionStatus::Linked {
        return Err(refused("the connection is not linked; link it again first").into());
    }
    if known.method != ConnectionMethod::ApiKey {
        return Err(refused("its events come to the platform's endpoint, which the operator of this instance registers").into());
    }
    require(&known, Capability::ManageWebhooks, "id")?;
    run(services, id, Register::Wanted).await?;
    let row = row_of(services, id).await?;
    // What was found just now may be another thing than what was known.
    require(&row, Capability::ManageWebhooks, "id")?;
    match row.health.as_ref().and_then(|health| health.endpoint_error.clone()) {
        Some(error) => Err(refused(&error).into()),
        None => Ok(row),
    }
}

/// Looks at a connection, unless another look is under way. What cannot be learned now is looked at again soon.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn run(services: &Services, id: ConnectionId, register: Register) -> Result<(), ServiceError> {
    let (owner, began) = (format!("check-{}", Uuid::now_v7().simple()), services.clock.shared());
    if !store::connection::lease_check(services.db.write(), id, &owner, began + LEASE, began).await? {
        return Ok(());
    }
    let next = match look(services, id, register).await {
        Ok(Some(found)) => record(services, id, found).await?,
        // It has no access any more: the next link looks again, which may have come meanwhile.
        Ok(None) => {
            let linked = row_of(services, id).await?.status == ConnectionStatus::Linked;
            linked.then(|| services.clock.shared() + SOON)
        }
        Err(error) => {
            tracing::warn!(connection = %id, %error, "a connection could not be looked at");
            Some(services.clock.shared() + SOON)
        }
    };
    store::connection::release_check(services.db.write(), id, &owner, next).await?;
    Ok(())
}

/// What a look found.
struct Found {
    access: Access,
    account: Option<String>,
    health: ConnectionHealth,
}

async fn look(services: &Services, id: ConnectionId, register: Register) -> Result<Option<Found>, ServiceError> {
    let Some(access) = access::of(services, id).await? else { return Ok(None) };
    let asked = access.client.whose().await;
    let mut health = ConnectionHealth {
        checked_at: services.clock.now(),
        error: None,
        skew_seconds: asked.skew.map(|skew| skew.num_seconds()),
        permissions: Vec::new(),
        endpoints: None,
        endpoint_error: None,
    };
    let account = match access.note(services, asked.account).await {
        Ok(account) => Some(account),
        Err(ReadError::Unauthorised) => return Ok(None),
        Err(ReadError::Permission { .. }) => None,
        Err(error) => {
            health.error = Some(error.to_string());
            None
        }
    };
    // Whoever does not answer one question is not asked twenty more; and what the scope says needs no question.
    if health.error.is_none() && !told_by_scope(&access.row) {
        match access.note(services, rights(&access, account.is_some()).await).await {
            Ok(permissions) => health.permissions = permissions,
            Err(_) => return Ok(None),
        }
    }
    if access.row.method == ConnectionMethod::ApiKey {
        // What was just found decides whether the endpoint may be touched.
        let row = Model { health: Some(health.clone()), ..access.row.clone() };
        if held(&row, Capability::ManageWebhooks).state == PermissionState::Granted {
            endpoint::tend(services, &access, register, &mut health).await?;
        }
        if state(&row, StripePermission::WebhookRead) == PermissionState::Granted {
            endpoint::look(services, &access, &mut health).await?;
        }
    }
    Ok(Some(Found { access, account, health }))
}

/// Asks for every right that something here uses.
async fn rights(access: &Access, knows_account: bool) -> Result<Vec<(StripePermission, PermissionState)>, ReadError> {
    let rest = PERMISSIONS.iter().filter(|permission| permission.is_needed() && permission.right != StripePermission::AccountRead);
    let asked: Vec<_> = rest.map(|permission| one(access, permission)).collect();
    let mut found: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    let account = if knows_account { PermissionState::Granted } else { PermissionState::Missing };
    found.insert(0, (StripePermission::AccountRead, account));
    Ok(found)
}

async fn one(access: &Access, permission: &'static Permission) -> Result<(StripePermission, PermissionState), ReadError> {
    Ok((permission.right, access.client.probe(permission).await?))
}

/// Stores what was found. Gives when to look again.
async fn record(services: &Services, id: ConnectionId, found: Found) -> Result<Option<DateTime<Utc>>, ServiceError> {
    let Found { access, account, mut health } = found;
    let (now, shared) = (services.clock.now(), services.clock.shared());
    let tx = services.db.begin().await?;
    let Some(mut row) = store::connection::lock_by_id(&tx, id).await? else { return Ok(None) };
    if !access.is_of(&row) {
        return Ok(Some(shared));
    }
    let again = if health.error.is_some() { SOON } else { DAILY };
    if health.error.is_none() && row.method == ConnectionMethod::ApiKey {
        health.error = prove(&tx, &mut row, account, now).await?;
    }
    row.health = Some(health);
    let row = store::row::save(&tx, row).await?;
    let routed = proof::route(&tx, &row, shared).await?;
    tx.commit().await?;
    proof::ring(services, routed).await;
    Ok(Some(shared + again))
}

/// Takes the account into the row, or says why not: then the proof of before is gone. Without an answer it would stand, as the credential is the
/// same.
async fn prove(
    tx: &DatabaseTransaction,
    row: &mut Model,
    account: Option<String>,
    now: DateTime<Utc>,
) -> Result<Option<String>, ServiceError> {
    if let Err(refusal) = proof::take(row, account, "id", now) {
        row.verified_at = None;
        return Ok(Some(refusal.message));
    }
    let scope = Scope::merchant_wide(row.merchant_id, Mode::from_livemode(row.livemode));
    match proof::alone(tx, scope, row, "id").await {
        Ok(()) => Ok(None),
        Err(ServiceError::Refused(refusals)) => {
            row.verified_at = None;
            Ok(refusals.into_iter().next().map(|refusal| refusal.message))
        }
        Err(other) => Err(other),
    }
}

/// Looks at connections whose time has come, one after the other: nothing hurries.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn due(services: &Services) -> Result<usize, ServiceError> {
    let due = store::connection::due(services.db.read(), services.clock.shared(), BATCH).await?;
    for id in &due {
        run(services, *id, Register::Kept).await?;
    }
    Ok(due.len())
}
