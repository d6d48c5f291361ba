//! Purchases that a merchant's server posts (SL-3): what Stripe did not sell, or did not tell of yet.
//!
//! A posted purchase is a fact like any other and takes the same road (IN-13). It is told like a checkout, which speaks of its own money until
//! the payment does: where it names Stripe's object, the two are one purchase, whichever came first.

use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, Money};
use entity::{purchase, stripe_connection};
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::facts::{Source, take};
use super::settle::{ring, settle};
use super::{Refusal, RefusalCode, ServiceError, Services, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::fact::{Checkout, CheckoutMode, CheckoutPayment, Fact, Observation, Persona, Stamp, Told as List};
use crate::domain::purchase::KeyKind;
use crate::store;
use crate::store::scoped::find;
use crate::stripe::event::{Projection, Told};
use crate::stripe::reference::key_of;

/// The most bytes of an id.
const MAX_ID: usize = 200;
/// The most characters of a name or an address.
const MAX_TEXT: usize = 320;

/// A purchase to be recorded. All sums are of one currency.
#[derive(Clone, Debug, Serialize)]
pub struct NewPurchase {
    /// The merchant's own id of it: told again, it is the same purchase.
    pub external_id: String,
    /// Where Stripe would tell of it; nothing where the merchant has one connection.
    pub connection: Option<ConnectionId>,
    /// Stripe's id of it: of an invoice, an intent, a charge or a checkout.
    pub stripe_id: Option<String>,
    /// The merchant's id of the customer.
    pub customer: Option<String>,
    /// The customer's address.
    pub email: Option<String>,
    /// The customer's name.
    pub name: Option<String>,
    /// The token of the click that led to it.
    pub click_token: Option<String>,
    /// What was paid, tax and shipping included.
    pub paid: Money,
    /// The tax in it, in minor units.
    pub tax: i64,
    /// The shipping in it, in minor units and without tax.
    pub shipping: i64,
    /// When the money came (SL-7).
    pub paid_at: DateTime<Utc>,
}

/// Records a purchase and settles its customer. The same one told again changes nothing.
///
/// # Errors
/// Refused for an input that cannot be used, and for another purchase under an id that was used; denied to those who may not move money.
pub async fn record(services: &Services, viewer: &Viewer, new: &NewPurchase) -> Result<purchase::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    check(new, services.clock.now())?;
    let (row, messages) = retry::races(|| async {
        let tx = services.db.begin().await?;
        let connection = connection(&tx, scope, new.connection).await?;
        let source = Source { scope, connection, now: services.clock.now() };
        let object = format!("ext_{}", new.external_id);
        let fact = fact(new)?;
        store::lock::acquire(&tx, [format!("{connection}/{object}")]).await?;
        let known = store::snapshot::facts(&tx, connection, scope, &[&object]).await?;
        if known.get(&object).is_some_and(|known| *known != fact) {
            let text = "another purchase was recorded under this id; take another one, or tell the same again";
            return Err(Refusal::new("externalId", RefusalCode::Taken, text).into());
        }
        let customers = take(&tx, services, &source, projection(&object, &fact, new)?).await?;
        let messages = settle(&tx, scope, &customers, source.now).await?;
        let id = store::purchase::owners(&tx, connection, scope, &[object].into()).await?.pop_first();
        let row = match id {
            Some(id) => store::purchase::by_id(&tx, id).await?,
            None => None,
        };
        tx.commit().await?;
        let row = row.ok_or_else(|| ServiceError::Internal("a recorded purchase is not there".to_owned()))?;
        Ok((row, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}

fn check(new: &NewPurchase, now: DateTime<Utc>) -> Result<(), Refusal> {
    let usable = |text: &str, most: usize| (1..=most).contains(&text.len()) && !text.chars().any(char::is_control);
    if !usable(&new.external_id, MAX_ID) {
        return Err(Refusal::new(
            "externalId",
            RefusalCode::OutOfRange,
            format!("must have 1 to {MAX_ID} bytes and no control characters"),
        ));
    }
    let texts = [("customerExternalId", &new.customer), ("customerEmail", &new.email), ("customerName", &new.name)];
    for (field, text) in texts.into_iter().chain([("clickToken", &new.click_token), ("stripeId", &new.stripe_id)]) {
        if text.as_deref().is_some_and(|text| !usable(text, MAX_TEXT)) {
            return Err(Refusal::new(field, RefusalCode::OutOfRange, format!("must have 1 to {MAX_TEXT} bytes and no control characters")));
        }
    }
    if new.stripe_id.as_deref().is_some_and(|id| key_of(id).kind == KeyKind::Other) {
        let text = "name an invoice (in_), a payment intent (pi_), a charge (ch_) or a checkout session (cs_)";
        return Err(Refusal::new("stripeId", RefusalCode::Invalid, text));
    }
    if new.customer.is_none() && new.email.is_none() {
        return Err(Refusal::new("customerExternalId", RefusalCode::Required, "say who bought: give your id of the customer or an e-mail"));
    }
    let parts = new.tax.checked_add(new.shipping).filter(|_| new.tax >= 0 && new.shipping >= 0);
    if parts.is_none_or(|parts| parts > new.paid.minor) {
        return Err(Refusal::new("paid", RefusalCode::OutOfRange, "tax and shipping are parts of what was paid, and none is negative"));
    }
    if new.paid_at > now {
        return Err(Refusal::new("paidAt", RefusalCode::OutOfRange, "this time is to come yet"));
    }
    Ok(())
}

/// The connection that is named, or the only one there is.
async fn connection(tx: &DatabaseTransaction, scope: Scope, named: Option<ConnectionId>) -> Result<ConnectionId, ServiceError> {
    if let Some(id) = named {
        let row = find::<stripe_connection::Entity, _>(tx, scope, id).await?;
        return Ok(row.ok_or_else(|| Refusal::not_found("connectionId", "Stripe connection"))?.id);
    }
    match store::connection::some(tx, scope, 2).await?.as_slice() {
        [only] => Ok(only.id),
        [] => Err(Refusal::not_found("connectionId", "Stripe connection").into()),
        _ => Err(Refusal::new("connectionId", RefusalCode::Required, "there are several Stripe connections; name one").into()),
    }
}

fn projection(object: &str, fact: &Fact, new: &NewPurchase) -> Result<Projection, ServiceError> {
    let body = serde_json::to_value(new).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let observation = Observation { object: object.to_owned(), fact: fact.clone() };
    Ok(Projection { told: vec![Told { observation, body }], ..Projection::default() })
}

fn fact(new: &NewPurchase) -> Result<Fact, ServiceError> {
    let content = serde_json::to_vec(new).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let mut digest = [0; 8];
    digest.copy_from_slice(&Sha256::digest(content)[..8]);
    let (invoice, payment) = match &new.stripe_id {
        Some(id) if key_of(id).kind == KeyKind::Invoice => (Some(id.clone()), None),
        payment => (None, payment.clone()),
    };
    Ok(Fact::Checkout(Checkout {
        stamp: Stamp { at: new.paid_at, rank: 0, digest: u64::from_be_bytes(digest) },
        mode: CheckoutMode::Payment,
        payment: CheckoutPayment::Paid,
        completed: true,
        total: new.paid.minor,
        tax: new.tax,
        shipping: new.shipping,
        currency: new.paid.currency,
        created_at: new.paid_at,
        persona: Persona {
            external_id: new.customer.clone(),
            email: new.email.clone(),
            name: new.name.clone(),
            client_reference: new.click_token.clone(),
            ..Persona::default()
        },
        codes: List::default(),
        completed_at: Some(new.paid_at),
        paid_at: Some(new.paid_at),
        invoice,
        intent: payment,
        subscription: None,
    }))
}
