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

/// A fact as JSON without its stamps, nor those of its lists.
pub(super) fn without_stamps(mut fact: serde_json::Value) -> serde_json::Value {
    if let serde_json::Value::Object(fields) = &mut fact {
        fields.remove("stamp");
        for list in fields.values_mut().filter_map(serde_json::Value::as_object_mut).filter(|field| field.contains_key("whole")) {
            list.remove("stamp");
        }
    }
    fact
}

/// Unites two sets.
pub(super) fn union<T: Ord>(mut a: BTreeSet<T>, b: BTreeSet<T>) -> BTreeSet<T> {
    a.extend(b);
    a
}
