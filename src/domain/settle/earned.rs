//! What a purchase earns as far as it was paid, what that was before money went back, and what of it may still go back.

use chrono::{DateTime, Utc};
use entity::value::{AccrueOn, DecisionReason, PurchaseStatus, Terms};

use crate::domain::commission::{Case, Earned, earn};
use crate::domain::purchase::{PurchaseState, RiskKind};
use crate::domain::step::Steps;

/// What a purchase earns, seen from three sides.
pub(super) struct Amounts {
    /// As things are.
    pub now: Earned,
    /// What it would earn had no money gone back, in minor units.
    pub before: i64,
    /// What of the amount would be lost with the money that is at risk (DP-1, RF-2), in minor units.
    pub at_risk: i64,
}

/// Computes the three; the steps tell of the first, and of what is at risk.
pub(super) fn amounts(case: &Case<'_>, steps: &mut Steps) -> Amounts {
    let Case { state, terms, .. } = *case;
    let now = earned(case, steps);
    let amount = |state: &PurchaseState| earned(&Case { state, ..*case }, &mut Steps::default()).amount;
    let before = if state.returned.is_empty() { now.amount } else { amount(&state.before_returns()) };
    let kinds = kinds_of_risk(terms);
    let at_risk = if kinds.iter().any(|kind| state.risks(*kind)) {
        let left = amount(&state.after_risks(&kinds));
        now.amount.saturating_sub(left).max(0)
    } else {
        0
    };
    if at_risk > 0 {
        let rule = if state.risks(RiskKind::Refund) { "RF-2" } else { "DP-1" };
        steps.add(rule, "may still go back, and is held as far as it is not paid out", Some(at_risk));
    }
    Amounts { now, before, at_risk }
}

/// What counts as a risk: inquiries only if so set (DP-1).
pub(super) fn kinds_of_risk(terms: &Terms) -> Vec<RiskKind> {
    let mut kinds = vec![RiskKind::Refund, RiskKind::Dispute];
    if terms.hold_inquiries {
        kinds.push(RiskKind::Inquiry);
    }
    kinds
}

/// What the purchase earns, or that it earns nothing before it is paid in full (SL-5).
fn earned(case: &Case<'_>, steps: &mut Steps) -> Earned {
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
