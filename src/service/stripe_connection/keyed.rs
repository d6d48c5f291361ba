//! Linking by a pasted key (S1), and changing what was linked.

use entity::stripe_connection::{self, Model};
use entity::value::{ConnectionId, ConnectionMethod, SyncMode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::capability::FULL;
use super::endpoint::{Register, is_reachable};
use super::secrets::check_webhook_secret;
use super::{account_taken, check, edit, key_place, new_row, proof, relink, row_of, seal, webhook_place};
use crate::domain::access::{Action, Scope, Viewer};
use crate::service::check::Faults;
use crate::service::idempotency::{Asked, ask};
use crate::service::{Refusal, RefusalCode, ServiceError, Services, sync};
use crate::store;
use crate::store::scoped::find;
use crate::stripe::credential::{Credential, is_account, read_key};

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
    /// The signing secret of the webhook endpoint, when it is there already. Without, an endpoint is made where the key may.
    pub webhook_secret: Option<SecretString>,
    /// How its data is kept up to date; as the instance does when left out.
    pub sync: Option<SyncMode>,
}

/// What tells one request from another, without the secrets.
#[derive(Serialize)]
struct Request<'a> {
    name: &'a str,
    account: Option<&'a str>,
    sync: Option<SyncMode>,
    secrets: Vec<u8>,
}

/// Links an account by a pasted key (S1), and looks at it: what the key may, and whose account it is. When the key may say that, events that
/// waited for the account are worked off; when it may, too, the webhook endpoint is made.
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
    let read = check_key(&mut faults, &input.key, input.allow_secret_key, scope);
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
    let asked = Request { name: &name, account: input.account.as_deref(), sync: input.sync, secrets: digest(&input) };
    let mark = match ask::<ConnectionId>(&tx, (viewer, scope), "stripeConnectionCreate", (idempotency_key, &asked), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<stripe_connection::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "connection any more").into());
        }
    };
    let mut row = new_row(scope.merchant(), scope.livemode(), name, ConnectionMethod::ApiKey, now);
    row.account.clone_from(&input.account);
    if let Some(secret) = &input.webhook_secret {
        row.webhook_secrets.0.push(seal(services, secret, webhook_place(row.id))?);
    }
    take_key(services, &mut row, &input.key, read)?;
    relink(&mut row, now);
    proof::take(&mut row, learned, "key", now)?;
    proof::alone(&tx, scope, &row, "account").await?;
    let row = store::row::insert(&tx, row).await.map_err(account_taken)?;
    if let Some(mode) = input.sync {
        sync::plan(&tx, &row, mode, now).await?;
    }
    let routed = proof::route(&tx, &row, now).await?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    proof::ring(services, routed).await;
    look(services, &row).await
}

/// What to change of a connection; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What the merchant calls it.
    pub name: Option<String>,
    /// A new key in place of whatever linked it before. Links again what was unlinked or failed; id and history stay (S11, CN-1).
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
    let mut read = None;
    let mut learned = None;
    if let Some(key) = &change.key {
        let mut faults = Faults::default();
        read = check_key(&mut faults, key, change.allow_secret_key, scope);
        faults.done()?;
        learned = proof::account_of(services, key).await?;
    }
    let new_key = change.key.is_some();
    let row = edit(services, viewer, id, |services, _, row| {
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
        faults.done()?;
        let Some(key) = &change.key else { return Ok(None) };
        let now = services.clock.now();
        take_key(services, row, key, read)?;
        proof::take(row, learned, "key", now)?;
        Ok(relink(row, now))
    })
    .await?;
    if new_key { look(services, &row).await } else { Ok(row) }
}

/// Puts a key into a row in place of whatever was there.
fn take_key(services: &Services, row: &mut Model, key: &SecretString, read: Option<Credential>) -> Result<(), ServiceError> {
    row.secret = Some(seal(services, key, key_place(row.id))?);
    row.granted_scope = read.as_ref().filter(|read| read.all_powerful).map(|_| FULL.to_owned());
    row.key_last4 = read.map(|read| read.last4);
    (row.method, row.refresh_secret, row.token_expires_at) = (ConnectionMethod::ApiKey, None, None);
    Ok(())
}

/// Looks at a fresh link at once. What fails is looked at again later, and the link stands all the same.
async fn look(services: &Services, row: &Model) -> Result<Model, ServiceError> {
    let unserved = row.webhook_secrets.is_empty() && is_reachable(services);
    // S7: what is read once needs no deliveries.
    let once = sync::mode_of(services, row.id).await? == SyncMode::OneOff;
    let register = if unserved && !once { Register::Wanted } else { Register::Kept };
    if let Err(error) = check::run(services, row.id, register).await {
        tracing::warn!(connection = %row.id, %error, "a fresh connection could not be looked at; it is tried again");
    }
    row_of(services, row.id).await
}

/// Checks a pasted key and tells what it is.
fn check_key(faults: &mut Faults, key: &SecretString, allow_secret_key: bool, scope: Scope) -> Option<Credential> {
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
        Ok(read) => return Some(read),
    }
    None
}

fn check_account(faults: &mut Faults, account: Option<&str>) {
    if account.is_some_and(|account| !is_account(account)) {
        faults.add("account", RefusalCode::Invalid, "must be the id of an account, such as acct_1AbC");
    }
}

fn digest(input: &NewConnection) -> Vec<u8> {
    let secret = input.webhook_secret.as_ref().map_or("", |secret| secret.expose_secret());
    Sha256::new().chain_update(input.key.expose_secret()).chain_update([0]).chain_update(secret).finalize().to_vec()
}
