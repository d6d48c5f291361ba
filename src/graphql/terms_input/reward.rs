//! What purchases earn, as given.

use async_graphql::InputObject;
use entity::value::{Currency, Duration, FlatRefund, Reward, RewardStep};
use serde::Serialize;

use super::reader::Reader;
use crate::graphql::terms::{DurationKind, FlatRefundKind, RewardKind};
use crate::service::RefusalCode;

/// What a purchase earns.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct RewardInput {
    /// How it is reckoned.
    pub(super) kind: RewardKind,
    /// For PERCENT: the share in hundredths of a percent, 0 to 100000; 1250 is 12.5 %.
    #[graphql(default)]
    pub(super) rate: Option<i32>,
    /// For FLAT: whole minor units as a 64-bit integer in a string, such as "500" for 5.00 EUR.
    #[graphql(default)]
    pub(super) amount: Option<String>,
    /// For FLAT: the currency of the amount.
    #[graphql(default)]
    pub(super) currency: Option<Currency>,
    /// For FLAT: for each unit bought instead of once per purchase.
    #[graphql(default)]
    pub(super) per_unit: bool,
}

/// What payments earn from a certain number on.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct RewardStepInput {
    /// The number of the first payment that earns it, 2 to 1200. Payments are counted as for the duration.
    from: i32,
    /// What each of them earns.
    reward: RewardInput,
}

/// Which purchases of a bound customer earn.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct DurationInput {
    /// How it is counted.
    pub(super) kind: DurationKind,
    /// For PAYMENTS (1 to 1200) and MONTHS (1 to 600): how many.
    #[graphql(default)]
    pub(super) n: Option<i32>,
}

/// When a refund takes a flat reward back.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct FlatRefundInput {
    /// When.
    kind: FlatRefundKind,
    /// For `ABOVE_SHARE`: the share of what was collected, in hundredths of a percent, below 10000.
    #[graphql(default)]
    share: Option<i32>,
}

impl Reader {
    pub(super) fn reward(&mut self, path: &str, input: &RewardInput) -> Option<Reward> {
        let kind = format!("{path}.kind");
        match input.kind {
            RewardKind::Percent => {
                if input.amount.is_some() || input.currency.is_some() {
                    return self.fault(&kind, RefusalCode::Invalid, "a share has no amount or currency; did you mean FLAT?");
                }
                Some(Reward::Percent { rate: self.rate(&format!("{path}.rate"), input.rate)? })
            }
            RewardKind::Flat => {
                if input.rate.is_some() {
                    return self.fault(&kind, RefusalCode::Invalid, "a fixed sum has no rate; did you mean PERCENT?");
                }
                let (amount, currency) = self.sum(path, input.amount.as_deref(), input.currency)?;
                Some(Reward::Flat { amount, currency, per_unit: input.per_unit })
            }
        }
    }

    pub(super) fn step(&mut self, path: &str, input: RewardStepInput) -> Option<RewardStep> {
        let from = self.count(&format!("{path}.from"), input.from);
        let reward = self.reward(&format!("{path}.reward"), &input.reward);
        Some(RewardStep { from: from?, reward: reward? })
    }

    pub(super) fn duration(&mut self, input: &DurationInput) -> Option<Duration> {
        let count = |reader: &mut Self| match input.n {
            Some(n) => reader.count("duration.n", n),
            None => reader.fault("duration.n", RefusalCode::Required, "must be given for this kind"),
        };
        match input.kind {
            DurationKind::FirstOnly => Some(Duration::FirstOnly),
            DurationKind::Lifetime => Some(Duration::Lifetime),
            DurationKind::Payments => Some(Duration::Payments { n: count(self)? }),
            DurationKind::Months => Some(Duration::Months { n: count(self)? }),
        }
    }

    pub(super) fn flat_refund(&mut self, input: &FlatRefundInput) -> Option<FlatRefund> {
        match input.kind {
            FlatRefundKind::OnFull => Some(FlatRefund::OnFull),
            FlatRefundKind::AboveShare => Some(FlatRefund::AboveShare { share: self.rate("flatRefund.share", input.share)? }),
        }
    }
}
