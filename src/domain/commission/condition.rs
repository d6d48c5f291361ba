//! Conditional rewards (CO-8).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use entity::value::{Condition, ConditionalReward};

use super::Case;
use crate::domain::purchase::NetLine;

/// The conditional reward that decides a line, with its place: the greatest priority, then the most specific, then the smaller id.
pub(super) fn deciding<'a>(case: &Case<'a>, number: usize, line: &NetLine) -> Option<(usize, &'a ConditionalReward)> {
    let asked = Asked { case, number, line };
    let holding = case.terms.conditional.iter().enumerate().filter(|(_, one)| asked.holds(&one.when));
    holding.min_by(|(_, a), (_, b)| rank(a).cmp(&rank(b)))
}

fn rank(one: &ConditionalReward) -> (Reverse<i16>, Reverse<usize>, &str) {
    (Reverse(one.priority), Reverse(one.when.specificity()), &one.id)
}

/// What a condition is asked about.
struct Asked<'c, 'a> {
    case: &'c Case<'a>,
    number: usize,
    line: &'c NetLine,
}

impl Asked<'_, '_> {
    /// Whether the condition holds. What is not known equals nothing.
    fn holds(&self, condition: &Condition) -> bool {
        let Self { case, line, .. } = self;
        let (state, parties) = (case.state, &case.parties);
        match condition {
            Condition::All { of } => of.iter().all(|part| self.holds(part)),
            Condition::Any { of } => of.iter().any(|part| self.holds(part)),
            Condition::None { of } => !of.iter().any(|part| self.holds(part)),
            Condition::CustomerCountry { values } => parties.country.is_some_and(|country| values.iter().any(|value| value == country)),
            Condition::CustomerNew { is } => parties.is_new == *is,
            Condition::CustomerMetadata { key, values } => among(parties.customer_metadata, key, values),
            Condition::Partner { values } => parties.partner.is_some_and(|partner| values.contains(&partner)),
            Condition::PartnerGroup { values } => parties.group.is_some_and(|group| values.contains(&group)),
            Condition::PartnerMetadata { key, values } => among(parties.partner_metadata, key, values),
            Condition::PurchaseAmount { currency, from, below } => {
                let net = state.net_total();
                *currency == state.currency && from.is_none_or(|from| net >= from) && below.is_none_or(|below| net < below)
            }
            Condition::PurchaseCurrency { values } => values.contains(&state.currency),
            Condition::PurchaseFirst { is } => (self.number == 1) == *is,
            Condition::PurchaseSubscription { is } => state.subscription.is_some() == *is,
            Condition::PurchaseMetadata { key, values } => among(Some(&state.metadata), key, values),
            Condition::Price { values } => line.price.as_ref().is_some_and(|price| values.contains(price)),
            Condition::LookupKey { values } => line.lookup_key.as_ref().is_some_and(|key| values.contains(key)),
            Condition::Product { values } => line.product.as_ref().is_some_and(|product| values.contains(product)),
            Condition::ProductMetadata { key, values } => among(Some(&line.metadata), key, values),
        }
    }
}

fn among(metadata: Option<&BTreeMap<String, String>>, key: &str, values: &[String]) -> bool {
    metadata.and_then(|metadata| metadata.get(key)).is_some_and(|value| values.contains(value))
}
