//! Whether what stands at Stripe is what was wanted.

use std::collections::BTreeMap;

use entity::value::{BalanceDraft, CouponDraft, Off, PostalAddress, PromotionCodeDraft, ShippingDraft};
use serde::Serialize;
use serde_json::Value;

use super::MARK;
use super::form::currency;
use crate::domain::fact::Fact;
use crate::stripe::client::Answer;

/// Shipping details as a whole: Stripe replaces them as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parcel {
    name: String,
    address: PostalAddress,
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<String>,
}

impl Parcel {
    /// What is to stand on a payment: what is given, and what stands there where nothing is. Nothing when name or address are neither.
    #[must_use]
    pub fn of(draft: &ShippingDraft, body: &Value) -> Option<Self> {
        let standing = Self::standing(body);
        let kept = |of: fn(&Self) -> Option<&String>| standing.as_ref().and_then(of).cloned();
        let address = draft.address.clone().or_else(|| standing.as_ref().map(|parcel| parcel.address.clone()));
        let name = draft.name.clone().or_else(|| standing.as_ref().map(|parcel| parcel.name.clone()));
        Some(Self {
            name: name.filter(|name| !name.is_empty())?,
            address: address.filter(|address| *address != PostalAddress::default())?,
            carrier: draft.carrier.clone().or_else(|| kept(|parcel| parcel.carrier.as_ref())),
            phone: draft.phone.clone().or_else(|| kept(|parcel| parcel.phone.as_ref())),
            tracking_number: Some(draft.tracking.join(",")).filter(|numbers| !numbers.is_empty()),
        })
    }

    /// The shipping details of a payment.
    #[must_use]
    pub fn standing(body: &Value) -> Option<Self> {
        let shipping = body.get("shipping").filter(|shipping| shipping.is_object())?;
        let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let line = |name: &str| shipping.get("address").and_then(|address| text(address, name));
        Some(Self {
            name: text(shipping, "name").unwrap_or_default(),
            address: PostalAddress {
                line1: line("line1"),
                line2: line("line2"),
                city: line("city"),
                state: line("state"),
                postal_code: line("postal_code"),
                country: line("country"),
            },
            carrier: text(shipping, "carrier"),
            phone: text(shipping, "phone"),
            tracking_number: text(shipping, "tracking_number"),
        })
    }
}

/// Whether an object bears a mark.
#[must_use]
pub fn bears(body: &Value, mark: &str) -> bool {
    body.pointer(&format!("/metadata/{MARK}")).and_then(Value::as_str) == Some(mark)
}

/// Whether the coupon of an answer is the one that was wanted.
#[must_use]
pub fn is_coupon(answer: &Answer, draft: &CouponDraft) -> bool {
    let Some(Fact::Coupon(told)) = first(answer) else { return false };
    let off = match draft.off {
        Off::Percent(share) => told.percent_off == Some(share.get()) && told.amount_off.is_none(),
        Off::Amount(money) => told.amount_off == Some(money.minor) && told.currency == Some(money.currency),
    };
    off && !told.deleted
        && told.duration == Some(draft.duration.as_str().to_lowercase())
        && told.name == draft.name
        && number(&answer.body, "duration_in_months") == draft.months.map(i64::from)
        && number(&answer.body, "max_redemptions") == draft.max_redemptions.map(i64::from)
        && number(&answer.body, "redeem_by") == draft.redeem_by.map(|at| at.timestamp())
}

/// Whether the promotion code of an answer is the one that was wanted, by its text too.
#[must_use]
pub fn is_code(answer: &Answer, draft: &PromotionCodeDraft, code: &str) -> bool {
    let Some(Fact::PromotionCode(told)) = first(answer) else { return false };
    let text = |name: &str| answer.body.pointer(name).and_then(Value::as_str);
    let first_time = answer.body.pointer("/restrictions/first_time_transaction").and_then(Value::as_bool).unwrap_or(false);
    let minimum = answer.body.pointer("/restrictions/minimum_amount").and_then(Value::as_i64);
    told.active
        && told.code.eq_ignore_ascii_case(code)
        && told.coupon.as_ref() == Some(&draft.coupon)
        && text("/customer") == draft.customer.as_deref()
        && number(&answer.body, "expires_at") == draft.expires_at.map(|at| at.timestamp())
        && number(&answer.body, "max_redemptions") == draft.max_redemptions.map(i64::from)
        && first_time == draft.first_time
        && minimum == draft.minimum.map(|money| money.minor)
        && text("/restrictions/minimum_amount_currency").map(str::to_owned) == draft.minimum.map(currency)
}

/// Whether metadata holds these keys with these values; a key with an empty value must not be there.
#[must_use]
pub fn holds(body: &Value, metadata: &BTreeMap<String, String>) -> bool {
    let value = |key: &String| body.get("metadata").and_then(|all| all.get(key)).and_then(Value::as_str).unwrap_or_default();
    metadata.iter().all(|(key, wanted)| value(key) == wanted)
}

/// How many keys the metadata of an object would have with these.
#[must_use]
pub fn keys_with(body: &Value, metadata: &BTreeMap<String, String>) -> usize {
    let standing = body.get("metadata").and_then(Value::as_object);
    let kept = standing.map_or(0, |all| all.keys().filter(|key| !metadata.contains_key(*key)).count());
    kept + metadata.values().filter(|value| !value.is_empty()).count()
}

