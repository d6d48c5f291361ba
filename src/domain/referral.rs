//! Refer-a-friend: when somebody has deserved what they are given for a friend, and when that is taken back (RA-2, RA-4).

use chrono::{DateTime, Duration, Utc};
use entity::value::{PurchaseId, ReferralCause as Cause, ReferralState as State, ReferralTrigger as Trigger};

/// A reward as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reward {
    /// How far it has come.
    pub state: State,
    /// Why.
    pub cause: Option<Cause>,
    /// The purchase that it is for.
    pub purchase: Option<PurchaseId>,
}

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// For what it is given.
    pub earned_for: Trigger,
    /// How long a purchase is held back.
    pub hold: Duration,
    /// Until when there has to be one.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A purchase of the friend's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bought {
    /// Which.
    pub id: PurchaseId,
    /// When it was paid.
    pub at: DateTime<Utc>,
    /// What was collected, in minor units; what is nothing qualifies nobody.
    pub collected: i64,
    /// What of it was given back.
    pub reduction: i64,
}

impl Bought {
    /// Whether all of it was given back.
    const fn is_returned(&self) -> bool {
        self.reduction >= self.collected
    }
}

/// Where a reward moves, and when time alone moves it next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The reward.
    pub reward: Reward,
    /// When to look again.
    pub due: Option<DateTime<Utc>>,
}

/// Moves a reward to where it belongs by what the friend bought since they came. `given` says that giving it has begun and cannot be broken off.
#[must_use]
pub fn step(reward: Reward, rule: &Rule, bought: &[Bought], given: bool, now: DateTime<Utc>) -> Step {
    let to = |state, cause| Step { reward: Reward { state, cause, ..reward }, due: None };
    let stay = |due| Step { reward, due };
    let its = reward.purchase.and_then(|id| bought.iter().find(|one| one.id == id));
    let refunded = its.is_some_and(Bought::is_returned);
    match reward.state {
        State::Pending if rule.earned_for == Trigger::SignUp => to(State::Earned, None),
        State::Pending if refunded => to(State::Cancelled, Some(Cause::Refunded)),
        State::Pending => pending(reward, rule, bought, now),
        // What is on its way is waited for: then somebody decides.
        State::Earned if refunded && !given => to(State::Cancelled, Some(Cause::Refunded)),
        State::Applied if refunded && reward.cause != Some(Cause::Kept) => to(State::Review, Some(Cause::Refunded)),
        State::Earned | State::Applied | State::Reversed | State::Expired | State::Cancelled | State::Review => stay(None),
    }
}

fn pending(reward: Reward, rule: &Rule, bought: &[Bought], now: DateTime<Utc>) -> Step {
    let qualifies = |one: &&Bought| one.collected > 0 && !one.is_returned() && rule.expires_at.is_none_or(|until| one.at < until);
    match bought.iter().filter(qualifies).min_by_key(|one| (one.at, one.id)) {
        Some(first) => {
            let purchase = Some(first.id);
            let over = first.at + rule.hold;
            let state = if over <= now { State::Earned } else { State::Pending };
            Step { reward: Reward { state, cause: None, purchase }, due: (over > now).then_some(over) }
        }
        None if rule.expires_at.is_some_and(|until| until <= now) => {
            Step { reward: Reward { state: State::Expired, cause: Some(Cause::NoPurchase), ..reward }, due: None }
        }
        None => Step { reward, due: rule.expires_at },
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap() + Duration::days(day)
    }

    fn rule(earned_for: Trigger) -> Rule {
        Rule { earned_for, hold: Duration::days(14), expires_at: Some(day(60)) }
    }

    fn bought(at: i64, collected: i64, reduction: i64) -> Bought {
        Bought { id: PurchaseId::new_at(day(at)), at: day(at), collected, reduction }
    }

    const NEW: Reward = Reward { state: State::Pending, cause: None, purchase: None };

    fn at(state: State, cause: Option<Cause>, purchase: Option<PurchaseId>) -> Reward {
        Reward { state, cause, purchase }
    }

    #[test]
    fn ra_2_a_friend_is_rewarded_for_coming_and_a_referrer_for_the_first_purchase_after_the_hold() {
        assert_eq!(step(NEW, &rule(Trigger::SignUp), &[], false, day(0)).reward.state, State::Earned);
        let purchase = rule(Trigger::Purchase);
        assert_eq!(step(NEW, &purchase, &[], false, day(1)), Step { reward: NEW, due: Some(day(60)) });
        let (free, first, second) = (bought(2, 0, 0), bought(3, 1_000, 0), bought(4, 1_000, 0));
        assert_eq!(step(NEW, &purchase, &[free], false, day(30)).reward, NEW, "nothing paid qualifies nobody");
        let all = [second, free, first];
        let held = step(NEW, &purchase, &all, false, day(5));
        assert_eq!(held, Step { reward: at(State::Pending, None, Some(first.id)), due: Some(day(17)) });
        let earned = step(held.reward, &purchase, &all, false, day(17));
        assert_eq!(earned, Step { reward: at(State::Earned, None, Some(first.id)), due: None });
    }

    #[test]
    fn ra_4_a_refund_cancels_before_it_is_given_and_asks_somebody_after() {
        let purchase = rule(Trigger::Purchase);
        let (part, back) = (bought(3, 1_000, 999), bought(3, 1_000, 1_000));
        let of = |state, cause, one: &Bought| at(state, cause, Some(one.id));
        assert_eq!(step(of(State::Pending, None, &part), &purchase, &[part], false, day(20)).reward.state, State::Earned);
        let cancelled = of(State::Cancelled, Some(Cause::Refunded), &back);
        assert_eq!(step(of(State::Pending, None, &back), &purchase, &[back], false, day(4)).reward, cancelled);
        assert_eq!(step(of(State::Earned, None, &back), &purchase, &[back], false, day(20)).reward, cancelled);
        assert_eq!(step(of(State::Earned, None, &back), &purchase, &[back], true, day(20)).reward.state, State::Earned);
        let review = of(State::Review, Some(Cause::Refunded), &back);
        assert_eq!(step(of(State::Applied, None, &back), &purchase, &[back], true, day(20)).reward, review);
        let kept = of(State::Applied, Some(Cause::Kept), &back);
        assert_eq!(step(kept, &purchase, &[back], true, day(20)).reward, kept, "it was decided");
        for over in [State::Review, State::Reversed, State::Expired, State::Cancelled] {
            assert_eq!(step(of(over, None, &back), &purchase, &[back], false, day(20)).reward.state, over);
        }
    }

    #[test]
    fn ra_4_without_a_purchase_in_time_a_reward_ends() {
        let purchase = rule(Trigger::Purchase);
        let ended = at(State::Expired, Some(Cause::NoPurchase), None);
        assert_eq!(step(NEW, &purchase, &[], false, day(60)), Step { reward: ended, due: None });
        assert_eq!(step(NEW, &purchase, &[bought(61, 1_000, 0)], false, day(62)).reward, ended, "too late");
        let endless = Rule { expires_at: None, ..purchase };
        assert_eq!(step(NEW, &endless, &[], false, day(600)), Step { reward: NEW, due: None });
    }
}
