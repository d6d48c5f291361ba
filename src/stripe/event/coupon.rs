//! Coupons (3.10).

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path};
use crate::domain::fact::{Coupon, Fact, Stamp};

pub(super) const DELETED: &str = "coupon.deleted";

pub(super) const KIND: Kind = Kind { object: "coupon", fact };

fn fact(coupon: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let amount_off = path::int(coupon, &["amount_off"]);
    let deleted = path::flag(coupon, &["deleted"]).unwrap_or(false) || telling.is(DELETED);
    Ok(Fact::Coupon(Coupon {
        stamp,
        name: path::text(coupon, &["name"], metadata::NAME_LENGTH),
        // Before July 2018 `percent_off` was a rounded number beside the precise one.
        percent_off: path::basis_points(coupon, &["percent_off_precise", "percent_off"]),
        amount_off,
        // Old bodies name a currency beside a percentage, where it means nothing.
        currency: amount_off.map(|_| path::currency(coupon, &["currency"])),
        duration: path::text(coupon, &["duration"], metadata::NAME_LENGTH),
        deleted,
        deleted_at: deleted.then_some(telling.at),
    }))
}
