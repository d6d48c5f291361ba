//! Reads parts of terms, and notes by its path what cannot be read.

use async_graphql::MaybeUndefined;
use entity::value::{BasisPoints, Currency, Terms};

use crate::service::{Refusal, RefusalCode};

/// The most entries of a list that are read at all; the terms themselves set narrower bounds.
const MAX_ENTRIES: usize = 500;

/// What could not be read so far.
#[derive(Default)]
pub(super) struct Reader(Vec<Refusal>);

impl Reader {
    /// The terms, or everything that could not be read.
    pub(super) fn done(self, terms: Terms) -> Result<Terms, Vec<Refusal>> {
        if self.0.is_empty() { Ok(terms) } else { Err(self.0) }
    }

    pub(super) fn fault<T>(&mut self, path: &str, code: RefusalCode, message: &str) -> Option<T> {
        self.0.push(Refusal::new(path, code, message));
        None
    }

    /// What is not given stays, null takes away, and a value that cannot be read is a fault.
    pub(super) fn replace<I, T>(&mut self, place: &mut Option<T>, given: MaybeUndefined<I>, read: impl FnOnce(&mut Self, I) -> Option<T>) {
        match given {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => *place = None,
            MaybeUndefined::Value(given) => *place = read(self, given),
        }
    }

    /// Every entry of a list by its own path.
    pub(super) fn all<I, T>(&mut self, path: &str, given: Vec<I>, read: impl Fn(&mut Self, &str, I) -> Option<T>) -> Vec<T> {
        if given.len() > MAX_ENTRIES {
            self.fault::<()>(path, RefusalCode::OutOfRange, &format!("must be at most {MAX_ENTRIES}"));
            return Vec::new();
        }
        let one = |(index, one)| read(self, &format!("{path}.{index}"), one);
        given.into_iter().enumerate().filter_map(one).collect()
    }

    pub(super) fn required<T>(&mut self, path: &str, given: Option<T>) -> Option<T> {
        given.or_else(|| self.fault(path, RefusalCode::Required, "must be given for this kind"))
    }

    pub(super) fn days(&mut self, path: &str, days: i32) -> Option<u16> {
        match u16::try_from(days) {
            Ok(days) => Some(days),
            Err(_) => self.fault(path, RefusalCode::OutOfRange, "must be a number of days that is not negative and not so large"),
        }
    }

    pub(super) fn count(&mut self, path: &str, count: i32) -> Option<u16> {
        match u16::try_from(count) {
            Ok(count) => Some(count),
            Err(_) => self.fault(path, RefusalCode::OutOfRange, "must not be negative, and not so large"),
        }
    }

    pub(super) fn priority(&mut self, path: &str, priority: i32) -> Option<i16> {
        match i16::try_from(priority) {
            Ok(priority) => Some(priority),
            Err(_) => self.fault(&format!("{path}.priority"), RefusalCode::OutOfRange, "must be from -1000 to 1000"),
        }
    }

    pub(super) fn rate(&mut self, path: &str, rate: Option<i32>) -> Option<BasisPoints> {
        let rate = self.required(path, rate)?;
        match u32::try_from(rate).ok().and_then(|points| BasisPoints::new(points).ok()) {
            Some(rate) => Some(rate),
            None => self.fault(path, RefusalCode::OutOfRange, "must be from 0 to 100000 hundredths of a percent"),
        }
    }

    pub(super) fn whole(&mut self, path: &str, text: &str) -> Option<i64> {
        text.parse().ok().or_else(|| self.fault(path, RefusalCode::Invalid, "must be a whole number in a string"))
    }

    /// An amount and its currency.
    pub(super) fn sum(&mut self, path: &str, amount: Option<&str>, currency: Option<Currency>) -> Option<(i64, Currency)> {
        let at = format!("{path}.amount");
        let amount = self.required(&at, amount).and_then(|amount| self.whole(&at, amount));
        let currency = self.required(&format!("{path}.currency"), currency);
        Some((amount?, currency?))
    }
}
