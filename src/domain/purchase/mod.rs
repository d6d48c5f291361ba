//! One purchase: the normalised state of one money event, assembled from every fact that tells of it.
//!
//! Decides what was bought, what was collected, what went back, and which evidence the purchase itself carries. Never decides who earns.

mod assemble;
mod lines;
mod payer;
mod returned;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Utc};
use entity::value::{Currency, PurchaseStatus};
use serde::{Deserialize, Serialize};

use super::exchange::Rates;
use super::fact::{Code, Fact, LineCredit, Metadata, PriceTraits};
pub use assemble::assemble;

/// The business key of a purchase (SL-1): its strongest reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// What the reference names; the earlier kind is the stronger one.
    pub kind: KeyKind,
    /// The object's id.
    pub object: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            KeyKind::Invoice => "invoice",
            KeyKind::Intent => "intent",
            KeyKind::Charge => "charge",
            KeyKind::Checkout => "checkout",
            KeyKind::Other => "other",
        };
        write!(f, "{kind}:{}", self.object)
    }
}

/// What a reference names, strongest first (SL-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// An invoice.
    Invoice,
    /// A payment intent.
    Intent,
    /// A charge.
    Charge,
    /// A checkout.
    Checkout,
    /// A refund, dispute, collection or credit note: known before what it speaks of.
    Other,
}

/// What stands out about a purchase and is shown with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Paid by money that did not come this way (SL-6).
    OutOfBand,
    /// More was paid than billed; the surplus earns nothing (BA-3).
    Overpaid,
    /// Less was captured than authorised (BA-9).
    UnderCaptured,
    /// The lines are not known in full, so the invoice counts as one line.
    LinesUnknown,
    /// The lines do not add up to the total (BA-2): review.
    NetMismatch,
}

/// One line's part of the commissionable amount, before collection and reduction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetLine {
    /// The line's id; empty for a purchase without lines.
    pub id: String,
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
    /// Net in minor units, without tax (BA-1).
    pub net: i64,
}

impl NetLine {
    /// A line that names no product: `units` of something for `net`.
    #[must_use]
    pub const fn plain(net: i64, units: i64) -> Self {
        Self {
            id: String::new(),
            price: None,
            product: None,
            lookup_key: None,
            metadata: Metadata::new(),
            quantity: units,
            proration: false,
            net,
        }
    }

    /// Adds what is known of its price and product. What the line says itself goes before the price, and the product before both.
    fn learn(&mut self, price: Option<&PriceTraits>, product: Option<&Metadata>) {
        self.lookup_key = self.lookup_key.take().or_else(|| price?.lookup_key.clone());
        let own = std::mem::replace(&mut self.metadata, product.cloned().unwrap_or_default());
        for (key, value) in own.into_iter().chain(price.map(|price| price.metadata.clone()).unwrap_or_default()) {
            self.metadata.entry(key).or_insert(value);
        }
    }
}

/// Money that went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The refund, dispute or credit note; or the charge, when only its running total tells.
    pub source: String,
    /// Which of these it is.
    pub kind: ReturnKind,
    /// How much, tax included, in minor units.
    pub amount: i64,
    /// When.
    pub at: DateTime<Utc>,
}

/// Money that may still go back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtRisk {
    /// The refund or dispute.
    pub source: String,
    /// Why it may go back.
    pub kind: RiskKind,
    /// How much, tax included, in minor units.
    pub amount: i64,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// Why money may go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskKind {
    /// A refund is under way (RF-2).
    Refund,
    /// A dispute is open and its money not withdrawn (DP-1).
    Dispute,
    /// The bank asks, which may become a dispute (DP-1).
    Inquiry,
}

/// How money went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnKind {
    /// A refund that succeeded (RF-2).
    Refund,
    /// A refund of which only the charge's running total tells: dated by when the total was first told to be so high (RF-9).
    RunningTotal,
    /// A dispute that was lost, or whose money was withdrawn (DP-2).
    Dispute,
    /// A credit note settled outside (RF-1).
    OutOfBandCredit,
}

/// Who a purchase says it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// The merchant's ids of the customer that the payment, the checkout and then the subscription's copy name, in the look-up order (ID-2).
    pub external_ids: Vec<String>,
    /// The payment provider's customer.
    pub buyer: Option<String>,
    /// The objects that stand for a buyer without an account (ID-8).
    pub guests: Vec<String>,
    /// E-mail as given.
    pub email: Option<String>,
    /// Name as given.
    pub name: Option<String>,
    /// The country of the billing address, as two capital letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// A client reference that a checkout carried (AT-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The checkout or payment.
    pub object: String,
    /// The text as given.
    pub text: String,
    /// When the checkout was completed, or the money came.
    pub at: DateTime<Utc>,
}

