//! How money came in: checkouts, intents and charges.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::Currency;
use serde::{Deserialize, Serialize};

use super::merge::{Running, Told, first_seen, link, newest, union};
use super::{Code, Persona, Stamp};

/// Whether a payment belongs to an invoice. Newer bodies do not say, so "not told" differs from "told: none" (SL-8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLink {
    /// The invoice, once anything named it.
    pub known: Option<String>,
    /// Whether the source said that there is no invoice: by an explicit empty field of an older body, or when asked.
    pub none_stated: bool,
}

impl InvoiceLink {
    /// The invoice, if one is known.
    pub fn reference(&self) -> Option<&str> {
        self.known.as_deref()
    }

    /// Whether it is still open if an invoice stands behind the payment.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.known.is_none() && !self.none_stated
    }

    fn merge(self, other: Self) -> Self {
        Self { known: link(self.known, other.known), none_stated: self.none_stated || other.none_stated }
    }
}

/// What a checkout is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutMode {
    /// One payment now.
    Payment,
    /// Starts a subscription: its money comes by invoices.
    Subscription,
    /// Only stores a payment method.
    Setup,
}

/// Whether a checkout's money is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutPayment {
    /// Not yet: the buyer has not finished, or a slow payment method has not reported.
    Unpaid,
    /// The slow payment method reported failure.
    Failed,
    /// Nothing is due now (a trial, or a full discount).
    NothingDue,
    /// Paid.
    Paid,
}

/// A hosted checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// What it is for.
    pub mode: CheckoutMode,
    /// Whether the money is there.
    pub payment: CheckoutPayment,
    /// Whether the buyer went through to the end.
    pub completed: bool,
    /// What the buyer pays, tax and shipping included, in minor units of the merchant's currency (BA-8).
    pub total: i64,
    /// The tax in `total`.
    pub tax: i64,
    /// Shipping without tax, in `total`.
    pub shipping: i64,
    /// The merchant's currency (BA-8).
    pub currency: Currency,
    /// When the checkout was opened.
    pub created_at: DateTime<Utc>,
    /// Who buys.
    pub persona: Persona,
    /// The discounts in the order in which the source lists them (AT-9). Told list.
    pub codes: Told<Code>,
    /// First time at which it was told as completed. Shrinks.
    pub completed_at: Option<DateTime<Utc>>,
    /// First time at which it was told as paid. Shrinks.
    pub paid_at: Option<DateTime<Utc>>,
    /// Its invoice. Link.
    pub invoice: Option<String>,
    /// Its payment. Link.
    pub intent: Option<String>,
    /// Its subscription. Link.
    pub subscription: Option<String>,
}

impl Checkout {
    /// When the buyer went through to the end; nothing when they did not. An answer of the API does not say when that was: then it counts as done
    /// when it was opened.
    #[must_use]
    pub fn done_at(&self) -> Option<DateTime<Utc>> {
        self.completed_at.or_else(|| self.completed.then_some(self.created_at))
    }

    /// When its money came, where it did; when it was done, where that was not told.
    #[must_use]
    pub fn money_at(&self) -> Option<DateTime<Utc>> {
        self.paid_at.or_else(|| self.done_at())
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self {
            codes: new.codes.merge(old.codes),
            completed_at: first_seen(new.completed_at, old.completed_at),
            paid_at: first_seen(new.paid_at, old.paid_at),
            invoice: link(new.invoice, old.invoice),
            intent: link(new.intent, old.intent),
            subscription: link(new.subscription, old.subscription),
            ..new
        }
    }
}

/// How far an intent has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    /// Waits for the buyer or the merchant, or is in a state not known to us.
    Open,
    /// Waits for the bank.
    Processing,
    /// Given up.
    Canceled,
    /// The money came.
    Succeeded,
}

/// An attempt to collect money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// How far it has come.
    pub status: IntentStatus,
    /// What was to be collected, in minor units.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who pays.
    pub persona: Persona,
    /// What was received. Grows.
    pub received: i64,
    /// First time at which it was told as succeeded. Shrinks.
    pub succeeded_at: Option<DateTime<Utc>>,
    /// Its charges. Set.
    pub charges: BTreeSet<String>,
    /// Its invoice.
    pub invoice: InvoiceLink,
}

impl Intent {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self {
            received: new.received.max(old.received),
            succeeded_at: first_seen(new.succeeded_at, old.succeeded_at),
            charges: union(new.charges, old.charges),
            invoice: new.invoice.merge(old.invoice),
            ..new
        }
    }
}

/// Whether a charge took the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeStatus {
    /// The bank has not answered, or the state is not known to us.
    Pending,
    /// Refused.
    Failed,
    /// Taken, or authorised when not yet captured.
    Succeeded,
}

/// Money taken from one payment method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Whether the money was taken.
    pub status: ChargeStatus,
    /// What was authorised, in minor units.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who pays.
    pub persona: Persona,
    /// What was captured (BA-9). Grows.
    pub captured: i64,
    /// What was given back, pending refunds and an older body's released rest of a part capture included.
    pub refunded: Running,
    /// Whether it was ever told as pending or uncaptured, or its payment method is a slow one: then `created_at` is not when money came. Grows.
    pub waited: bool,
    /// First time at which it was told as taken and captured. Shrinks.
    pub captured_at: Option<DateTime<Utc>>,
    /// Its intent. Link.
    pub intent: Option<String>,
    /// Its invoice.
    pub invoice: InvoiceLink,
}

impl Charge {
    /// When the money succeeded (SL-7), if it did.
    #[must_use]
    pub fn money_at(&self) -> Option<DateTime<Utc>> {
        let captured_at = self.captured_at?;
        Some(if self.waited { captured_at } else { self.created_at })
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self {
            captured: new.captured.max(old.captured),
            refunded: new.refunded.merge(old.refunded),
            waited: new.waited || old.waited,
            captured_at: first_seen(new.captured_at, old.captured_at),
            intent: link(new.intent, old.intent),
            invoice: new.invoice.merge(old.invoice),
            ..new
        }
    }
}
