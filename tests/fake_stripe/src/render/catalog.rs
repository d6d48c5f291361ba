//! Products, prices, coupons and codes.

use serde_json::{Number, Value, json};

use super::{View, put};
use crate::model::{Coupon, Discount, Price, Product, PromotionCode};
use crate::version::Version;

pub fn product(of: &Product, view: View) -> Value {
    json!({
        "id": of.id, "object": "product", "created": of.created.timestamp(), "updated": of.updated.timestamp(),
        "livemode": view.livemode, "name": of.name, "description": of.description, "active": of.active, "shippable": of.shippable,
        "default_price": of.default_price, "url": of.url, "images": [], "marketing_features": [], "package_dimensions": null,
        "statement_descriptor": null, "tax_code": null, "type": "service", "unit_label": null, "metadata": of.metadata
    })
}

pub fn price(of: &Price, view: View) -> Value {
    let recurring = of.interval.as_ref().map(
        |interval| json!({ "interval": interval, "interval_count": 1, "usage_type": "licensed", "meter": null, "trial_period_days": null }),
    );
    json!({
        "id": of.id, "object": "price", "created": of.created.timestamp(), "livemode": view.livemode, "active": of.active,
        "product": of.product, "currency": of.currency, "unit_amount": of.unit_amount, "unit_amount_decimal": of.unit_amount.to_string(),
        "billing_scheme": "per_unit", "type": if of.interval.is_some() { "recurring" } else { "one_time" }, "recurring": recurring,
        "nickname": of.nickname, "lookup_key": of.lookup_key, "tax_behavior": "exclusive", "custom_unit_amount": null,
        "tiers_mode": null, "transform_quantity": null, "metadata": of.metadata
    })
}

pub fn coupon(of: &Coupon, view: View) -> Value {
    let mut shown = json!({
        "id": of.id, "object": "coupon", "created": of.created.timestamp(), "livemode": view.livemode, "name": of.name,
        "percent_off": of.percent_off.map(percent), "amount_off": of.amount_off, "currency": of.currency, "duration": of.duration,
        "duration_in_months": of.duration_in_months, "max_redemptions": of.max_redemptions, "redeem_by": of.redeem_by,
        "times_redeemed": of.times_redeemed, "valid": !of.deleted, "metadata": of.metadata
    });
    if of.deleted {
        put(&mut shown, json!({ "deleted": true }));
    }
    shown
}

/// Hundredths of a percent as Stripe writes percentages: with a fraction, also when there is none.
fn percent(hundredths: u32) -> Number {
    Number::from_f64(f64::from(hundredths) / 100.0).expect("a finite number")
}

/// A discount as a whole: its coupon inside until basil, named by id since clover.
pub fn discount(of: &Discount, view: View) -> Value {
    let mut shown = json!({
        "id": of.id, "object": "discount", "promotion_code": of.promotion_code, "customer": of.customer, "subscription": of.subscription,
        "start": of.start.timestamp(), "end": null, "checkout_session": null, "invoice": null, "invoice_item": null
    });
    put(&mut shown, with_coupon(of, view));
    shown
}

fn with_coupon(of: &Discount, view: View) -> Value {
    if view.version >= Version::Endive {
        json!({ "source": { "type": "coupon", "coupon": of.coupon.id } })
    } else {
        json!({ "coupon": coupon(&of.coupon, view) })
    }
}

pub fn promotion_code(of: &PromotionCode, view: View) -> Value {
    let mut shown = json!({
        "id": of.id, "object": "promotion_code", "created": of.created.timestamp(), "livemode": view.livemode, "code": of.code,
        "active": of.active, "customer": of.customer, "expires_at": of.expires_at, "max_redemptions": of.max_redemptions,
        "times_redeemed": of.times_redeemed, "metadata": of.metadata,
        "restrictions": {
            "first_time_transaction": of.first_time_transaction, "minimum_amount": of.minimum_amount,
            "minimum_amount_currency": of.minimum_amount_currency
        }
    });
    let more = if view.version >= Version::Endive {
        json!({ "promotion": { "type": "coupon", "coupon": of.coupon.id } })
    } else {
        json!({ "coupon": coupon(&of.coupon, view) })
    };
    put(&mut shown, more);
    shown
}
