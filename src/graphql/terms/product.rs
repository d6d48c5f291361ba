//! Rules for some of the products, as shown.

use async_graphql::{Enum, SimpleObject};
use entity::value::{ProductEffect, ProductMatch, ProductRule};

use super::Rate;
use crate::graphql::scalar::Money;

/// What a product rule does to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, serde::Serialize)]
pub enum ProductEffectKind {
    /// The line earns a share of its own.
    Rate,
    /// The line earns a fixed sum for each of its units.
    PerUnit,
    /// The line earns nothing.
    Exclude,
}

/// A rule for some of the products.
#[derive(SimpleObject)]
#[graphql(name = "ProductRule")]
pub struct ProductTerms {
    /// What the id is of.
    matches: ProductMatch,
    /// The metadata's key, for METADATA.
    key: Option<String>,
    /// Stripe's id of the price or product, the price's lookup key, or the metadata's value.
    id: String,
    /// What the rule does to a line that it matches.
    effect: ProductEffectKind,
    /// The share, for RATE.
    rate: Option<Rate>,
    /// The sum for each unit, for `PER_UNIT`.
    amount: Option<Money>,
    /// The greatest goes first.
    priority: i16,
}

impl From<&ProductRule> for ProductTerms {
    fn from(rule: &ProductRule) -> Self {
        let (effect, rate, amount) = match rule.effect {
            ProductEffect::Rate { rate } => (ProductEffectKind::Rate, Some(rate.into()), None),
            ProductEffect::PerUnit { amount, currency } => {
                (ProductEffectKind::PerUnit, None, Some(entity::value::Money::new(amount, currency).into()))
            }
            ProductEffect::Exclude => (ProductEffectKind::Exclude, None, None),
        };
        let (key, id) = (rule.key.clone(), rule.id.clone());
        Self { matches: rule.matches, key, id, effect, rate, amount, priority: rule.priority }
    }
}
