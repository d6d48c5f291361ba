//! What Stripe tells, as facts: one file an object, each reading all API versions in the field.
//!
//! Decides which events are used and how a body becomes [`Observation`](crate::domain::fact::Observation)s. Webhooks, the events list and
//! answers of the API take the same road. It never asks the network, never looks at a version string (a rendered body mixes shapes of
//! several versions), and never refuses a body for a field that it can do without: each fact is read through an ordered list of paths.
//!
//! A new event of a known object is one line in [`EVENTS`]; a new object is one file and one line in `KINDS`.

mod charge;
mod checkout;
mod coupon;
mod credit_note;
mod customer;
mod discount;
mod dispute;
mod envelope;
mod invoice;
mod invoice_discounts;
mod invoice_line;
mod invoice_payment;
pub mod metadata;
pub(super) mod path;
mod payment_intent;
mod price;
mod product;
mod projection;
mod promotion_code;
mod refund;
mod subscription;
mod telling;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub use envelope::{Envelope, EnvelopeError};
pub use projection::{Card, Ignore, Listed, NoInvoice, Notice, Projection, Told, Unreadable};
use telling::{Kind, Telling};

/// One type of event that is used.
pub struct EventType {
    /// Stripe's name of it.
    pub name: &'static str,
    /// Whether endpoints that we register ask for it. The others are older names of something that is asked for; endpoints made by hand
    /// may send them.
    pub registered: bool,
    about: About,
}

/// What an event is about.
enum About {
    Object(&'static Kind),
    Connection(Notice),
}

const fn asked(name: &'static str, kind: &'static Kind) -> EventType {
    EventType { name, registered: true, about: About::Object(kind) }
}

const fn alias(name: &'static str, kind: &'static Kind) -> EventType {
    EventType { name, registered: false, about: About::Object(kind) }
}

/// Every type of event that is used. It drives dispatch ([`project`]) and what endpoints are registered for ([`registered`]).
pub const EVENTS: &[EventType] = &[
    EventType { name: "account.application.deauthorized", registered: true, about: About::Connection(Notice::Deauthorized) },
    asked("charge.captured", &charge::KIND),
    asked("charge.dispute.closed", &dispute::KIND),
    asked("charge.dispute.created", &dispute::KIND),
    asked(dispute::REINSTATED, &dispute::KIND),
    asked(dispute::WITHDRAWN, &dispute::KIND),
    asked("charge.dispute.updated", &dispute::KIND),
    alias("charge.refund.updated", &refund::KIND),
    asked("charge.refunded", &charge::KIND),
    asked("charge.succeeded", &charge::KIND),
    asked(checkout::ASYNC_FAILED, &checkout::KIND),
    asked(checkout::ASYNC_SUCCEEDED, &checkout::KIND),
    asked(checkout::COMPLETED, &checkout::KIND),
    asked("checkout.session.expired", &checkout::KIND),
    asked("coupon.created", &coupon::KIND),
    asked(coupon::DELETED, &coupon::KIND),
    asked("coupon.updated", &coupon::KIND),
    asked("credit_note.created", &credit_note::KIND),
    asked("credit_note.updated", &credit_note::KIND),
    asked(credit_note::VOIDED, &credit_note::KIND),
    asked("customer.created", &customer::KIND),
    asked(customer::DELETED, &customer::KIND),
    asked("customer.discount.created", &discount::KIND),
    asked("customer.discount.deleted", &discount::KIND),
    asked("customer.discount.updated", &discount::KIND),
    asked("customer.subscription.created", &subscription::KIND),
    asked(subscription::DELETED, &subscription::KIND),
    asked("customer.subscription.updated", &subscription::KIND),
    asked("customer.updated", &customer::KIND),
    asked("invoice.marked_uncollectible", &invoice::KIND),
    asked("invoice.paid", &invoice::KIND),
    asked("invoice.payment_failed", &invoice::KIND),
    alias("invoice.payment_succeeded", &invoice::KIND),
    asked("invoice.voided", &invoice::KIND),
    asked("invoice_payment.paid", &invoice_payment::KIND),
    asked("payment_intent.succeeded", &payment_intent::KIND),
    asked("price.created", &price::KIND),
    asked("price.updated", &price::KIND),
    asked("product.created", &product::KIND),
    asked("product.updated", &product::KIND),
    asked("promotion_code.created", &promotion_code::KIND),
    asked("promotion_code.updated", &promotion_code::KIND),
    asked("refund.created", &refund::KIND),
    asked("refund.failed", &refund::KIND),
    asked("refund.updated", &refund::KIND),
];

/// What is sold is read where it is what was told of or asked for. Where it stands in a line it is part of the line: to take it from each
/// invoice would let all sales of one price wait for each other.
const CATALOGUE: &[Kind] = &[price::KIND, product::KIND];

/// Every kind of object that is read wherever it stands whole in a body.
const KINDS: &[Kind] = &[
    charge::KIND,
    checkout::KIND,
    coupon::KIND,
    credit_note::KIND,
    customer::KIND,
    discount::KIND,
    dispute::KIND,
    invoice::KIND,
    invoice_payment::KIND,
    payment_intent::KIND,
    promotion_code::KIND,
    refund::KIND,
    subscription::KIND,
];

/// The types of events to register an endpoint for (Stripe's `enabled_events`).
pub fn registered() -> impl Iterator<Item = &'static str> {
    EVENTS.iter().filter(|event| event.registered).map(|event| event.name)
}

