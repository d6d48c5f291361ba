//! The place of an event in the order that all persons share: its time, then a text that never depends on when it was told.

use chrono::{DateTime, Utc};
use entity::value::{CustomerId, EnrollmentId, PurchaseId, TermsId};

use crate::domain::purchase::{KeyKind, PurchaseState};

/// A place in the order of events. Databases compare its bytes ([`Self::to_bytes`]) and come to the same order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Microseconds since 1970, the finest that databases keep.
    micros: i64,
    /// Decides between events of one instant.
    key: String,
}

/// How wide the buckets of each level are in which sums are kept: 2 to the power of so many microseconds, the narrowest first. That is a bit more
/// than a minute, some hours, and some weeks; each holds 256 of the one before.
const WIDTHS: [u32; 3] = [26, 34, 42];

/// Buckets of one level, from one on and up to another one that is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// The level, from 0 for the narrowest.
    pub level: i32,
    /// The first; nothing for all from the beginning.
    pub from: Option<i64>,
    /// The end.
    pub to: i64,
}

impl Place {
    /// Before everything else of an instant.
    #[must_use]
    pub const fn start_of(at: DateTime<Utc>) -> Self {
        Self { micros: at.timestamp_micros(), key: String::new() }
    }

    /// Of a lead: before purchases of the same instant, as evidence stands before them. Those of one instant by what made them a lead, such as
    /// a subscription's id at its source; the customer's own id decides only where there is none, as with sign-ups, which come one by one.
    #[must_use]
    pub fn lead(at: DateTime<Utc>, object: Option<&str>, customer: CustomerId) -> Self {
        Self { micros: at.timestamp_micros(), key: format!("0{}/{customer}", object.unwrap_or_default()) }
    }

    /// Of a purchase: those of one instant by their key, the stronger kind first (SL-1). Its own id decides only where two accounts at the source
    /// have an object of one name.
    #[must_use]
    pub fn purchase(id: PurchaseId, state: &PurchaseState) -> Self {
        let rank = match state.key.kind {
            KeyKind::Invoice => 1,
            KeyKind::Intent => 2,
            KeyKind::Charge => 3,
            KeyKind::Checkout => 4,
            KeyKind::Other => 5,
        };
        let at = state.at.unwrap_or(state.known_at);
        Self { micros: at.timestamp_micros(), key: format!("{rank}{}/{id}", state.key.object) }
    }

    /// Of what a period adds at its end: the last of the period.
    #[must_use]
    pub fn end_of_period(end: DateTime<Utc>, terms: TermsId) -> Self {
        Self { micros: end.timestamp_micros().saturating_sub(1), key: format!("9{terms}") }
    }

    /// Of what this enrollment earns there: one event may earn several.
    #[must_use]
    pub fn first_level(&self, enrollment: EnrollmentId) -> Self {
        Self { micros: self.micros, key: format!("{}/1{enrollment}", self.key) }
    }

    /// Of what this enrollment earns there through another one, which stands behind all of the first level.
    #[must_use]
    pub fn second_level(&self, enrollment: EnrollmentId, through: EnrollmentId) -> Self {
        Self { micros: self.micros, key: format!("{}/2{enrollment}/{through}", self.key) }
    }

