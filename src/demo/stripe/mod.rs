//! A pretended Stripe account: what happens in the shop, told in the bodies that Stripe would send.
//!
//! Knows how the API versions in the field differ and renders each object in the version asked for. Never decides what the shop sells
//! and never speaks to anyone: [`super::shop`] delivers, [`super::books`] answers reads.

mod account;
mod code;
mod customer;
mod invoice;

mod payment;
mod session;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub use account::{Account, DisputeStage};
pub use code::{Code, Discount};
pub use customer::{Buyer, Subscription};
pub use invoice::{Bill, Line, Tax};

pub use payment::Payment;
pub use session::Session;

/// An API version whose bodies differ from the others' in what matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// 2020-08-27: refunds stand inside charges, charges inside intents, the coupon whole on the invoice.
    Old,
    /// 2025-02-24.acacia: the last in which a payment names its invoice and the invoice its payment.
    Acacia,
    /// 2025-03-31.basil: what an invoice came from stands under `parent`, payments are linked by a list of their own.
    Basil,
    /// 2026-09-30.endive: coupons are bare ids as well.
    Endive,
}

impl Shape {
    /// The version as envelopes carry it.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Old => "2020-08-27",
            Self::Acacia => "2025-02-24.acacia",
            Self::Basil => "2025-03-31.basil",
            Self::Endive => "2026-09-30.endive",
        }
    }

    /// Whether payments and invoices name each other, as they did before basil.
    pub const fn links_payments(self) -> bool {
        matches!(self, Self::Old | Self::Acacia)
    }
}

/// One event, ready to be signed and delivered.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its type, such as `invoice.paid`.
    pub kind: &'static str,
    /// Its body.
    pub body: String,
}

/// Makes the body of an event.
fn envelope(shape: Shape, (id, kind): (&str, &str), at: DateTime<Utc>, livemode: bool, object: &Value) -> String {
    let mut event = json!({
        "id": id,
        "object": "event",
        "api_version": shape.version(),
        "created": at.timestamp(),
        "type": kind,
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "data": { "object": object },
    });
    if !livemode {
        set(&mut event, json!({ "data": { "object": with(object.clone(), json!({ "livemode": false })) } }));
    }
    event.to_string()
}

/// Puts fields over those of an object.
fn set(object: &mut Value, fields: Value) {
    if let (Value::Object(object), Value::Object(fields)) = (object, fields) {
        object.extend(fields);
    }
}

/// The object with these fields put over its own.
fn with(mut object: Value, fields: Value) -> Value {
    set(&mut object, fields);
    object
}

/// A list as Stripe sends it.
fn list(data: Vec<Value>, url: &str) -> Value {
    json!({ "object": "list", "data": data, "has_more": false, "url": url })
}

/// An id that is the same at each run: the kind's prefix and a name.
fn id(prefix: &str, name: &str) -> String {
    format!("{prefix}_1Demo{name}")
}

#[cfg(test)]
mod tests;
