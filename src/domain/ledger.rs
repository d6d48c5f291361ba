//! Double entry: the entries that bring what was posted to what should be (RF-1, MO-6).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use entity::value::{EntryKind, LedgerAccount, MoneyError};

/// What stands on each account for one commission, in minor units of its currency. A partner's claim is positive on the partner's accounts.
pub type Standing = BTreeMap<LedgerAccount, i64>;

/// One line of a posting. The lines of a posting sum to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: LedgerAccount,
    /// Minor units, never zero.
    pub amount: i64,
}

/// A set of lines that sums to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// What it is for.
    pub kind: EntryKind,
    /// At least two lines.
    pub lines: Vec<Line>,
}

/// The posting that moves one commission from `posted` to `amount` on `account`, or nothing when it stands there already.
///
/// # Errors
/// [`MoneyError::Overflow`] when a difference is beyond 64 bits.
pub fn to_target(posted: &Standing, account: LedgerAccount, amount: i64) -> Result<Option<Posting>, MoneyError> {
    let accounts = [LedgerAccount::PartnerPending, LedgerAccount::PartnerPayable];
    let mut lines = Vec::with_capacity(3);
    let mut sum = 0_i64;
    for one in accounts {
        let target = if one == account { amount } else { 0 };
        let delta = target.checked_sub(posted.get(&one).copied().unwrap_or(0)).ok_or(MoneyError::Overflow)?;
        if delta != 0 {
            lines.push(Line { account: one, amount: delta });
            sum = sum.checked_add(delta).ok_or(MoneyError::Overflow)?;
        }
    }
    if sum != 0 {
        lines.push(Line { account: LedgerAccount::CommissionExpense, amount: sum.checked_neg().ok_or(MoneyError::Overflow)? });
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let kind = match (sum, account) {
        (0, LedgerAccount::PartnerPayable) => EntryKind::Release,
        (0, _) => EntryKind::Hold,
        _ if posted.values().all(|amount| *amount == 0) => EntryKind::Accrual,
        _ => EntryKind::Adjustment,
    };
    Ok(Some(Posting { kind, lines }))
}

/// What each line of a posting is in the program's currency, in the order of the lines (MO-2). `posted` is what stands in that currency,
/// `amount` what is to stand on `account`. The amounts sum to zero, as the lines do.
///
/// # Errors
/// [`MoneyError::Overflow`] when a difference is beyond 64 bits.
pub fn stated(posting: &Posting, posted: &Standing, account: LedgerAccount, amount: i64) -> Result<Vec<i64>, MoneyError> {
    let mut sum = 0_i64;
    let mut amounts = Vec::with_capacity(posting.lines.len());
    for line in &posting.lines {
        let moved = match line.account {
            LedgerAccount::PartnerPending | LedgerAccount::PartnerPayable => {
                let target = if line.account == account { amount } else { 0 };
                target.checked_sub(posted.get(&line.account).copied().unwrap_or(0))
            }
            _ => sum.checked_neg(),
        };
        let moved = moved.ok_or(MoneyError::Overflow)?;
        sum = sum.checked_add(moved).ok_or(MoneyError::Overflow)?;
        amounts.push(moved);
    }
    Ok(amounts)
}
