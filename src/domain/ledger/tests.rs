//! Postings (MO-6, RF-1).

use super::*;

const PENDING: LedgerAccount = LedgerAccount::PartnerPending;
const PAYABLE: LedgerAccount = LedgerAccount::PartnerPayable;
const EXPENSE: LedgerAccount = LedgerAccount::CommissionExpense;

/// Kind and lines of the posting that follows.
fn posted(standing: &[(LedgerAccount, i64)], account: LedgerAccount, amount: i64) -> Option<(EntryKind, Vec<(LedgerAccount, i64)>)> {
    let posting = to_target(&standing.iter().copied().collect(), account, amount).unwrap()?;
    assert_eq!(posting.lines.iter().map(|line| line.amount).sum::<i64>(), 0);
    assert!(posting.lines.len() >= 2 && posting.lines.iter().all(|line| line.amount != 0));
    Some((posting.kind, posting.lines.iter().map(|line| (line.account, line.amount)).collect()))
}

#[test]
fn mo_6_a_posting_brings_the_accounts_to_the_target_and_sums_to_zero() {
    assert_eq!(posted(&[], PENDING, 2_000), Some((EntryKind::Accrual, vec![(PENDING, 2_000), (EXPENSE, -2_000)])));
    let release = vec![(PENDING, -2_000), (PAYABLE, 2_000)];
    assert_eq!(posted(&[(PENDING, 2_000)], PAYABLE, 2_000), Some((EntryKind::Release, release)));
    let hold = vec![(PENDING, 2_000), (PAYABLE, -2_000)];
    assert_eq!(posted(&[(PAYABLE, 2_000)], PENDING, 2_000), Some((EntryKind::Hold, hold)));
}

#[test]
fn rf_1_only_the_difference_is_posted_e9_e10() {
    let lines = |standing, amount| posted(&[(PENDING, standing)], PENDING, amount).map(|posting| posting.1);
    assert_eq!(lines(2_000, 1_500), Some(vec![(PENDING, -500), (EXPENSE, 500)]));
    assert_eq!(lines(1_500, 0), Some(vec![(PENDING, -1_500), (EXPENSE, 1_500)]));
    assert_eq!(lines(0, 2_000), Some(vec![(PENDING, 2_000), (EXPENSE, -2_000)]), "a refund that failed");
    assert_eq!(lines(1_500, 1_500), None);
    assert_eq!(posted(&[], PENDING, 0), None, "CO-9: no entry for nothing");
}

#[test]
fn rf_1_amount_and_account_may_change_at_once() {
    let lines = vec![(PENDING, -2_000), (PAYABLE, 1_500), (EXPENSE, 500)];
    assert_eq!(posted(&[(PENDING, 2_000)], PAYABLE, 1_500).map(|posting| posting.1), Some(lines));
    let apart = [(PENDING, 500), (PAYABLE, 700)];
    assert_eq!(posted(&apart, PAYABLE, 1_200).map(|posting| posting.1), Some(vec![(PENDING, -500), (PAYABLE, 500)]));
}

#[test]
fn rf_7_a_paid_commission_gets_a_negative_entry_e12() {
    assert_eq!(posted(&[(PAYABLE, 2_000)], PAYABLE, 0).map(|posting| posting.1), Some(vec![(PAYABLE, -2_000), (EXPENSE, 2_000)]));
}

#[test]
fn differences_beyond_64_bits_are_an_error() {
    let standing = Standing::from([(PENDING, i64::MIN)]);
    assert_eq!(to_target(&standing, PENDING, 1), Err(MoneyError::Overflow));
    assert_eq!(to_target(&Standing::new(), PENDING, i64::MIN), Err(MoneyError::Overflow));
}

#[test]
fn mo_3_a_full_refund_leaves_nothing_in_either_currency_e26() {
    // 20.00 EUR at 1.10; half is refunded and released, then the rest goes back.
    let mut both = (Standing::new(), Standing::new());
    for (account, target, in_dollars) in [(PENDING, 2_000, 2_200), (PENDING, 1_333, 1_466), (PAYABLE, 1_333, 1_466), (PAYABLE, 0, 0)] {
        let posting = to_target(&both.0, account, target).unwrap().unwrap();
        let amounts = stated(&posting, &both.1, account, in_dollars).unwrap();
        assert_eq!(amounts.iter().sum::<i64>(), 0, "{posting:?} {amounts:?}");
        for (line, amount) in posting.lines.iter().zip(amounts) {
            *both.0.entry(line.account).or_default() += line.amount;
            *both.1.entry(line.account).or_default() += amount;
        }
        assert_eq!((both.0.get(&account), both.1.get(&account)), (Some(&target), Some(&in_dollars)));
    }
    assert!(both.0.values().chain(both.1.values()).all(|sum| *sum == 0), "{both:?}");
}
