//! Products.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path};
use crate::domain::fact::{Dated, Fact, Product, Stamp};

pub(super) const KIND: Kind = Kind { object: "product", fact };

#[allow(clippy::unnecessary_wraps, reason = "every kind of object is read by a function of this form")]
fn fact(product: &Value, _: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let noted = path::at(product, "metadata").map(metadata::noted).unwrap_or_default();
    Ok(Fact::Product(Product { stamp, metadata: Dated::told(stamp, noted) }))
}
