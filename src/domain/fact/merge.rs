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

/// A running total as its tellings show it: what it was told to be at which time. It grows, and falls when something that was counted fails.
/// Every telling is kept, or what held in between would depend on the order of tellings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running(Vec<(i64, DateTime<Utc>)>);

impl Running {
    /// The total was this much, in minor units, at this time.
    #[must_use]
    pub fn to(total: i64, at: DateTime<Utc>) -> Self {
        Self(vec![(total, at)])
    }

    /// What it was last told to be, in minor units; zero when it never was told.
    #[must_use]
    pub fn latest(&self) -> i64 {
        self.0.last().map_or(0, |(total, _)| *total)
    }

    /// What it was told to be, oldest first.
    pub fn tellings(&self) -> impl Iterator<Item = (i64, DateTime<Utc>)> {
        self.0.iter().copied()
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let mut all = self.0;
        all.extend(other.0);
        // Of two at one time the greater is the later one: hardly anything is counted and fails within a second.
        all.sort_by_key(|(total, at)| (*at, std::cmp::Reverse(*total)));
        all.dedup_by_key(|(_, at)| *at);
        Self(all)
    }
}

/// What was told of something that changes over time, so that it can be asked what held at a certain time. Every telling is kept, or what
/// held in the past would depend on how much was told since; a value that is told again and again is kept once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// The different values, in the order in which they first held.
    values: Vec<T>,
    /// When each of them was told, by its place among the values, oldest first.
    tellings: Vec<(Stamp, usize)>,
}

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self { values: Vec::new(), tellings: Vec::new() }
    }
}

impl<T> Dated<T> {
    /// What was told at `stamp`.
    #[must_use]
    pub fn told(stamp: Stamp, value: T) -> Self {
        Self { values: vec![value], tellings: vec![(stamp, 0)] }
    }

    /// What was told last up to `when`, else what was told first after it.
    #[must_use]
    pub fn at(&self, when: DateTime<Utc>) -> Option<&T> {
        let last = self.tellings.iter().rev().find(|(stamp, _)| stamp.at <= when);
        last.or_else(|| self.tellings.first()).and_then(|(_, place)| self.values.get(*place))
    }
}

impl<T: PartialEq + Clone> Dated<T> {
    pub(super) fn merge(self, other: Self) -> Self {
        let told = |dated: Self| -> Vec<(Stamp, T)> {
            let Self { values, tellings } = dated;
            tellings.into_iter().filter_map(|(stamp, place)| Some((stamp, values.get(place)?.clone()))).collect()
        };
        let mut all = told(self);
        all.extend(told(other));
        all.sort_by_key(|(stamp, _)| *stamp);
        // Equal stamps mean equal content.
        all.dedup_by_key(|(stamp, _)| *stamp);
        let mut merged = Self::default();
        for (stamp, value) in all {
            let place = merged.values.iter().position(|known| *known == value).unwrap_or(merged.values.len());
            if place == merged.values.len() {
                merged.values.push(value);
            }
            merged.tellings.push((stamp, place));
        }
        merged
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
