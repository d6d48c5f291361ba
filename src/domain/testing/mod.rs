//! Factories for tests of the domain: facts in few words ([`facts`]) and a person with partners around it ([`scene`]).

pub mod facts;
pub mod scene;

use chrono::{DateTime, Duration, Utc};
use entity::value::{BasisPoints, Currency};

/// A time as it stands in BEHAVIOUR's examples.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The start of the tests' time plus `n` days.
pub fn day(n: i64) -> DateTime<Utc> {
    at("2025-01-01T00:00:00Z") + Duration::days(n)
}

/// [`day`] plus `n` minutes.
pub fn minute(of: i64, n: i64) -> DateTime<Utc> {
    day(of) + Duration::minutes(n)
}

pub fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

pub fn points(n: u32) -> BasisPoints {
    BasisPoints::new(n).unwrap()
}

/// A number that stays the same for the same text.
pub fn number(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
