//! Which terms an enrollment had of its own.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::TermsId;

/// Terms that an enrollment was given, until the next entry of its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTerms {
    /// From when on.
    pub from: DateTime<Utc>,
    /// Which version; none is the program's again.
    pub terms: Option<TermsId>,
}
