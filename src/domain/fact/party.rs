//! Who buys and with which codes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::Currency;
use serde::{Deserialize, Serialize};

use super::merge::{Dated, first_seen, link, newest};
use super::{Life, Stamp};

/// What a merchant noted on an object, by key. Our own keys are not among it.
pub type Metadata = BTreeMap<String, String>;

/// What one object says of the person behind it and of who brought them. Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persona {
    /// The payment provider's customer.
    pub buyer: Option<String>,
    /// E-mail as given, not yet normalised (ID-3).
    pub email: Option<String>,
    /// Name as given.
    pub name: Option<String>,
    /// The merchant's own id of the customer, from metadata.
    pub external_id: Option<String>,
    /// A partner named in metadata for this payment only (AT-6, first place).
    pub partner_key: Option<String>,
    /// Client reference or metadata that may contain a click token (AT-12), as given.
    pub client_reference: Option<String>,
    /// Whether the merchant asks not to reward this (AT-17).
    pub skip: bool,
    /// The country of the billing address, as two capital letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What else stands in the metadata (CO-8).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: Metadata,
}

/// A discount as one purchase shows it: at least one of the two is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Code {
    /// The promotion code's id.
    pub promotion_code: Option<String>,
    /// The coupon's id.
    pub coupon: Option<String>,
}

/// The paying customer as the payment provider knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Who it is; `buyer` is its own id.
    pub persona: Persona,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether it was deleted there: found by ids still, by e-mail no more (ID-9). Grows.
    pub deleted: bool,
    /// First time at which it was told as deleted. Shrinks.
    #[serde(default)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Every e-mail that it had, with the first time at which it was told. Times shrink.
    #[serde(default)]
    pub emails: BTreeMap<String, DateTime<Utc>>,
    /// What conditions ask about. Dated.
    #[serde(default)]
    pub traits: Dated<Traits>,
}

/// What conditions ask about a customer (CO-8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    /// The country of the billing address, as two capital letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What the merchant noted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: Metadata,
}

impl Buyer {
    /// Since when it has the e-mail that it has.
    #[must_use]
    pub fn email_since(&self) -> DateTime<Utc> {
        self.persona.email.as_ref().and_then(|email| self.emails.get(email)).copied().unwrap_or(self.created_at)
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let (new, mut old) = newest(self, other, |f| f.stamp);
        let mut emails = new.emails;
        for (email, at) in std::mem::take(&mut old.emails) {
            emails.entry(email).and_modify(|known| *known = at.min(*known)).or_insert(at);
        }
        let deleted_at = first_seen(new.deleted_at, old.deleted_at);
        Self { deleted: new.deleted || old.deleted, deleted_at, emails, traits: new.traits.merge(old.traits), ..new }
    }
}

/// Where a subscription stands. Never money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    /// Waits for its first payment, or is in a state not known to us.
    Incomplete,
    /// In a trial: a lead (BA-10).
    Trialing,
    /// Runs, with or without money owed.
    Active,
    /// Over.
    Ended,
}

/// A standing order of a buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Whose it is, and what its metadata names.
    pub persona: Persona,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When its trial began, if it has or had one (BA-10). The earliest that was told.
    #[serde(default)]
    pub trial_at: Option<DateTime<Utc>>,
    /// Its discounts where told as whole.
    pub codes: Vec<Code>,
}

impl Subscription {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self { trial_at: first_seen(new.trial_at, old.trial_at), ..new }
    }
}

/// A discount rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Its name.
    pub name: Option<String>,
    /// Share taken off, in basis points.
    pub percent_off: Option<u32>,
    /// Amount taken off, in minor units.
    pub amount_off: Option<i64>,
    /// Currency of `amount_off`.
    pub currency: Option<Currency>,
    /// How long it lasts: `once`, `repeating`, `forever`, as the source says.
    pub duration: Option<String>,
    /// Whether it was deleted. Grows.
    pub deleted: bool,
    /// First time at which it was told as deleted. Shrinks.
    #[serde(default)]
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Coupon {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self { deleted: new.deleted || old.deleted, deleted_at: first_seen(new.deleted_at, old.deleted_at), ..new }
    }
}

/// A typed code for a coupon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionCode {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// The text that a buyer types.
    pub code: String,
    /// Whether it can be used.
    pub active: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The coupon. Link.
    pub coupon: Option<String>,
    /// When it could be used. A code whose last use is made ends by itself, and was not taken from anybody: it counts as usable.
    #[serde(default)]
    pub life: Life,
}

impl PromotionCode {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self { coupon: link(new.coupon, old.coupon), life: new.life.merge(old.life), ..new }
    }
}

/// One application of a coupon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Whose purchases it touches.
    pub buyer: Option<String>,
    /// What was applied. Links.
    pub code: Code,
}

impl Discount {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        let code =
            Code { promotion_code: link(new.code.promotion_code, old.code.promotion_code), coupon: link(new.code.coupon, old.code.coupon) };
        Self { code, ..new }
    }
}
