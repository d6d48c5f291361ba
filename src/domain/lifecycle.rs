//! The state of a commission, derived from facts, hands, holds and time (LC). Never edited.

use chrono::{DateTime, Utc};
use entity::value::{CommissionState, HoldReason};

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
    /// What of `amount` the open disputes and the refunds under way would take, in minor units.
    pub at_risk: i64,
    /// When it is payable if nothing keeps it back.
    pub release_at: DateTime<Utc>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Where a commission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its state.
    pub state: CommissionState,
    /// The part of its amount that is not payable yet, in minor units.
    pub pending: i64,
    /// The part of `pending` that is kept back for a reason, and not by time alone.
    pub held: i64,
    /// Whether time alone will change it, at its release.
    pub waits: bool,
}

/// Where a commission stands.
///
/// DP-1, RF-2: an open dispute and a refund under way hold the share of the unpaid part that they would take; the rest is released in time.
/// The commission is `HELD` as long as they are open, and says how much is. Every other reason holds all that is unpaid. What was paid is never
/// held.
///
/// RF-8: what is in a planned payout is decided as if it were in none, and is `RESERVED` where it would be `APPROVED`. What is on its way is
/// decided as if it were paid, and is `RESERVED` where it would be `PAID`.
#[must_use]
pub fn place(of: &Circumstances<'_>) -> Place {
    let paid = of.standing.paid.map(|paid| paid.max(0));
    let unpaid = of.amount.saturating_sub(paid.unwrap_or(0)).max(0);
    let in_part = |hold: &HoldReason| matches!(hold, HoldReason::Dispute | HoldReason::RefundPending);
    let held = if of.holds.iter().all(in_part) { if of.holds.is_empty() { 0 } else { of.at_risk.clamp(0, unpaid) } } else { unpaid };
    let early = !of.standing.approved && of.now < of.release_at;
    let state = if of.standing.rejected && paid.is_none() {
        CommissionState::Rejected
    } else if paid.is_some() && unpaid == 0 {
        ended(of.standing.on_its_way)
    } else if of.amount == 0 && !of.holds.contains(&HoldReason::AwaitingRate) {
        CommissionState::Reversed
    } else if !of.holds.is_empty() {
        CommissionState::Held
    } else if early {
        CommissionState::Pending
    } else if of.standing.planned {
        CommissionState::Reserved
    } else {
        CommissionState::Approved
    };
    Place { state, pending: if early { unpaid } else { held }, held, waits: early && held < unpaid }
}

