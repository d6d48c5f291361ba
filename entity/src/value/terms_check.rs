//! Whether a version of the rules makes sense, field by field.

mod condition;
mod extra;
mod product;
mod reward;
#[cfg(test)]
mod tests;

use super::text_enum::text_enum;
use super::{BasisPoints, Currency, FlatRefund, Terms};

text_enum! {
    /// What is wrong with a field of the terms.
    TermsErrorCode {
        /// A number lies outside of its bounds.
        OutOfRange = "OUT_OF_RANGE",
        /// The same thing stands twice.
        Duplicate = "DUPLICATE",
        /// Something has to stand here.
        Required = "REQUIRED",
        /// It has the wrong form, or does not go with another field.
        Invalid = "INVALID",
        /// The currency is not known.
        UnknownCurrency = "UNKNOWN_CURRENCY",
    }
}

/// One field of the terms that cannot stand as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct TermsError {
    /// Where, in the words of the JSON: `products.2.id`.
    pub path: String,
    /// What kind of fault.
    pub code: TermsErrorCode,
    /// What to do about it, for people.
    pub message: String,
}

impl Terms {
    /// Every fault of these terms; none means that they can be stored.
    #[must_use]
    pub fn check(&self) -> Vec<TermsError> {
        let mut faults = Faults(Vec::new());
        faults.rewards(self);
        faults.range("windowDays", self.window_days, 1, 365);
        faults.candidate_order(self);
        faults.range("holdDays", self.hold_days, 0, 120);
        faults.products(&self.products);
        faults.conditional(&self.conditional);
        faults.caps(&self.caps);
        faults.tiers(self.tiers.as_ref());
        if let Some(lead) = self.lead {
            faults.sum("lead", lead.amount, lead.currency);
        }
        if self.second_level.is_some_and(|second| second.share == BasisPoints::ZERO || second.share > BasisPoints::ONE) {
            faults.add("secondLevel.share", TermsErrorCode::OutOfRange, "must be above zero and at most 100 %");
        }
        if let FlatRefund::AboveShare { share } = self.flat_refund
            && share >= BasisPoints::ONE
        {
            faults.add("flatRefund.share", TermsErrorCode::OutOfRange, "must be below 100 %");
        }
        faults.range("lateBindingDays", self.late_binding_days, 0, 90);
        if let Some(days) = self.clawback_days {
            faults.range("clawbackDays", days, 1, 3650);
        }
        faults.0
    }
}

/// The faults found so far.
struct Faults(Vec<TermsError>);

impl Faults {
    fn add(&mut self, path: impl Into<String>, code: TermsErrorCode, message: impl Into<String>) {
        self.0.push(TermsError { path: path.into(), code, message: message.into() });
    }

    fn range<T: Copy + PartialOrd + std::fmt::Display>(&mut self, path: &str, value: T, low: T, high: T) {
        if !(low..=high).contains(&value) {
            self.add(path, TermsErrorCode::OutOfRange, format!("must be from {low} to {high}"));
        }
    }

    /// False when there are so many that they are not looked at.
    fn at_most(&mut self, path: &str, count: usize, limit: usize) -> bool {
        if count > limit {
            self.add(path, TermsErrorCode::OutOfRange, format!("must be at most {limit}"));
        }
        count <= limit
    }

    /// Goes from -1000 to 1000, so that there is always room above and below.
    fn priority(&mut self, path: &str, priority: i16) {
        self.range(&format!("{path}.priority"), priority, -1000, 1000);
    }

    /// An amount above zero in a currency that is known.
    fn sum(&mut self, path: &str, amount: i64, currency: Currency) {
        if amount <= 0 {
            self.add(format!("{path}.amount"), TermsErrorCode::OutOfRange, "must be above zero");
        }
        self.currency(&format!("{path}.currency"), currency);
    }

    fn currency(&mut self, path: &str, currency: Currency) {
        if !currency.is_known() {
            self.add(path, TermsErrorCode::UnknownCurrency, "must be a currency");
        }
    }

    /// A text of 1 to `limit` characters.
    fn text(&mut self, path: &str, text: &str, limit: usize, what: &str) -> bool {
        if text.trim().is_empty() {
            self.add(path, TermsErrorCode::Required, format!("must be {what}"));
        } else if text.len() > limit {
            self.add(path, TermsErrorCode::OutOfRange, format!("must be at most {limit} characters"));
        } else {
            return true;
        }
        false
    }

    fn candidate_order(&mut self, terms: &Terms) {
        if terms.candidate_order.is_empty() {
            self.add("candidateOrder", TermsErrorCode::Required, "must name at least one kind of candidate");
        }
        for (index, kind) in terms.candidate_order.iter().enumerate() {
            if terms.candidate_order[..index].contains(kind) {
                self.add(format!("candidateOrder.{index}"), TermsErrorCode::Duplicate, format!("{kind} stands twice"));
            }
        }
    }
}
