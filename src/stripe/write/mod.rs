//! Changing things at Stripe: coupons, promotion codes, shipping details, metadata and credit, and whether what stands there is what was wanted.
//!
//! Only requests and comparisons. Who may, when, and how often is `service::stripe_write`.

mod compare;
mod form;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{BalanceDraft, CouponDraft, PromotionCodeDraft};
use serde_json::Value;
use stripe_client_core::{RequestBuilder, StripeMethod};
use url::form_urlencoded::byte_serialize;

pub use self::compare::{Parcel, bears, holds, is_code, is_coupon, is_credit, keys_with};
use self::form::{CodeForm, CouponForm, CreditForm, MetadataForm, ShippingForm};
use super::client::{Answer, Client};
use super::error::ReadError;
use super::lookup::Kind;
use super::read::checked;

/// The key in the metadata of what is made here, by which it is found again: after an answer that never came, and when it comes back as an event.
pub const MARK: &str = "tributary_write";
/// How many pages of a list are looked through for what was made.
const PAGES: usize = 10;
/// Stripe keeps at most this many keys in the metadata of an object.
pub const METADATA_KEYS: usize = 50;

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
        let form = CreditForm::of(draft, mark)?;
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
