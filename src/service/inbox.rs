//! The inbox: accept a delivery by one insert, and later let it have its effect (IN-1 to IN-11).

use chrono::Duration;
use entity::inbox_event;
use entity::stripe_connection;
use entity::value::{ConnectionId, ConnectionStatus, EventId, IgnoreReason, InboxStatus, MessageId, Mode};
use secrecy::SecretString;
use tokio_util::bytes::Bytes;

use super::facts::{Source, take};
use super::settle::{ring, settle};
use super::stripe_connection::access;
use super::{ServiceError, Services, reading, retry, sync};
use crate::domain::access::Scope;
use crate::queue::{Job, JobKind};
use crate::store::inbox::{Outcome, Received};
use crate::store::{self, StoreError};
use crate::stripe::event::{Envelope, EnvelopeError, Ignore, Notice, Projection, project};
use crate::stripe::signature::{self, SignatureError, TOLERANCE};

/// How long a worker has for one event before another may take it (IN-5).
const LEASE: Duration = Duration::seconds(60);
/// IN-11: after so many attempts an event is shown as failed.
const ATTEMPTS: i32 = 12;
/// For so many attempts an event waits for what Stripe does not answer. Then it has its effect without, as money that came is not kept waiting by
/// a read, and goes on asking.
const PATIENCE: i32 = 4;
/// The first pause between attempts; each next one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::seconds(2);
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::hours(1);

/// The longest last word of an address that is looked up, in bytes.
const MAX_WORD: usize = 100;

/// The address at which a delivery came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint<'a> {
    /// That of one connection, by the last word of its path.
    Connection(&'a str),
    /// That of the platform in one mode, which tells its connections apart by `account`.
    Platform(Mode),
}

/// What became of a delivery that is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored.
    New,
    /// It was stored before.
    Duplicate,
}

