//! The rules of a program as data. A version is immutable (CO-1); `domain` reads it, nothing here applies it.

mod cap;
mod condition;
mod lead;
mod product;
mod reward;
mod tier;

pub use cap::{Cap, CapScope, Period};
pub use condition::{Condition, ConditionalReward};
pub use lead::{LeadEvent, LeadReward, SecondLevel};
pub use product::{ProductEffect, ProductMatch, ProductRule};
pub use reward::{Reward, RewardStep};
pub use tier::{TierEffect, TierLevel, TierMetric, Tiers};

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use super::BasisPoints;
use super::text_enum::text_enum;

/// One version of a program's rules. Every field has a default, so an empty object is a usable version and later fields do not break
/// the stored ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default, rename_all = "camelCase")]
pub struct Terms {
    /// What a purchase earns where nothing below says otherwise.
    pub reward: Reward,
    /// What the first payment earns instead (CO-5).
    pub first: Option<Reward>,
    /// What payments from the second on earn instead (CO-5).
    pub renewal: Option<Reward>,
    /// What payments from a certain number on earn instead, in the order of that number (CO-5).
    pub steps: Vec<RewardStep>,
    /// Which purchases of a bound customer earn (CO-3).
    pub duration: Duration,
    /// How long a touch counts before the conversion, in days of 24 hours, 1 to 365 (AT-4).
    pub window_days: u16,
    /// Which eligible click wins (AT-3).
    pub touch_model: TouchModel,
    /// Whether the winner of the clicks earns alone or shares with the other eligible ones (AT-16).
    pub attribution: Attribution,
    /// When a partner's code wins over an existing binding (AT-6).
    pub coupon_override: CouponOverride,
    /// Who is asked first about a purchase; a kind that is left out is not asked (AT-6).
    pub candidate_order: Vec<CandidateKind>,
    /// Days from purchase to release, 0 to 120.
    pub hold_days: u16,
    /// Whether a person who had bought before the touch is left unbound (AT-11).
    pub new_customers_only: bool,
    /// Whether the same e-mail may tie a purchase to a customer.
    pub email_match: bool,
    /// Whether shipping is part of the base (BA-1).
    pub include_shipping: bool,
    /// Own rewards and exclusions of products; which of them decides a line is said at [`ProductRule`] (BA-6).
    pub products: Vec<ProductRule>,
    /// Own rewards under conditions; which of them decides is said at [`ConditionalReward`] (CO-8).
    pub conditional: Vec<ConditionalReward>,
    /// The most that may be earned (CO-6).
    pub caps: Vec<Cap>,
    /// Other rewards for partners who brought much (CO-7).
    pub tiers: Option<Tiers>,
    /// What a customer earns who has not bought yet (CO-10).
    pub lead: Option<LeadReward>,
    /// What the partner earns who recruited the partner (CO-11).
    pub second_level: Option<SecondLevel>,
    /// Whether an invoice earns once when paid or with each payment towards it.
    pub accrue_on: AccrueOn,
    /// What money paid outside of Stripe earns (BA-3).
    pub out_of_band: OutOfBand,
    /// When a refund takes a flat reward back (RF-6).
    pub flat_refund: FlatRefund,
    /// Whether a flat reward never exceeds the base (BA-7).
    pub cap_at_base: bool,
    /// What happens when codes of two partners meet on one purchase (AT-9).
    pub two_codes: TwoCodes,
    /// Whether an inquiry, a dispute's mild form, holds as well (DP-1).
    pub hold_inquiries: bool,
    /// How many days a purchase waits for its sign-up (AT-13).
    pub late_binding_days: u16,
    /// How old in days a purchase may be to be reversed; none is no limit (RF-9).
    pub clawback_days: Option<u16>,
    /// Whether what an archived enrollment brought earns to the end of the duration (AT-14).
    pub pays_after_archive: bool,
}

