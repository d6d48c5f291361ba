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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::day;

    fn standing(approved: bool, rejected: bool, paid: bool) -> Standing {
        Standing { approved, rejected, paid, ..Standing::default() }
    }

    fn of(amount: i64, standing: &Standing, holds: &[HoldReason], days: i64) -> CommissionState {
        state(&Circumstances { amount, standing, holds, release_at: day(30), now: day(days) })
    }

    #[test]
    fn lc_the_first_that_applies_decides() {
        let (none, approved) = (standing(false, false, false), standing(true, false, false));
        let held = &[HoldReason::Dispute][..];
        assert_eq!(of(10, &none, &[], 29), CommissionState::Pending);
        assert_eq!(of(10, &none, &[], 30), CommissionState::Approved);
        assert_eq!(of(10, &approved, &[], 0), CommissionState::Approved);
        assert_eq!(of(10, &approved, held, 30), CommissionState::Held, "a dispute is not approved away");
        assert_eq!(of(0, &approved, held, 30), CommissionState::Reversed);
        assert_eq!(of(0, &none, &[HoldReason::AwaitingRate], 30), CommissionState::Held);
        assert_eq!(of(10, &standing(true, true, false), &[], 30), CommissionState::Rejected);
        assert_eq!(of(0, &standing(true, true, true), held, 0), CommissionState::Paid);
    }

    #[test]
    fn lc_what_can_be_paid_or_was_paid_is_payable() {
        for word in CommissionState::ALL {
            let payable = matches!(word, CommissionState::Approved | CommissionState::Reserved | CommissionState::Paid);
            assert_eq!(account(*word) == LedgerAccount::PartnerPayable, payable, "{word}");
        }
    }
}
