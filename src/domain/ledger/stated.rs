//! What postings are in a program's currency (MO-2): each of their lines beside its own amount.

use entity::value::{LedgerAccount, MoneyError};

use super::{Posting, Standing, Target, sum};

/// What stands on the two accounts of a partner, in minor units.
#[derive(Clone, Copy)]
struct Sides {
    pending: i64,
    payable: i64,
}

/// What each line of these postings is in the program's currency, in the order of the lines. The postings are those that bring a commission to
/// its target `own`; `posted` is what stood before in the program's currency, `target` where it should stand in that one.
///
/// The amounts of each posting sum to zero, as its lines do, and an account on which nothing is left has nothing left in the program's currency.
/// Where all of a commission is on one account, it stands there at its target. While it is on both, rounding may leave a minor unit on the
/// account that no posting touches.
///
/// # Errors
/// [`MoneyError::Overflow`] when a difference is beyond 64 bits.
pub fn stated(postings: &[Posting], own: &Target, posted: &Standing, target: &Target) -> Result<Vec<Vec<i64>>, MoneyError> {
    let mut stands = Sides {
        pending: sum(posted, |account, _| account == LedgerAccount::PartnerPending)?,
        payable: sum(posted, |account, _| account == LedgerAccount::PartnerPayable)?,
    };
    let end = end(postings, own, stands, target)?;
    let mut left = minus(plus(end.pending, end.payable)?, plus(stands.pending, stands.payable)?)?;
    let mut earned = postings.iter().filter(|posting| earns(posting)).count();
    let is_split = earned > 1 && !postings.iter().any(|posting| !earns(posting)) && touches(postings).0 && touches(postings).1;
    let mut amounts = Vec::with_capacity(postings.len());
    for posting in postings {
        if !earns(posting) {
            amounts.push(vec![minus(end.pending, stands.pending)?, minus(end.payable, stands.payable)?]);
            stands = end;
            continue;
        }
        let is_pending = posting.lines.iter().any(|line| line.account == LedgerAccount::PartnerPending);
        let (to, on) = if is_pending { (end.pending, &mut stands.pending) } else { (end.payable, &mut stands.payable) };
        let moved = if is_split {
            minus(to, *on)?
        } else if earned > 1 {
            minus(target.earned, sum(posted, |_, kind| kind != entity::value::EntryKind::Reversal)?)?
        } else {
            left
        };
        (earned, left, *on) = (earned - 1, minus(left, moved)?, plus(*on, moved)?);
        amounts.push(vec![moved, minus(0, moved)?]);
    }
    Ok(amounts)
}

/// Where the two accounts stand in the end: at the target as far as there are lines that lead there.
fn end(postings: &[Posting], own: &Target, stands: Sides, target: &Target) -> Result<Sides, MoneyError> {
    let (none_pending, none_payable) = (own.pending == 0, own.amount == own.pending);
    let payable = minus(target.amount, target.pending)?;
    Ok(match touches(postings) {
        (true, true) if postings.iter().any(earns) => Sides { pending: target.pending, payable },
        (true, true) => {
            let whole = plus(stands.pending, stands.payable)?;
            let payable = if none_pending { whole } else { payable.clamp(0, whole.max(0)) };
            Sides { pending: minus(whole, payable)?, payable }
        }
        (true, false) => Sides { pending: if none_pending { 0 } else { minus(target.amount, stands.payable)? }, ..stands },
        (false, true) => Sides { payable: if none_payable { 0 } else { minus(target.amount, stands.pending)? }, ..stands },
        (false, false) => stands,
    })
}

/// Whether a posting changes how much the commission is, and not only where it stands. Its lines are the partner's, and the expense.
fn earns(posting: &Posting) -> bool {
    posting.lines.iter().any(|line| line.account == LedgerAccount::CommissionExpense)
}

/// Whether any line is on the pending account, and whether any is on the payable one.
fn touches(postings: &[Posting]) -> (bool, bool) {
    let on = |account| postings.iter().flat_map(|posting| &posting.lines).any(|line| line.account == account);
    (on(LedgerAccount::PartnerPending), on(LedgerAccount::PartnerPayable))
}

fn plus(a: i64, b: i64) -> Result<i64, MoneyError> {
    a.checked_add(b).ok_or(MoneyError::Overflow)
}

