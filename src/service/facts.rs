//! Taking in what was told: merge it into what is known, put objects that share references into one purchase, and find whose it is.
//!
//! Every source of facts comes through here (IN-13), inside the transaction that then settles the customers that it returns.

mod keys;

pub use keys::{click_key, person_key};

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, CustomerId, IdentityKind, PurchaseId};
use sea_orm::DatabaseTransaction;
use serde_json::Value;

use super::identity::{self, Claims, Resolved, at_connection, email};
use super::{ServiceError, Services, catalogue, commerce, evidence, watch};
use crate::domain::access::Scope;
use crate::domain::fact::{Fact, Stamp};
use crate::domain::purchase::{Key, PurchaseState, assemble};
use crate::store::snapshot::Snapshot;
use crate::store::{self, StoreError};
use crate::stripe::event::{Card, NoInvoice, Projection};
use crate::stripe::reference::key_of;

/// Where facts come from, and when they are taken in.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The merchant and the mode.
    pub scope: Scope,
    /// The connection.
    pub connection: ConnectionId,
    /// Now.
    pub now: DateTime<Utc>,
}

/// An object of which something new was told.
struct Changed {
    object: String,
    fact: Fact,
    body: Option<Value>,
    /// When what was known of it before was true.
    before: Option<Stamp>,
}

/// Takes in what was told, and returns the customers to settle: those of whom anything changed.
///
/// # Errors
/// [`ServiceError`] when the database fails, or an object is told as two kinds of things.
pub async fn take(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    mut projection: Projection,
) -> Result<BTreeSet<CustomerId>, ServiceError> {
    store::lock::acquire(tx, keys::keys(services, source, &projection)).await?;
    commerce::save(tx, source, std::mem::take(&mut projection.listed)).await?;
    let cards = projection.cards.clone();
    let changed = merge(tx, source, projection).await?;
    store_changed(tx, services, source, changed, cards).await
}

/// Takes in what a person says of payments of which nobody told whether an invoice stands behind them (SL-8): that they are part of this
/// invoice, or of none. It is stored like what Stripe tells, so that settling stays a function of facts, and Stripe's own word still counts.
/// Returns the customers to settle.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn take_link(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    payments: &[&str],
    invoice: Option<&str>,
) -> Result<BTreeSet<CustomerId>, ServiceError> {
    let locked = payments.iter().copied().chain(invoice).map(|object| format!("{}/{object}", source.connection));
    store::lock::acquire(tx, locked.collect::<BTreeSet<_>>()).await?;
    let mut changed = Vec::new();
    for (object, mut fact) in store::snapshot::facts(tx, source.connection, source.scope, payments).await? {
        if state_invoice(&mut fact, invoice) {
            let before = Some(fact.stamp());
            changed.push(Changed { object, fact, body: None, before });
        }
    }
    store_changed(tx, services, source, changed, Vec::new()).await
}

/// Stores what changed and whatever follows from it; returns the customers to settle.
async fn store_changed(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    changed: Vec<Changed>,
    cards: Vec<Card>,
) -> Result<BTreeSet<CustomerId>, ServiceError> {
    let mut purchases = BTreeSet::new();
    for one in &changed {
        let purchase = if one.fact.belongs_to_purchase() { Some(purchase_of(tx, source, one).await?) } else { None };
        let snapshot = Snapshot { object: &one.object, fact: &one.fact, body: one.body.as_ref(), purchase };
        store::snapshot::save(tx, source.connection, source.scope, &snapshot, source.now).await?;
        purchases.extend(purchase);
    }
    let mut found = Found::default();
    for card in cards {
        found.customers.extend(watch::note_card(tx, services, source, card).await?);
    }
    for one in &changed {
        person_of(tx, services, source, one, &mut found).await?;
    }
    let live = surviving(tx, &purchases).await?;
    for id in live {
        refresh(tx, services, source, id, &mut found).await?;
    }
    let mut done = BTreeSet::new();
    while let Some(name) = found.again.pop_first() {
        if done.insert(name.clone()) {
            anew(tx, services, source, &name, &mut found).await?;
        }
    }
    Ok(found.customers)
}

