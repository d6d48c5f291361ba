//! What a payout moves on the ledger (MO-5, MO-6), and what writing off a debt does (RF-7).

use std::collections::BTreeMap;

use entity::value::{Currency, EntryKind, LedgerAccount, Money, MoneyError};

use super::ledger::{Line, Posting};

/// An entry on a partner's payable account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Minor units of the currency of all of them.
    pub amount: i64,
    /// The same in a program's currency, where it is stated in one (MO-2).
    pub stated: Option<Money>,
}

/// A posting in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The currency.
    pub currency: Currency,
    /// What is posted.
    pub posting: Posting,
    /// A program's currency, and what each line is in it.
    pub stated: Option<(Currency, Vec<i64>)>,
}

/// What entries come to together, in minor units.
///
/// # Errors
/// [`MoneyError::Overflow`] when that is beyond 64 bits.
pub fn total(entries: &[Entry]) -> Result<i64, MoneyError> {
    entries.iter().try_fold(0_i64, |sum, entry| sum.checked_add(entry.amount)).ok_or(MoneyError::Overflow)
}

/// What claiming these entries of `currency` moves from the payable account to the clearing account.
///
/// MO-5: where another sum is paid for them, what was earned goes to the FX account and what is paid comes from there, so that each currency
/// sums to zero, and what rounding left over stays on that account. Both are converted as a whole, once.
///
/// # Errors
/// [`MoneyError::Overflow`] when a sum is beyond 64 bits.
pub fn claim(entries: &[Entry], currency: Currency, paid: Option<Money>) -> Result<Vec<Move>, MoneyError> {
    let to = if paid.is_some() { LedgerAccount::Fx } else { LedgerAccount::PayoutClearing };
    let mut moves = emptied(entries, currency, (EntryKind::Payout, to))?;
    if let Some(paid) = paid.filter(|paid| paid.minor != 0) {
        let from = Line { account: LedgerAccount::Fx, amount: paid.minor.checked_neg().ok_or(MoneyError::Overflow)? };
        let lines = vec![from, Line { account: LedgerAccount::PayoutClearing, amount: paid.minor }];
        moves.push(Move { currency: paid.currency, posting: Posting { kind: EntryKind::Payout, lines }, stated: None });
    }
    Ok(moves)
}

/// RF-7: what brings a payable account with these entries of `currency` to nothing, at the merchant's expense.
///
/// # Errors
/// [`MoneyError::Overflow`] when a sum is beyond 64 bits.
pub fn write_off(entries: &[Entry], currency: Currency) -> Result<Vec<Move>, MoneyError> {
    emptied(entries, currency, (EntryKind::Adjustment, LedgerAccount::WriteOff))
}

/// What moves entries away from the payable account, by the currency in which they are stated too, so that nothing is left behind in that one
/// either (MO-2). Those that sum to nothing move nothing.
fn emptied(entries: &[Entry], currency: Currency, (kind, to): (EntryKind, LedgerAccount)) -> Result<Vec<Move>, MoneyError> {
    let mut sums: BTreeMap<Option<Currency>, (i64, i64)> = BTreeMap::new();
    for entry in entries {
        let (amount, stated) = sums.entry(entry.stated.map(|money| money.currency)).or_default();
        *amount = amount.checked_add(entry.amount).ok_or(MoneyError::Overflow)?;
        *stated = stated.checked_add(entry.stated.map_or(0, |money| money.minor)).ok_or(MoneyError::Overflow)?;
    }
    let negated = |of: i64| of.checked_neg().ok_or(MoneyError::Overflow);
    let moved = |(program, (amount, stated)): (Option<Currency>, (i64, i64))| {
        let from = Line { account: LedgerAccount::PartnerPayable, amount: negated(amount)? };
        let lines = vec![from, Line { account: to, amount }];
        let stated = program.map(|program| Ok::<_, MoneyError>((program, vec![negated(stated)?, stated]))).transpose()?;
        Ok(Move { currency, posting: Posting { kind, lines }, stated })
    };
    sums.into_iter().filter(|(_, (amount, _))| *amount != 0).map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use LedgerAccount::{Fx, PartnerPayable, PayoutClearing, WriteOff};

    fn money(minor: i64, currency: &str) -> Money {
        Money::new(minor, currency.parse().unwrap())
    }

    fn entry(amount: i64, stated: Option<Money>) -> Entry {
        Entry { amount, stated }
    }

    /// Currency and lines of each posting.
    fn lines(moves: &[Move]) -> Vec<(Currency, Vec<(LedgerAccount, i64)>)> {
        let of = |one: &Move| (one.currency, one.posting.lines.iter().map(|line| (line.account, line.amount)).collect());
        moves.iter().map(of).collect()
    }

    #[test]
    fn mo_6_a_payout_takes_from_payable_what_its_entries_come_to() {
        let usd = "USD".parse().unwrap();
        let entries = [entry(2_000, None), entry(-500, None)];
        assert_eq!(total(&entries), Ok(1_500));
        let moves = claim(&entries, usd, None).unwrap();
        assert_eq!(lines(&moves), [(usd, vec![(PartnerPayable, -1_500), (PayoutClearing, 1_500)])]);
        assert!(moves.iter().all(|one| one.posting.kind == EntryKind::Payout && one.stated.is_none()));
        assert_eq!(claim(&[entry(2_000, None), entry(-2_000, None)], usd, None), Ok(vec![]), "nothing moves nothing");
        assert_eq!(total(&[entry(i64::MAX, None), entry(1, None)]), Err(MoneyError::Overflow));
    }

    #[test]
    fn mo_2_what_is_stated_is_moved_with_it_by_its_currency() {
        let eur = "EUR".parse().unwrap();
        let usd = Some(money(2_200, "USD"));
        let entries = [entry(2_000, usd), entry(1_000, None), entry(-500, Some(money(-550, "USD")))];
        let moves = claim(&entries, eur, None).unwrap();
        assert_eq!(
            lines(&moves),
            [
                (eur, vec![(PartnerPayable, -1_000), (PayoutClearing, 1_000)]),
                (eur, vec![(PartnerPayable, -1_500), (PayoutClearing, 1_500)])
            ]
        );
        assert_eq!(moves[1].stated, Some(("USD".parse().unwrap(), vec![-1_650, 1_650])));
    }

    #[test]
    fn mo_5_what_is_paid_in_another_currency_goes_by_way_of_fx_and_each_sums_to_zero() {
        let (eur, jpy) = ("EUR".parse().unwrap(), "JPY".parse().unwrap());
        let moves = claim(&[entry(1_001, None), entry(999, None)], eur, Some(money(3_135, "JPY"))).unwrap();
        let expected = [(eur, vec![(PartnerPayable, -2_000), (Fx, 2_000)]), (jpy, vec![(Fx, -3_135), (PayoutClearing, 3_135)])];
        assert_eq!(lines(&moves), expected);
        for one in &moves {
            assert_eq!(one.posting.lines.iter().map(|line| line.amount).sum::<i64>(), 0);
        }
    }

    #[test]
    fn rf_7_a_debt_is_written_off_with_what_is_stated_of_it() {
        let eur = "EUR".parse().unwrap();
        let moves = write_off(&[entry(-2_000, Some(money(-2_200, "USD"))), entry(500, Some(money(550, "USD")))], eur).unwrap();
        assert_eq!(lines(&moves), [(eur, vec![(PartnerPayable, 1_500), (WriteOff, -1_500)])]);
        assert_eq!(moves[0].posting.kind, EntryKind::Adjustment);
        assert_eq!(moves[0].stated, Some(("USD".parse().unwrap(), vec![1_650, -1_650])));
    }
}
