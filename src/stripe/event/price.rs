//! Prices.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, invoice_line, metadata, path};
use crate::domain::fact::{Dated, Fact, Price, PriceTraits, Stamp};

pub(super) const KIND: Kind = Kind { object: "price", fact };

#[allow(clippy::unnecessary_wraps, reason = "every kind of object is read by a function of this form")]
fn fact(price: &Value, _: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let traits = PriceTraits {
        lookup_key: path::text(price, &["lookup_key"], invoice_line::LOOKUP_KEY_LENGTH),
        metadata: path::at(price, "metadata").map(metadata::noted).unwrap_or_default(),
    };
    Ok(Fact::Price(Price { stamp, product: path::id(price, &["product"]), traits: Dated::told(stamp, traits) }))
}
