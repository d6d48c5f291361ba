//! The strong keys by which somebody is looked up, and what all sources together name for the payment provider's customer (ID-1, ID-6).

use std::collections::BTreeSet;

use entity::identity_claim;
use entity::value::{CustomerId, IdentityKind, PurchaseId};
use sea_orm::DatabaseTransaction;

use super::Claims;
use crate::domain::access::Scope;
use crate::store::identity::Key;
use crate::store::{self, StoreError};

/// ID-6: which external ids are named for the payment provider's customer.
pub(super) struct Buyer {
    pub key: Key,
    /// By other sources.
    beside: BTreeSet<String>,
    /// By this one, before and now.
    before: BTreeSet<String>,
    own: BTreeSet<String>,
    /// Whether all sources together name more than one customer.
    pub disputed: bool,
    /// Whether the source is an object, which may stand behind purchases.
    behind_others: bool,
}

impl Buyer {
    pub async fn of(
        tx: &DatabaseTransaction,
        scope: Scope,
        claims: &Claims,
        before: &[identity_claim::Model],
        key: Key,
    ) -> Result<Self, StoreError> {
        let beside = store::claim::external_ids_beside(tx, scope, &key, &claims.source).await?;
        let named = before.iter().any(|row| (row.kind, &row.value) == (key.0, &key.1));
        let ids = before.iter().filter(|row| named && row.kind == IdentityKind::ExternalId);
        let before = ids.map(|row| row.value.clone()).collect();
        let own: BTreeSet<String> = claims.external_ids.iter().cloned().collect();
        let disputed = of_several(tx, scope, &beside.union(&own).cloned().collect()).await?;
        let behind_others = claims.source.parse::<PurchaseId>().is_err();
        Ok(Self { key, beside, before, own, disputed, behind_others })
    }

    fn named(&self) -> BTreeSet<&String> {
        self.beside.iter().chain(&self.own).collect()
    }

    /// Whether what others are resolved by has changed: what all together name, or what an object names that purchases look up behind
    /// themselves (ID-2). Purchases stand behind nothing, and there may be many of one buyer.
    pub fn changed(&self) -> bool {
        let all_before: BTreeSet<&String> = self.beside.iter().chain(&self.before).collect();
        self.named() != all_before || (self.behind_others && self.own != self.before)
    }
}

/// ID-6: whether sources name more than one customer for the payment provider's customer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(in crate::service) async fn contradicted(tx: &DatabaseTransaction, scope: Scope, buyer: &Key) -> Result<bool, StoreError> {
    let named = store::claim::external_ids_beside(tx, scope, buyer, "").await?;
    of_several(tx, scope, &named).await
}

/// Whether these external ids are of more than one customer: two ids of one are no contradiction (ID-7).
async fn of_several(tx: &DatabaseTransaction, scope: Scope, named: &BTreeSet<String>) -> Result<bool, StoreError> {
    if named.len() < 2 {
        return Ok(false);
    }
    let keys: Vec<Key> = named.iter().map(|id| (IdentityKind::ExternalId, id.clone())).collect();
    let known = store::identity::find(tx, scope, &keys).await?;
    let customers: BTreeSet<CustomerId> = known.iter().map(|row| row.customer_id).collect();
    let unknown = named.len().saturating_sub(known.len());
    Ok(customers.len().saturating_add(unknown) > 1)
}

/// The strong keys by which somebody is looked up, strongest first.
pub(super) struct Keys {
    /// A second external id is a contradiction, not an identity (ID-6).
    pub external: Option<Key>,
    /// Not a contradicted one.
    pub buyer: Option<Key>,
    pub guests: Vec<Key>,
    /// A contradicted buyer, which finds whom the smallest of the ids names that are named for it.
    pub contradicted: Option<(Key, Key)>,
    /// Those of them that a hand said to be of whomever they find (ID-7).
    pub by_hand: Vec<Key>,
}

impl Keys {
    pub fn of(claims: &Claims, buyer: Option<&Buyer>) -> Self {
        let external = |id: &String| (IdentityKind::ExternalId, id.clone());
        let smallest = buyer.and_then(|buyer| buyer.named().first().map(|id| external(id)));
        let named = claims.external_ids.first().or(claims.behind.first()).map(external);
        let (disputed, key) = (buyer.is_some_and(|buyer| buyer.disputed), buyer.map(|buyer| buyer.key.clone()));
        Self {
            external: named.or_else(|| smallest.clone()),
            buyer: key.clone().filter(|_| !disputed),
            guests: claims.guests.iter().map(|id| (IdentityKind::Guest, id.clone())).collect(),
            contradicted: key.filter(|_| disputed).zip(smallest),
            by_hand: Vec::new(),
        }
    }

    /// Finds out which of them a hand said to be of somebody.
    pub async fn ask_hands(mut self, tx: &DatabaseTransaction, scope: Scope) -> Result<Self, StoreError> {
        let told: Vec<Key> = self.buyer.iter().chain(&self.guests).cloned().collect();
        self.by_hand = store::claim::named_by_hand(tx, scope, &told).await?;
        Ok(self)
    }

    pub fn all(&self) -> Vec<Key> {
        self.external.iter().chain(&self.buyer).chain(&self.guests).cloned().collect()
    }
}
