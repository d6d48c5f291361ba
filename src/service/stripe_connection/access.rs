//! Calling Stripe for a connection: with what, how long it works, and what an answer says of the access (S14).
//!
//! The token of an app ends after an hour and its successor is had for a refresh token that works once. So one caller at a time fetches the next
//! pair, under a lease in the database, and stores both halves in one statement: the old pair stands until the new one does.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, SubsecRound, Utc};
use entity::stripe_connection::Model;
use entity::value::{ConnectionId, ConnectionMethod, ConnectionStatus, LinkFault, Mode, Sealed};
use sea_orm::DatabaseTransaction;
use serde_json::Value;
use uuid::Uuid;

use super::{key_place, open, refresh_place, seal};
use crate::service::{ServiceError, Services};
use crate::store::{self, connection::Renewed};
use crate::stripe::client::{Client, ClientSettings};
use crate::stripe::error::ReadError;
use crate::stripe::event::Envelope;
use crate::stripe::oauth::{Grant, InstalledApp, Platform};

/// A token that ends sooner is replaced first.
const EARLY: Duration = Duration::minutes(5);
/// A token that lasts longer may still be used while another caller fetches the next one.
const USABLE: Duration = Duration::seconds(30);
/// How long one caller may take to fetch the next pair.
const LEASE: Duration = Duration::seconds(60);
/// How often, and with which pauses, a caller looks whether another one has fetched it.
const LOOKS: u32 = 40;
const PAUSE: StdDuration = StdDuration::from_millis(250);

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
/// [`ServiceError::Unavailable`] while the token of an app cannot be replaced; [`ServiceError::Internal`] when a credential does not open.
pub async fn of(services: &Services, id: ConnectionId) -> Result<Option<Access>, ServiceError> {
    let Some((row, used)) = fresh(services, id).await?.and_then(|row| row.secret.clone().map(|used| (row, used))) else { return Ok(None) };
    let key = open(services, &used, key_place(row.id))?;
    // Keys and tokens speak for their own account, so no header names one.
    let settings = ClientSettings { base: services.settings.stripe_api.clone(), key, account: None };
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
            if let Err(error) = end(services, self.row.id, Some(&self.used), why).await {
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
///
/// # Errors
/// [`ServiceError::Store`].
pub(super) async fn end(services: &Services, id: ConnectionId, used: Option<&Sealed>, why: &str) -> Result<(), ServiceError> {
    let tx = services.db.begin().await?;
    let Some(row) = store::connection::lock_by_id(&tx, id).await? else { return Ok(()) };
    if row.status != ConnectionStatus::Linked || used.is_some_and(|used| row.secret.as_ref() != Some(used)) {
        return Ok(());
    }
    store::connection::deauthorize(&tx, id, why, services.clock.now()).await?;
    tx.commit().await?;
    tracing::warn!(connection = %id, why, "access to a Stripe account ended");
    Ok(())
}

/// What it leads to that Stripe tells of access that was taken back (S14). Nothing when it tells of an access of before, of another application,
/// or of one by which the connection does not live: a pasted key works on.
///
/// # Errors
/// [`ServiceError::Store`].
pub(in crate::service) async fn taken_back(
    tx: &DatabaseTransaction,
    services: &Services,
    id: ConnectionId,
    event: &Envelope,
) -> Result<(), ServiceError> {
    let Some(row) = store::connection::lock_by_id(tx, id).await? else { return Ok(()) };
    let told = event.object.get("id").and_then(Value::as_str);
    let other = application(services, &row).zip(told).is_some_and(|(own, told)| own != told);
    let of_before = row.linked_at.is_some_and(|at| event.created < at.trunc_subsecs(0));
    if row.status != ConnectionStatus::Linked || row.method == ConnectionMethod::ApiKey || other || of_before {
        return Ok(());
    }
    store::connection::deauthorize(tx, id, "the merchant took the access back in Stripe", services.clock.now()).await?;
    tracing::warn!(connection = %id, "a merchant took the access to a Stripe account back");
    Ok(())
}

/// By which name Stripe knows who has the access that a connection lives by.
fn application(services: &Services, row: &Model) -> Option<String> {
    let mode = Mode::from_livemode(row.livemode);
    match row.method {
        ConnectionMethod::Oauth => Some(platform(services, mode)?.client_id),
        ConnectionMethod::App => app(services, mode)?.client_id(),
        ConnectionMethod::ApiKey => None,
    }
}

/// The connection with a credential that works, if it has one.
async fn fresh(services: &Services, id: ConnectionId) -> Result<Option<Model>, ServiceError> {
    for _ in 0..LOOKS {
        let Some(row) = store::connection::by_id(services.db.read(), id).await? else { return Ok(None) };
        if row.status != ConnectionStatus::Linked || row.secret.is_none() {
            return Ok(None);
        }
        let now = services.clock.now();
        let ends = row.token_expires_at.filter(|_| row.method == ConnectionMethod::App);
        if ends.is_none_or(|ends| ends > now + EARLY) {
            return Ok(Some(row));
        }
        let (owner, shared) = (format!("refresh-{}", Uuid::now_v7().simple()), services.clock.shared());
        if let Some(leased) = store::connection::lease_refresh(services.db.write(), id, &owner, shared + LEASE, shared).await? {
            if leased.refresh_secret != row.refresh_secret {
                // Another caller was faster, and its pair is there.
                store::connection::release_refresh(services.db.write(), id, &owner).await?;
                continue;
            }
            match replace(services, &leased, &owner).await {
                Ok(()) => continue,
                // What is there still works for a moment; a later call tries again.
                Err(ServiceError::Unavailable(_)) if ends.is_some_and(|ends| ends > now + USABLE) => return Ok(Some(leased)),
                Err(error) => return Err(error),
            }
        }
        if ends.is_some_and(|ends| ends > now + USABLE) {
            return Ok(Some(row));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(ServiceError::Unavailable("the token of the app is being replaced; try again".to_owned()))
}

/// Fetches the next pair of tokens of an app and stores it.
async fn replace(services: &Services, row: &Model, owner: &str) -> Result<(), ServiceError> {
    let mode = Mode::from_livemode(row.livemode);
    let fetched = match (app(services, mode), &row.refresh_secret) {
        (Some(app), Some(sealed)) => app.refresh(&services.stripe, &open(services, sealed, refresh_place(row.id))?).await,
        (None, _) => Err(LinkFault::ClientRefused),
        (_, None) => Err(LinkFault::CodeRefused),
    };
    match fetched {
        Ok(grant) if row.account.as_ref() == Some(&grant.account) && grant.livemode == row.livemode => {
            let renewed = renewed(services, row.id, &grant)?;
            // Fails to match when this caller slept past its lease: then another one has a newer pair, or will have.
            if !store::connection::renew(services.db.write(), row.id, owner, renewed, services.clock.now()).await? {
                tracing::warn!(connection = %row.id, "the lease to replace a token was lost; its result is dropped");
            }
            Ok(())
        }
        Ok(_) => end(services, row.id, row.secret.as_ref(), "Stripe gave a token of another account; link again").await,
        Err(LinkFault::CodeRefused | LinkFault::AccessDenied) => {
            let now = store::connection::by_id(services.db.read(), row.id).await?;
            if now.is_some_and(|now| now.refresh_secret != row.refresh_secret) {
                return Ok(());
            }
            end(services, row.id, row.secret.as_ref(), "the app was uninstalled, or its refresh token ended; install it again").await
        }
        Err(fault) => {
            store::connection::release_refresh(services.db.write(), row.id, owner).await?;
            tracing::warn!(connection = %row.id, %fault, "the token of an app could not be replaced");
            Err(ServiceError::Unavailable("the token of the app could not be replaced; try again later".to_owned()))
        }
    }
}

/// A grant, sealed for its row.
pub(super) fn renewed(services: &Services, id: ConnectionId, grant: &Grant) -> Result<Renewed, ServiceError> {
    let refresh = grant.refresh.as_ref().map(|refresh| seal(services, refresh, refresh_place(id))).transpose()?;
    Ok(Renewed { secret: seal(services, &grant.access, key_place(id))?, refresh, expires_at: expiry(grant, services.clock.now()) })
}

fn expiry(grant: &Grant, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    grant.lasts.and_then(|lasts| Duration::from_std(lasts).ok()).map(|lasts| now + lasts)
}

/// The Connect platform of the settings, in a mode.
pub(super) fn platform(services: &Services, mode: Mode) -> Option<Platform> {
    let settings = &services.settings;
    let (client_id, key) = match mode {
        Mode::Live => (&settings.stripe_client_id_live, &settings.stripe_platform_key_live),
        Mode::Test => (&settings.stripe_client_id_test, &settings.stripe_platform_key_test),
    };
    let (client_id, key) = (client_id.clone()?, key.clone()?);
    Some(Platform { connect: settings.stripe_connect.clone(), client_id, key })
}

/// The Stripe App of the settings, in a mode.
pub(super) fn app(services: &Services, mode: Mode) -> Option<InstalledApp> {
    let settings = &services.settings;
    let (install, key) = match mode {
        Mode::Live => (&settings.stripe_app_install_url_live, &settings.stripe_app_key_live),
        Mode::Test => (&settings.stripe_app_install_url_test, &settings.stripe_app_key_test),
    };
    Some(InstalledApp { api: settings.stripe_api.clone(), install: install.clone()?, key: key.clone()? })
}
