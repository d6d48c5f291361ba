//! Discounts: one application of a coupon. They cannot be fetched by id, so each telling is kept to name what later bodies give as an id.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, path};
use crate::domain::fact::{Code, Discount, Fact, Stamp};

pub(super) const KIND: Kind = Kind { object: "discount", fact };

fn fact(discount: &Value, _: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    Ok(Fact::Discount(Discount {
        stamp,
        buyer: path::id(discount, &["customer", "customer_account"]),
        code: code(discount).unwrap_or_default(),
    }))
}

/// What a discount applies, from anything that names a coupon or a promotion code. Nothing for a bare id.
pub(super) fn code(discount: &Value) -> Option<Code> {
    let code = Code { promotion_code: path::id(discount, &["promotion_code"]), coupon: path::id(discount, &["source.coupon", "coupon"]) };
    (code != Code::default()).then_some(code)
}
