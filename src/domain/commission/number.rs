//! The reward by the number of the payment (CO-5).

use entity::value::{Money, Reward, Terms};

use super::{Case, duration};
use crate::domain::step::Steps;

/// The number of the payment: 1 for the first. Earlier ones whose money had all gone back by then are not counted (RF-10).
pub(super) fn of(case: &Case<'_>) -> usize {
    duration::standing(case.state, case.earlier).count().saturating_add(1)
}

/// What a payment with this number earns.
pub(super) fn reward(terms: &Terms, number: usize) -> Reward {
    let step = terms.steps.iter().rev().find(|step| usize::from(step.from) <= number).map(|step| step.reward);
    let by_number = if number == 1 { terms.first } else { step.or(terms.renewal) };
    by_number.unwrap_or(terms.reward)
}

/// Records which number it was, where that matters.
pub(super) fn tell(terms: &Terms, number: usize, steps: &mut Steps) {
    if terms.first.is_some() || terms.renewal.is_some() || !terms.steps.is_empty() {
        steps.add("CO-5", format!("payment {number} earns {}", words(reward(terms, number))), None);
    }
}

/// A reward in words.
pub(super) fn words(reward: Reward) -> String {
    match reward {
        Reward::Percent { rate } => rate.to_string(),
        Reward::Flat { amount, currency, per_unit } => {
            let unit = if per_unit { " for each unit" } else { "" };
            format!("{} {currency}{unit}", Money::new(amount, currency).to_decimal())
        }
    }
}
