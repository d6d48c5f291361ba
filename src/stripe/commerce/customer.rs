//! Customers.

use chrono::{DateTime, Utc};
use entity::value::{CommerceKind, CommerceStatus, Currency};
use serde_json::Value;

use super::{Entry, entry, path, text};

/// Somebody who buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Their name.
    pub name: Option<String>,
    /// Their address for mail.
    pub email: Option<String>,
    /// Their telephone.
    pub phone: Option<String>,
    /// The currency in which they are billed; `XXX` before the first bill.
    pub currency: Currency,
    /// Where they live and where goods go, those that are told.
    pub addresses: Vec<Address>,
    /// What the merchant noted.
    pub note: Option<String>,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `BILLING`, `DELIVERY`, or `BUSINESS`.
    pub kind: &'static str,
    /// Street and number.
    pub line1: Option<String>,
    /// Flat, floor.
    pub line2: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// State or county.
    pub region: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
}

pub(super) fn index(customer: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let deleted = path::flag(customer, &["deleted"]).unwrap_or(false);
    let status = if deleted { CommerceStatus::Deleted } else { CommerceStatus::Active };
    entry(CommerceKind::Customer, customer, status.as_str(), at)
}

/// An address that stands under a key, if anything of it is told.
pub(super) fn address(object: &Value, kind: &'static str, under: &str) -> Option<Address> {
    let field = |name: &str| text(object, &[&format!("{under}.{name}")]);
    let address = Address {
        kind,
        line1: field("line1"),
        line2: field("line2"),
        city: field("city"),
        region: field("state"),
        country: field("country"),
        postal_code: field("postal_code"),
    };
    (address != Address { kind, ..Address::default() }).then_some(address)
}

impl Customer {
    /// Reads a customer.
    #[must_use]
    pub fn read(customer: &Value) -> Self {
        let addresses = [address(customer, "BILLING", "address"), address(customer, "DELIVERY", "shipping.address")];
        Self {
            name: text(customer, &["name"]),
            email: text(customer, &["email"]),
            phone: text(customer, &["phone"]),
            currency: path::currency(customer, &["currency"]),
            addresses: addresses.into_iter().flatten().collect(),
            note: text(customer, &["description"]),
        }
    }
}
