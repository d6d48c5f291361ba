//! Bills: invoices, payments towards them, and their corrections.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::Currency;
use serde::{Deserialize, Serialize};

use super::merge::{Told, first_seen, link, newest, union};
use super::{Code, Metadata, Persona, Stamp};

/// How far an invoice has come, in the order of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Not sent, or in a state not known to us.
    Draft,
    /// Waits for money.
    Open,
    /// Given up, but may still be paid.
    Uncollectible,
    /// Cancelled.
    Void,
    /// Paid in full.
    Paid,
}

/// One line of an invoice. Amounts in minor units of the invoice's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id at the source.
    pub id: String,
    /// Its amount before discounts; negative for credit by proration (BA-4).
    pub amount: i64,
    /// Discounts on it.
    pub discounts: i64,
    /// Credits before tax, which in newer bodies contain the discounts (BA-1).
    pub pretax_credits: i64,
    /// Tax contained in `amount`.
    pub inclusive_tax: i64,
    /// Price id.
    pub price: Option<String>,
    /// Product id.
    pub product: Option<String>,
    /// The price's lookup key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup_key: Option<String>,
    /// What the merchant noted on the product, and on the price where the product has no such key.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// How many units.
    pub quantity: i64,
    /// Whether it settles a change within a period.
    pub proration: bool,
}

impl Line {
    /// What the line adds before tax (BA-1). Pre-tax credits contain the discounts where both are told, so the greater one counts, once. A
    /// line that gives something back may carry discounts below zero, so it is the size that decides.
    #[must_use]
    pub fn net(&self) -> i64 {
        let contains_all = self.pretax_credits.unsigned_abs() >= self.discounts.unsigned_abs();
        let off = if contains_all { self.pretax_credits } else { self.discounts };
        self.amount.saturating_sub(off).saturating_sub(self.inclusive_tax)
    }
}

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// How far it has come.
    pub status: InvoiceStatus,
    /// Its currency.
    pub currency: Currency,
    /// What is billed, tax and shipping included, in minor units; may be negative.
    pub total: i64,
    /// `total` without any tax.
    pub total_excluding_tax: i64,
    /// Discounts that the body does not spread over its lines; zero when the lines have their share, as in bodies since 2020.
    pub discount_total: i64,
    /// Shipping without tax, in `total_excluding_tax`.
    pub shipping: i64,
    /// Whether the merchant marked it paid by money that did not come this way (SL-6). Grows, as some versions leave it out.
    pub out_of_band: bool,
    /// The part of `paid` that did not come this way (BA-3). Grows, as events leave it out and only answers tell it.
    pub off_platform: i64,
    /// What was paid over the total; it goes to the buyer's balance (BA-3). Grows, as old versions leave it out.
    pub overpaid: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who is billed; names in the subscription's data as copied to the invoice are in `subscription_persona`.
    pub persona: Persona,
    /// What the invoice copied of its subscription's data when it was made (ID-2).
    pub subscription_persona: Persona,
    /// Lines, in the source's order. Told list.
    pub lines: Told<Line>,
    /// Discounts that name their coupon or promotion code, in the source's order (AT-9). Told list.
    pub codes: Told<Code>,
    /// Discounts told only by their id, in the source's order: what they apply is known from a [`super::Discount`]. Told list.
    pub discounts: Told<String>,
    /// What was paid. Grows.
    pub paid: i64,
    /// When it was paid, as the source says or else first told. Shrinks.
    pub paid_at: Option<DateTime<Utc>>,
    /// Its subscription. Link.
    pub subscription: Option<String>,
    /// Its payments (intents and charges). Set.
    pub payments: BTreeSet<String>,
}

impl Invoice {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self {
            out_of_band: new.out_of_band || old.out_of_band,
            off_platform: new.off_platform.max(old.off_platform),
            overpaid: new.overpaid.max(old.overpaid),
            lines: new.lines.merge(old.lines),
            codes: new.codes.merge(old.codes),
            discounts: new.discounts.merge(old.discounts),
            paid: new.paid.max(old.paid),
            paid_at: first_seen(new.paid_at, old.paid_at),
            subscription: link(new.subscription, old.subscription),
            payments: union(new.payments, old.payments),
            ..new
        }
    }
}

/// Whether a payment towards an invoice counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionStatus {
    /// Not yet.
    Open,
    /// Never.
    Canceled,
    /// It does.
    Paid,
}

/// One payment towards an invoice (SL-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Whether it counts.
    pub status: CollectionStatus,
    /// What was paid, in minor units.
    pub amount: i64,
    /// When it was paid, as the source says or else first told. Shrinks.
    pub paid_at: Option<DateTime<Utc>>,
    /// The invoice. Link.
    pub invoice: Option<String>,
    /// The payment, when it is an intent. Link.
    pub intent: Option<String>,
    /// The payment, when it is a charge. Link.
    pub charge: Option<String>,
}

impl Collection {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self {
            paid_at: first_seen(new.paid_at, old.paid_at),
            invoice: link(new.invoice, old.invoice),
            intent: link(new.intent, old.intent),
            charge: link(new.charge, old.charge),
            ..new
        }
    }
}

/// A part of a credit note that names a line of the invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCredit {
    /// The invoice's line.
    pub line: String,
    /// How much of its net is taken back, in minor units, without tax.
    pub net: i64,
}

/// A correction of an invoice (RF-5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNote {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Whether it was taken back. Grows: a void note stays void.
    pub void: bool,
    /// Its whole amount, tax included, in minor units.
    pub amount: i64,
    /// The part settled outside, which therefore no refund tells of.
    pub out_of_band: i64,
    /// The part that came before payment: the invoice then collects less, so it reduces nothing here.
    pub before_payment: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The lines that it names.
    pub lines: Vec<LineCredit>,
    /// The refunded part, tax included: told by refunds too, and counted once.
    pub refunded: i64,
    /// The invoice. Link.
    pub invoice: Option<String>,
}

impl CreditNote {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self { void: new.void || old.void, invoice: link(new.invoice, old.invoice), ..new }
    }
}
