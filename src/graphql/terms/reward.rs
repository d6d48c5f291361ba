//! What purchases earn, as shown.

use async_graphql::{Enum, SimpleObject};
use entity::value::{BasisPoints, Reward, RewardStep};

use crate::graphql::scalar::Money;

/// A share.
#[derive(SimpleObject)]
pub struct Rate {
    /// In hundredths of a percent: 1250 is 12.5 %.
    basis_points: u32,
    /// For people: "12.5 %".
    percent: String,
}

impl From<BasisPoints> for Rate {
    fn from(rate: BasisPoints) -> Self {
        Self { basis_points: rate.get(), percent: rate.to_string() }
    }
}

/// How a reward is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
pub enum RewardKind {
    /// A share of the base.
    Percent,
    /// A fixed sum.
    Flat,
}

/// What a purchase earns.
#[derive(SimpleObject)]
#[graphql(name = "Reward")]
pub struct RewardRule {
    /// How it is reckoned.
    kind: RewardKind,
    /// The share, for PERCENT.
    rate: Option<Rate>,
    /// The sum, for FLAT.
    amount: Option<Money>,
    /// Whether the sum is for each unit bought instead of once per purchase, for FLAT.
    per_unit: Option<bool>,
}

impl From<Reward> for RewardRule {
    fn from(reward: Reward) -> Self {
        match reward {
            Reward::Percent { rate } => Self { kind: RewardKind::Percent, rate: Some(rate.into()), amount: None, per_unit: None },
            Reward::Flat { amount, currency, per_unit } => Self {
                kind: RewardKind::Flat,
                rate: None,
                amount: Some(entity::value::Money::new(amount, currency).into()),
                per_unit: Some(per_unit),
            },
        }
    }
}

/// What payments earn from a certain number on.
#[derive(SimpleObject)]
#[graphql(name = "RewardStep")]
pub struct RewardStepRule {
    /// The number of the first payment that earns it.
    from: u16,
    /// What each of them earns.
    reward: RewardRule,
}

impl From<RewardStep> for RewardStepRule {
    fn from(step: RewardStep) -> Self {
        Self { from: step.from, reward: step.reward.into() }
    }
}
