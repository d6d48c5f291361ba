//! What is sold, and what is taken off.

use chrono::{DateTime, Utc};

use super::Metadata;

#[derive(Clone, Debug)]
pub struct Product {
    pub id: String,
    pub created: DateTime<Utc>,
    pub updated: DateTime<Utc>,
    pub name: String,
    pub description: Option<String>,
    pub active: bool,
    pub shippable: Option<bool>,
    pub default_price: Option<String>,
    pub url: Option<String>,
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub struct Price {
    pub id: String,
    pub created: DateTime<Utc>,
    pub product: String,
    pub active: bool,
    pub currency: String,
    pub unit_amount: i64,
    /// `day`, `week`, `month` or `year`; nothing for a price that is paid once.
    pub interval: Option<String>,
    pub nickname: Option<String>,
    pub lookup_key: Option<String>,
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub struct Coupon {
    pub id: String,
    pub created: DateTime<Utc>,
    pub name: Option<String>,
    /// In hundredths of a percent.
    pub percent_off: Option<u32>,
    pub amount_off: Option<i64>,
    pub currency: Option<String>,
    pub duration: String,
    pub duration_in_months: Option<i64>,
    pub max_redemptions: Option<i64>,
    pub redeem_by: Option<i64>,
    pub times_redeemed: i64,
    pub products: Vec<String>,
    pub metadata: Metadata,
    pub deleted: bool,
}

impl Coupon {
    /// A quarter off, for ever.
    pub fn quarter(id: String, created: DateTime<Utc>) -> Self {
        Self {
            id,
            created,
            name: None,
            percent_off: Some(25_00),
            amount_off: None,
            currency: None,
            duration: "forever".into(),
            duration_in_months: None,
            max_redemptions: None,
            redeem_by: None,
            times_redeemed: 0,
            products: Vec::new(),
            metadata: Metadata::new(),
            deleted: false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct PromotionCode {
    pub id: String,
    pub created: DateTime<Utc>,
    pub code: String,
    pub coupon: Coupon,
    pub active: bool,
    pub customer: Option<String>,
    pub expires_at: Option<i64>,
    pub max_redemptions: Option<i64>,
    pub times_redeemed: i64,
    pub first_time_transaction: bool,
    pub minimum_amount: Option<i64>,
    pub minimum_amount_currency: Option<String>,
    pub metadata: Metadata,
}

/// A coupon's use: `di_`, with what it applies.
#[derive(Clone, Debug)]
pub struct Discount {
    pub id: String,
    pub coupon: Coupon,
    pub promotion_code: Option<String>,
    pub start: DateTime<Utc>,
    pub customer: Option<String>,
    pub subscription: Option<String>,
}

impl Discount {
    /// The use of a coupon without a code.
    pub fn of(id: &str, coupon: Coupon) -> Self {
        Self { id: id.to_owned(), start: coupon.created, coupon, promotion_code: None, customer: None, subscription: None }
    }
}
