//! Promotion codes (3.10).

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path};
use crate::domain::fact::{Fact, Life, PromotionCode, Stamp};

pub(super) const KIND: Kind = Kind { object: "promotion_code", fact };

fn fact(promotion: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let missing = Unreadable { object: KIND.object, field: "code" };
    // A mapping ends when a code is told as inactive (CS-5), not when a body leaves it out.
    let active = path::flag(promotion, &["active"]).unwrap_or(true);
    // Stripe switches a code off with its last redemption: the purchase that made it used a code that could be used.
    let redeemed = path::int(promotion, &["times_redeemed"]).zip(path::int(promotion, &["max_redemptions"]));
    let used_up = redeemed.is_some_and(|(times, most)| times >= most);
    Ok(Fact::PromotionCode(PromotionCode {
        stamp,
        code: path::text(promotion, &["code"], metadata::VALUE_LENGTH).ok_or(missing)?,
        active,
        life: Life::told(stamp, active || used_up),
        created_at: path::time(promotion, &["created"]).unwrap_or(telling.at),
        coupon: path::id(promotion, &["promotion.coupon", "coupon"]),
    }))
}
