//! Changing things at Stripe: coupons, promotion codes, shipping details, metadata and credit, and whether what stands there is what was wanted.
//!
//! Only requests and comparisons. Who may, when, and how often is `service::stripe_write`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{BalanceDraft, CouponDraft, Money, Off, PostalAddress, PromotionCodeDraft, ShippingDraft};
use serde::Serialize;
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};
use url::form_urlencoded::byte_serialize;

use super::client::{Answer, Client};
use super::error::ReadError;
use super::lookup::Kind;
use super::read::checked;
use crate::domain::fact::Fact;

/// The key in the metadata of what is made here, by which it is found again: after an answer that never came, and when it comes back as an event.
pub const MARK: &str = "tributary_write";
/// How many pages of a list are looked through for what was made.
const PAGES: usize = 10;
/// Stripe keeps at most this many keys in the metadata of an object.
pub const METADATA_KEYS: usize = 50;

#[derive(Serialize)]
struct Marked<'a> {
    tributary_write: &'a str,
}

#[derive(Serialize)]
struct CouponForm<'a> {
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
    fn of(draft: &'a CouponDraft, mark: &'a str) -> Self {
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
struct CodeForm<'a> {
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
    fn of(draft: &'a PromotionCodeDraft, code: &'a str, mark: &'a str) -> Self {
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

#[derive(Serialize)]
struct ShippingForm<'a> {
    shipping: &'a Parcel,
}

#[derive(Serialize)]
struct MetadataForm<'a> {
    metadata: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct CreditForm<'a> {
    amount: i64,
    currency: String,
    description: &'a str,
    metadata: Marked<'a>,
}

/// Stripe writes currencies in lower case.
fn currency(money: Money) -> String {
    money.currency.as_str().to_lowercase()
}

impl Client {
    /// A coupon as it stands.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn coupon(&self, id: &str) -> Result<Answer, ReadError> {
        self.get(RequestBuilder::new(StripeMethod::Get, format!("/coupons/{}", checked(id)?))).await
    }

    /// Makes a coupon that bears a mark.
    ///
    /// # Errors
    /// [`ReadError`] says why it was not made, as far as Stripe says.
    pub async fn make_coupon(&self, draft: &CouponDraft, mark: &str, key: &str) -> Result<Answer, ReadError> {
        self.post(RequestBuilder::new(StripeMethod::Post, "/coupons").form(&CouponForm::of(draft, mark)), key).await
    }

    /// A promotion code as it stands.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn promotion_code(&self, id: &str) -> Result<Answer, ReadError> {
        self.get(RequestBuilder::new(StripeMethod::Get, format!("/promotion_codes/{}", checked(id)?))).await
    }

    /// Every promotion code with this text, in any case, those of before too.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn promotion_codes(&self, code: &str) -> Result<Vec<Value>, ReadError> {
        let code: String = byte_serialize(code.as_bytes()).collect();
        self.listed("/promotion_codes", &format!("&code={code}"), None).await
    }

    /// Makes a promotion code that bears a mark.
    ///
    /// # Errors
    /// [`ReadError`] says why it was not made, as far as Stripe says.
    pub async fn make_promotion_code(&self, draft: &PromotionCodeDraft, code: &str, mark: &str, key: &str) -> Result<Answer, ReadError> {
        self.post(RequestBuilder::new(StripeMethod::Post, "/promotion_codes").form(&CodeForm::of(draft, code, mark)), key).await
    }

    /// Puts shipping details on an intent or a charge.
    ///
    /// # Errors
    /// [`ReadError`] says why it was not changed.
    pub async fn ship(&self, id: &str, parcel: &Parcel, key: &str) -> Result<Answer, ReadError> {
        self.post(changed(id)?.form(&ShippingForm { shipping: parcel }), key).await
    }

    /// Puts keys into the metadata of a customer, intent or charge. An empty value takes its key away.
    ///
    /// # Errors
    /// [`ReadError`] says why it was not changed.
    pub async fn annotate(&self, id: &str, metadata: &BTreeMap<String, String>, key: &str) -> Result<Answer, ReadError> {
        self.post(changed(id)?.form(&MetadataForm { metadata }), key).await
    }

    /// Gives a customer credit that bears a mark. At Stripe a balance below zero is what the customer has.
    ///
    /// # Errors
    /// [`ReadError`] says why it was not given, as far as Stripe says.
    pub async fn credit(&self, draft: &BalanceDraft, mark: &str, key: &str) -> Result<Answer, ReadError> {
        let form = CreditForm {
            amount: draft.credit.minor.checked_neg().ok_or(ReadError::Refused { status: 400 })?,
            currency: currency(draft.credit),
            description: &draft.description,
            metadata: Marked { tributary_write: mark },
        };
        let path = format!("/customers/{}/balance_transactions", checked(&draft.customer)?);
        self.post(RequestBuilder::new(StripeMethod::Post, path).form(&form), key).await
    }

    /// The changes of a customer's balance since a time, the newest first.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn credits(&self, customer: &str, since: DateTime<Utc>) -> Result<Vec<Value>, ReadError> {
        self.listed(&format!("/customers/{}/balance_transactions", checked(customer)?), "", Some(since)).await
    }

    /// One change of a customer's balance.
    ///
    /// # Errors
    /// [`ReadError`] says why there is no answer.
    pub async fn credit_of(&self, customer: &str, id: &str) -> Result<Answer, ReadError> {
        let path = format!("/customers/{}/balance_transactions/{}", checked(customer)?, checked(id)?);
        self.get(RequestBuilder::new(StripeMethod::Get, path)).await
    }

    /// A list, page by page, up to what is older than a time.
    async fn listed(&self, path: &str, filter: &str, since: Option<DateTime<Utc>>) -> Result<Vec<Value>, ReadError> {
        let mut all: Vec<Value> = Vec::new();
        for _ in 0..PAGES {
            let last = all.last().and_then(|last| last.get("id")).and_then(Value::as_str);
            let after = last.map(|id| format!("&starting_after={id}")).unwrap_or_default();
            let request = RequestBuilder::new(StripeMethod::Get, path);
            let mut body = self.get(RequestBuilder { query: Some(format!("limit=100{filter}{after}")), ..request }).await?.body;
            let more = body.get("has_more") == Some(&Value::Bool(true));
            let Some(Value::Array(items)) = body.get_mut("data").map(Value::take) else {
                return Err(ReadError::Malformed("a list has no data"));
            };
            let before = all.len();
            all.extend(items);
            let created = all.last().and_then(|last| last.get("created")).and_then(Value::as_i64);
            let past = since.zip(created).is_some_and(|(since, created)| created < since.timestamp());
            if !more || past || all.len() == before {
                break;
            }
        }
        Ok(all)
    }
}

/// The request that changes an intent, charge or customer.
fn changed(id: &str) -> Result<RequestBuilder, ReadError> {
    let kind = Kind::of(id).filter(|kind| matches!(kind, Kind::Intent | Kind::Charge | Kind::Customer)).ok_or(ReadError::BadId)?;
    Ok(RequestBuilder::new(StripeMethod::Post, format!("/{}/{id}", kind.places().0)))
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
