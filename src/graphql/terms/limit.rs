//! Caps, tiers, leads and the second level, as shown.

use async_graphql::SimpleObject;
use entity::value::{Cap, CapScope, Currency, LeadEvent, LeadReward, Money as Sum, Period, SecondLevel, TierEffect, TierMetric, Tiers};

use super::{Rate, RewardRule};
use crate::graphql::scalar::Money;

/// The most that may be earned in one scope. It binds what is earned in its currency.
#[derive(SimpleObject)]
#[graphql(name = "Cap")]
pub struct CapTerms {
    /// What it binds.
    scope: CapScope,
    /// How long it counts before it begins anew; null for purchases and customers.
    period: Option<Period>,
    /// The most.
    amount: Money,
}

impl From<Cap> for CapTerms {
    fn from(cap: Cap) -> Self {
        Self { scope: cap.scope, period: cap.period, amount: Sum::new(cap.amount, cap.currency).into() }
    }
}

/// Rewards that rise with what a partner brought. A level's reward stands in for the terms' own; other rules decide before it.
#[derive(SimpleObject)]
#[graphql(name = "Tiers")]
pub struct TierTerms {
    /// What is counted.
    metric: TierMetric,
    /// The currency of what is counted, for sums of money.
    currency: Option<Currency>,
    /// Over which time.
    period: Period,
    /// What a reached level changes.
    effect: TierEffect,
    /// The levels, the lowest first.
    levels: Vec<TierLevelTerms>,
}

/// One level.
#[derive(SimpleObject)]
#[graphql(name = "TierLevel")]
pub struct TierLevelTerms {
    /// From how much on: minor units for sums of money, else a number; a 64-bit integer in a string.
    from: String,
    /// What purchases earn.
    reward: RewardRule,
}

impl From<&Tiers> for TierTerms {
    fn from(tiers: &Tiers) -> Self {
        let level = |level: &entity::value::TierLevel| TierLevelTerms { from: level.from.to_string(), reward: level.reward.into() };
        Self {
            metric: tiers.metric,
            currency: tiers.currency,
            period: tiers.period,
            effect: tiers.effect,
            levels: tiers.levels.iter().map(level).collect(),
        }
    }
}

/// What a lead earns, once for each customer and enrollment.
#[derive(SimpleObject)]
#[graphql(name = "LeadReward")]
pub struct LeadTerms {
    /// What earns it.
    on: LeadEvent,
    /// The sum.
    amount: Money,
}

impl From<LeadReward> for LeadTerms {
    fn from(lead: LeadReward) -> Self {
        Self { on: lead.on, amount: Sum::new(lead.amount, lead.currency).into() }
    }
}

/// What the partner earns who recruited the partner that earned.
#[derive(SimpleObject)]
#[graphql(name = "SecondLevel")]
pub struct SecondLevelTerms {
    /// The share of what the first level earned.
    share: Rate,
}

impl From<SecondLevel> for SecondLevelTerms {
    fn from(second: SecondLevel) -> Self {
        Self { share: second.share.into() }
    }
}
