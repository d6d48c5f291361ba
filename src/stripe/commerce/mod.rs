//! What Stripe's objects say of a shop's business, in words that are the same whoever tells (S10).
//!
//! [`index`] gives what a list filters and sorts by; each kind has a file that reads the rest when somebody looks. Every field is read
//! through the same tolerant paths as facts are, so that any version's shape will do, and none is missed for lack of another.

mod company;
mod customer;
mod dispute;
mod payment;
mod product;
mod transaction;

use chrono::{DateTime, Utc};
use entity::value::{CommerceKind, Currency};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::event::path;
pub use company::{Balance, Company, balances};
pub use customer::{Address, Customer};
pub use dispute::Dispute;
pub use payment::Payment;
pub use product::{Price, Product};
pub use transaction::Transaction;

/// Names and descriptions longer than this are left out.
const TEXT: usize = 5000;

/// What a list knows of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: CommerceKind,
    /// Stripe's id of it.
    pub source_id: String,
    /// Stripe's id of what it belongs to.
    pub parent_id: Option<String>,
    /// Its state, in the word of its kind.
    pub status: &'static str,
    /// Its currency.
    pub currency: Currency,
    /// Its amount in minor units, with its sign; zero for what has none.
    pub amount: i64,
    /// When it was made at Stripe.
    pub created_at: DateTime<Utc>,
    /// When it last changed at Stripe, where the object says so.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether another object speaks for it, such as a charge for its payment.
    pub derived: bool,
    /// Whether no snapshot holds the raw object, so that it has to be kept with the entry.
    pub keep: bool,
}

/// What a list has to know of an object. Nothing for objects that are none of a shop's business, and for those without an id.
#[must_use]
pub fn index(object: &Value, at: DateTime<Utc>) -> Option<Entry> {
    match path::word(object, &["object"])? {
        "account" => company::account(object, at),
        "balance" => company::balance(object, at),
        "customer" => customer::index(object, at),
        "product" => product::index(object, at),
        "price" => product::index_price(object, at),
        "payment_intent" => payment::index_intent(object, at),
        "charge" => payment::index_charge(object, at),
        "refund" => payment::index_refund(object, at),
        "dispute" => dispute::index(object, at),
        "balance_transaction" => transaction::index(object, at),
        _ => None,
    }
}

/// A hash of an object as it came: the same when nothing changed.
#[must_use]
pub fn digest(object: &Value) -> i64 {
    let bytes = Sha256::digest(object.to_string().as_bytes());
    bytes.first_chunk().map_or(0, |head| i64::from_be_bytes(*head))
}

/// An entry with what every object tells.
fn entry(kind: CommerceKind, object: &Value, status: &'static str, at: DateTime<Utc>) -> Option<Entry> {
    Some(Entry {
        kind,
        source_id: path::id(object, &["id"])?,
        parent_id: None,
        status,
        currency: path::currency(object, &["currency"]),
        amount: 0,
        created_at: path::time(object, &["created"]).unwrap_or(at),
        updated_at: None,
        derived: false,
        keep: false,
    })
}

/// A text of a person's making.
fn text(object: &Value, paths: &[&str]) -> Option<String> {
    path::text(object, paths, TEXT)
}