/// The state of a commission of which everything was paid, or is on its way.
#[must_use]
pub const fn ended(on_its_way: bool) -> CommissionState {
    if on_its_way { CommissionState::Reserved } else { CommissionState::Paid }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::day;

    fn standing(approved: bool, rejected: bool, paid: Option<i64>) -> Standing {
        Standing { approved, rejected, paid, ..Standing::default() }
    }

    /// State, pending and held.
    fn of(amount: i64, standing: &Standing, holds: &[HoldReason], at_risk: i64, days: i64) -> (CommissionState, i64, i64) {
        let place = place(&Circumstances { amount, standing, holds, at_risk, release_at: day(30), now: day(days) });
        assert_eq!(place.waits, place.pending > place.held);
        (place.state, place.pending, place.held)
    }

    #[test]
    fn lc_the_first_that_applies_decides() {
        use CommissionState::{Approved, Held, Paid, Pending, Rejected, Reversed};
        let (none, approved) = (standing(false, false, None), standing(true, false, None));
        let held = &[HoldReason::Dispute][..];
        assert_eq!(of(10, &none, &[], 0, 29), (Pending, 10, 0));
        assert_eq!(of(10, &none, &[], 0, 30), (Approved, 0, 0));
        assert_eq!(of(10, &approved, &[], 0, 0), (Approved, 0, 0));
        assert_eq!(of(10, &approved, held, 10, 30), (Held, 10, 10), "a dispute is not approved away");
        assert_eq!(of(0, &approved, held, 0, 30), (Reversed, 0, 0));
        assert_eq!(of(0, &none, &[HoldReason::AwaitingRate], 0, 30), (Held, 0, 0));
        assert_eq!(of(0, &standing(true, true, None), &[], 0, 30), (Rejected, 0, 0));
        assert_eq!(of(0, &standing(true, true, Some(10)), held, 0, 0), (Paid, 0, 0));
    }

    #[test]
    fn dp_1_only_the_share_that_is_disputed_and_unpaid_is_held() {
        use CommissionState::{Held, Paid};
        let (none, half) = (standing(false, false, None), standing(false, false, Some(5)));
        let dispute = &[HoldReason::Dispute][..];
        assert_eq!(of(10, &none, dispute, 4, 29), (Held, 10, 4), "the rest waits for its time");
        assert_eq!(of(10, &none, dispute, 4, 30), (Held, 4, 4), "and is payable then");
        assert_eq!(of(10, &half, dispute, 4, 30), (Held, 4, 4));
        assert_eq!(of(10, &half, dispute, 8, 30), (Held, 5, 5), "what was paid cannot be held");
        assert_eq!(of(10, &standing(false, false, Some(10)), dispute, 8, 30), (Paid, 0, 0));
        assert_eq!(of(10, &none, &[HoldReason::Review], 0, 30), (Held, 10, 10));
        assert_eq!(of(10, &none, &[HoldReason::RefundPending, HoldReason::Review], 1, 30), (Held, 10, 10));
    }

    #[test]
    fn lc_what_is_in_a_payout_is_reserved_until_it_is_confirmed() {
        use CommissionState::{Approved, Held, Paid, Pending, Rejected, Reserved, Reversed};
        let planned = |of: Standing| Standing { planned: true, ..of };
        let sent = |of: Standing| Standing { on_its_way: true, ..of };
        let none = || standing(false, false, None);
        assert_eq!(of(10, &planned(none()), &[], 0, 30), (Reserved, 0, 0));
        assert_eq!(of(10, &sent(standing(false, false, Some(10))), &[], 0, 30), (Reserved, 0, 0));
        assert_eq!(of(10, &standing(false, false, Some(10)), &[], 0, 30), (Paid, 0, 0));
        // RF-8: nothing was sent, so it is held, reversed and rejected as if it were in no payout.
        assert_eq!(of(10, &planned(none()), &[HoldReason::Dispute], 10, 30), (Held, 10, 10));
        assert_eq!(of(10, &planned(none()), &[HoldReason::Dispute], 4, 30), (Held, 4, 4));
        assert_eq!(of(0, &planned(none()), &[], 0, 30), (Reversed, 0, 0));
        assert_eq!(of(0, &planned(standing(false, true, None)), &[], 0, 30), (Rejected, 0, 0));
        assert_eq!(of(10, &planned(none()), &[], 0, 29), (Pending, 10, 0));
        // RF-8: what is on its way is treated as paid.
        assert_eq!(of(10, &sent(standing(false, false, Some(10))), &[HoldReason::Dispute], 10, 30), (Reserved, 0, 0));
        assert_eq!(of(0, &sent(standing(false, false, Some(10))), &[], 0, 30), (Reserved, 0, 0));
        assert_eq!(of(0, &sent(standing(false, true, Some(10))), &[], 0, 30), (Reserved, 0, 0), "too late to reject");
        // More of it came after that.
        assert_eq!(of(15, &sent(standing(false, false, Some(10))), &[], 0, 30), (Approved, 0, 0));
        assert_eq!(of(15, &planned(sent(standing(false, false, Some(10)))), &[], 0, 30), (Reserved, 0, 0));
    }

    #[test]
    fn lc_what_came_after_a_payout_takes_its_own_time() {
        use CommissionState::{Approved, Paid, Pending};
        assert_eq!(of(10, &standing(false, false, Some(4)), &[], 0, 29), (Pending, 6, 0));
        assert_eq!(of(10, &standing(false, false, Some(4)), &[], 0, 30), (Approved, 0, 0));
        assert_eq!(of(10, &standing(false, false, Some(0)), &[], 0, 30), (Approved, 0, 0), "paid, taken back by a payout, and due again");
        assert_eq!(of(3, &standing(false, false, Some(4)), &[], 0, 29), (Paid, 0, 0));
    }
}
