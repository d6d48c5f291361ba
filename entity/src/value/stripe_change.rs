//! What is to be written to Stripe, as one JSON column holds it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use super::{BasisPoints, CouponDuration, Money, StripeWriteKind};

/// What is to be written to Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StripeChange {
    /// A coupon is made.
    Coupon(CouponDraft),
    /// A promotion code is made.
    PromotionCode(PromotionCodeDraft),
    /// Shipping details are put on a payment.
    Shipping(ShippingDraft),
    /// Keys are put into metadata.
    Attribution(AttributionDraft),
    /// A customer is given credit.
    CustomerBalance(BalanceDraft),
}

impl StripeChange {
    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> StripeWriteKind {
        match self {
            Self::Coupon(_) => StripeWriteKind::Coupon,
            Self::PromotionCode(_) => StripeWriteKind::PromotionCode,
            Self::Shipping(_) => StripeWriteKind::Shipping,
            Self::Attribution(_) => StripeWriteKind::Attribution,
            Self::CustomerBalance(_) => StripeWriteKind::CustomerBalance,
        }
    }

    /// What it is about, in Stripe's words: the object that is changed, the coupon's id, or the code as it was asked for.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::Coupon(draft) => &draft.id,
            Self::PromotionCode(draft) => &draft.code,
            Self::Shipping(draft) => &draft.payment,
            Self::Attribution(draft) => &draft.object,
            Self::CustomerBalance(draft) => &draft.customer,
        }
    }

    /// Whether a newer one of the same subject takes its place. What is made stands beside what was made before.
    #[must_use]
    pub const fn replaces(&self) -> bool {
        matches!(self, Self::Shipping(_) | Self::Attribution(_))
    }
}

/// A coupon to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouponDraft {
    /// The id that it gets at Stripe.
    pub id: String,
    /// What customers see.
    pub name: Option<String>,
    /// The share or the sum that it takes off.
    pub off: Off,
    /// How long.
    pub duration: CouponDuration,
    /// For how many months, when it is repeating.
    pub months: Option<u32>,
    /// How often it can be used in all.
    pub max_redemptions: Option<u32>,
    /// Until when it can be used.
    pub redeem_by: Option<DateTime<Utc>>,
}

/// What a coupon takes off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Off {
    /// A share.
    Percent(BasisPoints),
    /// A sum, which needs a currency (CS-3).
    Amount(Money),
}

/// A promotion code to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionCodeDraft {
    /// Stripe's id of the coupon.
    pub coupon: String,
    /// What customers are to type; a suffix is put behind it where it is taken (CS-3).
    pub code: String,
    /// Stripe's id of the one customer who may use it.
    pub customer: Option<String>,
    /// Until when it can be used.
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it can be used in all.
    pub max_redemptions: Option<u32>,
    /// Whether it is for those alone who never bought.
    pub first_time: bool,
    /// What a payment must come to at least.
    pub minimum: Option<Money>,
}

/// Shipping details to be put on a payment (S2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingDraft {
    /// The payment: `pi_…`, `ch_…` or `py_…`.
    pub payment: String,
    /// Who carries it.
    pub carrier: Option<String>,
    /// The numbers to follow it by.
    pub tracking: Vec<String>,
    /// To whom it goes; what stands there when left out.
    pub name: Option<String>,
    /// Their telephone; what stands there when left out.
    pub phone: Option<String>,
    /// Where it goes; what stands there when left out.
    pub address: Option<PostalAddress>,
}

/// Where something goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line1: Option<String>,
    /// What else is needed to find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// The state or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country, by its two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// Keys to be put into the metadata of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributionDraft {
    /// The customer, intent or charge.
    pub object: String,
    /// The keys. An empty value takes its key away.
    pub metadata: BTreeMap<String, String>,
}

/// Credit for a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceDraft {
    /// Stripe's id of the customer.
    pub customer: String,
    /// What they are given, above zero.
    pub credit: Money,
    /// What it is for, as their invoices show it.
    pub description: String,
}