/// What an event tells: of its object, and of every object that stands whole inside it.
///
/// # Errors
/// [`Ignore`] says why the event has no effect. [`Ignore::Unreadable`] is a fault to be shown.
pub fn project(event: &Envelope) -> Result<Projection, Ignore> {
    if event.thin {
        return Err(Ignore::Thin);
    }
    let known = EVENTS.iter().find(|known| known.name == event.event_type).ok_or(Ignore::Unsupported)?;
    let mut projection = Projection::default();
    match &known.about {
        About::Connection(notice) => projection.notices.push(*notice),
        About::Object(kind) => {
            if path::word(&event.object, &["object"]).is_some_and(|object| object != kind.object) {
                return Err(Unreadable { object: kind.object, field: "object" }.into());
            }
            let telling = Telling { at: event.created, event: Some(&event.event_type) };
            // Before 2020-08-27 discounts had no id, so nothing could refer to them; the coupon inside is told all the same.
            let anonymous = kind.object == discount::KIND.object && event.object.get("id").is_none();
            if !anonymous {
                projection.tell(kind.observe(&event.object, &telling)?, &event.object);
            }
            projection.list(&event.object, event.created, event.event_type == customer::DELETED);
            inside(&event.object, event.created, &mut projection);
        }
    }
    Ok(projection)
}

/// What an object, or a list of them, that was read from the API at `at` tells: of itself, and of every object that stands whole inside it.
#[must_use]
pub fn project_object(object: &Value, at: DateTime<Utc>) -> Projection {
    let mut projection = Projection::default();
    for sold in [Some(object), object.get("product")].into_iter().flatten() {
        let kind = path::word(sold, &["object"]).and_then(|word| CATALOGUE.iter().find(|kind| kind.object == word));
        if let Some(Ok(observation)) = kind.map(|kind| kind.observe(sold, &Telling { at, event: None })) {
            projection.tell(observation, sold);
        }
    }
    whole(object, at, &mut projection);
    projection.list(object, at, false);
    projection
}

/// Reads a value if it is an object of a known kind, then everything inside it.
fn whole(value: &Value, at: DateTime<Utc>, projection: &mut Projection) {
    let kind = path::word(value, &["object"]).and_then(|word| KINDS.iter().find(|kind| kind.object == word));
    // Old bodies show objects without an id inside others, such as discounts; nothing can refer to them.
    if let Some(kind) = kind.filter(|_| value.get("id").is_some()) {
        match kind.observe(value, &Telling { at, event: None }) {
            Ok(observation) => projection.tell(observation, value),
            Err(unreadable) => projection.unreadable.push(unreadable),
        }
    }
    inside(value, at, projection);
}

/// Reads everything inside a value. How deep a body goes is bounded where it is parsed.
fn inside(value: &Value, at: DateTime<Utc>, projection: &mut Projection) {
    match value {
        Value::Object(fields) => fields.values().for_each(|field| whole(field, at, projection)),
        Value::Array(items) => items.iter().for_each(|item| whole(item, at, projection)),
        _ => {}
    }
}
