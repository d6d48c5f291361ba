//! Stripe connections by API key: linking, re-linking, signing secrets, unlinking. Keys and secrets are sealed before a row holds them.

mod proof;

use entity::stripe_connection::{self, Model};
use entity::value::{ConnectionId, ConnectionMethod, ConnectionStatus, Sealed, SealedList};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::check::Faults;
use super::idempotency::{Asked, ask};
use super::random::word;
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::auth::seal::Place;
use crate::domain::access::{Action, Scope, Viewer};
use crate::store::scoped::{find, lock};
use crate::store::{self, Fault, StoreError};
use crate::stripe::credential::{is_account, is_webhook_secret, last4, read_key};

/// The path under which Stripe delivers to a connection, before its random word.
pub const WEBHOOK_PATH: &str = "/webhooks/stripe/";
/// Characters of that word: 130 bits.
const ENDPOINT_LENGTH: usize = 26;
/// The most signing secrets side by side: one in use, and those that are being rolled.
const MAX_WEBHOOK_SECRETS: usize = 5;

/// A connection to be.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// What the merchant calls it.
    pub name: String,
    /// The pasted key.
    pub key: SecretString,
    /// Whether an all-powerful secret key is wanted on purpose.
    pub allow_secret_key: bool,
    /// The account, when it is known; two connections to one account would count everything twice. The key's own word goes before.
    pub account: Option<String>,
    /// The signing secret of the webhook endpoint, when it is there already.
    pub webhook_secret: Option<SecretString>,
}

/// What tells one request from another, without the secrets.
#[derive(Serialize)]
struct Request<'a> {
    name: &'a str,
    account: Option<&'a str>,
    secrets: Vec<u8>,
}

/// Links an account by a pasted key (S1). When the key may say whose account it is, the account is proved, and events that waited for it are
/// worked off.
///
/// # Errors
/// Refused for a key that is none, all-powerful, unknown to Stripe, or of the other mode, or for an account that is connected; denied to
/// those who may not connect.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    input: NewConnection,
    idempotency_key: Option<&str>,
) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let mut faults = Faults::default();
    let name = faults.name("name", &input.name);
    let key_last4 = check_key(&mut faults, &input.key, input.allow_secret_key, scope);
    check_account(&mut faults, input.account.as_deref());
    if let Some(secret) = &input.webhook_secret {
        check_webhook_secret(&mut faults, "webhookSecret", secret);
    }
    faults.done()?;
    let learned = proof::account_of(services, &input.key).await?;
    if let (Some(claimed), Some(account)) = (&input.account, &learned)
        && claimed != account
    {
        let message = format!("the key is of the account {account}; leave the account out, or paste a key of {claimed}");
        return Err(Refusal::new("account", RefusalCode::NotAllowed, message).into());
    }
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let asked = Request { name: &name, account: input.account.as_deref(), secrets: digest(&input) };
    let mark = match ask::<ConnectionId>(&tx, (viewer, scope), "stripeConnectionCreate", (idempotency_key, &asked), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<stripe_connection::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "connection any more").into());
        }
    };
    let id = ConnectionId::new_at(now);
    let webhook_secrets = input.webhook_secret.iter().map(|secret| seal(services, secret, webhook_place(id)));
    let mut row = Model {
        id,
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        name,
        account: input.account.clone(),
        verified_at: None,
        method: ConnectionMethod::ApiKey,
        status: ConnectionStatus::Linked,
        status_reason: None,
        secret: Some(seal(services, &input.key, key_place(id))?),
        key_last4: Some(key_last4),
        endpoint: word(ENDPOINT_LENGTH),
        webhook_secrets: SealedList(webhook_secrets.collect::<Result<_, _>>()?),
        api_version: None,
        last_event_at: None,
        created_at: now,
        updated_at: now,
    };
    proof::take(&mut row, learned, "key", now)?;
    proof::alone(&tx, scope, &row, "account").await?;
    let row = store::row::insert(&tx, row).await.map_err(account_taken)?;
    let routed = proof::route(&tx, &row, now).await?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    proof::ring(services, routed).await;
    Ok(row)
}

