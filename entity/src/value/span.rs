//! Stretches of time.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::EnrollmentEnd;

/// A stretch of time `[from, to)`; without an end it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: Option<DateTime<Utc>>,
}

impl Span {
    /// Whether an instant lies in it.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// A time during which an enrollment did not take part (AT-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// When.
    #[serde(flatten)]
    pub span: Span,
    /// How it had ended.
    pub kind: EnrollmentEnd,
}
