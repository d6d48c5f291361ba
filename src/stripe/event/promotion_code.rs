//! Promotion codes (3.10).

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path};
use crate::domain::fact::{Fact, PromotionCode, Stamp};

pub(super) const KIND: Kind = Kind { object: "promotion_code", fact };

fn fact(promotion: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let missing = Unreadable { object: KIND.object, field: "code" };
    Ok(Fact::PromotionCode(PromotionCode {
        stamp,
        code: path::text(promotion, &["code"], metadata::VALUE_LENGTH).ok_or(missing)?,
        // A mapping ends when a code is told as inactive (CS-5), not when a body leaves it out.
        active: path::flag(promotion, &["active"]).unwrap_or(true),
        created_at: path::time(promotion, &["created"]).unwrap_or(telling.at),
        coupon: path::id(promotion, &["promotion.coupon", "coupon"]),
    }))
}