fn minus(a: i64, b: i64) -> Result<i64, MoneyError> {
    a.checked_sub(b).ok_or(MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use entity::value::EntryKind;

    use super::super::to_target;
    use super::*;

    const PENDING: LedgerAccount = LedgerAccount::PartnerPending;
    const PAYABLE: LedgerAccount = LedgerAccount::PartnerPayable;

    /// What stands in the purchase's currency and in the program's, at 1.10 dollars a euro.
    #[derive(Default)]
    struct Both {
        own: Standing,
        dollars: Standing,
    }

    /// Half up, as rates round.
    fn in_dollars(minor: i64) -> i64 {
        (minor * 110 + 50).div_euclid(100)
    }

    impl Both {
        /// Goes to earned, amount and pending; answers what the partner's lines are in dollars, with their accounts.
        fn to(&mut self, earned: i64, amount: i64, pending: i64) -> Vec<(EntryKind, LedgerAccount, i64)> {
            let own = Target { earned, amount, pending };
            let whole = in_dollars(amount);
            let target = Target { earned: in_dollars(earned), amount: whole, pending: whole - in_dollars(amount - pending) };
            let postings = to_target(&self.own, &own).unwrap();
            let amounts = stated(&postings, &own, &self.dollars, &target).unwrap();
            let mut lines = Vec::new();
            for (posting, amounts) in postings.iter().zip(amounts) {
                assert_eq!(amounts.iter().sum::<i64>(), 0, "{posting:?} {amounts:?}");
                for (line, dollars) in posting.lines.iter().zip(amounts).filter(|(line, _)| matches!(line.account, PENDING | PAYABLE)) {
                    *self.own.entry((line.account, posting.kind)).or_default() += line.amount;
                    *self.dollars.entry((line.account, posting.kind)).or_default() += dollars;
                    lines.push((posting.kind, line.account, dollars));
                }
            }
            for account in [PENDING, PAYABLE] {
                let on = |standing: &Standing| sum(standing, |one, _| one == account).unwrap();
                let (own, dollars) = (on(&self.own), on(&self.dollars));
                assert!(own != 0 || dollars == 0, "{dollars} are left of nothing on {account:?}");
                assert!((dollars - in_dollars(own)).abs() <= 2, "{own} are {dollars}");
            }
            lines
        }

        fn dollars(&self) -> i64 {
            self.dollars.values().sum()
        }
    }

    #[test]
    fn mo_3_a_full_refund_leaves_nothing_in_either_currency_e26() {
        // 20.00 EUR at 1.10 are 22.00 USD; the rate of the day of the refund does not matter.
        let mut both = Both::default();
        assert_eq!(both.to(2_000, 2_000, 2_000), [(EntryKind::Accrual, PENDING, 2_200)]);
        assert_eq!(both.to(2_000, 0, 0), [(EntryKind::Reversal, PENDING, -2_200)]);
        assert!(both.own.values().chain(both.dollars.values()).sum::<i64>() == 0);
    }

    #[test]
    fn mo_3_parts_are_what_the_whole_became_less() {
        // 6.67 EUR: 7.337, 7.34 USD. 4.45 left: 4.895, 4.90. Released. 2.22 left: 2.442, 2.44. Nothing left.
        let mut both = Both::default();
        assert_eq!(both.to(667, 667, 667), [(EntryKind::Accrual, PENDING, 734)]);
        assert_eq!(both.to(667, 445, 445), [(EntryKind::Reversal, PENDING, -244)]);
        assert_eq!(both.to(667, 445, 0), [(EntryKind::Release, PENDING, -490), (EntryKind::Release, PAYABLE, 490)]);
        assert_eq!(both.to(667, 222, 0), [(EntryKind::Reversal, PAYABLE, -246)]);
        assert_eq!(both.to(667, 0, 0), [(EntryKind::Reversal, PAYABLE, -244)]);
        assert_eq!(both.dollars(), 0);
    }

    #[test]
    fn mo_2_what_is_held_in_part_sums_to_the_whole() {
        // 10.05 EUR: 11.055, 11.06 USD. 5.05 of it payable: 5.555, 5.56; so 5.50 are held.
        let mut both = Both::default();
        both.to(1_005, 1_005, 0);
        assert_eq!(both.to(1_005, 1_005, 500), [(EntryKind::Hold, PENDING, 550), (EntryKind::Hold, PAYABLE, -550)]);
        // The held 5.00 go back: 5.05 are left, 5.56 USD.
        assert_eq!(both.to(1_005, 505, 0), [(EntryKind::Reversal, PENDING, -550)]);
        assert_eq!(both.dollars(), 556);
    }

    #[test]
    fn mo_2_what_is_decided_anew_and_what_went_back_are_told_apart() {
        let mut both = Both::default();
        both.to(2_000, 1_500, 0);
        let gone = [(EntryKind::ReDecision, PAYABLE, -2_200), (EntryKind::Reversal, PAYABLE, 550)];
        assert_eq!(both.to(0, 0, 0), gone);
        // 20.00 earned, 5.00 back, and 3.00 of the rest held, all told at once.
        let told = both.to(2_000, 1_500, 300);
        assert_eq!(told.iter().map(|(_, _, dollars)| dollars).sum::<i64>(), 1_650, "{told:?}");
    }

    #[test]
    fn mo_2_whatever_the_order_no_account_keeps_what_it_does_not_have() {
        // Every walk over four steps through these places; the checks are those of each step.
        let places = [
            (0, 0, 0),
            (1_005, 1_005, 1_005),
            (1_005, 1_005, 0),
            (1_005, 1_005, 502),
            (1_005, 503, 503),
            (1_005, 503, 251),
            (1_005, 503, 0),
        ];
        for walk in 0..places.len().pow(4) {
            let mut both = Both::default();
            let mut rest = walk;
            for _ in 0..4 {
                let (earned, amount, pending) = places[rest % places.len()];
                both.to(earned, amount, pending);
                rest /= places.len();
            }
            both.to(0, 0, 0);
            assert_eq!(both.dollars(), 0, "{walk}");
        }
    }
}