/// What to change of a connection; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What the merchant calls it.
    pub name: Option<String>,
    /// A new key in place of the old one. Links again what was unlinked or failed; id and history stay (S11, CN-1).
    pub key: Option<SecretString>,
    /// Whether an all-powerful secret key is wanted on purpose.
    pub allow_secret_key: bool,
    /// The account, once it is known.
    pub account: Option<String>,
}

/// Changes a connection.
///
/// # Errors
/// As for [`create`]; also refused when an account is given, or the key is of one, that differs from the known one.
pub async fn update(services: &Services, viewer: &Viewer, id: ConnectionId, change: Change) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let mut learned = None;
    if let Some(key) = &change.key {
        let mut faults = Faults::default();
        check_key(&mut faults, key, change.allow_secret_key, scope);
        faults.done()?;
        learned = proof::account_of(services, key).await?;
    }
    edit(services, viewer, id, |services, scope, mut row| {
        let mut faults = Faults::default();
        if let Some(name) = &change.name {
            row.name = faults.name("name", name);
        }
        check_account(&mut faults, change.account.as_deref());
        match (&row.account, change.account) {
            (Some(known), Some(given)) if *known != given => {
                faults.add("account", RefusalCode::NotAllowed, "this connection is of another account; make a new connection for this one");
            }
            (_, Some(given)) => row.account = Some(given),
            (_, None) => {}
        }
        if let Some(key) = &change.key {
            row.key_last4 = Some(check_key(&mut faults, key, change.allow_secret_key, scope));
            row.secret = Some(seal(services, key, key_place(id))?);
            (row.status, row.status_reason) = (ConnectionStatus::Linked, None);
            proof::take(&mut row, learned, "key", services.clock.now())?;
        }
        faults.done()?;
        Ok(row)
    })
    .await
}

/// Switches a connection off: its key is forgotten, deliveries to it have no effect. History stays, and a new key links it again.
///
/// # Errors
/// Refused when there is no such connection; denied to those who may not connect.
pub async fn unlink(services: &Services, viewer: &Viewer, id: ConnectionId) -> Result<Model, ServiceError> {
    edit(services, viewer, id, |_, _, mut row| {
        (row.secret, row.key_last4, row.verified_at) = (None, None, None);
        (row.status, row.status_reason) = (ConnectionStatus::Unlinked, None);
        Ok(row)
    })
    .await
}

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
    edit(services, viewer, id, |services, _, mut row| {
        let mut faults = Faults::default();
        check_webhook_secret(&mut faults, "secret", secret);
        if row.webhook_secrets.len() >= MAX_WEBHOOK_SECRETS {
            faults.add("secret", RefusalCode::OutOfRange, format!("there are {MAX_WEBHOOK_SECRETS} already; remove an old one first"));
        }
        faults.done()?;
        row.webhook_secrets.0.push(seal(services, secret, webhook_place(id))?);
        Ok(row)
    })
    .await
}

/// Removes a signing secret, named by its [`fingerprint`].
///
/// # Errors
/// Refused when there is none of that name; denied to those who may not connect.
pub async fn remove_webhook_secret(services: &Services, viewer: &Viewer, id: ConnectionId, named: &str) -> Result<Model, ServiceError> {
    edit(services, viewer, id, |_, _, mut row| {
        let before = row.webhook_secrets.len();
        row.webhook_secrets.0.retain(|secret| fingerprint(secret) != named);
        if row.webhook_secrets.len() == before {
            return Err(Refusal::not_found("fingerprint", "signing secret").into());
        }
        Ok(row)
    })
    .await
}

