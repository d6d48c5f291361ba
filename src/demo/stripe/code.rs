//! Coupons, promotion codes, and the discounts that come of them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Shape, with};

/// A promotion code with its coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// What buyers type.
    pub text: &'static str,
    /// Stripe's id of the code.
    pub promotion_code: &'static str,
    /// Stripe's id of the coupon.
    pub coupon: &'static str,
    /// How much is taken off, in percent.
    pub percent_off: i64,
}

/// A code that somebody used.
#[derive(Clone, Debug)]
pub struct Discount {
    /// Which.
    pub code: Code,
    /// Who.
    pub by: &'static str,
    /// When.
    pub at: DateTime<Utc>,
}

impl Discount {
    /// Stripe's id.
    pub fn id(&self) -> String {
        super::id("di", self.by)
    }
}

/// `coupon`.
pub(super) fn coupon(code: Code, at: DateTime<Utc>) -> Value {
    json!({
        "id": code.coupon,
        "object": "coupon",
        "amount_off": null,
        "created": at.timestamp(),
        "currency": null,
        "duration": "once",
        "duration_in_months": null,
        "livemode": true,
        "max_redemptions": null,
        "metadata": {},
        "name": format!("{} % off", code.percent_off),
        "percent_off": code.percent_off,
        "redeem_by": null,
        "times_redeemed": 0,
        "valid": true,
    })
}

/// `promotion_code`.
pub(super) fn promotion_code(shape: Shape, code: Code, at: DateTime<Utc>) -> Value {
    let promotion_code = json!({
        "id": code.promotion_code,
        "object": "promotion_code",
        "active": true,
        "code": code.text,
        "created": at.timestamp(),
        "customer": null,
        "expires_at": null,
        "livemode": true,
        "max_redemptions": null,
        "metadata": {},
        "restrictions": { "first_time_transaction": false, "minimum_amount": null, "minimum_amount_currency": null },
        "times_redeemed": 0,
    });
    with(promotion_code, coupon_inside(shape, code, at, "promotion"))
}

/// `discount`, whole.
pub(super) fn discount(shape: Shape, discount: &Discount, customer: Option<&str>, invoice: Option<&str>) -> Value {
    let whole = json!({
        "id": discount.id(),
        "object": "discount",
        "checkout_session": null,
        "customer": customer,
        "end": null,
        "invoice": invoice,
        "invoice_item": null,
        "promotion_code": discount.code.promotion_code,
        "start": discount.at.timestamp(),
        "subscription": null,
    });
    with(whole, coupon_inside(shape, discount.code, discount.at, "source"))
}

/// The coupon whole, as it was until clover made a bare id of it, under a key that differs by object.
fn coupon_inside(shape: Shape, code: Code, at: DateTime<Utc>, key: &str) -> Value {
    if shape == Shape::Endive { json!({ key: { "type": "coupon", "coupon": code.coupon } }) } else { json!({ "coupon": coupon(code, at) }) }
}