/// What taking something in led to.
#[derive(Default)]
struct Found {
    /// The customers to settle.
    customers: BTreeSet<CustomerId>,
    /// The sources to be resolved anew, because whose their buyer is has changed.
    again: BTreeSet<String>,
}

impl Found {
    fn note(&mut self, resolved: Resolved) -> CustomerId {
        self.customers.extend(resolved.concerned);
        self.again.extend(resolved.again);
        resolved.customer
    }
}

/// Resolves a source again from what is stored of it: a purchase, or an object.
async fn anew(tx: &DatabaseTransaction, services: &Services, source: &Source, name: &str, found: &mut Found) -> Result<(), ServiceError> {
    if let Ok(purchase) = name.parse::<PurchaseId>() {
        for id in surviving(tx, &[purchase].into()).await? {
            refresh(tx, services, source, id, found).await?;
        }
    } else if let Some(object) = name.strip_prefix(&format!("{}/", source.connection)) {
        for (object, fact) in store::snapshot::facts(tx, source.connection, source.scope, &[object]).await? {
            person_of(tx, services, source, &Changed { object, before: Some(fact.stamp()), fact, body: None }, found).await?;
        }
    }
    Ok(())
}

/// Joins what was told to what is known, and keeps what that changed.
async fn merge(tx: &DatabaseTransaction, source: &Source, projection: Projection) -> Result<Vec<Changed>, ServiceError> {
    let linked = projection.links.iter().map(|link| link.object.as_str());
    let objects: Vec<&str> = projection.told.iter().map(|told| told.observation.object.as_str()).chain(linked).collect();
    let mut known = store::snapshot::facts(tx, source.connection, source.scope, &objects).await?;
    let mut changed = Vec::new();
    for told in projection.told {
        let (object, new) = (told.observation.object, told.observation.fact);
        let (fact, body, before) = match known.remove(&object) {
            None => (new, Some(told.body), None),
            Some(old) => {
                let newest = new.stamp() >= old.stamp();
                let joined = old.clone().merge(new).map_err(|error| ServiceError::Internal(error.to_string()))?;
                if joined == old {
                    known.insert(object, old);
                    continue;
                }
                (joined, newest.then_some(told.body), Some(old.stamp()))
            }
        };
        changed.push(Changed { object, fact, body, before });
    }
    for NoInvoice { object } in projection.links {
        let pending = changed.iter_mut().find(|one| one.object == object);
        match (pending, known.remove(&object)) {
            (Some(one), _) => {
                state_invoice(&mut one.fact, None);
            }
            (None, Some(mut fact)) => {
                if state_invoice(&mut fact, None) {
                    let before = Some(fact.stamp());
                    changed.push(Changed { object, fact, body: None, before });
                }
            }
            (None, None) => {}
        }
    }
    Ok(changed)
}

/// SL-8: states the invoice behind a payment, or that there is none. True when that is news.
fn state_invoice(fact: &mut Fact, invoice: Option<&str>) -> bool {
    let link = match fact {
        Fact::Intent(intent) => &mut intent.invoice,
        Fact::Charge(charge) => &mut charge.invoice,
        _ => return false,
    };
    match invoice {
        None => !std::mem::replace(&mut link.none_stated, true),
        Some(id) if link.known.is_none() => {
            link.known = Some(id.to_owned());
            true
        }
        Some(_) => false,
    }
}

