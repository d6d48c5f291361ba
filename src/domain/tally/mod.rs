//! Sums that reach beyond one person: what came to a cap so far (CO-6) and how much a partner brought (CO-7).
//!
//! A [`Tally`] is one such sum, made of dated [`Entry`]s that purchases of many persons add. What counts for a purchase is the sum before its
//! [`Place`], so neither the order nor the time of processing matters. With each entry stands within which [`Bounds`] that sum may move before
//! the outcome at its place changes: so those whom a late fact concerns are found by numbers alone.

mod name;
mod place;
mod reach;
mod running;
mod stretch;

use std::collections::BTreeMap;

use entity::value::{Currency, EnrollmentId, ProgramId, TermsId, TierMetric};

pub use name::NameError;
pub use place::Place;
pub use reach::Reach;
pub use running::{Asked, Running};
pub use stretch::Stretch;

use super::origin::By;

/// One sum over many persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// Whose.
    pub owner: Owner,
    /// Of what.
    pub measure: Measure,
    /// Over which time, judged by when the purchase was paid.
    pub stretch: Stretch,
    /// In which currency; nothing for numbers of things.
    pub currency: Option<Currency>,
}

/// Whose sum it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Of one enrollment.
    Enrollment(EnrollmentId),
    /// Of the whole program.
    Program(ProgramId),
}

/// What is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// What came to the cap of the owner and the stretch, whatever it let through (CO-6): what was earned after the caps before it.
    Cap,
    /// What is counted towards levels (CO-7).
    Metric(TierMetric),
    /// What a level of this version's tiers adds at the end of the period, if it is the one that was reached (CO-7).
    Uplift {
        /// The version.
        terms: TermsId,
        /// The level's place in its list.
        level: u16,
    },
}

/// What one event adds to a tally.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// To which.
    pub tally: Tally,
    /// Where it stands.
    pub place: Place,
    /// What it adds. Never below zero, so that sums grow with places; but for [`Measure::Uplift`], of which only the whole counts.
    pub amount: i64,
    /// Within what the outcome of the event stays as it is.
    pub bounds: Bounds,
    /// By what it came about: who is settled again when the bounds are left.
    pub by: By,
}

/// Within what sums the outcome at a place stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bounds {
    /// The least sum before the place.
    pub low: Option<i64>,
    /// The most before the place.
    pub high: Option<i64>,
    /// The most with what the place itself adds.
    pub most: Option<i64>,
}

impl Bounds {
    /// The outcome does not depend on the sum.
    pub const FREE: Self = Self { low: None, high: None, most: None };

    /// Whether the outcome stays when this is the sum before a place that adds `amount`.
    #[must_use]
    pub fn hold(self, sum: i64, amount: i64) -> bool {
        let up_to = self.most.is_none_or(|most| sum.saturating_add(amount) <= most);
        up_to && self.low.is_none_or(|low| low <= sum) && self.high.is_none_or(|high| sum <= high)
    }
}

/// Sums of tallies before places, without what the one who asks adds.
pub type Sums = BTreeMap<(Tally, Place), i64>;

/// What a cap lets through of `amount` when `before` came to it so far, and within what that stays so (CO-6).
#[must_use]
pub fn through_cap(cap: i64, before: i64, amount: i64) -> (i64, Bounds) {
    let room = cap.saturating_sub(before);
    if amount <= 0 {
        (amount, Bounds::FREE)
    } else if room <= 0 {
        (0, Bounds { low: Some(cap), ..Bounds::FREE })
    } else if amount <= room {
        (amount, Bounds { most: Some(cap), ..Bounds::FREE })
    } else {
        (room, Bounds { low: Some(before), high: Some(before), most: None })
    }
}

/// The level that was reached with `sum`, by its place in the list, and within what that stays so (CO-7). `from` are the levels' thresholds,
/// the lowest first.
#[must_use]
pub fn level_reached(from: impl IntoIterator<Item = i64>, sum: i64) -> (Option<usize>, Bounds) {
    let mut reached = (None, Bounds::FREE);
    for (level, from) in from.into_iter().enumerate() {
        if sum < from {
            reached.1.high = Some(from.saturating_sub(1));
            break;
        }
        reached = (Some(level), Bounds { low: Some(from), ..Bounds::FREE });
    }
    reached
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn co_6_a_cap_lets_through_what_is_left_of_it() {
        let bounds = |low, high, most| Bounds { low, high, most };
        assert_eq!(through_cap(100, 0, 60), (60, bounds(None, None, Some(100))));
        assert_eq!(through_cap(100, 40, 60), (60, bounds(None, None, Some(100))));
        assert_eq!(through_cap(100, 41, 60), (59, bounds(Some(41), Some(41), None)));
        assert_eq!(through_cap(100, 100, 60), (0, bounds(Some(100), None, None)));
        assert_eq!(through_cap(100, 500, 60), (0, bounds(Some(100), None, None)));
        assert_eq!(through_cap(100, 500, 0), (0, Bounds::FREE));
        assert_eq!(through_cap(i64::MAX, i64::MAX, i64::MAX).0, 0);
    }

    #[test]
    fn co_7_a_level_is_reached_at_its_threshold() {
        let bounds = |low, high| Bounds { low, high, most: None };
        let levels = [100, 500];
        assert_eq!(level_reached(levels, 0), (None, bounds(None, Some(99))));
        assert_eq!(level_reached(levels, 99), (None, bounds(None, Some(99))));
        assert_eq!(level_reached(levels, 100), (Some(0), bounds(Some(100), Some(499))));
        assert_eq!(level_reached(levels, 500), (Some(1), bounds(Some(500), None)));
        assert_eq!(level_reached([], 500), (None, Bounds::FREE));
    }

    proptest! {
        #[test]
        fn co_6_bounds_are_exact(cap in 1..50_i64, before in 0..100_i64, amount in 0..60_i64, other in 0..100_i64) {
            let (through, bounds) = through_cap(cap, before, amount);
            let (with_other, _) = through_cap(cap, other, amount);
            prop_assert!(bounds.hold(before, amount));
            prop_assert_eq!(bounds.hold(other, amount), with_other == through);
        }

        #[test]
        fn co_7_bounds_are_exact(first in 1..50_i64, more in 1..50_i64, sum in 0..120_i64, other in 0..120_i64) {
            let levels = [first, first + more];
            let (level, bounds) = level_reached(levels, sum);
            prop_assert!(bounds.hold(sum, 1));
            prop_assert_eq!(bounds.hold(other, 1), level_reached(levels, other).0 == level);
        }
    }
}
