//! The small joins of which every merge of facts is made.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Stamp;

/// A list that some tellings give, some give in part and some leave out.
///
/// A whole list is better than a part, a later one better than an earlier one, and one that was left out says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told<T> {
    /// Whether the list is whole.
    pub whole: bool,
    /// When it was told; nothing when no telling had it.
    pub stamp: Option<Stamp>,
    /// The list, in the source's order.
    pub list: Vec<T>,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self { whole: false, stamp: None, list: Vec::new() }
    }
}

impl<T> Told<T> {
    /// A list that was told whole at `stamp`.
    #[must_use]
    pub const fn whole(stamp: Stamp, list: Vec<T>) -> Self {
        Self { whole: true, stamp: Some(stamp), list }
    }

    /// The first part of a list, told at `stamp`.
    #[must_use]
    pub const fn part(stamp: Stamp, list: Vec<T>) -> Self {
        Self { whole: false, stamp: Some(stamp), list }
    }

    pub(super) fn merge(self, other: Self) -> Self {
        if (self.whole, self.stamp) >= (other.whole, other.stamp) { self } else { other }
    }
}

/// A sum that only grows, as its tellings show it: each height that it was told to have, with the earliest time at which it had it.
///
/// Heights and times both rise: a lower height that was told no earlier says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grown(Vec<(i64, DateTime<Utc>)>);

impl Grown {
    /// The sum had this height, in minor units, by this time.
    #[must_use]
    pub fn to(height: i64, at: DateTime<Utc>) -> Self {
        Self(if height > 0 { vec![(height, at)] } else { Vec::new() })
    }

    /// The greatest height told, in minor units; zero when none was.
    #[must_use]
    pub fn height(&self) -> i64 {
        self.0.last().map_or(0, |(height, _)| *height)
    }

    /// Each height with the earliest time at which it was told, lowest first.
    pub fn heights(&self) -> impl Iterator<Item = (i64, DateTime<Utc>)> {
        self.0.iter().copied()
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let mut all = self.0;
        all.extend(other.0);
        all.sort_by_key(|(height, at)| std::cmp::Reverse((*height, std::cmp::Reverse(*at))));
        let mut kept: Vec<(i64, DateTime<Utc>)> = Vec::with_capacity(all.len());
        for one in all {
            if kept.last().is_none_or(|higher| one.1 < higher.1) {
                kept.push(one);
            }
        }
        kept.reverse();
        Self(kept)
    }
}

/// How many tellings are kept of something that changes over time.
const KEPT: usize = 32;

/// What was told of something that changes over time, so that it can be asked what held at a certain time. It keeps the newest tellings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T>(Vec<(Stamp, T)>);

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Dated<T> {
    /// What was told at `stamp`.
    #[must_use]
    pub fn told(stamp: Stamp, value: T) -> Self {
        Self(vec![(stamp, value)])
    }

    /// What was told last up to `when`, else what was told first after it.
    #[must_use]
    pub fn at(&self, when: DateTime<Utc>) -> Option<&T> {
        let last = self.0.iter().rev().find(|(stamp, _)| stamp.at <= when);
        last.or_else(|| self.0.first()).map(|(_, value)| value)
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self.0.sort_by_key(|(stamp, _)| *stamp);
        // Equal stamps mean equal content.
        self.0.dedup_by_key(|(stamp, _)| *stamp);
        let surplus = self.0.len().saturating_sub(KEPT);
        self.0.drain(..surplus);
        self
    }
}

/// Puts the telling with the greater stamp first: its core is kept, and the other one only adds to what grows.
pub(super) fn newest<T>(a: T, b: T, stamp: impl Fn(&T) -> Stamp) -> (T, T) {
    if stamp(&a) >= stamp(&b) { (a, b) } else { (b, a) }
}

/// The earlier of two times, where a time not known is later than any.
pub(super) fn first_seen(a: Option<DateTime<Utc>>, b: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (known, None) | (None, known) => known,
    }
}

/// A link once told stays told. Two different tellings of one link do not happen at the source; the smaller id then decides, for a fixed order.
pub(super) fn link(a: Option<String>, b: Option<String>) -> Option<String> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (known, None) | (None, known) => known,
    }
}

/// Unites two sets.
pub(super) fn union<T: Ord>(mut a: BTreeSet<T>, b: BTreeSet<T>) -> BTreeSet<T> {
    a.extend(b);
    a
}