async fn edit(
    services: &Services,
    viewer: &Viewer,
    id: ConnectionId,
    change: impl FnOnce(&Services, Scope, Model) -> Result<Model, ServiceError>,
) -> Result<Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let tx = services.db.begin().await?;
    let row = lock::<stripe_connection::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "connection"))?;
    let mut row = change(services, scope, row)?;
    row.updated_at = services.clock.now();
    proof::alone(&tx, scope, &row, "key").await?;
    let row = store::row::save(&tx, row).await.map_err(account_taken)?;
    let routed = proof::route(&tx, &row, row.updated_at).await?;
    tx.commit().await?;
    proof::ring(services, routed).await;
    Ok(row)
}

/// Where Stripe has to deliver for a connection.
#[must_use]
pub fn webhook_url(services: &Services, row: &Model) -> String {
    services.public(&format!("{WEBHOOK_PATH}{}", row.endpoint))
}

/// The key of a connection, to call Stripe with; `None` when it has none.
///
/// # Errors
/// [`ServiceError::Internal`] when it does not open, as after the instance secret was lost.
pub fn key(services: &Services, row: &Model) -> Result<Option<SecretString>, ServiceError> {
    row.secret.as_ref().map(|sealed| open(services, sealed, key_place(row.id))).transpose()
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

pub(super) const fn key_place(id: ConnectionId) -> Place {
    Place { table: "stripe_connection", row: id.uuid(), field: "secret" }
}

pub(super) const fn webhook_place(id: ConnectionId) -> Place {
    Place { table: "stripe_connection", row: id.uuid(), field: "webhook_secrets" }
}

fn seal(services: &Services, secret: &SecretString, place: Place) -> Result<Sealed, ServiceError> {
    let trimmed = SecretString::from(secret.expose_secret().trim());
    services.sealer.seal(&trimmed, place).map_err(|error| ServiceError::Internal(error.to_string()))
}

fn open(services: &Services, sealed: &Sealed, place: Place) -> Result<SecretString, ServiceError> {
    services.sealer.open(sealed, place).map_err(|error| ServiceError::Internal(error.to_string()))
}

/// Checks a pasted key and gives its last four characters.
fn check_key(faults: &mut Faults, key: &SecretString, allow_secret_key: bool, scope: Scope) -> String {
    match read_key(key.expose_secret().trim()) {
        Err(error) => faults.add("key", RefusalCode::Invalid, error.to_string()),
        Ok(read) if read.mode != scope.mode() => {
            let message = format!("this is a key of {} mode, and you are working in {} mode", read.mode, scope.mode());
            faults.add("key", RefusalCode::WrongMode, message);
        }
        Ok(read) if read.all_powerful && !allow_secret_key => {
            let message =
                "this secret key can do everything in the account; use a restricted key (rk_…), or set allowSecretKey if you mean it";
            faults.add("key", RefusalCode::NotAllowed, message);
        }
        Ok(read) => return read.last4,
    }
    String::new()
}

fn check_account(faults: &mut Faults, account: Option<&str>) {
    if account.is_some_and(|account| !is_account(account)) {
        faults.add("account", RefusalCode::Invalid, "must be the id of an account, such as acct_1AbC");
    }
}

fn check_webhook_secret(faults: &mut Faults, field: &str, secret: &SecretString) {
    if !is_webhook_secret(secret.expose_secret().trim()) {
        faults.add(field, RefusalCode::Invalid, "must be a webhook signing secret, which begins with whsec_");
    }
}

fn digest(input: &NewConnection) -> Vec<u8> {
    let secret = input.webhook_secret.as_ref().map_or("", |secret| secret.expose_secret());
    Sha256::new().chain_update(input.key.expose_secret()).chain_update([0]).chain_update(secret).finalize().to_vec()
}

fn account_taken(error: StoreError) -> ServiceError {
    match error.fault() {
        Fault::Duplicate => Refusal::new("account", RefusalCode::Taken, "the account is connected already, in this mode").into(),
        _ => error.into(),
    }
}
