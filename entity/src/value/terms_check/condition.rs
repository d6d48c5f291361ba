//! Conditional rewards.

use std::collections::HashSet;
use std::hash::Hash;

use super::product::{MAX_KEY, MAX_STRIPE_ID, MAX_VALUE};
use super::{Faults, TermsErrorCode};
use crate::value::{Condition, ConditionalReward, Currency};

/// The most conditional rewards of one version.
const MAX_CONDITIONAL: usize = 100;
/// How deep groups may stand in one another, the outermost counted.
const MAX_DEPTH: usize = 5;
/// The most tests and groups of one condition.
const MAX_PARTS: usize = 50;
/// The most values of one test.
const MAX_VALUES: usize = 200;
/// The longest name of a conditional reward.
const MAX_NAME: usize = 64;

impl Faults {
    pub(super) fn conditional(&mut self, rewards: &[ConditionalReward]) {
        if !self.at_most("conditional", rewards.len(), MAX_CONDITIONAL) {
            return;
        }
        for (index, one) in rewards.iter().enumerate() {
            let path = format!("conditional.{index}");
            self.name(&format!("{path}.id"), &one.id);
            if rewards[..index].iter().any(|earlier| earlier.id == one.id) {
                self.add(format!("{path}.id"), TermsErrorCode::Duplicate, "another one has this id");
            }
            self.priority(&path, one.priority);
            self.reward(&format!("{path}.reward"), one.reward);
            let when = format!("{path}.when");
            if parts(&one.when) > MAX_PARTS {
                self.add(when, TermsErrorCode::OutOfRange, format!("must have at most {MAX_PARTS} tests and groups"));
            } else {
                self.condition(&when, &one.when, 1);
            }
        }
    }

    fn name(&mut self, path: &str, id: &str) {
        let fits = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if self.text(path, id, MAX_NAME, "a name") && !fits {
            self.add(path, TermsErrorCode::Invalid, "must be letters, digits, hyphens and underscores");
        }
    }

    fn condition(&mut self, path: &str, condition: &Condition, depth: usize) {
        match condition {
            Condition::All { of } | Condition::Any { of } | Condition::None { of } => self.group(path, of, depth),
            Condition::CustomerCountry { values } => self.texts(path, values, 2, country),
            Condition::CustomerMetadata { key, values }
            | Condition::PartnerMetadata { key, values }
            | Condition::PurchaseMetadata { key, values }
            | Condition::ProductMetadata { key, values } => {
                self.text(&format!("{path}.key"), key, MAX_KEY, "a key of the metadata");
                self.texts(path, values, MAX_VALUE, |_| None);
            }
            Condition::Price { values } | Condition::LookupKey { values } | Condition::Product { values } => {
                self.texts(path, values, MAX_STRIPE_ID, |_| None);
            }
            Condition::Partner { values } => self.values(path, values),
            Condition::PartnerGroup { values } => self.values(path, values),
            Condition::PurchaseCurrency { values } => {
                self.values(path, values);
                for (index, currency) in values.iter().take(MAX_VALUES).enumerate() {
                    self.currency(&format!("{path}.values.{index}"), *currency);
                }
            }
            Condition::PurchaseAmount { currency, from, below } => self.amounts(path, *currency, *from, *below),
            Condition::CustomerNew { .. } | Condition::PurchaseFirst { .. } | Condition::PurchaseSubscription { .. } => {}
        }
    }

    fn group(&mut self, path: &str, of: &[Condition], depth: usize) {
        if of.is_empty() {
            self.add(format!("{path}.of"), TermsErrorCode::Required, "must have at least one condition");
        }
        if depth > MAX_DEPTH {
            self.add(path, TermsErrorCode::OutOfRange, format!("groups must not stand more than {MAX_DEPTH} deep"));
            return;
        }
        for (index, part) in of.iter().enumerate() {
            self.condition(&format!("{path}.of.{index}"), part, depth + 1);
        }
    }

    /// Between 1 and so many values, none of them twice.
    fn values<T: Eq + Hash>(&mut self, path: &str, values: &[T]) {
        let path = format!("{path}.values");
        if values.is_empty() {
            self.add(&path, TermsErrorCode::Required, "must have at least one value");
        }
        if !self.at_most(&path, values.len(), MAX_VALUES) {
            return;
        }
        let mut seen = HashSet::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            if !seen.insert(value) {
                self.add(format!("{path}.{index}"), TermsErrorCode::Duplicate, "stands twice");
            }
        }
    }

    fn texts(&mut self, path: &str, values: &[String], limit: usize, wrong: fn(&str) -> Option<&'static str>) {
        self.values(path, values);
        for (index, value) in values.iter().take(MAX_VALUES).enumerate() {
            let path = format!("{path}.values.{index}");
            if self.text(&path, value, limit, "a value")
                && let Some(message) = wrong(value)
            {
                self.add(path, TermsErrorCode::Invalid, message);
            }
        }
    }

    fn amounts(&mut self, path: &str, currency: Currency, from: Option<i64>, below: Option<i64>) {
        self.currency(&format!("{path}.currency"), currency);
        if from.is_none() && below.is_none() {
            self.add(format!("{path}.from"), TermsErrorCode::Required, "must have a lower or an upper bound");
        }
        if from.is_some_and(|from| from < 0) {
            self.add(format!("{path}.from"), TermsErrorCode::OutOfRange, "must not be negative");
        }
        if below.is_some_and(|below| below <= from.unwrap_or(0)) {
            self.add(format!("{path}.below"), TermsErrorCode::OutOfRange, "must be greater than the lower bound");
        }
    }
}

/// Tests and groups, the outermost included.
fn parts(condition: &Condition) -> usize {
    condition.parts().iter().fold(1, |sum: usize, part| sum.saturating_add(parts(part)))
}

fn country(code: &str) -> Option<&'static str> {
    let fits = code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    (!fits).then_some("must be two capital letters, such as DE")
}
