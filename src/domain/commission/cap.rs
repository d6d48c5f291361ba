//! Caps for a purchase and for a customer (CO-6).

use entity::value::{Cap, CapScope, Currency, Money};

use super::{Case, Earlier};
use crate::domain::step::{Step, Steps};

/// What is left of `amount` after the caps that one person's history can tell, in their order.
pub(super) fn apply(case: &Case<'_>, mut amount: i64, steps: &mut Steps) -> i64 {
    let currency = case.state.currency;
    for (scope, used) in [(CapScope::Purchase, 0), (CapScope::Customer, earned(case.earlier, currency))] {
        let binding = case.terms.caps.iter().filter(|cap| cap.scope == scope && cap.currency == currency);
        amount = binding.fold(amount, |amount, cap| capped(cap, used, amount, steps));
    }
    amount
}

/// What earlier purchases earn by now: what was taken back makes room again.
fn earned(earlier: &[Earlier], currency: Currency) -> i64 {
    earlier.iter().filter(|one| one.currency == currency).fold(0, |sum, one| sum.saturating_add(one.amount))
}

/// How much each cap cut, by the words in which its steps name it, in minor units.
#[must_use]
pub fn cuts(steps: &[Step]) -> Vec<(String, i64)> {
    let cut = |pair: &[Step]| match pair {
        [before, after] if before.rule == "CO-6" && after.rule == "CO-6" => {
            let cap = before.text.strip_prefix(BEFORE)?;
            Some((cap.to_owned(), before.amount?.saturating_sub(after.amount?)))
        }
        _ => None,
    };
    steps.windows(2).filter_map(cut).filter(|(_, cut)| *cut != 0).collect()
}

/// How the step before a cap begins.
const BEFORE: &str = "before ";

/// One cap, of which `used` is taken already. The steps show the amount before and after.
pub(super) fn capped(cap: &Cap, used: i64, amount: i64, steps: &mut Steps) -> i64 {
    let most = Money::new(cap.amount, cap.currency).to_decimal();
    let what = match cap.scope {
        CapScope::Purchase => "a purchase",
        CapScope::Customer => "a customer",
        CapScope::Partner => "a partner",
        CapScope::Program => "the program",
    };
    let left = cap.amount.saturating_sub(used).max(0);
    let after = amount.min(left);
    steps.add("CO-6", format!("{BEFORE}the cap of {most} {} for {what}", cap.currency), Some(amount));
    let taken = Money::new(used, cap.currency).to_decimal();
    steps.add("CO-6", format!("after it; {taken} {} of it was earned before", cap.currency), Some(after));
    after
}
