//! Facts: what the outside told us of one object, in our words, and how two tellings of one object become one.
//!
//! Merging is a join: commutative, associative and idempotent (IN-6). So any order and any number of deliveries end in the same fact.
//! Each fact has four kinds of fields:
//! - its *core*, taken whole from the telling with the greatest [`Stamp`];
//! - *links* and *sets*, which are united, because a link once told stays true although another version leaves it out, and
//!   *told lists* ([`Told`]), which keep the best list;
//! - *dated* values ([`Dated`]), which keep what was told when;
//! - *running totals* and *ever* flags, which only grow, and *first seen* times, which only shrink.

mod catalogue;
mod invoice;
mod life;
mod merge;
mod party;
mod payment;
mod reversal;
#[cfg(test)]
mod tests;
mod took;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use catalogue::{Price, PriceTraits, Product};
pub use invoice::{Collection, CollectionStatus, CreditNote, Invoice, InvoiceStatus, Line, LineCredit};
pub use life::Life;
pub use merge::{Dated, Running, Told};
pub use party::{Buyer, Code, Coupon, Discount, Metadata, Persona, PromotionCode, Subscription, SubscriptionStatus, Traits};
pub use payment::{Charge, ChargeStatus, Checkout, CheckoutMode, CheckoutPayment, Intent, IntentStatus, InvoiceLink};
pub use reversal::{Dispute, DisputeStatus, Refund, RefundStatus};
pub use took::Took;

/// When a telling was true at its source, as a total order.
///
/// Source times have whole seconds, so ties are normal: `rank` puts states that follow each other in their order (a refund that
/// succeeded in the second of its creation is later than the pending one), and `digest` of the content breaks what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// The source's time of this telling.
    pub at: DateTime<Utc>,
    /// Progress of the object's state: a later state of its life has a greater rank.
    pub rank: u8,
    /// A hash of the content. Equal stamps therefore mean equal cores.
    pub digest: u64,
}

/// One telling of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The object's id at its source.
    pub object: String,
    /// What was said of it.
    pub fact: Fact,
}

/// What is known of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "invoices, the largest, are also the most frequent; boxes would cost more than they save")]
pub enum Fact {
    /// A hosted checkout that a buyer went through.
    Checkout(Checkout),
    /// A bill with its lines.
    Invoice(Invoice),
    /// One payment towards an invoice: the link between the two.
    Collection(Collection),
    /// An attempt to collect money, over one or more charges.
    Intent(Intent),
    /// Money taken from one payment method.
    Charge(Charge),
    /// Money given back.
    Refund(Refund),
    /// Money that the buyer's bank claims back.
    Dispute(Dispute),
    /// A correction of an invoice.
    CreditNote(CreditNote),
    /// The paying customer as the payment provider knows it.
    Buyer(Buyer),
    /// A standing order of a buyer.
    Subscription(Subscription),
    /// A discount rule.
    Coupon(Coupon),
    /// A typed code for a coupon.
    PromotionCode(PromotionCode),
    /// One application of a coupon to a buyer, a subscription or an invoice.
    Discount(Discount),
    /// What something costs.
    Price(Price),
    /// What is sold.
    Product(Product),
}

/// Two tellings of one id spoke of different kinds of objects. Ids are typed at the source, so this is a forged or broken body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an object was told as {new} although it is known as {known}: its id belongs to another kind of object")]
pub struct KindMismatch {
    known: &'static str,
    new: &'static str,
}

