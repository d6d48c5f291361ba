//! The sums while one person, or one period, is settled: what others added, and what this one adds.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bounds, Entry, Place, Sums, Tally};

/// The sums that were asked for.
pub type Asked = BTreeSet<(Tally, Place)>;

/// The sums while one person, or one period, is settled.
#[derive(Clone, Debug)]
pub struct Running<'a> {
    others: &'a Sums,
    own: BTreeMap<Tally, BTreeMap<Place, i64>>,
    entries: Vec<Entry>,
    asked: Asked,
}

impl<'a> Running<'a> {
    /// With what others added. A sum that is not among them counts as zero, and is among those that were asked for.
    #[must_use]
    pub const fn new(others: &'a Sums) -> Self {
        Self { others, own: BTreeMap::new(), entries: Vec::new(), asked: BTreeSet::new() }
    }

    /// The sum before a place.
    pub fn before(&mut self, tally: Tally, place: &Place) -> i64 {
        let own = self.own.get(&tally).map_or(0, |own| own.range(..place.clone()).fold(0_i64, |sum, (_, one)| sum.saturating_add(*one)));
        let key = (tally, place.clone());
        let others = self.others.get(&key).copied().unwrap_or(0);
        self.asked.insert(key);
        others.saturating_add(own)
    }

    /// Adds an entry. One that adds nothing and depends on nothing leaves no trace.
    pub fn add(&mut self, entry: Entry) {
        if entry.amount == 0 && entry.bounds == Bounds::FREE {
            return;
        }
        let place = self.own.entry(entry.tally).or_default().entry(entry.place.clone()).or_default();
        *place = place.saturating_add(entry.amount);
        self.entries.push(entry);
    }

    /// What this one adds, in order, and which sums that took.
    #[must_use]
    pub fn into_parts(mut self) -> (Vec<Entry>, Asked) {
        self.entries.sort();
        (self.entries, self.asked)
    }
}
