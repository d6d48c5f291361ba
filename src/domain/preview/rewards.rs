//! Rewards, sums and lists in words.

use entity::value::{Currency, Money, Period, ProductEffect, ProductMatch, ProductRule, Reward};

/// An amount with its currency: `12.50 EUR`.
pub(super) fn sum(minor: i64, currency: Currency) -> String {
    format!("{} {currency}", Money::new(minor, currency).to_decimal())
}

/// What a reward gives, after "earns".
pub(super) fn reward(reward: Reward) -> String {
    match reward {
        Reward::Percent { rate } => format!("{rate} of what was paid for it, without tax"),
        Reward::Flat { amount, currency, per_unit: false } => sum(amount, currency),
        Reward::Flat { amount, currency, per_unit: true } => format!("{} for each unit", sum(amount, currency)),
    }
}

/// A product rule, as a sentence.
pub(super) fn product(rule: &ProductRule) -> String {
    let id = &rule.id;
    let what = match rule.matches {
        ProductMatch::Price => format!("with the price {id}"),
        ProductMatch::Product => format!("of the product {id}"),
        ProductMatch::LookupKey => format!("whose price has the lookup key {id}"),
        ProductMatch::Metadata => format!("of products with the metadata {}={id}", rule.key.as_deref().unwrap_or_default()),
    };
    let effect = match rule.effect {
        ProductEffect::Rate { rate } => format!("earn {rate} of what was paid for them, without tax"),
        ProductEffect::PerUnit { amount, currency } => format!("earn {} for each unit", sum(amount, currency)),
        ProductEffect::Exclude => "earn nothing".to_owned(),
    };
    format!("Lines {what} {effect}{}.", priority(rule.priority))
}

/// Where it stands, if that is not the usual place.
pub(super) fn priority(priority: i16) -> String {
    if priority == 0 { String::new() } else { format!(" (priority {priority})") }
}

/// "a", "a or b", "a, b or c".
pub(super) fn list<T: ToString>(items: &[T], last: &str) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// "in a month".
pub(super) const fn within(period: Period) -> &'static str {
    match period {
        Period::Day => "in a day",
        Period::Week => "in a week from Monday",
        Period::Month => "in a calendar month",
        Period::Quarter => "in a quarter of the year",
        Period::Year => "in a calendar year",
        Period::Lifetime => "over all of the time",
    }
}

/// `1 day`, `2 days`.
pub(super) fn days(count: u16) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}
