//! The state of a commission, derived from facts, hands, holds and time (LC). Never edited.

use chrono::{DateTime, Utc};
use entity::value::{CommissionState, HoldReason, LedgerAccount};

use super::person::Standing;

/// What decides a state.
#[derive(Clone, Debug)]
pub struct Circumstances<'a> {
    /// What the purchase earns now, in minor units.
    pub amount: i64,
    /// What was decided by hand and paid out.
    pub standing: &'a Standing,
    /// Open reasons to keep it back.
    pub holds: &'a [HoldReason],
    /// When it is payable if nothing keeps it back.
    pub release_at: DateTime<Utc>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// The state that follows.
#[must_use]
pub fn state(of: &Circumstances<'_>) -> CommissionState {
    if of.standing.rejected && !of.standing.paid {
        CommissionState::Rejected
    } else if of.standing.paid {
        CommissionState::Paid
    } else if of.amount == 0 && !of.holds.contains(&HoldReason::AwaitingRate) {
        CommissionState::Reversed
    } else if !of.holds.is_empty() {
        CommissionState::Held
    } else if of.standing.approved || of.now >= of.release_at {
        CommissionState::Approved
    } else {
        CommissionState::Pending
    }
}

/// The account on which a commission in this state stands for the partner.
#[must_use]
pub const fn account(state: CommissionState) -> LedgerAccount {
    match state {
        CommissionState::Approved | CommissionState::Reserved | CommissionState::Paid => LedgerAccount::PartnerPayable,
        CommissionState::Pending | CommissionState::Held | CommissionState::Reversed | CommissionState::Rejected => {
            LedgerAccount::PartnerPending
        }
    }
}
