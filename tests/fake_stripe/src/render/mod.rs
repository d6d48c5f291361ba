//! How each version shows an object. After the type files and the change log of Stripe's SDKs, not after the code under test.
//!
//! An object is shown as an event shows it: links are ids. What is shown instead when somebody asks is in [`crate::api`].

mod account;
mod bill;
mod catalog;
mod payment;
mod people;
mod returned;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub use account::{account, balance, endpoint, movement};
pub use bill::{credit_note, invoice, invoice_payment, line, subscription};
pub use catalog::{coupon, discount, price, product, promotion_code};
pub use payment::{charge, intent, payment_link, session};
pub use people::{balance_change, customer};
pub use returned::{dispute, refund};

use crate::model::{Event, Object};
use crate::version::Version;

/// For whom an object is shown.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub version: Version,
    pub livemode: bool,
}

impl Event {
    /// The body of a delivery.
    pub fn body(&self, version: Version) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.shown(version)).unwrap()
    }

    /// The event with its object as a version shows it.
    pub fn shown(&self, version: Version) -> Value {
        let view = View { version, livemode: self.livemode };
        json!({
            "id": self.id, "object": "event", "api_version": version.name(), "created": self.at.timestamp(), "type": self.kind,
            "livemode": self.livemode, "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
            "data": { "object": self.object.shown(view) }
        })
    }
}

impl Object {
    pub fn shown(&self, view: View) -> Value {
        match self {
            Self::Application(id) => json!({ "id": id, "object": "application", "name": "Tributary" }),
            Self::Account(of) => account(of),
            Self::Charge(of) => charge(of, view),
            Self::Coupon(of) => coupon(of, view),
            Self::CreditNote(of) => credit_note(of, view),
            Self::Customer(of) => customer(of, view),
            Self::Dispute(of) => dispute(of, view),
            Self::Intent(of) => intent(of, view),
            Self::Invoice(of) => invoice(of, view),
            Self::InvoicePayment(of) => invoice_payment(of, view),
            Self::Price(of) => price(of, view),
            Self::Product(of) => product(of, view),
            Self::PromotionCode(of) => promotion_code(of, view),
            Self::Refund(of) => refund(of, view),
            Self::Session(of) => session(of, view),
            Self::Subscription(of) => subscription(of, view),
        }
    }
}

/// Puts the fields of one object into another.
fn put(object: &mut Value, more: Value) {
    let (Value::Object(fields), Value::Object(more)) = (object, more) else { panic!("only objects are put together") };
    fields.extend(more);
}

/// A list within an object.
pub(crate) fn list(items: Vec<Value>, url: &str) -> Value {
    let count = items.len();
    json!({ "object": "list", "data": items, "has_more": false, "total_count": count, "url": url })
}

fn seconds(time: Option<DateTime<Utc>>) -> Option<i64> {
    time.map(|time| time.timestamp())
}