impl Fact {
    /// The word for this kind of object, as stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Checkout(_) => "checkout",
            Self::Invoice(_) => "invoice",
            Self::Collection(_) => "collection",
            Self::Intent(_) => "intent",
            Self::Charge(_) => "charge",
            Self::Refund(_) => "refund",
            Self::Dispute(_) => "dispute",
            Self::CreditNote(_) => "credit_note",
            Self::Buyer(_) => "buyer",
            Self::Subscription(_) => "subscription",
            Self::Coupon(_) => "coupon",
            Self::PromotionCode(_) => "promotion_code",
            Self::Discount(_) => "discount",
            Self::Price(_) => "price",
            Self::Product(_) => "product",
        }
    }

    /// Joins two tellings of one object (IN-6).
    ///
    /// # Errors
    /// [`KindMismatch`] when they speak of different kinds of objects.
    pub fn merge(self, other: Self) -> Result<Self, KindMismatch> {
        Ok(match (self, other) {
            (Self::Checkout(a), Self::Checkout(b)) => Self::Checkout(a.merge(b)),
            (Self::Invoice(a), Self::Invoice(b)) => Self::Invoice(a.merge(b)),
            (Self::Collection(a), Self::Collection(b)) => Self::Collection(a.merge(b)),
            (Self::Intent(a), Self::Intent(b)) => Self::Intent(a.merge(b)),
            (Self::Charge(a), Self::Charge(b)) => Self::Charge(a.merge(b)),
            (Self::Refund(a), Self::Refund(b)) => Self::Refund(a.merge(b)),
            (Self::Dispute(a), Self::Dispute(b)) => Self::Dispute(a.merge(b)),
            (Self::CreditNote(a), Self::CreditNote(b)) => Self::CreditNote(a.merge(b)),
            (Self::Buyer(a), Self::Buyer(b)) => Self::Buyer(a.merge(b)),
            (Self::Subscription(a), Self::Subscription(b)) => Self::Subscription(a.merge(b)),
            (Self::Coupon(a), Self::Coupon(b)) => Self::Coupon(a.merge(b)),
            (Self::PromotionCode(a), Self::PromotionCode(b)) => Self::PromotionCode(a.merge(b)),
            (Self::Discount(a), Self::Discount(b)) => Self::Discount(a.merge(b)),
            (Self::Price(a), Self::Price(b)) => Self::Price(a.merge(b)),
            (Self::Product(a), Self::Product(b)) => Self::Product(a.merge(b)),
            (a, b) => {
                return Err(KindMismatch { known: a.kind(), new: b.kind() });
            }
        })
    }

    /// When the newest telling was true.
    #[must_use]
    pub const fn stamp(&self) -> Stamp {
        match self {
            Self::Checkout(f) => f.stamp,
            Self::Invoice(f) => f.stamp,
            Self::Collection(f) => f.stamp,
            Self::Intent(f) => f.stamp,
            Self::Charge(f) => f.stamp,
            Self::Refund(f) => f.stamp,
            Self::Dispute(f) => f.stamp,
            Self::CreditNote(f) => f.stamp,
            Self::Buyer(f) => f.stamp,
            Self::Subscription(f) => f.stamp,
            Self::Coupon(f) => f.stamp,
            Self::PromotionCode(f) => f.stamp,
            Self::Discount(f) => f.stamp,
            Self::Price(f) => f.stamp,
            Self::Product(f) => f.stamp,
        }
    }

    /// The objects that belong to the same purchase as this one, as far as this fact tells (SL-8). Empty for facts about people, codes and
    /// what is sold.
    #[must_use]
    pub fn references(&self) -> Vec<&str> {
        let optional: Vec<&Option<String>> = match self {
            Self::Checkout(f) => vec![&f.invoice, &f.intent],
            Self::Collection(f) => vec![&f.invoice, &f.intent, &f.charge],
            Self::Intent(f) => {
                return f.charges.iter().map(String::as_str).chain(f.invoice.reference()).collect();
            }
            Self::Charge(f) => {
                return f.intent.as_deref().into_iter().chain(f.invoice.reference()).collect();
            }
            Self::Invoice(f) => {
                return f.payments.iter().map(String::as_str).collect();
            }
            Self::Refund(f) => vec![&f.charge, &f.intent],
            Self::Dispute(f) => vec![&f.charge, &f.intent],
            Self::CreditNote(f) => vec![&f.invoice],
            Self::Buyer(_)
            | Self::Subscription(_)
            | Self::Coupon(_)
            | Self::PromotionCode(_)
            | Self::Discount(_)
            | Self::Price(_)
            | Self::Product(_) => vec![],
        };
        optional.into_iter().filter_map(Option::as_deref).collect()
    }

    /// Whether this object is part of a purchase (and not of a person, of a code or of what is sold). A set-up checkout collects no money,
    /// and one that nobody went through to the end brought none: they are part of none.
    #[must_use]
    pub const fn belongs_to_purchase(&self) -> bool {
        match self {
            Self::Checkout(f) => !matches!(f.mode, CheckoutMode::Setup) && (f.completed || f.completed_at.is_some()),
            Self::Invoice(_)
            | Self::Collection(_)
            | Self::Intent(_)
            | Self::Charge(_)
            | Self::Refund(_)
            | Self::Dispute(_)
            | Self::CreditNote(_) => true,
            Self::Buyer(_)
            | Self::Subscription(_)
            | Self::Coupon(_)
            | Self::PromotionCode(_)
            | Self::Discount(_)
            | Self::Price(_)
            | Self::Product(_) => false,
        }
    }

    /// What this object says of the person behind it.
    #[must_use]
    pub const fn persona(&self) -> Option<&Persona> {
        match self {
            Self::Checkout(f) => Some(&f.persona),
            Self::Invoice(f) => Some(&f.persona),
            Self::Intent(f) => Some(&f.persona),
            Self::Charge(f) => Some(&f.persona),
            Self::Buyer(f) => Some(&f.persona),
            Self::Subscription(f) => Some(&f.persona),
            _ => None,
        }
    }
}
