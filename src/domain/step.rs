//! The arithmetic trail of a decision: each step names its rule.

use serde::{Deserialize, Serialize};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule's number, as in `BA-3`.
    pub rule: String,
    /// What was done, in words.
    pub text: String,
    /// The amount that came out, in minor units of the purchase's currency.
    pub amount: Option<i64>,
}

impl Step {
    /// Whether it tells of signs of fraud: partners are not shown these.
    #[must_use]
    pub fn is_about_fraud(&self) -> bool {
        self.rule.starts_with("FR-")
    }
}

/// The steps so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Adds a step.
    pub fn add(&mut self, rule: &str, text: impl Into<String>, amount: Option<i64>) {
        self.0.push(Step { rule: rule.to_owned(), text: text.into(), amount });
    }

    /// Adds further ones.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Adds a step that is made already.
    pub fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    /// All of them, in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<Step> {
        self.0
    }
}
