//! Rules that can be written down but that nothing applies yet. They are refused, as a rule that silently does nothing costs money.

use super::{Faults, TermsErrorCode};
use crate::value::{ProductEffect, ProductMatch, Terms};

impl Faults {
    pub(super) fn unsupported(&mut self, terms: &Terms) {
        self.unless(terms.first.is_none(), "first");
        self.unless(terms.renewal.is_none(), "renewal");
        self.unless(terms.steps.is_empty(), "steps");
        for (index, rule) in terms.products.iter().enumerate() {
            let path = |field: &str| format!("products.{index}.{field}");
            self.unless(matches!(rule.matches, ProductMatch::Price | ProductMatch::Product), &path("matches"));
            self.unless(!matches!(rule.effect, ProductEffect::PerUnit { .. }), &path("effect"));
            self.unless(rule.priority == 0, &path("priority"));
        }
        self.unless(terms.conditional.is_empty(), "conditional");
        for (index, _) in terms.caps.iter().enumerate() {
            self.unless(false, &format!("caps.{index}.scope"));
        }
        self.unless(terms.tiers.is_none(), "tiers");
        self.unless(terms.second_level.is_none(), "secondLevel");
    }

    fn unless(&mut self, supported: bool, path: &str) {
        if !supported {
            self.add(path, TermsErrorCode::NotSupported, "is not supported yet");
        }
    }
}