/// The purchase that owns the object: found by any reference, made when there is none, and merged into one when there are several (SL-8).
async fn purchase_of(tx: &DatabaseTransaction, source: &Source, one: &Changed) -> Result<PurchaseId, StoreError> {
    let mut references: BTreeSet<String> = one.fact.references().into_iter().map(str::to_owned).collect();
    references.insert(one.object.clone());
    let mut owners = store::purchase::owners(tx, source.connection, source.scope, &references).await?;
    loop {
        store::purchase::lock(tx, &owners).await?;
        let again = store::purchase::owners(tx, source.connection, source.scope, &references).await?;
        if again == owners {
            break;
        }
        owners = again;
    }
    let id = match owners.pop_first() {
        Some(id) => id,
        None => store::purchase::open(tx, source.connection, source.scope, source.now).await?,
    };
    for weak in owners {
        store::snapshot::move_to(tx, weak, id).await?;
        store::claim::pass_on(tx, source.scope, &weak.to_string(), &id.to_string()).await?;
        store::touch::move_purchase(tx, weak, id).await?;
        store::fraud::move_cards(tx, source.scope, weak, id, source.now).await?;
        store::purchase::merge_into(tx, weak, id, source.now).await?;
        store::decision::retire(tx, weak).await?;
    }
    store::purchase::own(tx, source.connection, source.scope, id, &references).await?;
    Ok(id)
}

/// The purchases that were not merged into others by a later object of the same delivery.
async fn surviving(tx: &DatabaseTransaction, ids: &BTreeSet<PurchaseId>) -> Result<Vec<PurchaseId>, StoreError> {
    let rows = store::purchase::lock(tx, ids).await?;
    Ok(rows.into_iter().filter(|row| row.merged_into.is_none()).map(|row| row.id).collect())
}

/// Puts the purchase together anew from all of its facts, finds its customer, and stores the evidence that it carries.
async fn refresh(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    id: PurchaseId,
    found: &mut Found,
) -> Result<(), ServiceError> {
    let facts = store::snapshot::of_purchase(tx, id).await?;
    let references: BTreeSet<Key> = store::purchase::references(tx, id).await?.iter().map(|object| key_of(object)).collect();
    let Some(state) = assemble(&facts, &references) else {
        return Ok(());
    };
    let claims = claims_of(tx, source, id, &state).await?;
    let current = store::purchase::by_id(tx, id).await?.and_then(|row| row.customer_id);
    // Whose it was is settled as well: a purchase that moved leaves nothing behind.
    let customer = found.note(identity::resolve(tx, services, source.scope, &claims, current, source.now).await?);
    let draft = store::purchase::Draft { id, connection: source.connection, customer, state: &state };
    store::purchase::save(tx, source.scope, &draft, source.now).await?;
    store::purchase::adopt_merged(tx, id, customer).await?;
    found.customers.extend(evidence::of_purchase(tx, services, source, &draft).await?);
    Ok(())
}

/// Who the purchase is from: what it says itself, then its subscription, then its buyer (ID-2).
async fn claims_of(tx: &DatabaseTransaction, source: &Source, id: PurchaseId, state: &PurchaseState) -> Result<Claims, StoreError> {
    let payer = &state.payer;
    let behind: Vec<&str> = state.subscription.iter().chain(&payer.buyer).map(String::as_str).collect();
    let known = store::snapshot::facts(tx, source.connection, source.scope, &behind).await?;
    let named = |object: &&str| known.get(*object)?.persona()?.external_id.clone();
    let named = behind.iter().filter_map(named).collect();
    let until = payer.buyer.as_ref().and_then(|buyer| known.get(buyer)).and_then(gone_at);
    Ok(Claims {
        source: id.to_string(),
        external_ids: payer.external_ids.clone(),
        behind: named,
        buyer: payer.buyer.as_ref().map(|buyer| at_connection(source.connection, buyer)),
        guests: payer.guests.iter().map(|guest| at_connection(source.connection, guest)).collect(),
        email: email(payer.email.as_deref()),
        name: payer.name.clone(),
        at: state.at.unwrap_or(state.known_at),
        until,
        trusted: true,
        by_page: false,
        grows: false,
    })
}