/// Whether a change of a balance is the one that was wanted.
#[must_use]
pub fn is_credit(body: &Value, draft: &BalanceDraft) -> bool {
    number(body, "amount") == draft.credit.minor.checked_neg()
        && body.get("currency").and_then(Value::as_str) == Some(currency(draft.credit).as_str())
}

fn first(answer: &Answer) -> Option<Fact> {
    answer.projection().told.into_iter().next().map(|told| told.observation.fact)
}

fn number(body: &Value, name: &str) -> Option<i64> {
    body.get(name).and_then(Value::as_i64)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::value::{BasisPoints, CouponDuration};
    use serde_json::json;

    use super::*;

    fn answer(body: Value) -> Answer {
        Answer { body, at: DateTime::from_timestamp(1_760_000_000, 0).unwrap() }
    }

    /// Each of these changes of a body makes it another one.
    fn differs(body: &Value, changes: &[(&str, Value)], is: impl Fn(Value) -> bool) {
        assert!(is(body.clone()), "{body}");
        for (pointer, other) in changes {
            let mut changed = body.clone();
            *changed.pointer_mut(pointer).unwrap() = other.clone();
            assert!(!is(changed), "{pointer}");
        }
    }

    #[test]
    fn s21_a_coupon_is_compared_in_all_that_was_wanted() {
        let draft = CouponDraft {
            id: "QUARTER".into(),
            name: Some("Friends".into()),
            off: Off::Percent(BasisPoints::new(1_250).unwrap()),
            duration: CouponDuration::Repeating,
            months: Some(3),
            max_redemptions: None,
            redeem_by: None,
        };
        let body = json!({ "id": "QUARTER", "object": "coupon", "name": "Friends", "percent_off": 12.5, "amount_off": null,
            "duration": "repeating", "duration_in_months": 3, "max_redemptions": null, "redeem_by": null, "currency": null,
            "metadata": { "tributary_write": "swr_1" } });
        let changes = [
            ("/name", json!("Enemies")),
            ("/percent_off", json!(12.6)),
            ("/duration", json!("once")),
            ("/duration_in_months", json!(4)),
            ("/max_redemptions", json!(1)),
        ];
        differs(&body, &changes, |body| is_coupon(&answer(body), &draft));
        assert!(bears(&body, "swr_1") && !bears(&body, "swr_2") && !bears(&json!({}), "swr_1"));
    }

    #[test]
    fn cs_3_a_code_is_compared_in_all_that_was_wanted() {
        let draft = PromotionCodeDraft {
            coupon: "QUARTER".into(),
            code: "ADA".into(),
            customer: Some("cus_1".into()),
            expires_at: DateTime::from_timestamp(1_800_000_000, 0),
            max_redemptions: Some(1),
            first_time: true,
            minimum: None,
        };
        let body = json!({ "id": "promo_1", "object": "promotion_code", "code": "ADA", "active": true, "customer": "cus_1",
            "promotion": { "type": "coupon", "coupon": "QUARTER" }, "expires_at": 1_800_000_000, "max_redemptions": 1, "created": 1,
            "restrictions": { "first_time_transaction": true, "minimum_amount": null, "minimum_amount_currency": null } });
        let changes = [
            ("/code", json!("BOB")),
            ("/active", json!(false)),
            ("/customer", json!(null)),
            ("/promotion/coupon", json!("HALF")),
            ("/expires_at", json!(null)),
            ("/max_redemptions", json!(2)),
            ("/restrictions/first_time_transaction", json!(false)),
            ("/restrictions/minimum_amount", json!(5)),
        ];
        differs(&body, &changes, |body| is_code(&answer(body), &draft, "ada"));
    }

    #[test]
    fn s2_what_is_left_out_of_a_parcel_stays_as_it_stands() {
        let body = json!({ "shipping": { "name": "Ann", "phone": "1", "carrier": "DHL", "tracking_number": "1Z",
            "address": { "line1": "Street 1", "line2": null, "city": "", "country": "DE" } } });
        let mut draft =
            ShippingDraft { payment: "ch_1".into(), carrier: None, tracking: vec!["1Z".into()], name: None, phone: None, address: None };
        assert_eq!(Parcel::of(&draft, &body), Parcel::standing(&body), "it stands there already");
        draft.tracking = vec!["1Z".into(), "2Z".into()];
        let parcel = Parcel::of(&draft, &body).unwrap();
        assert_eq!((parcel.tracking_number.as_deref(), parcel.carrier.as_deref()), (Some("1Z,2Z"), Some("DHL")));
        assert_eq!(Parcel::of(&draft, &json!({ "shipping": null })), None, "Stripe wants a name and an address");
        draft.name = Some("Bob".into());
        assert_eq!(Parcel::of(&draft, &json!({})), None);
        draft.address = Some(PostalAddress { line1: Some("Street 2".into()), ..PostalAddress::default() });
        assert_eq!(Parcel::of(&draft, &json!({})).unwrap().name, "Bob");
    }

    #[test]
    fn metadata_is_compared_key_by_key_and_counted() {
        let wanted: BTreeMap<String, String> = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())].into();
        assert!(holds(&json!({ "metadata": { "a": "1", "c": "2" } }), &wanted));
        assert!(!holds(&json!({ "metadata": { "a": "1", "b": "2" } }), &wanted), "b is to go");
        assert!(!holds(&json!({ "metadata": {} }), &wanted));
        assert_eq!(keys_with(&json!({ "metadata": { "a": "9", "b": "9", "c": "9" } }), &wanted), 2);
        assert_eq!(keys_with(&json!({}), &wanted), 1);
    }
}
