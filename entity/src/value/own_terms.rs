//! Which terms an enrollment or a group had of its own.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{TermsHistory, TermsId};

/// Terms that an enrollment or a group was given, until the next entry of its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTerms {
    /// From when on.
    pub from: DateTime<Utc>,
    /// Which version; none is what stands behind it again: the group's or the program's.
    pub terms: Option<TermsId>,
}

impl TermsHistory {
    /// Adds terms given from a time on, until the next entry that begins later. Of two that begin at one time the one given last counts.
    pub fn give(&mut self, given: OwnTerms) {
        let place = self.0.partition_point(|one| one.from <= given.from);
        self.0.insert(place, given);
    }

    /// The version of its own at `at`, if it had one.
    #[must_use]
    pub fn at(&self, at: DateTime<Utc>) -> Option<TermsId> {
        self.0.iter().rev().find(|one| one.from <= at)?.terms
    }

    /// The version in which the history ends, begun or not.
    #[must_use]
    pub fn last(&self) -> Option<TermsId> {
        self.0.last()?.terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_later_counts_from_then_on_however_it_was_given() {
        let at = |day: i64| DateTime::from_timestamp(day * 86_400, 0).unwrap_or_default();
        let (one, two, three) = (TermsId::new(), TermsId::new(), TermsId::new());
        let mut history = TermsHistory::default();
        assert_eq!((history.at(at(9)), history.last()), (None, None));
        for (day, terms) in [(20, None), (10, Some(one)), (30, Some(two)), (10, Some(three))] {
            history.give(OwnTerms { from: at(day), terms });
        }
        assert_eq!([9, 10, 19, 20, 30].map(|day| history.at(at(day))), [None, Some(three), Some(three), None, Some(two)]);
        assert_eq!(history.last(), Some(two));
    }
}
