//! The life of a code: when it could be used, as far as was told.

use chrono::{DateTime, Utc};
use entity::value::Span;
use serde::{Deserialize, Serialize};

use super::Stamp;

/// How many tellings are kept. Far more than any code is switched on and off; tellings that repeat a state go first.
const KEPT: usize = 200;

/// Every state in which an object was told, by its source's time, each time once. A join: what was told by either (IN-6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Life(Vec<(Stamp, bool)>);

impl Life {
    /// Told once.
    #[must_use]
    pub fn told(stamp: Stamp, usable: bool) -> Self {
        Self(vec![(stamp, usable)])
    }

    /// What was told by either. Of two tellings of one second the greater stamp stands.
    pub(super) fn merge(self, other: Self) -> Self {
        let mut all: Vec<(Stamp, bool)> = self.0.into_iter().chain(other.0).collect();
        all.sort_by_key(|(stamp, _)| std::cmp::Reverse(*stamp));
        all.dedup_by_key(|(stamp, _)| stamp.at);
        all.reverse();
        if all.len() > KEPT {
            all = outlines(&all);
        }
        all.drain(..all.len().saturating_sub(KEPT));
        Self(all)
    }

    /// When it could not be used: from each telling as unusable until the next one as usable.
    #[must_use]
    pub fn gaps(&self) -> Vec<Span> {
        let mut gaps = Vec::new();
        let mut since: Option<DateTime<Utc>> = None;
        for (stamp, usable) in &self.0 {
            match (usable, since) {
                (false, None) => since = Some(stamp.at),
                (true, Some(from)) => {
                    gaps.push(Span { from, to: Some(stamp.at) });
                    since = None;
                }
                _ => {}
            }
        }
        gaps.extend(since.map(|from| Span { from, to: None }));
        gaps
    }
}

/// The first and the last telling of each run of one state.
fn outlines(all: &[(Stamp, bool)]) -> Vec<(Stamp, bool)> {
    let state = |index: Option<usize>| index.and_then(|i| all.get(i)).map(|(_, usable)| *usable);
    let edge = |i: usize| state(i.checked_sub(1)) != state(Some(i)) || state(Some(i + 1)) != state(Some(i));
    all.iter().enumerate().filter(|(i, _)| edge(*i)).map(|(_, one)| *one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::day;
    use crate::domain::testing::facts::stamp;

    fn lives(told: &[(i64, bool)]) -> Life {
        told.iter().fold(Life::default(), |life, (n, usable)| life.merge(Life::told(stamp(day(*n), 0), *usable)))
    }

    #[test]
    fn cs_5_a_code_cannot_be_used_from_each_end_until_it_is_told_as_usable_again() {
        let gap = |from: i64, to: Option<i64>| Span { from: day(from), to: to.map(day) };
        assert_eq!(lives(&[(0, true), (3, true)]).gaps(), []);
        assert_eq!(lives(&[(0, true), (1, false), (2, false), (4, true)]).gaps(), [gap(1, Some(4))]);
        assert_eq!(lives(&[(1, false), (4, true), (6, false)]).gaps(), [gap(1, Some(4)), gap(6, None)]);
        assert_eq!(
            lives(&[(4, true), (6, false), (0, true), (1, false)]).gaps(),
            lives(&[(0, true), (1, false), (4, true), (6, false)]).gaps()
        );
        assert!(gap(1, Some(4)).contains(day(1)) && !gap(1, Some(4)).contains(day(4)));
    }

    #[test]
    fn cs_5_of_one_second_the_later_state_stands() {
        let both = Life::told(stamp(day(1), 0), true).merge(Life::told(stamp(day(1), 1), false));
        assert_eq!(both.gaps(), [Span { from: day(1), to: None }]);
        assert_eq!(both, Life::told(stamp(day(1), 1), false).merge(Life::told(stamp(day(1), 0), true)));
    }

    #[test]
    fn what_repeats_a_state_is_forgotten_first() {
        let told: Vec<(i64, bool)> = (0..500).map(|n| (n, n != 250)).collect();
        let life = lives(&told);
        assert!(life.0.len() <= KEPT);
        assert_eq!(life.gaps(), [Span { from: day(250), to: Some(day(251)) }]);
    }
}
