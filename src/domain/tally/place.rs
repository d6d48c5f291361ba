//! The place of an event in the order that all persons share: its time, then a text that never depends on when it was told.

use chrono::{DateTime, Utc};
use entity::value::{CustomerId, EnrollmentId, TermsId};

use crate::domain::purchase::{KeyKind, PurchaseState};

/// A place in the order of events. Databases compare its bytes ([`Self::to_bytes`]) and come to the same order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Microseconds since 1970, the finest that databases keep.
    micros: i64,
    /// Decides between events of one instant.
    key: String,
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

impl Place {
    /// Before everything else of an instant.
    #[must_use]
    pub const fn start_of(at: DateTime<Utc>) -> Self {
        Self { micros: at.timestamp_micros(), key: String::new() }
    }

    /// After everything.
    #[must_use]
    pub const fn end_of_time() -> Self {
        Self { micros: i64::MAX, key: String::new() }
    }

    /// Of a lead: before purchases of the same instant, as evidence stands before them.
    #[must_use]
    pub fn lead(at: DateTime<Utc>, customer: CustomerId) -> Self {
        Self { micros: at.timestamp_micros(), key: format!("0{customer}") }
    }

    /// Of a purchase: those of one instant by their key, the stronger kind first (SL-1).
    #[must_use]
    pub fn purchase(state: &PurchaseState) -> Self {
        let rank = match state.key.kind {
            KeyKind::Invoice => 1,
            KeyKind::Intent => 2,
            KeyKind::Charge => 3,
            KeyKind::Checkout => 4,
            KeyKind::Other => 5,
        };
        let at = state.at.unwrap_or(state.known_at);
        Self { micros: at.timestamp_micros(), key: format!("{rank}{}", state.key.object) }
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

    /// The day in UTC, counted from 1970.
    #[must_use]
    pub fn day(&self) -> i32 {
        i32::try_from(self.micros.div_euclid(DAY)).unwrap_or(i32::MAX)
    }

    /// Before everything else of a day.
    #[must_use]
    pub fn start_of_day(day: i32) -> Self {
        Self { micros: i64::from(day).saturating_mul(DAY), key: String::new() }
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
    use crate::domain::testing::scene::{customer, partner_a, partner_b};
    use crate::domain::testing::{at, day};

    fn places() -> Vec<Place> {
        let purchase = |book: Book| Place::purchase(&book.purchase());
        let bill = purchase(Book::of([("in_1", invoice(100, day(3)).into())]));
        let other = purchase(Book::of([("in_10", invoice(100, day(3)).into())]));
        let paid = purchase(Book::of([("ch_1", charge(100, day(3)).into())]));
        vec![
            Place::start_of(at("1969-12-31T23:59:59.999999Z")),
            Place::start_of(day(2)),
            Place::lead(day(2), customer(1)),
            Place::start_of(day(3)),
            Place::lead(day(3), customer(1)),
            bill.clone(),
            bill.first_level(partner_a()),
            bill.first_level(partner_b()),
            bill.second_level(partner_a(), partner_b()),
            bill.second_level(partner_b(), partner_a()),
            other.first_level(partner_a()),
            paid,
            Place::end_of_period(day(4), TermsId::from_uuid(uuid::Uuid::nil())),
            Place::start_of(day(4)),
            Place::end_of_time(),
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

    #[test]
    fn days_are_of_utc() {
        assert_eq!(Place::start_of(at("1970-01-01T23:59:59.999999Z")).day(), 0);
        assert_eq!(Place::start_of(at("1970-01-02T00:00:00Z")).day(), 1);
        assert_eq!(Place::start_of(at("1969-12-31T23:59:59Z")).day(), -1);
        assert_eq!(Place::start_of_day(1), Place::start_of(at("1970-01-02T00:00:00Z")));
        assert!(Place::end_of_time().day() > 100_000_000);
    }
}
