//! Postings (MO-6, RF-1).

use entity::value::EntryKind::{Accrual, Hold, ReDecision, Release, Reversal};

use super::*;

const PENDING: LedgerAccount = LedgerAccount::PartnerPending;
const PAYABLE: LedgerAccount = LedgerAccount::PartnerPayable;
const EXPENSE: LedgerAccount = LedgerAccount::CommissionExpense;

fn target(earned: i64, amount: i64, pending: i64) -> Target {
    Target { earned, amount, pending }
}

/// Kind and lines of the postings that follow; what stands after them is the target.
fn posted(standing: &mut Standing, to: Target) -> Vec<(EntryKind, Vec<(LedgerAccount, i64)>)> {
    let postings = to_target(standing, &to).unwrap();
    for posting in &postings {
        assert_eq!(posting.lines.iter().map(|line| line.amount).sum::<i64>(), 0);
        assert!(posting.lines.len() == 2 && posting.lines.iter().all(|line| line.amount != 0));
        for line in posting.lines.iter().filter(|line| line.account != EXPENSE) {
            *standing.entry((line.account, posting.kind)).or_default() += line.amount;
        }
    }
    assert_eq!(to_target(standing, &to).unwrap(), [], "posted once");
    let on = |account| standing.iter().filter(|((one, _), _)| *one == account).map(|(_, amount)| amount).sum::<i64>();
    assert_eq!((on(PENDING), on(PAYABLE)), (to.pending, to.amount - to.pending));
    let lines = |posting: Posting| (posting.kind, posting.lines.iter().map(|line| (line.account, line.amount)).collect());
    postings.into_iter().map(lines).collect()
}

#[test]
fn mo_6_postings_bring_the_accounts_to_the_target_and_sum_to_zero() {
    let mut standing = Standing::new();
    assert_eq!(posted(&mut standing, target(2_000, 2_000, 2_000)), [(Accrual, vec![(PENDING, 2_000), (EXPENSE, -2_000)])]);
    assert_eq!(posted(&mut standing, target(2_000, 2_000, 0)), [(Release, vec![(PENDING, -2_000), (PAYABLE, 2_000)])]);
    assert_eq!(posted(&mut standing, target(2_000, 2_000, 500)), [(Hold, vec![(PENDING, 500), (PAYABLE, -500)])]);
    assert_eq!(posted(&mut standing, target(2_000, 2_000, 500)), []);
    assert_eq!(posted(&mut Standing::new(), Target::default()), [], "CO-9: no entry for nothing");
}

#[test]
fn rf_1_only_the_difference_is_posted_and_what_went_back_apart_e9_e10() {
    let mut standing = Standing::new();
    posted(&mut standing, target(2_000, 2_000, 2_000));
    assert_eq!(posted(&mut standing, target(2_000, 1_500, 1_500)), [(Reversal, vec![(PENDING, -500), (EXPENSE, 500)])]);
    assert_eq!(posted(&mut standing, target(2_000, 0, 0)), [(Reversal, vec![(PENDING, -1_500), (EXPENSE, 1_500)])]);
    let failed = vec![(PENDING, 2_000), (EXPENSE, -2_000)];
    assert_eq!(posted(&mut standing, target(2_000, 2_000, 2_000)), [(Reversal, failed)], "a refund that failed");
    let sums = [((PENDING, Accrual), 2_000), ((PENDING, Reversal), 0)];
    assert_eq!(standing, Standing::from(sums));
}

#[test]
fn rf_1_a_refund_known_from_the_start_leaves_the_same_sums_e21() {
    let payable = |account: LedgerAccount| account == PAYABLE;
    let mut late = Standing::new();
    posted(&mut late, target(2_000, 2_000, 0));
    posted(&mut late, target(2_000, 1_500, 0));
    let mut at_once = Standing::new();
    let lines = posted(&mut at_once, target(2_000, 1_500, 0));
    assert_eq!(lines, [(Accrual, vec![(PAYABLE, 2_000), (EXPENSE, -2_000)]), (Reversal, vec![(PAYABLE, -500), (EXPENSE, 500)])]);
    assert_eq!(at_once, late);
    assert!(at_once.keys().all(|(account, _)| payable(*account)));
}

#[test]
fn a_purchase_decided_anew_is_no_reversal() {
    let mut standing = Standing::new();
    posted(&mut standing, target(2_000, 1_500, 0));
    let gone = vec![(ReDecision, vec![(PAYABLE, -2_000), (EXPENSE, 2_000)]), (Reversal, vec![(PAYABLE, 500), (EXPENSE, -500)])];
    assert_eq!(posted(&mut standing, target(0, 0, 0)), gone);
    let part_paid = vec![(PAYABLE, 1_000), (EXPENSE, -1_000)];
    assert_eq!(posted(&mut standing, target(1_000, 1_000, 0)), [(Accrual, part_paid)]);
}

#[test]
fn rf_1_amount_and_account_may_change_at_once() {
    let mut standing = Standing::new();
    posted(&mut standing, target(2_000, 2_000, 2_000));
    let lines = [(Reversal, vec![(PENDING, -500), (EXPENSE, 500)]), (Release, vec![(PENDING, -1_500), (PAYABLE, 1_500)])];
    assert_eq!(posted(&mut standing, target(2_000, 1_500, 0)), lines);
    assert_eq!(posted(&mut standing, target(2_000, 1_500, 1_500)), [(Hold, vec![(PENDING, 1_500), (PAYABLE, -1_500)])]);
}

#[test]
fn rf_7_a_paid_commission_gets_a_negative_entry_e12() {
    let mut standing = Standing::new();
    posted(&mut standing, target(2_000, 2_000, 0));
    assert_eq!(posted(&mut standing, target(2_000, 0, 0)), [(Reversal, vec![(PAYABLE, -2_000), (EXPENSE, 2_000)])]);
}

#[test]
fn differences_beyond_64_bits_are_an_error() {
    let standing = Standing::from([((PENDING, Accrual), i64::MIN)]);
    assert_eq!(to_target(&standing, &target(1, 1, 1)), Err(MoneyError::Overflow));
    assert_eq!(to_target(&Standing::new(), &target(i64::MIN, i64::MIN, i64::MIN)), Err(MoneyError::Overflow));
}

/// Pending and payable both lack 500, so the 1 000 goes to the payable and 500 of it is held; both hold 500 too much, so the 1 000 is taken off the
/// payable and the pending makes it good.
#[test]
fn mo_6_of_two_accounts_that_need_the_same_the_payable_one_is_moved() {
    let mut standing = Standing::new();
    let earned = (Accrual, vec![(PAYABLE, 1_000), (EXPENSE, -1_000)]);
    assert_eq!(posted(&mut standing, target(1_000, 1_000, 500)), [earned, (Hold, vec![(PENDING, 500), (PAYABLE, -500)])]);
    let back = (Reversal, vec![(PAYABLE, -1_000), (EXPENSE, 1_000)]);
    assert_eq!(posted(&mut standing, target(1_000, 0, 0)), [back, (Release, vec![(PENDING, -500), (PAYABLE, 500)])]);
}
