//! Other rewards for partners who brought much (CO-7).

use serde::{Deserialize, Serialize};

use super::{Period, Reward};
use crate::value::Currency;
use crate::value::text_enum::text_enum;

/// Rewards that rise with what a partner brought under one enrollment. A level's reward stands in for the terms' `reward`: whatever decides
/// before that (products, conditions, the number of the payment) does so still. Refunds lower what was brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tiers {
    /// What is counted.
    pub metric: TierMetric,
    /// The currency of what is counted; only for sums of money. Purchases in other currencies do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Over which time: a month, a quarter, a year or all of it.
    pub period: Period,
    /// What a reached level changes.
    pub effect: TierEffect,
    /// The levels, the lowest first. Below the first one the terms' `reward` stays.
    pub levels: Vec<TierLevel>,
}

/// One level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TierLevel {
    /// From how much on: minor units for sums of money, else a number. Above zero.
    pub from: i64,
    /// What purchases earn.
    pub reward: Reward,
}

text_enum! {
    /// What is counted towards a level.
    TierMetric {
        /// The sum of the bases.
        Revenue = "REVENUE",
        /// Purchases with a base above zero.
        Purchases = "PURCHASES",
        /// Customers whose first purchase with a base above zero falls into the period.
        Customers = "CUSTOMERS",
        /// The sum of the commissions.
        Commission = "COMMISSION",
    }
}

text_enum! {
    /// What a reached level changes.
    TierEffect {
        /// What is bought after it was reached.
        Future = "FUTURE",
        /// All of the period, by an entry at its end.
        Retroactive = "RETROACTIVE",
    }
}
