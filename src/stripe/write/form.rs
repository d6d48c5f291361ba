//! What is sent, as Stripe nests it.

use std::collections::BTreeMap;

use entity::value::{BalanceDraft, CouponDraft, Money, Off, PromotionCodeDraft};
use serde::Serialize;

use super::Parcel;
use crate::stripe::error::ReadError;

#[derive(Serialize)]
struct Marked<'a> {
    tributary_write: &'a str,
}

#[derive(Serialize)]
pub struct CouponForm<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_off: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_off: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    duration: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_months: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_redemptions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeem_by: Option<i64>,
    metadata: Marked<'a>,
}

impl<'a> CouponForm<'a> {
    pub fn of(draft: &'a CouponDraft, mark: &'a str) -> Self {
        let (percent_off, amount) = match draft.off {
            Off::Percent(share) => (Some(format!("{}.{:02}", share.get() / 100, share.get() % 100)), None),
            Off::Amount(money) => (None, Some(money)),
        };
        Self {
            id: &draft.id,
            name: draft.name.as_deref(),
            percent_off,
            amount_off: amount.map(|money| money.minor),
            currency: amount.map(currency),
            duration: draft.duration.as_str().to_lowercase(),
            duration_in_months: draft.months,
            max_redemptions: draft.max_redemptions,
            redeem_by: draft.redeem_by.map(|at| at.timestamp()),
            metadata: Marked { tributary_write: mark },
        }
    }
}

#[derive(Serialize)]
struct Promotion<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    coupon: &'a str,
}

#[derive(Serialize)]
struct Restrictions {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_time_transaction: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_amount_currency: Option<String>,
}

#[derive(Serialize)]
pub struct CodeForm<'a> {
    promotion: Promotion<'a>,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_redemptions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restrictions: Option<Restrictions>,
    metadata: Marked<'a>,
}

impl<'a> CodeForm<'a> {
    pub fn of(draft: &'a PromotionCodeDraft, code: &'a str, mark: &'a str) -> Self {
        let restricted = draft.first_time || draft.minimum.is_some();
        Self {
            promotion: Promotion { kind: "coupon", coupon: &draft.coupon },
            code,
            customer: draft.customer.as_deref(),
            expires_at: draft.expires_at.map(|at| at.timestamp()),
            max_redemptions: draft.max_redemptions,
            restrictions: restricted.then(|| Restrictions {
                first_time_transaction: draft.first_time.then_some(true),
                minimum_amount: draft.minimum.map(|money| money.minor),
                minimum_amount_currency: draft.minimum.map(currency),
            }),
            metadata: Marked { tributary_write: mark },
        }
    }
}

#[derive(Serialize)]
pub struct ShippingForm<'a> {
    pub shipping: &'a Parcel,
}

#[derive(Serialize)]
pub struct MetadataForm<'a> {
    pub metadata: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
pub struct CreditForm<'a> {
    amount: i64,
    currency: String,
    description: &'a str,
    metadata: Marked<'a>,
}

/// Stripe writes currencies in lower case.
pub fn currency(money: Money) -> String {
    money.currency.as_str().to_lowercase()
}

impl<'a> CreditForm<'a> {
    /// At Stripe a balance below zero is what the customer has.
    pub fn of(draft: &'a BalanceDraft, mark: &'a str) -> Result<Self, ReadError> {
        Ok(Self {
            amount: draft.credit.minor.checked_neg().ok_or(ReadError::Refused { status: 400 })?,
            currency: currency(draft.credit),
            description: &draft.description,
            metadata: Marked { tributary_write: mark },
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::value::{BasisPoints, CouponDuration};
    use stripe_client_core::{RequestBuilder, StripeMethod};

    use super::*;

    fn sent(form: &impl Serialize) -> Vec<(String, String)> {
        let body = RequestBuilder::new(StripeMethod::Post, "/x").form(form).body.unwrap();
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
    }

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn s21_a_coupon_is_sent_with_a_share_or_a_sum_and_its_mark() {
        let draft = CouponDraft {
            id: "QUARTER".into(),
            name: None,
            off: Off::Percent(BasisPoints::new(1_250).unwrap()),
            duration: CouponDuration::Repeating,
            months: Some(3),
            max_redemptions: None,
            redeem_by: DateTime::from_timestamp(1_800_000_000, 0),
        };
        let share = pairs(&[
            ("id", "QUARTER"),
            ("percent_off", "12.50"),
            ("duration", "repeating"),
            ("duration_in_months", "3"),
            ("redeem_by", "1800000000"),
            ("metadata[tributary_write]", "swr_1"),
        ]);
        assert_eq!(sent(&CouponForm::of(&draft, "swr_1")), share);
        let off = Off::Amount(Money::new(500, "EUR".parse().unwrap()));
        let sum = sent(&CouponForm::of(&CouponDraft { off, ..draft }, "swr_1"));
        assert!(sum.contains(&("amount_off".into(), "500".into())) && sum.contains(&("currency".into(), "eur".into())), "{sum:?}");
    }

    #[test]
    fn cs_3_a_code_is_sent_with_its_coupon_and_bounds() {
        let draft = PromotionCodeDraft {
            coupon: "QUARTER".into(),
            code: "ADA".into(),
            customer: Some("cus_1".into()),
            expires_at: None,
            max_redemptions: Some(1),
            first_time: true,
            minimum: Some(Money::new(1_000, "USD".parse().unwrap())),
        };
        let expected = pairs(&[
            ("promotion[type]", "coupon"),
            ("promotion[coupon]", "QUARTER"),
            ("code", "ADA-2"),
            ("customer", "cus_1"),
            ("max_redemptions", "1"),
            ("restrictions[first_time_transaction]", "true"),
            ("restrictions[minimum_amount]", "1000"),
            ("restrictions[minimum_amount_currency]", "usd"),
            ("metadata[tributary_write]", "swr_1"),
        ]);
        assert_eq!(sent(&CodeForm::of(&draft, "ADA-2", "swr_1")), expected);
    }

    #[test]
    fn ra_5_credit_is_sent_as_a_balance_below_zero() {
        let draft = |minor| BalanceDraft {
            customer: "cus_1".into(),
            credit: Money::new(minor, "EUR".parse().unwrap()),
            description: "Thank you".into(),
        };
        let expected =
            pairs(&[("amount", "-500"), ("currency", "eur"), ("description", "Thank you"), ("metadata[tributary_write]", "swr_1")]);
        assert_eq!(sent(&CreditForm::of(&draft(500), "swr_1").unwrap()), expected);
        assert!(CreditForm::of(&draft(i64::MIN), "swr_1").is_err());
    }
}
