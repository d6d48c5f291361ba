//! Product rules (BA-6).

use std::cmp::Reverse;

use entity::value::{ProductMatch, ProductRule};

use crate::domain::purchase::NetLine;

/// The rule that decides a line, with its place: the greatest priority, then the kind of match in its order, then the first.
pub(super) fn deciding<'a>(rules: &'a [ProductRule], line: &NetLine) -> Option<(usize, &'a ProductRule)> {
    let matching = rules.iter().enumerate().filter(|(_, rule)| matches(rule, line));
    matching.min_by_key(|(index, rule)| (Reverse(rule.priority), rule.matches, *index))
}

fn matches(rule: &ProductRule, line: &NetLine) -> bool {
    let told = match rule.matches {
        ProductMatch::Price => line.price.as_ref(),
        ProductMatch::Product => line.product.as_ref(),
        ProductMatch::LookupKey => line.lookup_key.as_ref(),
        ProductMatch::Metadata => rule.key.as_ref().and_then(|key| line.metadata.get(key)),
    };
    told == Some(&rule.id)
}
