//! Caps, tiers, leads and the second level, as given.

use async_graphql::InputObject;
use entity::value::{Cap, CapScope, Currency, LeadEvent, LeadReward, Period, SecondLevel, TierEffect, TierLevel, TierMetric, Tiers};
use serde::Serialize;

use super::reader::Reader;
use super::reward::RewardInput;

/// The most that may be earned in one scope. It binds what is earned in its currency; who sells in several currencies sets one for each.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct CapInput {
    /// What it binds.
    scope: CapScope,
    /// For PARTNER and PROGRAM: how long it counts before it begins anew.
    #[graphql(default)]
    period: Option<Period>,
    /// Whole minor units as a 64-bit integer in a string, above zero.
    amount: String,
    /// The currency of the amount.
    currency: Currency,
}

/// Rewards that rise with what a partner brought. A level's reward stands in for the terms' own; other rules decide before it.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct TiersInput {
    /// What is counted.
    metric: TierMetric,
    /// For REVENUE and COMMISSION: the currency of what is counted. Purchases in other currencies do not count.
    #[graphql(default)]
    currency: Option<Currency>,
    /// Over which time: a month, a quarter, a year or the lifetime.
    period: Period,
    /// What a reached level changes.
    effect: TierEffect,
    /// The levels, the lowest first, at most 20. Below the first one the terms' own reward stays.
    levels: Vec<TierLevelInput>,
}

/// One level.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct TierLevelInput {
    /// From how much on: minor units for sums of money, else a number; a 64-bit integer in a string, above zero.
    from: String,
    /// What purchases earn.
    reward: RewardInput,
}

/// What a lead earns, once for each customer and enrollment.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct LeadRewardInput {
    /// What earns it.
    on: LeadEvent,
    /// Whole minor units as a 64-bit integer in a string, above zero.
    amount: String,
    /// The currency of the amount.
    currency: Currency,
}

/// What the partner earns who recruited the partner that earned.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct SecondLevelInput {
    /// The share of what the first level earned, in hundredths of a percent, 1 to 10000.
    share: i32,
}

impl Reader {
    pub(super) fn cap(&mut self, path: &str, cap: CapInput) -> Option<Cap> {
        let (amount, currency) = self.sum(path, Some(&cap.amount), Some(cap.currency))?;
        Some(Cap { scope: cap.scope, period: cap.period, amount, currency })
    }

    pub(super) fn tiers(&mut self, tiers: TiersInput) -> Option<Tiers> {
        let levels = self.all("tiers.levels", tiers.levels, |reader, path, level: TierLevelInput| {
            let from = reader.whole(&format!("{path}.from"), &level.from);
            let reward = reader.reward(&format!("{path}.reward"), &level.reward);
            Some(TierLevel { from: from?, reward: reward? })
        });
        let TiersInput { metric, currency, period, effect, .. } = tiers;
        Some(Tiers { metric, currency, period, effect, levels })
    }

    pub(super) fn lead(&mut self, lead: LeadRewardInput) -> Option<LeadReward> {
        let (amount, currency) = self.sum("lead", Some(&lead.amount), Some(lead.currency))?;
        Some(LeadReward { on: lead.on, amount, currency })
    }

    pub(super) fn second_level(&mut self, second: SecondLevelInput) -> Option<SecondLevel> {
        Some(SecondLevel { share: self.rate("secondLevel.share", Some(second.share))? })
    }
}
