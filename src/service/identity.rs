//! Which customer a payer is (ID-1 to ID-9).
//!
//! Strong identities (the merchant's own id, the payment provider's customer, a guest's objects) join customers for good. An e-mail never
//! does: whom it leads to is judged anew at each settling ([`super::person`]), because another customer with it may still appear (ID-4).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::customer;
use entity::value::{ConnectionId, CustomerId, IdentityKind};
use sea_orm::DatabaseTransaction;

use super::{ServiceError, Services};
use crate::auth::email::Email;
use crate::domain::access::Scope;
use crate::store::customer::Fresh;
use crate::store::{self, StoreError};

/// What one source says of who somebody is.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// The source, unique among all that speak of the same buyer.
    pub source: String,
    /// The merchant's ids of the customer, in the look-up order (ID-2).
    pub external_ids: Vec<String>,
    /// The payment provider's customer, with its connection.
    pub buyer: Option<String>,
    /// The objects that stand for a buyer without an account, with their connection (ID-8).
    pub guests: Vec<String>,
    /// The e-mail, normalised (ID-3).
    pub email: Option<Email>,
    /// The name as given.
    pub name: Option<String>,
}

/// An identity's value at one connection: Stripe's ids are unique within an account and a mode only.
#[must_use]
pub fn at_connection(connection: ConnectionId, object: &str) -> String {
    format!("{connection}/{object}")
}

/// An e-mail as identity, where the text is one. What is none is no identity, and never an error: it is the buyer's own text (ID-3).
#[must_use]
pub fn email(text: Option<&str>) -> Option<Email> {
    text.and_then(|text| Email::normalise(text).ok())
}

impl Claims {
    /// The strong identities, strongest first. A second external id is a contradiction, not an identity (ID-6).
    fn strong(&self, disputed: bool) -> Vec<store::identity::Key> {
        let external = self.external_ids.first().map(|id| (IdentityKind::ExternalId, id.clone()));
        let buyer = self.buyer.iter().filter(|_| !disputed).map(|id| (IdentityKind::StripeCustomer, id.clone()));
        let guests = self.guests.iter().map(|id| (IdentityKind::Guest, id.clone()));
        external.into_iter().chain(buyer).chain(guests).collect()
    }

    fn fresh(&self) -> Fresh {
        Fresh {
            name: self.name.clone(),
            email: self.email.as_ref().map(|email| email.as_str().to_owned()),
            claimed: !self.external_ids.is_empty(),
        }
    }
}

/// Finds or makes the customer, joining those that the claims show to be one. `current` is whose the source was taken to be so far.
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
) -> Result<CustomerId, ServiceError> {
    let disputed = note_claims(tx, scope, claims).await?;
    let keys = claims.strong(disputed);
    let found = store::identity::find(tx, scope, &keys).await?;
    let mut candidates: BTreeSet<CustomerId> = found.iter().map(|row| row.customer_id).collect();
    if disputed && keys.is_empty() {
        // Nothing but the contradicted buyer is known: it stays whose it was.
        let buyer = claims.buyer.iter().map(|id| (IdentityKind::StripeCustomer, id.clone())).collect::<Vec<_>>();
        candidates.extend(store::identity::find(tx, scope, &buyer).await?.iter().map(|row| row.customer_id));
    }
    candidates.extend(current.filter(|_| !disputed));
    let known = store::customer::lock(tx, &candidates.into_iter().collect::<Vec<_>>()).await?;
    let by_external = found.iter().find(|row| row.kind == IdentityKind::ExternalId).map(|row| row.customer_id);
    let customer = match survivor(&known, by_external) {
        Some(survivor) => {
            for other in known.iter().filter(|c| c.id != survivor.id && may_join(c, claims, by_external)) {
                join(tx, other.id, survivor.id).await?;
            }
            store::customer::complete(tx, survivor, &claims.fresh()).await?;
            survivor.id
        }
        None => store::customer::insert(tx, scope, claims.fresh(), now).await?.id,
    };
    give(tx, services, scope, customer, claims, now).await?;
    if let Some(buyer) = claims.buyer.as_ref() {
        store::identity::set_disputed(tx, scope, &(IdentityKind::StripeCustomer, buyer.clone()), disputed).await?;
    }
    Ok(customer)
}

/// ID-6: records which external ids the source names for the buyer; true when all sources together name more than one.
async fn note_claims(tx: &DatabaseTransaction, scope: Scope, claims: &Claims) -> Result<bool, StoreError> {
    let Some(buyer) = claims.buyer.as_ref() else { return Ok(false) };
    let key = (IdentityKind::StripeCustomer, buyer.clone());
    if !claims.external_ids.is_empty() {
        store::identity::claim(tx, scope, &claims.source, &key, &claims.external_ids).await?;
    }
    Ok(store::identity::claimed(tx, scope, &key).await?.len() > 1)
}

/// Who stays: whom the external id names, else whom any external id names, else the oldest.
fn survivor(known: &[customer::Model], by_external: Option<CustomerId>) -> Option<&customer::Model> {
    let named = known.iter().find(|c| Some(c.id) == by_external);
    named.or_else(|| known.iter().find(|c| c.claimed)).or_else(|| known.first())
}

/// A customer with an external id of its own never joins another silently (ID-6). One that is found by strong identities but has none does.
fn may_join(other: &customer::Model, claims: &Claims, by_external: Option<CustomerId>) -> bool {
    !other.claimed && (by_external.is_some() || claims.external_ids.len() <= 1)
}

/// ID-7: everything of one customer becomes another's. Their bindings and decisions follow from the next settling.
async fn join(tx: &DatabaseTransaction, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    store::identity::move_to(tx, from, to).await?;
    store::purchase::move_to(tx, from, to).await?;
    store::touch::move_to(tx, from, to).await?;
    store::binding::move_to(tx, from, to).await?;
    store::trial::move_to(tx, from, to).await?;
    store::commission::move_to(tx, from, to).await?;
    store::customer::merge_into(tx, from, to).await
}

async fn give(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    customer: CustomerId,
    claims: &Claims,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let email = claims.email.as_ref().map(|email| (IdentityKind::EmailHash, services.hashes.email_hash(email)));
    for key in claims.strong(false).into_iter().chain(email) {
        store::identity::give(tx, scope, customer, &key, now).await?;
    }
    Ok(())
}