    /// When.
    #[must_use]
    pub fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros).unwrap_or_default()
    }

    /// The bucket of each level that it lies in, the narrowest first.
    pub fn buckets(&self) -> impl Iterator<Item = (i32, i64)> {
        (0..).zip(WIDTHS.map(|width| self.micros >> width))
    }

    /// The buckets that lie before it and hold everything before its own narrowest one.
    #[must_use]
    pub fn buckets_before(&self) -> Vec<Buckets> {
        let of = |level: usize| {
            let from = WIDTHS.get(level + 1).map(|wider| (self.micros >> wider) << (wider - WIDTHS[level]));
            Buckets { level: i32::try_from(level).unwrap_or(i32::MAX), from, to: self.micros >> WIDTHS[level] }
        };
        (0..WIDTHS.len()).map(of).collect()
    }

    /// The levels of buckets, the narrowest first.
    pub fn levels() -> impl DoubleEndedIterator<Item = i32> {
        0..3
    }

    /// The buckets of the level below that a bucket holds, the end not included.
    #[must_use]
    pub const fn within(bucket: i64) -> (i64, i64) {
        (bucket << 8, (bucket + 1) << 8)
    }

    /// Before everything in this one of the narrowest buckets.
    #[must_use]
    pub const fn start_of_narrowest(bucket: i64) -> Self {
        Self { micros: bucket << WIDTHS[0], key: String::new() }
    }

    /// Before everything in its own narrowest bucket.
    #[must_use]
    pub fn start_of_bucket(&self) -> Self {
        Self { micros: (self.micros >> WIDTHS[0]) << WIDTHS[0], key: String::new() }
    }

    /// Bytes that sort as places do.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.micros ^ i64::MIN).to_be_bytes().to_vec();
        bytes.extend_from_slice(self.key.as_bytes());
        bytes
    }

    /// The place behind bytes; nothing when they are of no place.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (micros, key) = bytes.split_first_chunk::<8>()?;
        Some(Self { micros: i64::from_be_bytes(*micros) ^ i64::MIN, key: String::from_utf8(key.to_vec()).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::facts::{Book, charge, invoice};
    use crate::domain::testing::scene::{customer, partner_a, partner_b, purchase_id};
    use crate::domain::testing::{at, day};

    fn places() -> Vec<Place> {
        let purchase = |book: Book| {
            let state = book.purchase();
            Place::purchase(purchase_id(&state), &state)
        };
        let bill = purchase(Book::of([("in_1", invoice(100, day(3)).into())]));
        let other = purchase(Book::of([("in_10", invoice(100, day(3)).into())]));
        let paid = purchase(Book::of([("ch_1", charge(100, day(3)).into())]));
        vec![
            Place::start_of(at("1969-12-31T23:59:59.999999Z")),
            Place::start_of(day(2)),
            Place::lead(day(2), None, customer(1)),
            Place::start_of(day(3)),
            Place::lead(day(3), None, customer(2)),
            Place::lead(day(3), Some("sub_1"), customer(1)),
            bill.clone(),
            bill.first_level(partner_a()),
            bill.first_level(partner_b()),
            bill.second_level(partner_a(), partner_b()),
            bill.second_level(partner_b(), partner_a()),
            other.first_level(partner_a()),
            paid,
            Place::end_of_period(day(4), TermsId::from_uuid(uuid::Uuid::nil())),
            Place::start_of(day(4)),
        ]
    }

    #[test]
    fn co_6_time_goes_first_then_the_key_and_bytes_sort_alike() {
        let places = places();
        assert!(places.is_sorted_by(|a, b| a < b), "{places:#?}");
        let bytes: Vec<Vec<u8>> = places.iter().map(Place::to_bytes).collect();
        assert!(bytes.is_sorted_by(|a, b| a < b));
        let back: Vec<Place> = bytes.iter().filter_map(|bytes| Place::from_bytes(bytes)).collect();
        assert_eq!(back, places);
        assert_eq!(Place::from_bytes(&[1, 2, 3]), None);
    }

    /// Whatever lies before a place lies in exactly one of the buckets before it, or in its own narrowest one.
    #[test]
    fn co_6_buckets_hold_everything_before_a_place_once() {
        let instants =
            ["1960-05-05T05:05:05Z", "1970-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2025-01-01T00:00:59Z", "2025-03-09T11:12:13Z"];
        let places: Vec<Place> = instants.into_iter().map(|text| Place::start_of(at(text))).collect();
        for place in &places {
            for other in &places {
                let holds = |of: &Buckets| {
                    let bucket = other.buckets().find(|(level, _)| *level == of.level).unwrap().1;
                    of.from.is_none_or(|from| from <= bucket) && bucket < of.to
                };
                let held = place.buckets_before().iter().filter(|of| holds(of)).count();
                let own = place.start_of_bucket() <= *other && other < place;
                assert_eq!(held + usize::from(own), usize::from(other < place), "{other:?} before {place:?}");
            }
        }
    }
}
