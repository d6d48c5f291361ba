//! Product rules.

use super::{Faults, TermsErrorCode};
use crate::value::{ProductEffect, ProductMatch, ProductRule};

/// Longest text that is taken for an id or a lookup key of Stripe's.
pub(super) const MAX_STRIPE_ID: usize = 255;
/// Stripe's limit for a key of metadata; ours keep to it.
pub(super) const MAX_KEY: usize = 40;
/// Stripe's limit for a value of metadata.
pub(super) const MAX_VALUE: usize = 500;
/// The most product rules of one version.
const MAX_PRODUCTS: usize = 200;

impl Faults {
    pub(super) fn products(&mut self, rules: &[ProductRule]) {
        if !self.at_most("products", rules.len(), MAX_PRODUCTS) {
            return;
        }
        for (index, rule) in rules.iter().enumerate() {
            let path = format!("products.{index}");
            self.priority(&path, rule.priority);
            self.named(&path, rule);
            let same = |earlier: &ProductRule| (earlier.matches, &earlier.key, &earlier.id) == (rule.matches, &rule.key, &rule.id);
            if rules[..index].iter().any(same) {
                let message = "an earlier rule matches the same, so one of the two would never be used";
                self.add(format!("{path}.id"), TermsErrorCode::Duplicate, message);
            }
            if let ProductEffect::PerUnit { amount, currency } = rule.effect {
                self.sum(&path, amount, currency);
            }
        }
    }

    fn named(&mut self, path: &str, rule: &ProductRule) {
        let (what, limit) = match rule.matches {
            ProductMatch::Price | ProductMatch::Product => ("the id of a price or product", MAX_STRIPE_ID),
            ProductMatch::LookupKey => ("the lookup key of a price", MAX_STRIPE_ID),
            ProductMatch::Metadata => ("the value of the metadata", MAX_VALUE),
        };
        self.text(&format!("{path}.id"), &rule.id, limit, what);
        let at = format!("{path}.key");
        match (&rule.key, rule.matches) {
            (Some(key), ProductMatch::Metadata) => {
                self.text(&at, key, MAX_KEY, "a key of the metadata");
            }
            (None, ProductMatch::Metadata) => self.add(at, TermsErrorCode::Required, "must be a key of the metadata"),
            (Some(_), _) => self.add(at, TermsErrorCode::Invalid, "goes with metadata only"),
            (None, _) => {}
        }
    }
}
