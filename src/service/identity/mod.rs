//! Which customer a payer is (ID-1 to ID-9).
//!
//! Every source, an object, a purchase or a sign-up, states the keys that it knows somebody by. Customers follow from what all sources
//! together state now: what a source takes back is undone, so that it does not matter in which order they spoke (IN-6). Strong keys (the
//! merchant's own id, the payment provider's customer, a guest's objects) make customers one. An e-mail never does: whom it leads to is
//! judged at each settling ([`super::person`]), because another customer with it may still appear (ID-4).

mod joined;
mod keys;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, CustomerId, IdentityKind};
use entity::{customer, identity, identity_claim};
use sea_orm::DatabaseTransaction;

pub(super) use self::joined::{join, set_called, set_emails};
pub(super) use self::keys::contradicted;
use self::keys::{Buyer, Keys};
use super::{ServiceError, Services, kin};
use crate::auth::email::Email;
use crate::domain::access::Scope;
use crate::store::claim::Stated;
use crate::store::identity::Key;
use crate::store::{self, StoreError};

/// What one source says of who somebody is.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The source.
    pub source: String,
    /// The merchant's ids of the customer that it names itself, in the look-up order (ID-2).
    pub external_ids: Vec<String>,
    /// Those that objects behind it name, which are looked up after its own. They are those objects' statements, not its own.
    pub behind: Vec<String>,
    /// The payment provider's customer, with its connection.
    pub buyer: Option<String>,
    /// What stands for somebody without an account: the objects of a guest, with their connection (ID-8), or the e-mail of a sign-up.
    pub guests: Vec<String>,
    /// The e-mail, normalised (ID-3).
    pub email: Option<Email>,
    /// The name as given.
    pub name: Option<String>,
    /// Since when it says so.
    pub at: DateTime<Utc>,
    /// Until when the e-mail was somebody's, if that is over (ID-9).
    pub until: Option<DateTime<Utc>>,
    /// Whether its e-mail is believed and ties anybody to anybody (ID-4, SN-4): not when anybody on a page can say it.
    pub trusted: bool,
    /// Whether a page says it, with a click that makes it believed or without (SN-4).
    pub by_page: bool,
    /// Whether what it said before stays said: each call of a sign-up adds to those before.
    pub grows: bool,
}

/// Who it is, and what that changed.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The customer.
    pub customer: CustomerId,
    /// Whether the source says anything that it did not say before, or is another's now.
    pub news: bool,
    /// Everyone whose purchases may be judged otherwise now: whose the source was and is, and, where keys or e-mails changed, everyone around
    /// them.
    pub concerned: BTreeSet<CustomerId>,
    /// The sources that stand on the same buyer, when whose the buyer is has changed: to be resolved anew.
    pub again: BTreeSet<String>,
}

/// An identity's value at one connection: Stripe's ids are unique within an account and a mode only.
#[must_use]
pub fn at_connection(connection: ConnectionId, object: &str) -> String {
    format!("{connection}/{object}")
}

/// Which object of which connection an identity's value names; the inverse of [`at_connection`].
#[must_use]
pub fn place(value: &str) -> Option<(ConnectionId, &str)> {
    let (connection, object) = value.split_once('/')?;
    Some((connection.parse().ok()?, object))
}

/// An e-mail as identity, where the text is one. What is none is no identity, and never an error: it is the buyer's own text (ID-3).
#[must_use]
pub fn email(text: Option<&str>) -> Option<Email> {
    text.and_then(|text| Email::normalise(text).ok())
}

impl Claims {
    fn buyer_key(&self) -> Option<Key> {
        self.buyer.as_ref().map(|buyer| (IdentityKind::StripeCustomer, buyer.clone()))
    }

    /// Every key that the source states, those that it stated before included where it grows.
    fn stated(&self, services: &Services, before: &[identity_claim::Model]) -> Vec<Stated> {
        let external = self.external_ids.iter().map(|id| (IdentityKind::ExternalId, id.clone()));
        let guests = self.guests.iter().map(|id| (IdentityKind::Guest, id.clone()));
        let email = self.email.iter().map(|email| (IdentityKind::EmailHash, services.hashes.email_hash(email)));
        let keys: BTreeSet<(&str, Key)> =
            external.chain(self.buyer_key()).chain(guests).chain(email).map(|key| (key.0.as_str(), key)).collect();
        let mut stated: Vec<Stated> = keys.into_iter().map(|(_, key)| self.state(key)).collect();
        for known in before.iter().filter(|_| self.grows).map(said) {
            match stated.iter_mut().find(|one| one.key == known.key) {
                Some(one) => {
                    one.at = one.at.min(known.at);
                    one.name = known.name.or(one.name.take());
                }
                None => stated.push(known),
            }
        }
        stated
    }

