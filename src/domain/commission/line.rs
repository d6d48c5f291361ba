//! Which rule decides a line: a product rule (BA-6), a conditional reward (CO-8), or the reward by the number of the payment (CO-5).

use entity::value::{ConditionalReward, ProductEffect, ProductRule, Reward};

use super::Case;
use super::{condition, number, product};
use crate::domain::base::{Chosen, Earning, Giver};
use crate::domain::purchase::NetLine;
use crate::domain::step::Steps;

/// What decides a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// Nothing special: the reward by the number of the payment.
    Number,
    /// A product rule, by its place.
    Product(usize),
    /// A conditional reward, by its place.
    Conditional(usize),
}

/// Chooses for every line of the purchase what it earns by; the steps record which rules decided how many lines.
pub(super) fn choose(case: &Case<'_>, steps: &mut Steps) -> Chosen {
    let number = number::of(case);
    let by: Vec<By> = case.state.lines.iter().map(|line| decider(case, number, line)).collect();
    let shipping = NetLine::plain(case.state.shipping, 0);
    let shipping_by = (case.terms.include_shipping && case.state.shipping != 0).then(|| decider(case, number, &shipping));
    let own = number::reward(case.terms, number);
    let mut used: Vec<By> = by.iter().copied().chain(shipping_by).collect();
    used.sort_unstable();
    for group in used.chunk_by(|a, b| a == b) {
        tell(case, (number, group[0], group.len()), steps);
    }
    let earning = |by: By| earning(case, own, by);
    Chosen { lines: by.into_iter().map(earning).collect(), shipping: shipping_by.and_then(earning) }
}

/// A conditional reward goes before a product rule only where its priority is the greater one.
fn decider(case: &Case<'_>, number: usize, line: &NetLine) -> By {
    let product = product::deciding(&case.terms.products, line);
    let conditional = condition::deciding(case, number, line);
    match (product, conditional) {
        (Some((_, rule)), Some((index, reward))) if reward.priority > rule.priority => By::Conditional(index),
        (Some((index, _)), _) => By::Product(index),
        (None, Some((index, _))) => By::Conditional(index),
        (None, None) => By::Number,
    }
}

/// What a line earns by, or nothing for an excluded one.
fn earning(case: &Case<'_>, own: Reward, by: By) -> Option<Earning> {
    match by {
        By::Number => Some(Earning::of(own, Giver::Number)),
        By::Conditional(index) => case.terms.conditional.get(index).map(|one| Earning::of(one.reward, Giver::Conditional(index))),
        By::Product(index) => match case.terms.products.get(index)?.effect {
            ProductEffect::Exclude => None,
            ProductEffect::Rate { rate } => Some(Earning::Rate(rate)),
            ProductEffect::PerUnit { amount, currency } => {
                Some(Earning::Flat { amount, currency, per_unit: true, giver: Giver::Product(index) })
            }
        },
    }
}

fn tell(case: &Case<'_>, (number, by, count): (usize, By, usize), steps: &mut Steps) {
    let lines = if count == 1 { "1 line".to_owned() } else { format!("{count} lines") };
    match by {
        By::Number => number::tell(case.terms, number, steps),
        By::Product(index) => {
            if let Some(rule) = case.terms.products.get(index) {
                steps.add("BA-6", format!("{lines} by the {}: {}", product_words(rule), effect_words(rule.effect)), None);
            }
        }
        By::Conditional(index) => {
            if let Some(ConditionalReward { id, reward, .. }) = case.terms.conditional.get(index) {
                steps.add("CO-8", format!("{lines} by the conditional reward {id}: {}", number::words(*reward)), None);
            }
        }
    }
}

fn product_words(rule: &ProductRule) -> String {
    use entity::value::ProductMatch;
    let id = &rule.id;
    match (rule.matches, &rule.key) {
        (ProductMatch::Price, _) => format!("rule for price {id}"),
        (ProductMatch::Product, _) => format!("rule for product {id}"),
        (ProductMatch::LookupKey, _) => format!("rule for lookup key {id}"),
        (ProductMatch::Metadata, key) => format!("rule for product metadata {}={id}", key.as_deref().unwrap_or_default()),
    }
}

fn effect_words(effect: ProductEffect) -> String {
    match effect {
        ProductEffect::Rate { rate } => rate.to_string(),
        ProductEffect::PerUnit { amount, currency } => number::words(Reward::Flat { amount, currency, per_unit: true }),
        ProductEffect::Exclude => "excluded".to_owned(),
    }
}
