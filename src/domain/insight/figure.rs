//! The figures themselves.

use std::collections::BTreeMap;

use entity::value::CommissionState;
use serde::{Deserialize, Serialize};

/// Declares the figures, each with its column.
macro_rules! figures {
    ($($(#[$meta:meta])* $name:ident = $column:literal,)+) => {
        /// One figure. Sums are minor units of the currency of their key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Figure {
            $($(#[$meta])* #[serde(rename = $column)] $name,)+
        }

        impl Figure {
            /// All of them, in the order of their columns.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The column that holds it.
            #[must_use]
            pub const fn column(self) -> &'static str {
                match self {
                    $(Self::$name => $column,)+
                }
            }
        }
    };
}

figures! {
    /// Visits through links, those of machines left out.
    Clicks = "clicks",
    /// Tracked sign-ups.
    SignUps = "sign_ups",
    /// Persons who paid for the first time.
    Customers = "customers",
    /// Purchases for which money was received.
    Purchases = "purchases",
    /// What was received for them, tax included.
    Gross = "gross",
    /// What went back of it.
    Refunded = "refunded",
    /// What was found commissionable.
    Net = "net",
    /// Commissions whose waiting time runs.
    PendingCount = "pending_count",
    /// What of all commissions waits for its time alone.
    Pending = "pending",
    /// Commissions that are kept back, be it in part.
    HeldCount = "held_count",
    /// What of all commissions is kept back for a reason.
    Held = "held",
    /// Commissions that can be paid.
    ApprovedCount = "approved_count",
    /// What of all commissions can be paid.
    Approved = "approved",
    /// Commissions in a payout that is not confirmed.
    ReservedCount = "reserved_count",
    /// What of all commissions is in such a payout.
    Reserved = "reserved",
    /// Commissions that were paid.
    PaidCount = "paid_count",
    /// What of all commissions was paid; later refunds lessen it.
    Paid = "paid",
    /// Commissions that fell back to nothing.
    ReversedCount = "reversed_count",
    /// Commissions that were refused by hand.
    RejectedCount = "rejected_count",
}

impl Figure {
    /// The figure that counts commissions in a state.
    #[must_use]
    pub const fn count_of(state: CommissionState) -> Self {
        match state {
            CommissionState::Pending => Self::PendingCount,
            CommissionState::Held => Self::HeldCount,
            CommissionState::Approved => Self::ApprovedCount,
            CommissionState::Reserved => Self::ReservedCount,
            CommissionState::Paid => Self::PaidCount,
            CommissionState::Reversed => Self::ReversedCount,
            CommissionState::Rejected => Self::RejectedCount,
        }
    }

    /// The figure that sums those parts of commissions that are in a state; nothing for states in which they are nothing.
    #[must_use]
    pub const fn amount_of(state: CommissionState) -> Option<Self> {
        match state {
            CommissionState::Pending => Some(Self::Pending),
            CommissionState::Held => Some(Self::Held),
            CommissionState::Approved => Some(Self::Approved),
            CommissionState::Reserved => Some(Self::Reserved),
            CommissionState::Paid => Some(Self::Paid),
            CommissionState::Reversed | CommissionState::Rejected => None,
        }
    }
}

/// A value for each figure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(BTreeMap<Figure, i64>);

impl Figures {
    /// The value of one.
    #[must_use]
    pub fn get(&self, figure: Figure) -> i64 {
        self.0.get(&figure).copied().unwrap_or(0)
    }

    /// Adds to one.
    pub fn add(&mut self, figure: Figure, by: i64) {
        let sum = self.get(figure).saturating_add(by);
        if sum == 0 {
            self.0.remove(&figure);
        } else {
            self.0.insert(figure, sum);
        }
    }

    /// Adds all of another one.
    pub fn join(&mut self, other: &Self) {
        for (figure, by) in other.iter() {
            self.add(figure, by);
        }
    }

    /// Whether all are zero.
    #[must_use]
    pub fn are_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Figure, i64)> {
        self.0.iter().map(|(figure, value)| (*figure, *value))
    }
}