/// Everything known of one purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseState {
    /// Its business key.
    pub key: Key,
    /// How far it has come.
    pub status: PurchaseStatus,
    /// When the money succeeded (SL-7), once it did.
    pub at: Option<DateTime<Utc>>,
    /// The earliest time at which anything was known of it: the order of what has no `at`, and the start of waits.
    pub known_at: DateTime<Utc>,
    /// Its currency.
    pub currency: Currency,
    /// What was owed, tax and shipping included, in minor units.
    pub total: i64,
    /// What was received, not counting what did not come this way; at most `total`.
    pub collected: i64,
    /// What was settled outside (SL-6, BA-3); at most `total - collected`.
    pub off_platform: i64,
    /// Whether any payment of it is known: an invoice without one may belong to a payment that is not linked yet (SL-8).
    pub payment_known: bool,
    /// The lines' nets. They sum to the total without tax and shipping (BA-2).
    pub lines: Vec<NetLine>,
    /// Shipping without tax.
    pub shipping: i64,
    /// Money that went back, in order of time.
    pub returned: Vec<Returned>,
    /// Money that may still go back, in order of time.
    pub at_risk: Vec<AtRisk>,
    /// Lines that credit notes name, and how much of `returned` they explain (RF-5).
    pub credits: Vec<LineCredit>,
    /// The part of `returned`, tax included, that `credits` explain.
    pub credited: i64,
    /// What `credits` took off before payment, tax included: it went back to nobody, less was collected (RF-5).
    #[serde(default)]
    pub credited_before: i64,
    /// What stands out.
    pub flags: BTreeSet<Flag>,
    /// Who pays.
    pub payer: Payer,
    /// Partners named in metadata, for this payment only (AT-6).
    pub partner_keys: Vec<String>,
    /// Client references, oldest first.
    pub references: Vec<Reference>,
    /// Discounts that name coupon or promotion code, in the source's order (AT-9).
    pub codes: Vec<Code>,
    /// Discounts known by id only.
    pub discounts: Vec<String>,
    /// When discounts were applied, as far as is known (AT-8): at the end of the checkout, or when the invoice was made.
    #[serde(default)]
    pub discounted_at: Option<DateTime<Utc>>,
    /// The subscription it belongs to.
    pub subscription: Option<String>,
    /// Whether the merchant asks not to reward it (AT-17), as far as its own objects say.
    pub skip: bool,
    /// The exchange rates of its day, as far as they are needed: gathered anew each time, and so not kept with it (MO-2).
    #[serde(skip)]
    pub rates: Rates,
    /// What the merchant noted on its own objects (CO-8).
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl PurchaseState {
    /// Whether money may go back for this reason.
    #[must_use]
    pub fn risks(&self, kind: RiskKind) -> bool {
        self.at_risk.iter().any(|one| one.kind == kind)
    }

    /// The same purchase as if nothing had gone back.
    #[must_use]
    pub fn before_returns(&self) -> Self {
        Self { returned: Vec::new(), ..self.clone() }
    }

    /// The same purchase as if everything had gone back that is at risk for one of these reasons.
    #[must_use]
    pub fn after_risks(&self, kinds: &[RiskKind]) -> Self {
        let gone = self.at_risk.iter().filter(|one| kinds.contains(&one.kind)).map(|one| {
            let kind = if one.kind == RiskKind::Refund { ReturnKind::Refund } else { ReturnKind::Dispute };
            Returned { source: one.source.clone(), kind, amount: one.amount, at: one.at }
        });
        let returned = self.returned.iter().cloned().chain(gone).collect();
        Self { returned, ..self.clone() }
    }

    /// The lines learn what was known of their prices and products at the time of the purchase, by id among `known`.
    pub fn learn(&mut self, known: &BTreeMap<String, Fact>) {
        let at = self.at.unwrap_or(self.known_at);
        for line in &mut self.lines {
            let of = |id: &Option<String>| id.as_ref().and_then(|id| known.get(id));
            let price = match of(&line.price) {
                Some(Fact::Price(price)) => price.traits.at(at),
                _ => None,
            };
            let product = match of(&line.product) {
                Some(Fact::Product(product)) => product.metadata.at(at),
                _ => None,
            };
            line.learn(price, product);
        }
    }

    /// The sum of the nets, in minor units.
    #[must_use]
    pub fn net_total(&self) -> i64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.net))
    }
}
