//! What a purchase earns, and how that changes with the number of the payment.

use serde::{Deserialize, Serialize};

use crate::value::{BasisPoints, Currency};

/// What a purchase earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum Reward {
    /// A share of the base.
    Percent {
        /// The share.
        rate: BasisPoints,
    },
    /// A fixed sum.
    Flat {
        /// Minor units of `currency`, above zero.
        amount: i64,
        /// The currency of `amount`.
        currency: Currency,
        /// For each unit bought instead of once per purchase (BA-7).
        per_unit: bool,
    },
}

impl Reward {
    /// The share of a fresh program: 20 %.
    const DEFAULT_POINTS: u32 = 2_000;
}

impl Default for Reward {
    fn default() -> Self {
        Self::Percent { rate: BasisPoints::new(Self::DEFAULT_POINTS).unwrap_or(BasisPoints::ZERO) }
    }
}

/// What payments earn from a certain number on (CO-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RewardStep {
    /// The number of the first payment that earns it, 2 to 1200. Payments are counted as for the duration (CO-3).
    pub from: u16,
    /// What each of them earns.
    pub reward: Reward,
}