    fn state(&self, key: Key) -> Stated {
        let is_email = key.0 == IdentityKind::EmailHash;
        let ended_at = self.until.filter(|_| is_email);
        let email = self.email.as_ref().filter(|_| is_email).map(|email| email.as_str().to_owned());
        Stated { key, at: self.at, ended_at, trusted: self.trusted, by_page: self.by_page, name: self.name.clone(), email }
    }
}

fn said(row: &identity_claim::Model) -> Stated {
    Stated {
        key: (row.kind, row.value.clone()),
        at: row.stated_at,
        ended_at: row.ended_at,
        trusted: row.trusted,
        by_page: row.by_page,
        name: row.name.clone(),
        email: row.email.clone(),
    }
}

/// Finds or makes the customer, joining those that all sources together show to be one, and parting those that they no longer do.
/// `current` is whose the source was taken to be so far.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn resolve(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    claims: &Claims,
    current: Option<CustomerId>,
    now: DateTime<Utc>,
) -> Result<Resolved, ServiceError> {
    let before = store::claim::of_source(tx, scope, &claims.source).await?;
    let stated = claims.stated(services, &before);
    let buyer = match claims.buyer_key() {
        Some(key) => Some(Buyer::of(tx, scope, claims, &before, key).await?),
        None => None,
    };
    let former: BTreeSet<CustomerId> = before.iter().map(|row| row.customer_id).chain(current).collect();
    let work = Work { tx, scope, claims, now };
    let gone = before.iter().map(said).filter(|one| !stated.iter().any(|kept| kept.key == one.key));
    let gone: Vec<Key> = gone.map(|one| one.key).collect();
    let keys = Keys::of(claims, buyer.as_ref()).ask_hands(tx, scope).await?;
    let known = work.lock(&keys, &gone, &former).await?;
    let mut concerned = former.clone();
    let parted = work.take_away(&gone).await?;
    let Placed { customer, moved } = work.place(&keys, &known, &former).await?;
    let said_before: Vec<Stated> = before.iter().map(said).collect();
    let same = same(&said_before, &stated) && former.iter().all(|one| *one == customer) && !before.is_empty();
    if !same {
        store::claim::replace(tx, scope, &claims.source, customer, &stated).await?;
    }
    let left = work.join_empty(&former, customer).await?;
    let mut tied = BTreeSet::new();
    if !same || moved || left {
        for id in former.iter().copied().chain([customer]) {
            tied.extend(set_emails(tx, scope, id, now).await?);
            set_called(tx, id).await?;
        }
    }
    // Who has other keys or e-mails now may have left people behind who were one by them (IN-6).
    if moved || left || !parted.is_empty() || !tied.is_empty() {
        tied.extend(concerned.iter().chain(&parted).copied().chain([customer]));
        concerned.extend(kin::around(tx, scope, &tied).await?);
    }
    let mut again = BTreeSet::new();
    if let Some(buyer) = buyer {
        let disputed = store::identity::set_disputed(tx, scope, &buyer.key, buyer.disputed).await?;
        if moved || disputed || buyer.changed() {
            again = store::claim::sources(tx, scope, &buyer.key).await?;
            again.remove(&claims.source);
        }
    }
    concerned.insert(customer);
    Ok(Resolved { customer, news: !same || moved, concerned, again })
}

fn same(before: &[Stated], stated: &[Stated]) -> bool {
    before.len() == stated.len() && stated.iter().all(|one| before.contains(one))
}

struct Work<'a> {
    tx: &'a DatabaseTransaction,
    scope: Scope,
    claims: &'a Claims,
    now: DateTime<Utc>,
}

/// Where a source was put.
struct Placed {
    customer: CustomerId,
    /// Whether a key finds another customer than before.
    moved: bool,
}

