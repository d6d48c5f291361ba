//! Rules that can be written down but that nothing applies yet. They are refused, as a rule that silently does nothing costs money.

use super::{Faults, TermsErrorCode};
use crate::value::{CapScope, Terms};

impl Faults {
    pub(super) fn unsupported(&mut self, terms: &Terms) {
        for (index, cap) in terms.caps.iter().enumerate() {
            self.unless(matches!(cap.scope, CapScope::Purchase | CapScope::Customer), &format!("caps.{index}.scope"));
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