/// Why a delivery is not acknowledged. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No connection has this address.
    #[error("no Stripe connection has this webhook address; copy it again from the connection's page")]
    UnknownEndpoint,
    /// The signature is missing or wrong.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The body is signed, but is no event.
    #[error(transparent)]
    Malformed(#[from] EnvelopeError),
    /// The event names an account that this connection does not belong to (IN-4).
    #[error("the event is about another account than this connection's")]
    WrongAccount,
    /// It cannot be stored now; Stripe delivers it again.
    #[error("the event cannot be stored now")]
    Unavailable(#[source] ServiceError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// An address of deliveries that exists.
#[derive(Debug)]
pub struct Door {
    mode: Mode,
    /// Whose address it is; `None` for the platform's.
    connection: Option<stripe_connection::Model>,
    /// The secrets of one kind of address never open the other (IN-4).
    secrets: Vec<SecretString>,
}

/// Finds an address. Asked before a delivery is read, so that nobody sends megabytes to where nobody lives.
///
/// # Errors
/// `UnknownEndpoint`, `Unavailable`.
pub async fn door(services: &Services, endpoint: Endpoint<'_>) -> Result<Door, Refused> {
    match endpoint {
        Endpoint::Platform(mode) => Ok(Door { mode, connection: None, secrets: platform_secrets(services, mode) }),
        Endpoint::Connection(word) if word.len() > MAX_WORD || !word.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(Refused::UnknownEndpoint)
        }
        Endpoint::Connection(word) => {
            let row = store::connection::by_endpoint(services.db.read(), word).await?.ok_or(Refused::UnknownEndpoint)?;
            let secrets = super::stripe_connection::webhook_secrets(services, &row).map_err(Refused::Unavailable)?;
            Ok(Door { mode: Mode::from_livemode(row.livemode), connection: Some(row), secrets })
        }
    }
}

/// Accepts a delivery: checks the signature on the raw bytes, stores it with one insert, and rings (IN-1, IN-2).
///
/// # Errors
/// [`Refused`] says why it is not acknowledged. Only [`Refused::Unavailable`] should be delivered again.
pub async fn accept(services: &Services, door: Door, header: Option<&str>, body: Bytes) -> Result<Accepted, Refused> {
    let now = services.clock.now();
    let Door { mode, connection: own, secrets } = door;
    if let Err(error) = signature::verify(header, &body, &secrets, now, TOLERANCE) {
        note_refused(services, own.as_ref(), &error).await;
        return Err(error.into());
    }
    let event = Envelope::parse(&body)?;
    let source = match (&own, &event.account) {
        (Some(own), _) => own.id.to_string(),
        (None, Some(account)) => account.clone(),
        (None, None) => "platform".to_owned(),
    };
    let connection = match own {
        Some(own) if event.account.is_some() && own.account.is_some() && own.account != event.account => {
            return Err(Refused::WrongAccount);
        }
        None => match event.account.as_deref() {
            Some(account) => store::connection::by_account(services.db.read(), account, mode.livemode()).await?,
            None => None,
        },
        own => own,
    };
    let (status, reason) = fate(mode, &event, connection.as_ref());
    let received = Received {
        connection: connection.as_ref().map(|own| (own.id, own.merchant_id)),
        livemode: mode.livemode(),
        source,
        event_id: event.id,
        event_type: event.event_type,
        account: event.account,
        api_version: event.api_version,
        occurred_at: event.created,
        body: services.hashes.without_fingerprints(&body).into_owned(),
        status,
        reason,
    };
    let stored = store::inbox::insert(services.db.write(), received, now).await?;
    let Some(id) = stored else { return Ok(Accepted::Duplicate) };
    if status == InboxStatus::Received {
        let job = Job { kind: JobKind::Event, id: id.uuid() };
        if let Err(error) = services.queue.push(&[job]).await {
            tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
        }
    }
    Ok(Accepted::New)
}

/// Notes a delivery that was refused for its signature, at most one a second, for the doctor of its connection: it tells a stranger's knocking
/// from a secret that is stale (CN-3).
async fn note_refused(services: &Services, connection: Option<&stripe_connection::Model>, error: &SignatureError) {
    let now = services.clock.now();
    let Some(own) = connection.filter(|own| own.refused_at.is_none_or(|at| at < now - Duration::seconds(1))) else { return };
    if let Err(error) = store::connection::refused(services.db.write(), own.id, &error.to_string(), now).await {
        tracing::warn!(connection = %own.id, %error, "a refused delivery could not be noted");
    }
}

fn platform_secrets(services: &Services, mode: Mode) -> Vec<SecretString> {
    match mode {
        Mode::Live => services.settings.stripe_platform_webhook_secrets_live.to_vec(),
        Mode::Test => services.settings.stripe_platform_webhook_secrets_test.to_vec(),
    }
}

/// What is known of an event's outcome before anyone works on it (IN-3, IN-4, S7, S14).
fn fate(mode: Mode, event: &Envelope, connection: Option<&stripe_connection::Model>) -> (InboxStatus, Option<IgnoreReason>) {
    if event.livemode != mode.livemode() {
        return (InboxStatus::Ignored, Some(IgnoreReason::ModeMismatch));
    }
    match connection.map(|own| own.status) {
        None => (InboxStatus::Unrouted, None),
        Some(ConnectionStatus::Unlinked | ConnectionStatus::Deauthorized) => (InboxStatus::Ignored, Some(IgnoreReason::ConnectionDisabled)),
        Some(_) => (InboxStatus::Received, None),
    }
}

/// Lets an event have its effect, if it waits and nobody else works on it. `owner` names this worker.
///
/// # Errors
/// [`ServiceError`] when even the outcome cannot be recorded; the lease then runs out and another worker tries.
pub async fn process(services: &Services, id: EventId, owner: &str) -> Result<(), ServiceError> {
    let now = services.clock.now();
    let Some(row) = store::inbox::lease(services.db.write(), id, owner, now + LEASE, now).await? else {
        return Ok(());
    };
    if row.attempts > ATTEMPTS {
        let outcome = Outcome::Failed(row.error.unwrap_or_else(|| "the worker stopped in the middle each time".to_owned()));
        store::inbox::finish(services.db.write(), id, owner, outcome, now).await?;
        return Ok(());
    }
    match effect(services, &row, owner).await {
        Ok(messages) => {
            ring(services, &messages).await;
            Ok(())
        }
        Err(error) => {
            tracing::warn!(event = %row.id, attempt = row.attempts, %error, "an event failed");
            let over = row.attempts >= ATTEMPTS;
            let text = error.to_string();
            let outcome = if over { Outcome::Failed(text) } else { Outcome::Retry { at: now + pause(row.attempts), error: text } };
            store::inbox::finish(services.db.write(), id, owner, outcome, now).await?;
            Ok(())
        }
    }
}

fn pause(attempts: i32) -> Duration {
    let doubled = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    (FIRST_PAUSE * 2_i32.saturating_pow(doubled)).min(LONGEST_PAUSE)
}

/// Reads, asks Stripe where the event cannot say it, and commits everything that follows in one transaction.
async fn effect(services: &Services, row: &inbox_event::Model, owner: &str) -> Result<Vec<MessageId>, ServiceError> {
    let event = Envelope::parse(&row.body).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let (Some(connection), Some(merchant)) = (row.connection_id, row.merchant_id) else {
        return Err(ServiceError::Internal("the event has no connection".to_owned()));
    };
    let projection = match project(&event) {
        Ok(projection) => projection,
        Err(Ignore::Unsupported | Ignore::Thin) => return ignore(services, row, owner, IgnoreReason::Unsupported).await,
        // Nothing can refer to an object without an id, and no later version of this software could use it.
        Err(Ignore::Unreadable(missing)) if missing.field == "id" => return ignore(services, row, owner, IgnoreReason::NoEffect).await,
        Err(Ignore::Unreadable(error)) => return Err(ServiceError::Internal(error.to_string())),
    };
    // What it tells of the connection itself counts all the same.
    if projection.notices.is_empty()
        && let Some(reason) = sync::is_not_followed(services, connection).await?
    {
        return ignore(services, row, owner, reason).await;
    }
    let (projection, owed) = reading::complete(services, connection, projection).await?;
    let outcome = match owed {
        Some(owed) if row.attempts < ATTEMPTS => {
            let asked = owed.after.and_then(|after| Duration::from_std(after).ok()).unwrap_or_default();
            Outcome::Retry { at: services.clock.now() + pause(row.attempts).max(asked), error: owed.error }
        }
        _ => Outcome::Done,
    };
    if row.attempts < PATIENCE && matches!(outcome, Outcome::Retry { .. }) {
        store::inbox::finish(services.db.write(), row.id, owner, outcome, services.clock.now()).await?;
        return Ok(Vec::new());
    }
    let scope = Scope::merchant_wide(merchant, Mode::from_livemode(row.livemode));
    retry::races(|| commit(services, (row, owner, &event), (scope, connection), (projection.clone(), outcome.clone()))).await
}

/// The one transaction: everything that the event leads to, and its outcome.
async fn commit(
    services: &Services,
    (row, owner, event): (&inbox_event::Model, &str, &Envelope),
    (scope, connection): (Scope, ConnectionId),
    (projection, outcome): (Projection, Outcome),
) -> Result<Vec<MessageId>, ServiceError> {
    let now = services.clock.now();
    let source = Source { scope, connection, now };
    let tx = services.db.begin().await?;
    if projection.notices.contains(&Notice::Deauthorized) {
        access::taken_back(&tx, services, connection, event).await?;
    }
    let customers = take(&tx, services, &source, projection).await?;
    let messages = settle(&tx, source.scope, &customers, now).await?;
    store::connection::heard(&tx, connection, now).await?;
    if !store::inbox::finish(&tx, row.id, owner, outcome, now).await? {
        // Another worker took over while this one slept: its result stands, and this one leaves nothing behind.
        return Ok(Vec::new());
    }
    tx.commit().await?;
    Ok(messages)
}

async fn ignore(services: &Services, row: &inbox_event::Model, owner: &str, reason: IgnoreReason) -> Result<Vec<MessageId>, ServiceError> {
    store::inbox::finish(services.db.write(), row.id, owner, Outcome::Ignored(reason), services.clock.now()).await?;
    Ok(Vec::new())
}

/// How many events wait for a connection that proves their account, in test and in live mode.
///
/// # Errors
/// [`ServiceError::Store`].
pub async fn count_unrouted(services: &Services) -> Result<(u64, u64), ServiceError> {
    Ok(store::inbox::count_unrouted(services.db.read()).await?)
}