impl Work<'_> {
    /// Locks everyone whom any of the keys finds, and gives what they find. Who was waited for may have changed, so it looks again.
    async fn lock(&self, keys: &Keys, gone: &[Key], former: &BTreeSet<CustomerId>) -> Result<Vec<identity::Model>, StoreError> {
        let all: Vec<Key> = keys.all().into_iter().chain(gone.iter().filter(|key| key.0 != IdentityKind::EmailHash).cloned()).collect();
        let mut found = store::identity::find(self.tx, self.scope, &all).await?;
        loop {
            let owners: BTreeSet<CustomerId> = found.iter().map(|row| row.customer_id).chain(former.iter().copied()).collect();
            store::customer::lock(self.tx, &owners.into_iter().collect::<Vec<_>>()).await?;
            let again = store::identity::find(self.tx, self.scope, &all).await?;
            if again == found {
                return Ok(found);
            }
            found = again;
        }
    }

    /// Takes the keys away that this source named and none names any more. Whom they found loses its claim with its last external id.
    async fn take_away(&self, gone: &[Key]) -> Result<BTreeSet<CustomerId>, StoreError> {
        let mut owners = BTreeSet::new();
        for key in gone.iter().filter(|key| key.0 != IdentityKind::EmailHash) {
            if !store::claim::named_elsewhere(self.tx, self.scope, key, &self.claims.source).await? {
                owners.extend(store::identity::take_away(self.tx, self.scope, key).await?);
            }
        }
        for owner in &owners {
            let left = store::identity::of_customers(self.tx, &[*owner]).await?;
            if !left.iter().any(|row| row.kind == IdentityKind::ExternalId) {
                store::customer::unclaim(self.tx, *owner).await?;
            }
        }
        Ok(owners)
    }

    /// Finds or makes the customer, lets those found by the strong keys join it, and lets the keys find it.
    async fn place(&self, keys: &Keys, known: &[identity::Model], former: &BTreeSet<CustomerId>) -> Result<Placed, StoreError> {
        let owner = |key: &Key| known.iter().find(|row| (row.kind, &row.value) == (key.0, &key.1)).map(|row| row.customer_id);
        let found: BTreeSet<CustomerId> = keys.all().iter().filter_map(owner).collect();
        let mut candidates = found.clone();
        for id in former.iter().filter(|id| !found.contains(id)) {
            if !store::claim::spoken_of_elsewhere(self.tx, *id, &self.claims.source).await? {
                candidates.insert(*id);
            }
        }
        let rows = store::customer::lock(self.tx, &candidates.into_iter().collect::<Vec<_>>()).await?;
        let rows: Vec<customer::Model> = rows.into_iter().filter(|row| row.merged_into.is_none()).collect();
        let by_external = keys.external.as_ref().and_then(owner);
        let claimed = keys.external.is_some();
        let by_hand: BTreeSet<CustomerId> = keys.by_hand.iter().filter_map(owner).collect();
        // Who has an external id is found by it, or by what a hand said (ID-7).
        let survivor = rows.iter().find(|row| Some(row.id) == by_external);
        let survivor = survivor.or_else(|| rows.iter().find(|row| by_hand.contains(&row.id)));
        let survivor = survivor.or_else(|| rows.iter().find(|row| !row.claimed));
        let (customer, mut moved) = match survivor {
            Some(survivor) => {
                if claimed && !survivor.claimed {
                    store::customer::claim(self.tx, survivor.id).await?;
                }
                (survivor.id, false)
            }
            None => (store::customer::insert(self.tx, self.scope, claimed, self.now).await?.id, true),
        };
        // Who has an external id of its own never joins another silently (ID-6).
        for other in rows.iter().filter(|row| row.id != customer && !row.claimed && found.contains(&row.id)) {
            join(self.tx, other, customer, self.now).await?;
            moved = true;
        }
        // What finds this customer already does so until the end of the transaction: who would give it away waits for the customer's lock.
        for key in keys.all().into_iter().filter(|key| owner(key) != Some(customer)) {
            moved |= store::identity::give(self.tx, self.scope, customer, &key, self.now).await?;
        }
        if let Some((buyer, external)) = &keys.contradicted {
            let named = store::identity::find(self.tx, self.scope, std::slice::from_ref(external)).await?;
            let owner = named.first().map_or(customer, |row| row.customer_id);
            store::identity::give(self.tx, self.scope, owner, buyer, self.now).await?;
        }
        Ok(Placed { customer, moved })
    }

    /// Lets those join the customer of whom no source speaks any more.
    async fn join_empty(&self, former: &BTreeSet<CustomerId>, customer: CustomerId) -> Result<bool, StoreError> {
        let mut joined = false;
        let others: Vec<CustomerId> = former.iter().copied().filter(|id| *id != customer).collect();
        for row in store::customer::lock(self.tx, &others).await? {
            let empty = row.merged_into.is_none() && !row.claimed;
            if empty && !store::claim::spoken_of_elsewhere(self.tx, row.id, "").await? {
                join(self.tx, &row, customer, self.now).await?;
                joined = true;
            }
        }
        Ok(joined)
    }
}
