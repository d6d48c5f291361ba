//! Rules for some of the products, as given.

use async_graphql::InputObject;
use entity::value::{Currency, ProductEffect, ProductMatch, ProductRule};
use serde::Serialize;

use super::reader::Reader;
use crate::graphql::terms::ProductEffectKind;
use crate::service::RefusalCode;

/// A rule for some of the products.
#[derive(Clone, Debug, InputObject, Serialize)]
pub struct ProductRuleInput {
    /// What the id is of.
    matches: ProductMatch,
    /// For METADATA: its key.
    #[graphql(default)]
    key: Option<String>,
    /// Stripe's id of the price or product, the price's lookup key, or the metadata's value.
    id: String,
    /// What the rule does to a line that it matches.
    effect: ProductEffectKind,
    /// For RATE: the share in hundredths of a percent, 0 to 100000.
    #[graphql(default)]
    rate: Option<i32>,
    /// For `PER_UNIT`: whole minor units for each unit, as a 64-bit integer in a string.
    #[graphql(default)]
    amount: Option<String>,
    /// For `PER_UNIT`: the currency of the amount.
    #[graphql(default)]
    currency: Option<Currency>,
    /// The greatest goes first, -1000 to 1000.
    #[graphql(default)]
    priority: i32,
}

impl Reader {
    pub(super) fn product(&mut self, path: &str, rule: ProductRuleInput) -> Option<ProductRule> {
        let given = (rule.rate.is_some(), rule.amount.is_some() || rule.currency.is_some());
        let effect = match (rule.effect, given) {
            (ProductEffectKind::Exclude, (false, false)) => Some(ProductEffect::Exclude),
            (ProductEffectKind::Rate, (_, false)) => self.rate(&format!("{path}.rate"), rule.rate).map(|rate| ProductEffect::Rate { rate }),
            (ProductEffectKind::PerUnit, (false, _)) => {
                let sum = self.sum(path, rule.amount.as_deref(), rule.currency);
                sum.map(|(amount, currency)| ProductEffect::PerUnit { amount, currency })
            }
            _ => self.fault(
                &format!("{path}.effect"),
                RefusalCode::Invalid,
                "a rate goes with RATE, an amount and its currency with PER_UNIT",
            ),
        };
        let priority = self.priority(path, rule.priority);
        Some(ProductRule { matches: rule.matches, key: rule.key, id: rule.id, effect: effect?, priority: priority? })
    }
}
