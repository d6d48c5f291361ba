//! What a purchase earns under certain terms: one kind of rule a file.
//!
//! Decides an amount and its reason. Never decides who earns it, nor when it is payable.

mod bound;
mod cap;
mod condition;
mod duration;
mod flat;
mod line;
mod number;
mod percentage;
mod product;
#[cfg(test)]
mod tests;

pub use bound::stays_within_base;
pub use cap::cuts;

use chrono::{DateTime, Utc};
use entity::value::{Currency, DecisionReason, Money, MoneyError, OutOfBand, PartnerGroupId, PartnerId, Terms};

use super::base::{Base, Earning};
use super::fact::Metadata;
use super::purchase::{Flag, PurchaseState};
use super::step::Steps;

/// An earlier purchase with a base above zero that the same person made under the same enrollment, within the duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// When.
    pub at: DateTime<Utc>,
    /// When all of its money had gone back, if it did (RF-10).
    pub returned_at: Option<DateTime<Utc>>,
    /// What it earns by now, in minor units of `currency` (CO-6).
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
}

/// Who buys and who earns, as far as conditions ask (CO-8). Nothing is known of the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parties<'a> {
    /// The country of the customer's billing address.
    pub country: Option<&'a str>,
    /// Whether the customer had bought nothing before the partner brought them.
    pub is_new: bool,
    /// What the merchant noted on the customer.
    pub customer_metadata: Option<&'a Metadata>,
    /// The partner.
    pub partner: Option<PartnerId>,
    /// The partner's group.
    pub group: Option<PartnerGroupId>,
    /// What the merchant noted on the partner.
    pub partner_metadata: Option<&'a Metadata>,
}

/// Everything that decides what a purchase earns.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The purchase.
    pub state: &'a PurchaseState,
    /// The rules.
    pub terms: &'a Terms,
    /// The earlier counted purchases of the same person and enrollment, oldest first.
    pub earlier: &'a [Earlier],
    /// Who buys and who earns.
    pub parties: Parties<'a>,
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

/// Computes what a purchase earns.
///
/// # Errors
/// [`MoneyError`] when an amount is beyond 64 bits.
pub fn earn(case: &Case<'_>, steps: &mut Steps) -> Result<Earned, MoneyError> {
    let Case { state, terms, earlier, .. } = *case;
    let base = Base::of(state, terms, &line::choose(case, steps), steps);
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
    let Some(reward) = reward(case, &base, steps)? else {
        steps.add("MO-4", "the reward is in another currency and there is no rate", None);
        return Ok(nothing(DecisionReason::AwaitingRate, true));
    };
    let reward = reward.max(0);
    let commission = cap::apply(case, reward, steps);
    steps.add("CO-2", "commission", Some(commission));
    let flat = base.groups.iter().any(|group| matches!(group.earning, Earning::Flat { .. }));
    let taken_back = base.is_fully_returned() || (flat && flat::taken_back(terms, &base));
    let reason = match (reward, commission) {
        (0, _) if !taken_back => DecisionReason::RoundsToZero,
        (1.., 0) => DecisionReason::CapReached,
        _ => DecisionReason::Commissioned,
    };
    Ok(Earned { reason, base: amount, amount: commission, counts: true })
}

/// The sum over the groups of lines; nothing while a fixed sum in another currency waits for a rate (MO-4).
fn reward(case: &Case<'_>, base: &Base, steps: &mut Steps) -> Result<Option<i64>, MoneyError> {
    let mut sum = 0_i64;
    for group in &base.groups {
        let part = match group.earning {
            Earning::Rate(rate) => percentage::part(base, group, rate, steps)?,
            Earning::Flat { amount, currency, per_unit, .. } => {
                let own = if group.net > 0 { in_own(case.state, Money::new(amount, currency), steps)? } else { Some(amount) };
                let Some(amount) = own else { return Ok(None) };
                flat::part(case.terms, base, group, flat::Flat { amount, per_unit }, steps)?
            }
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
