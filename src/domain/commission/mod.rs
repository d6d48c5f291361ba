//! What a purchase earns under certain terms: one kind of rule a file.
//!
//! Decides an amount and its reason. Never decides who earns it, nor when it is payable.

mod bound;
mod duration;
mod flat;
mod percentage;
#[cfg(test)]
mod tests;

pub use bound::stays_within_base;

use chrono::{DateTime, Utc};
use entity::value::{DecisionReason, Money, MoneyError, OutOfBand, Reward, Terms};

use super::base::{Base, RateOf};
use super::purchase::{Flag, PurchaseState};
use super::step::Steps;

/// An earlier purchase with a base above zero that the same person made under the same enrollment, within the duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// When.
    pub at: DateTime<Utc>,
    /// When all of its money had gone back, if it did (RF-10).
    pub returned_at: Option<DateTime<Utc>>,
}

/// What a purchase earns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earned {
    /// [`DecisionReason::Commissioned`], or why it is nothing.
    pub reason: DecisionReason,
    /// The base in minor units, after collection and reduction.
    pub base: i64,
    /// The commission in minor units of the purchase's currency, never negative.
    pub amount: i64,
    /// Whether the purchase takes a place among the payments of the duration (BA-5, CO-3), whatever it earned.
    pub counts: bool,
}

/// Computes what `state` earns under `terms`, given the earlier counted purchases of the same person and enrollment.
///
/// # Errors
/// [`MoneyError`] when an amount is beyond 64 bits.
pub fn earn(state: &PurchaseState, terms: &Terms, earlier: &[Earlier], steps: &mut Steps) -> Result<Earned, MoneyError> {
    let base = Base::of(state, terms, steps);
    let amount = base.amount()?;
    let nothing = |reason, counts| Earned { reason, base: amount, amount: 0, counts };
    if state.total <= 0 {
        steps.add("BA-5", "the total is zero or negative", Some(state.total));
        return Ok(nothing(DecisionReason::ZeroAmount, false));
    }
    if state.flags.contains(&Flag::OutOfBand) && terms.out_of_band == OutOfBand::Exclude && base.collected == 0 {
        steps.add("SL-6", "paid outside, which these terms leave out", None);
        return Ok(nothing(DecisionReason::OutOfBand, false));
    }
    if base.all_excluded {
        steps.add("BA-6", "every product is excluded", None);
        return Ok(nothing(DecisionReason::ExcludedProduct, false));
    }
    if !base.is_positive() {
        steps.add("BA-5", "no money was collected for anything that counts", None);
        return Ok(nothing(DecisionReason::ZeroAmount, false));
    }
    if let Some(reason) = duration::over(state, terms.duration, earlier, steps) {
        // It took no place: a place that a refund frees later goes to the next purchase (RF-10).
        return Ok(nothing(reason, false));
    }
    steps.add("BA-3", "base: what is left of the net after collection and reduction", Some(amount));
    let Some(commission) = reward(state, terms, &base, steps)? else {
        steps.add("MO-4", "the reward is in another currency and there is no rate", None);
        return Ok(nothing(DecisionReason::AwaitingRate, true));
    };
    let commission = commission.max(0);
    steps.add("CO-2", "commission", Some(commission));
    let taken_back = base.is_fully_returned() || (matches!(terms.reward, Reward::Flat { .. }) && flat::taken_back(terms, &base));
    let reason = if commission == 0 && !taken_back { DecisionReason::RoundsToZero } else { DecisionReason::Commissioned };
    Ok(Earned { reason, base: amount, amount: commission, counts: true })
}

/// The sum over the rate groups; nothing while a fixed reward in another currency waits for a rate (MO-4).
fn reward(state: &PurchaseState, terms: &Terms, base: &Base, steps: &mut Steps) -> Result<Option<i64>, MoneyError> {
    let mut sum = 0_i64;
    for group in &base.groups {
        let part = match (group.rate, terms.reward) {
            (RateOf::Product(rate), _) | (RateOf::Reward, Reward::Percent { rate }) => percentage::part(base, group, rate, steps)?,
            (RateOf::PerUnit { amount, currency }, _) => match in_own(state, Money::new(amount, currency), steps)? {
                Some(amount) => flat::part(terms, base, group, flat::Flat { amount, per_unit: true }, steps)?,
                None => return Ok(None),
            },
            (RateOf::Reward, Reward::Flat { amount, currency, per_unit }) => match in_own(state, Money::new(amount, currency), steps)? {
                Some(amount) => flat::part(terms, base, group, flat::Flat { amount, per_unit }, steps)?,
                None => return Ok(None),
            },
        };
        sum = sum.checked_add(part).ok_or(MoneyError::Overflow)?;
    }
    if sum < 0 {
        steps.add("BA-4", "the sum is below zero and counts as zero", Some(sum));
    }
    Ok(Some(sum))
}

/// A fixed amount in the purchase's currency, by the rate of the purchase; nothing without one (MO-4).
fn in_own(state: &PurchaseState, fixed: Money, steps: &mut Steps) -> Result<Option<i64>, MoneyError> {
    let Some(own) = state.rates.convert(fixed, state.currency)? else { return Ok(None) };
    if let Some(quote) = state.rates.get(fixed.currency, state.currency) {
        steps.add("MO-2", format!("{fixed} at {} of {} by {}", quote.rate, quote.day, quote.source), Some(own.minor));
    }
    Ok(Some(own.minor))
}
