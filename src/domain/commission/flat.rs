//! A fixed sum, once per purchase or per unit (BA-7, RF-6).

use entity::value::{BasisPoints, FlatRefund, MoneyError, Terms};

use crate::domain::base::{Base, Group};
use crate::domain::step::Steps;

/// A fixed reward in the purchase's currency.
#[derive(Clone, Copy)]
pub(super) struct Flat {
    pub amount: i64,
    pub per_unit: bool,
}

/// The reward for the lines that no product rule matched.
pub(super) fn part(terms: &Terms, base: &Base, group: &Group, flat: Flat, steps: &mut Steps) -> Result<i64, MoneyError> {
    if group.net <= 0 || taken_back(terms, base) {
        steps.add("RF-6", "the fixed reward was taken back, or nothing that earns it was bought", Some(0));
        return Ok(0);
    }
    let times = if flat.per_unit { group.units.max(0) } else { 1 };
    let full = flat.amount.checked_mul(times).ok_or(MoneyError::Overflow)?;
    steps.add("BA-7", format!("fixed reward, {times} times"), Some(full));
    if !terms.cap_at_base {
        return Ok(full);
    }
    let capped = full.min(base.share(group, BasisPoints::ONE)?.max(0));
    if capped < full {
        steps.add("BA-7", "not more than the base", Some(capped));
    }
    Ok(capped)
}

/// RF-6: on full refund, or above a set share of what was collected.
pub(super) fn taken_back(terms: &Terms, base: &Base) -> bool {
    match terms.flat_refund {
        FlatRefund::OnFull => base.is_fully_returned(),
        FlatRefund::AboveShare { share } => {
            base.is_fully_returned()
                || i128::from(base.reduction) * i128::from(BasisPoints::ONE.get()) > i128::from(share.get()) * i128::from(base.collected)
        }
    }
}
