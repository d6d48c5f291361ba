//! Whether a version of the rules makes sense, field by field.

use super::text_enum::text_enum;
use super::{BasisPoints, Duration, FlatRefund, Reward, Terms};

text_enum! {
    /// What is wrong with a field of the terms.
    TermsErrorCode {
        /// A number lies outside of its bounds.
        OutOfRange = "OUT_OF_RANGE",
        /// The same thing stands twice.
        Duplicate = "DUPLICATE",
        /// Something has to stand here.
        Required = "REQUIRED",
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

/// Longest text that is taken for an id of Stripe's.
const MAX_STRIPE_ID: usize = 255;

impl Terms {
    /// Every fault of these terms; none means that they can be stored.
    #[must_use]
    pub fn check(&self) -> Vec<TermsError> {
        let mut faults = Faults(Vec::new());
        faults.reward(self.reward);
        faults.duration(self.duration);
        faults.range("windowDays", self.window_days, 1, 365);
        faults.candidate_order(self);
        faults.range("holdDays", self.hold_days, 0, 120);
        faults.products(self);
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

    fn range(&mut self, path: &str, value: u16, low: u16, high: u16) {
        if !(low..=high).contains(&value) {
            self.add(path, TermsErrorCode::OutOfRange, format!("must be from {low} to {high}"));
        }
    }

    fn reward(&mut self, reward: Reward) {
        if let Reward::Flat { amount, currency, .. } = reward {
            if amount <= 0 {
                self.add("reward.amount", TermsErrorCode::OutOfRange, "must be above zero");
            }
            if !currency.is_known() {
                self.add("reward.currency", TermsErrorCode::UnknownCurrency, "must be a currency");
            }
        }
    }

    fn duration(&mut self, duration: Duration) {
        match duration {
            Duration::Payments { n } => self.range("duration.n", n, 1, 1200),
            Duration::Months { n } => self.range("duration.n", n, 1, 600),
            Duration::FirstOnly | Duration::Lifetime => {}
        }
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

    fn products(&mut self, terms: &Terms) {
        for (index, rule) in terms.products.iter().enumerate() {
            let path = format!("products.{index}.id");
            if rule.id.trim().is_empty() {
                self.add(path, TermsErrorCode::Required, "must be the id of a price or product");
            } else if rule.id.len() > MAX_STRIPE_ID {
                self.add(path, TermsErrorCode::OutOfRange, format!("must be at most {MAX_STRIPE_ID} characters"));
            } else if terms.products[..index].iter().any(|earlier| (earlier.matches, &earlier.id) == (rule.matches, &rule.id)) {
                self.add(path, TermsErrorCode::Duplicate, "an earlier rule matches the same, so this one would never be used");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Terms, TermsErrorCode};
    use crate::value::{BasisPoints, CandidateKind, Currency, Duration, FlatRefund, ProductEffect, ProductMatch, ProductRule, Reward};

    fn faults(change: impl FnOnce(&mut Terms)) -> Vec<(String, TermsErrorCode)> {
        let mut terms = Terms::default();
        change(&mut terms);
        terms.check().into_iter().map(|fault| (fault.path, fault.code)).collect()
    }

    fn rule(id: &str) -> ProductRule {
        ProductRule { matches: ProductMatch::Price, id: id.into(), effect: ProductEffect::Exclude }
    }

    #[test]
    fn an_empty_object_is_the_default() {
        let terms: Terms = serde_json::from_value(json!({})).unwrap();
        assert_eq!(terms, Terms::default());
        assert_eq!(terms.check(), []);
        assert_eq!(terms.reward, Reward::Percent { rate: BasisPoints::new(2000).unwrap() });
        assert_eq!(terms.candidate_order[0], CandidateKind::Metadata);
        assert_eq!((terms.window_days, terms.hold_days, terms.late_binding_days), (60, 30, 7));
    }

    #[test]
    fn json_is_camel_case_and_comes_back() {
        let terms = Terms {
            reward: Reward::Flat { amount: 500, currency: "EUR".parse().unwrap(), per_unit: true },
            duration: Duration::Months { n: 12 },
            products: vec![ProductRule { effect: ProductEffect::Rate { rate: BasisPoints::ONE }, ..rule("price_1") }],
            flat_refund: FlatRefund::AboveShare { share: BasisPoints::new(5000).unwrap() },
            clawback_days: Some(90),
            ..Terms::default()
        };
        let json = serde_json::to_value(&terms).unwrap();
        assert_eq!(json["reward"], json!({ "kind": "FLAT", "amount": 500, "currency": "EUR", "perUnit": true }));
        assert_eq!(json["duration"], json!({ "kind": "MONTHS", "n": 12 }));
        assert_eq!(json["products"][0]["effect"], json!({ "kind": "RATE", "rate": 10_000 }));
        assert_eq!(json["flatRefund"], json!({ "kind": "ABOVE_SHARE", "share": 5000 }));
        assert_eq!(json["couponOverride"], "WHILE_LEAD");
        assert_eq!(serde_json::from_value::<Terms>(json).unwrap(), terms);
        assert_eq!(terms.check(), []);
    }

    #[test]
    fn each_fault_is_named() {
        use TermsErrorCode::{Duplicate, OutOfRange, Required, UnknownCurrency};
        let one = |path: &str, code| vec![(path.to_owned(), code)];
        assert_eq!(faults(|t| t.window_days = 0), one("windowDays", OutOfRange));
        assert_eq!(faults(|t| t.window_days = 366), one("windowDays", OutOfRange));
        assert_eq!(faults(|t| t.hold_days = 121), one("holdDays", OutOfRange));
        assert_eq!(faults(|t| t.late_binding_days = 91), one("lateBindingDays", OutOfRange));
        assert_eq!(faults(|t| t.clawback_days = Some(0)), one("clawbackDays", OutOfRange));
        assert_eq!(faults(|t| t.duration = Duration::Months { n: 0 }), one("duration.n", OutOfRange));
        assert_eq!(faults(|t| t.duration = Duration::Payments { n: 0 }), one("duration.n", OutOfRange));
        assert_eq!(faults(|t| t.candidate_order.clear()), one("candidateOrder", Required));
        assert_eq!(faults(|t| t.candidate_order.push(CandidateKind::Email)), one("candidateOrder.7", Duplicate));
        assert_eq!(faults(|t| t.products = vec![rule(" ")]), one("products.0.id", Required));
        assert_eq!(faults(|t| t.products = vec![rule("a"), rule("a")]), one("products.1.id", Duplicate));
        assert_eq!(faults(|t| t.products = vec![rule(&"a".repeat(256))]), one("products.0.id", OutOfRange));
        assert_eq!(faults(|t| t.flat_refund = FlatRefund::AboveShare { share: BasisPoints::ONE }), one("flatRefund.share", OutOfRange));
        let flat = Reward::Flat { amount: 0, currency: Currency::UNKNOWN, per_unit: false };
        let two = vec![("reward.amount".to_owned(), OutOfRange), ("reward.currency".to_owned(), UnknownCurrency)];
        assert_eq!(faults(|t| t.reward = flat), two);
    }
}
