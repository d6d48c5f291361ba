//! Rewards by the number of the payment, and the duration.

use super::{Faults, TermsErrorCode};
use crate::value::{Duration, Reward, RewardStep, Terms};

/// The greatest number of a payment that terms can name.
const MAX_PAYMENTS: u16 = 1200;
/// The most steps of one version.
const MAX_STEPS: usize = 50;

impl Faults {
    pub(super) fn reward(&mut self, path: &str, reward: Reward) {
        if let Reward::Flat { amount, currency, .. } = reward {
            self.sum(path, amount, currency);
        }
    }

    /// What payments earn, and how many of them.
    pub(super) fn rewards(&mut self, terms: &Terms) {
        self.reward("reward", terms.reward);
        if let Some(first) = terms.first {
            self.reward("first", first);
        }
        if let Some(renewal) = terms.renewal {
            self.reward("renewal", renewal);
            if terms.steps.first().is_some_and(|step| step.from <= 2) {
                self.add("renewal", TermsErrorCode::Invalid, "would never be used, as a step begins with the second payment");
            }
        }
        self.steps(&terms.steps);
        self.duration(terms);
    }

    fn steps(&mut self, steps: &[RewardStep]) {
        if !self.at_most("steps", steps.len(), MAX_STEPS) {
            return;
        }
        for (index, step) in steps.iter().enumerate() {
            let path = format!("steps.{index}");
            self.range(&format!("{path}.from"), step.from, 2, MAX_PAYMENTS);
            if index > 0 && steps[index - 1].from >= step.from {
                self.add(format!("{path}.from"), TermsErrorCode::Invalid, "must be greater than that of the step before");
            }
            self.reward(&format!("{path}.reward"), step.reward);
        }
    }

    fn duration(&mut self, terms: &Terms) {
        let paid = match terms.duration {
            Duration::Payments { n } => {
                self.range("duration.n", n, 1, MAX_PAYMENTS);
                n
            }
            Duration::Months { n } => {
                self.range("duration.n", n, 1, 600);
                return;
            }
            Duration::FirstOnly => 1,
            Duration::Lifetime => return,
        };
        if paid < 2 && terms.renewal.is_some() {
            self.add("renewal", TermsErrorCode::Invalid, "would never be used, as only the first payment earns by the duration");
        }
        for (index, step) in terms.steps.iter().enumerate().filter(|(_, step)| step.from > paid.max(1)) {
            let message = format!("payment {} earns nothing by the duration", step.from);
            self.add(format!("steps.{index}.from"), TermsErrorCode::Invalid, message);
        }
    }
}
