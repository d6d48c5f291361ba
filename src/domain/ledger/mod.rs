//! Double entry: the entries that bring what was posted to what should be (RF-1, MO-6).

mod stated;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use entity::value::{EntryKind, LedgerAccount, MoneyError};

pub use stated::stated;

/// What stands for one commission in one currency, by account and by what moved it, in minor units. A partner's claim is positive on the
/// partner's accounts.
pub type Standing = BTreeMap<(LedgerAccount, EntryKind), i64>;

/// Where one commission should stand in one currency, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// What was earned, whatever went back of it.
    pub earned: i64,
    /// What is left of that: what the partner's accounts hold together.
    pub amount: i64,
    /// The part of `amount` that is not payable.
    pub pending: i64,
}

/// One line of a posting. The lines of a posting sum to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: LedgerAccount,
    /// Minor units, never zero.
    pub amount: i64,
}

/// A set of lines in one currency that sums to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// What it is for.
    pub kind: EntryKind,
    /// At least two lines.
    pub lines: Vec<Line>,
}

/// The postings that move one commission from `posted` to `target`, or none when it stands there already.
///
/// What was earned and what went back are posted apart, so that the sums of each kind of entry say how much of each there was, in whatever
/// order the facts came.
///
/// # Errors
/// [`MoneyError::Overflow`] when a difference is beyond 64 bits.
pub fn to_target(posted: &Standing, target: &Target) -> Result<Vec<Posting>, MoneyError> {
    let mut left = Left::of(posted, target)?;
    let reversed = sum(posted, |_, kind| kind == EntryKind::Reversal)?;
    let earned = sum(posted, |_, kind| kind != EntryKind::Reversal)?;
    let more = target.earned.checked_sub(earned).ok_or(MoneyError::Overflow)?;
    let back = target.amount.checked_sub(target.earned).and_then(|due| due.checked_sub(reversed)).ok_or(MoneyError::Overflow)?;
    let mut postings = Vec::new();
    for (kind, delta) in [(if more.is_negative() { EntryKind::ReDecision } else { EntryKind::Accrual }, more), (EntryKind::Reversal, back)]
    {
        if delta != 0 {
            let against = Line { account: LedgerAccount::CommissionExpense, amount: delta.checked_neg().ok_or(MoneyError::Overflow)? };
            postings.push(Posting { kind, lines: vec![left.take(delta)?, against] });
        }
    }
    postings.extend(left.moved());
    Ok(postings)
}

fn sum(posted: &Standing, of: impl Fn(LedgerAccount, EntryKind) -> bool) -> Result<i64, MoneyError> {
    let mut found = posted.iter().filter(|((account, kind), _)| of(*account, *kind)).map(|(_, amount)| *amount);
    found.try_fold(0_i64, i64::checked_add).ok_or(MoneyError::Overflow)
}

/// What is still to be added to each of the partner's accounts.
struct Left {
    pending: i64,
    payable: i64,
}

impl Left {
    fn of(posted: &Standing, target: &Target) -> Result<Self, MoneyError> {
        let to = |account, due: i64| due.checked_sub(sum(posted, |on, _| on == account)?).ok_or(MoneyError::Overflow);
        let payable = target.amount.checked_sub(target.pending).ok_or(MoneyError::Overflow)?;
        Ok(Self { pending: to(LedgerAccount::PartnerPending, target.pending)?, payable: to(LedgerAccount::PartnerPayable, payable)? })
    }

    /// A line of `delta` on the account that needs it most.
    fn take(&mut self, delta: i64) -> Result<Line, MoneyError> {
        let pending_needs_it = if delta.is_positive() { self.pending > self.payable } else { self.pending < self.payable };
        let (account, left) = if pending_needs_it {
            (LedgerAccount::PartnerPending, &mut self.pending)
        } else {
            (LedgerAccount::PartnerPayable, &mut self.payable)
        };
        *left = left.checked_sub(delta).ok_or(MoneyError::Overflow)?;
        Ok(Line { account, amount: delta })
    }

    /// What remains is only on the wrong account.
    fn moved(&self) -> Option<Posting> {
        let kind = if self.payable.is_positive() { EntryKind::Release } else { EntryKind::Hold };
        let lines = vec![
            Line { account: LedgerAccount::PartnerPending, amount: self.pending },
            Line { account: LedgerAccount::PartnerPayable, amount: self.payable },
        ];
        (self.payable != 0).then_some(Posting { kind, lines })
    }
}
