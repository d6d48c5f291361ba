//! Changing the instance secret: seals everything anew under the current one, so that the old one can go.
//!
//! Each row is changed in a transaction of its own, under its lock: processes may serve meanwhile, and a run that breaks off is taken up by the
//! next one, which finds by the name of the key what is still to do.

use std::collections::BTreeSet;

use entity::value::{ConnectionId, CustomerId, IdentityKind, Sealed};
use entity::{customer, stripe_connection};

use super::signup::BY_EMAIL;
use super::stripe_connection::{key_place, refresh_place, webhook_place};
use super::{ServiceError, Services};
use crate::auth::email::Email;
use crate::auth::seal::{Place, SealError};
use crate::store;

/// How many rows are looked at in one go.
const BATCH: u64 = 200;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Stripe keys and signing secrets that were sealed anew.
    pub secrets: u64,
    /// E-mail hashes that were made anew.
    pub hashes: u64,
    /// E-mail hashes of addresses that are not stored, so that nobody can say under which secret they were made.
    pub unknown: u64,
}

/// Seals everything anew that an older secret sealed, and then gives the database to the current one: a process with the old one alone does
/// not start any more.
///
/// # Errors
/// [`ServiceError`] when the database fails, or something does not open: its secret is then missing in the settings. What was done stays done.
pub async fn reseal(services: &Services) -> Result<Resealed, ServiceError> {
    let mut done = Resealed::default();
    let mut after: Option<ConnectionId> = None;
    while let Some(last) = connections(services, after, &mut done).await? {
        after = Some(last);
    }
    let mut after: Option<CustomerId> = None;
    while let Some(last) = customers(services, after, &mut done).await? {
        after = Some(last);
    }
    if let Some(row) = store::instance::find(services.db.read()).await? {
        let (key_id, proof) = services.keys.proof();
        if row.key_id != key_id {
            store::instance::hand_over(services.db.write(), &row.key_id, (&key_id, &proof), services.clock.now()).await?;
        }
    }
    Ok(done)
}

/// The next connections after this one. Gives the last that was looked at, or nothing when there are no more.
async fn connections(services: &Services, after: Option<ConnectionId>, done: &mut Resealed) -> Result<Option<ConnectionId>, ServiceError> {
    let ids = store::connection::ids_after(services.db.read(), after, BATCH).await?;
    for id in &ids {
        done.secrets += connection(services, *id).await?;
    }
    Ok(ids.last().copied())
}

/// Seals the secrets of a connection anew. Gives how many.
async fn connection(services: &Services, id: ConnectionId) -> Result<u64, ServiceError> {
    let tx = services.db.begin().await?;
    let Some(mut row) = store::connection::lock_by_id(&tx, id).await? else { return Ok(0) };
    let mut count = 0;
    for (sealed, place) in sealed_in(&mut row) {
        if services.sealer.is_outdated(sealed) {
            let told = |error: SealError| ServiceError::Internal(format!("a secret of {id}: {error}"));
            let opened = services.sealer.open(sealed, place).map_err(told)?;
            *sealed = services.sealer.seal(&opened, place).map_err(told)?;
            count += 1;
        }
    }
    if count > 0 {
        store::connection::save_sealed(&tx, &row).await?;
        tx.commit().await?;
    }
    Ok(count)
}

/// Every sealed value of a connection, with its place.
fn sealed_in(row: &mut stripe_connection::Model) -> impl Iterator<Item = (&mut Sealed, Place)> {
    let id = row.id;
    let key = row.secret.iter_mut().map(move |sealed| (sealed, key_place(id)));
    let refresh = row.refresh_secret.iter_mut().map(move |sealed| (sealed, refresh_place(id)));
    key.chain(refresh).chain(row.webhook_secrets.0.iter_mut().map(move |sealed| (sealed, webhook_place(id))))
}

/// The next customers after this one.
async fn customers(services: &Services, after: Option<CustomerId>, done: &mut Resealed) -> Result<Option<CustomerId>, ServiceError> {
    let rows = store::customer::page_after(services.db.read(), after, BATCH).await?;
    for row in &rows {
        let (hashes, unknown) = hashes_of(services, row).await?;
        done.hashes += hashes;
        done.unknown += unknown;
    }
    Ok(rows.last().map(|row| row.id))
}

/// Makes the e-mail hashes of a customer anew. Gives how many, and how many cannot be.
async fn hashes_of(services: &Services, row: &customer::Model) -> Result<(u64, u64), ServiceError> {
    let email = row.email.as_deref().and_then(|email| Email::normalise(email).ok());
    let mut known = email.map(|email| services.hashes.email_hashes(&email)).unwrap_or_default();
    let current = if known.is_empty() { None } else { Some(known.remove(0)) };
    let old: BTreeSet<String> = known.into_iter().collect();
    let identities = store::identity::of_customers(services.db.read(), &[row.id]).await?;
    let (mut hashes, mut unknown) = (0, 0);
    for identity in &identities {
        // Who signed up by e-mail alone is found by a guest's key that is made of the hash.
        let (prefix, hash) = match identity.kind {
            IdentityKind::EmailHash => ("", identity.value.as_str()),
            IdentityKind::Guest if identity.value.starts_with(BY_EMAIL) => identity.value.split_at(BY_EMAIL.len()),
            _ => continue,
        };
        match &current {
            Some(current) if hash == *current => {}
            Some(current) if old.contains(hash) => {
                let current = format!("{prefix}{current}");
                let tx = services.db.begin().await?;
                store::claim::rehash(&tx, identity, &current).await?;
                store::identity::rehash(&tx, identity, &current).await?;
                tx.commit().await?;
                hashes += u64::from(prefix.is_empty());
            }
            _ => unknown += u64::from(prefix.is_empty()),
        }
    }
    Ok((hashes, unknown))
}
