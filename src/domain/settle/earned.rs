//! What a purchase earns as far as it was paid, and when its money was all back.

use chrono::{DateTime, Utc};
use entity::value::{AccrueOn, DecisionReason, PurchaseStatus};

use crate::domain::commission::{Case, Earned, earn};
use crate::domain::purchase::PurchaseState;
use crate::domain::step::Steps;

/// What the purchase earns, or that it earns nothing before it is paid in full (SL-5).
pub(super) fn earned(case: &Case<'_>, steps: &mut Steps) -> Earned {
    let nothing = |reason| Earned { reason, base: 0, amount: 0, counts: false };
    let paid = matches!(case.state.status, PurchaseStatus::Paid | PurchaseStatus::Provisional);
    if !paid && case.terms.accrue_on == AccrueOn::Paid {
        return nothing(DecisionReason::PaymentNotPaid);
    }
    earn(case, steps).unwrap_or_else(|error| {
        steps.add("CO-2", format!("cannot be computed: {error}"), None);
        nothing(DecisionReason::Review)
    })
}

/// What was received, by whatever way, in minor units.
pub(super) const fn received(state: &PurchaseState) -> i64 {
    state.collected.saturating_add(state.off_platform)
}

/// RF-10: when all of the money had gone back, if it had.
pub(super) fn fully_returned_at(state: &PurchaseState) -> Option<DateTime<Utc>> {
    let mut sum = 0_i64;
    state.returned.iter().find_map(|one| {
        sum = sum.saturating_add(one.amount);
        (sum >= received(state)).then_some(one.at)
    })
}