/// ID-9: since when a buyer is found by ids only.
fn gone_at(fact: &Fact) -> Option<DateTime<Utc>> {
    match fact {
        Fact::Buyer(buyer) if buyer.deleted => Some(buyer.deleted_at.unwrap_or(buyer.stamp.at)),
        _ => None,
    }
}

/// The customers of whom a fact tells that is no part of a purchase, and what it brings to others.
async fn person_of(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    one: &Changed,
    found: &mut Found,
) -> Result<(), ServiceError> {
    match &one.fact {
        Fact::Coupon(_) | Fact::PromotionCode(_) => evidence::of_code(tx, source, &one.object, &one.fact).await?,
        Fact::Price(_) | Fact::Product(_) => catalogue::told(tx, source, &one.object, (one.before, one.fact.stamp())).await?,
        Fact::Discount(discount) => {
            // A code that was known by the discount's id only is told now.
            let key = discount.buyer.as_ref().map(|buyer| (IdentityKind::StripeCustomer, at_connection(source.connection, buyer)));
            let buyers = store::identity::find(tx, source.scope, key.as_slice()).await?;
            let buyers: Vec<CustomerId> = buyers.into_iter().map(|row| row.customer_id).collect();
            for row in store::purchase::of_customers(tx, &buyers).await? {
                if row.merged_into.is_none() && store::purchase::state(&row)?.discounts.contains(&one.object) {
                    found.again.insert(row.id.to_string());
                }
            }
        }
        Fact::Buyer(_) | Fact::Subscription(_) => {
            known_person(tx, services, source, one, found).await?;
        }
        // Whoever left a checkout without an account there is nobody yet.
        Fact::Checkout(checkout) if checkout.done_at().is_none() && checkout.persona.buyer.is_none() => {}
        Fact::Checkout(checkout) if !one.fact.belongs_to_purchase() => {
            let customer = known_person(tx, services, source, one, found).await?;
            found.customers.extend(evidence::of_checkout(tx, services, source, customer, &one.object, checkout).await?);
        }
        _ => {}
    }
    Ok(())
}

async fn known_person(
    tx: &DatabaseTransaction,
    services: &Services,
    source: &Source,
    one: &Changed,
    found: &mut Found,
) -> Result<CustomerId, ServiceError> {
    let persona = one.fact.persona().cloned().unwrap_or_default();
    let (own, at) = match &one.fact {
        Fact::Buyer(buyer) => (Some(one.object.clone()), buyer.email_since()),
        Fact::Subscription(subscription) => (None, subscription.created_at),
        Fact::Checkout(checkout) => (None, checkout.done_at().unwrap_or(checkout.created_at)),
        other => (None, other.stamp().at),
    };
    let buyer = persona.buyer.or(own).map(|buyer| at_connection(source.connection, &buyer));
    let guest = buyer.is_none().then(|| at_connection(source.connection, &one.object));
    // What somebody typed before they left a checkout is no address yet.
    let left = matches!(&one.fact, Fact::Checkout(checkout) if checkout.done_at().is_none());
    let until = gone_at(&one.fact);
    let claims = Claims {
        source: at_connection(source.connection, &one.object),
        external_ids: persona.external_id.into_iter().collect(),
        behind: Vec::new(),
        buyer,
        guests: guest.into_iter().collect(),
        email: email(persona.email.as_deref()).filter(|_| !left),
        name: persona.name,
        at,
        until,
        trusted: true,
        by_page: false,
        grows: false,
    };
    let resolved = identity::resolve(tx, services, source.scope, &claims, None, source.now).await?;
    if let Some(buyer) = claims.buyer.filter(|_| until.is_some() && resolved.news) {
        found.again.extend(store::claim::sources(tx, source.scope, &(IdentityKind::StripeCustomer, buyer)).await?);
    }
    Ok(found.note(resolved))
}