impl Terms {
    /// Whether these rules ask what is known of prices and products beyond their ids, which newer invoices leave out.
    #[must_use]
    pub fn asks_catalogue(&self) -> bool {
        let by_rule = self.products.iter().any(|rule| matches!(rule.matches, ProductMatch::LookupKey | ProductMatch::Metadata));
        by_rule || self.conditional.iter().any(|one| one.when.asks_catalogue())
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            reward: Reward::default(),
            first: None,
            renewal: None,
            steps: Vec::new(),
            duration: Duration::Lifetime,
            window_days: 60,
            touch_model: TouchModel::Last,
            attribution: Attribution::LastOrFirst,
            coupon_override: CouponOverride::WhileLead,
            candidate_order: CandidateKind::ALL.to_vec(),
            hold_days: 30,
            new_customers_only: true,
            email_match: true,
            include_shipping: false,
            products: Vec::new(),
            conditional: Vec::new(),
            caps: Vec::new(),
            tiers: None,
            lead: None,
            second_level: None,
            accrue_on: AccrueOn::Paid,
            out_of_band: OutOfBand::Hold,
            flat_refund: FlatRefund::OnFull,
            cap_at_base: false,
            two_codes: TwoCodes::First,
            hold_inquiries: false,
            late_binding_days: 7,
            clawback_days: None,
            pays_after_archive: true,
        }
    }
}

/// Which purchases of a bound customer earn (CO-3). The clock belongs to the binding, not to a subscription (CO-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Duration {
    /// The first purchase with a base above zero.
    FirstOnly,
    /// The first `n` such purchases.
    Payments {
        /// How many, 1 to 1200.
        n: u16,
    },
    /// Those before the first one plus `n` calendar months.
    Months {
        /// How many, 1 to 600.
        n: u16,
    },
    /// All of them.
    Lifetime,
}

/// When a refund takes a flat reward back (RF-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FlatRefund {
    /// When all was refunded.
    OnFull,
    /// When more than this share was refunded.
    AboveShare {
        /// The share of what was collected, below 100 %.
        share: BasisPoints,
    },
}

text_enum! {
    /// Which eligible click wins (AT-3).
    TouchModel {
        /// The last one.
        Last = "LAST",
        /// The first one.
        First = "FIRST",
    }
}

text_enum! {
    /// Whether the winner of the clicks earns alone or shares with the other eligible ones (AT-16).
    Attribution {
        /// Alone: the last one or the first one, as the touch model says.
        LastOrFirst = "LAST_OR_FIRST",
        /// Each click has the same part.
        Linear = "LINEAR",
        /// The first and the last click have 40 % each, those between share the rest; two have half each.
        PositionBased = "POSITION_BASED",
    }
}

text_enum! {
    /// When a partner's code wins over an existing binding (AT-6).
    CouponOverride {
        /// Never.
        Never = "NEVER",
        /// While the customer has not bought; it re-binds.
        WhileLead = "WHILE_LEAD",
        /// For the purchase with the code only; it does not re-bind.
        ThisPurchase = "THIS_PURCHASE",
    }
}

text_enum! {
    /// Who can claim a purchase, in the default order (AT-6).
    CandidateKind {
        /// A partner's key in the payment's own metadata.
        Metadata = "METADATA",
        /// A binding made by hand.
        Manual = "MANUAL",
        /// A partner's coupon or promotion code.
        Coupon = "COUPON",
        /// The existing binding.
        Binding = "BINDING",
        /// A click token in `client_reference_id`.
        ClientReference = "CLIENT_REFERENCE",
        /// The sign-up record.
        Signup = "SIGNUP",
        /// The same e-mail.
        Email = "EMAIL",
    }
}

text_enum! {
    /// When an invoice earns.
    AccrueOn {
        /// Once, when it is paid.
        Paid = "PAID",
        /// With each payment towards it.
        EachPayment = "EACH_PAYMENT",
    }
}

text_enum! {
    /// What money paid outside of Stripe earns (BA-3).
    OutOfBand {
        /// It counts, and the commission is held for a person to look at.
        Hold = "HOLD",
        /// It counts.
        Include = "INCLUDE",
        /// It does not count.
        Exclude = "EXCLUDE",
    }
}

text_enum! {
    /// What happens when codes of two partners meet on one purchase (AT-9).
    TwoCodes {
        /// The first in Stripe's order wins.
        First = "FIRST",
        /// A person has to look at it.
        Review = "REVIEW",
    }
}
