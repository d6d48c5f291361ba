//! Stretches of the calendar in UTC over which caps and tiers count.

use std::fmt;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use entity::value::Period;

/// One stretch of the calendar: a certain month, a certain year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// What kind of stretch.
    period: Period,
    /// Its first day; of all time, the day from which computers count.
    from: NaiveDate,
}

impl Stretch {
    /// The stretch in which an instant lies.
    #[must_use]
    pub fn of(period: Period, at: DateTime<Utc>) -> Self {
        let day = at.date_naive();
        let from = match period {
            Period::Day => Some(day),
            Period::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Period::Month => day.with_day(1),
            Period::Quarter => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1),
            Period::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
            Period::Lifetime => Some(NaiveDate::default()),
        };
        Self { period, from: from.unwrap_or(day) }
    }

    /// What kind of stretch it is.
    #[must_use]
    pub const fn period(self) -> Period {
        self.period
    }

    /// Its first moment.
    #[must_use]
    pub fn from(self) -> DateTime<Utc> {
        self.from.and_time(NaiveTime::MIN).and_utc()
    }

    /// Its end, not included; all of the time has none.
    #[must_use]
    pub fn to(self) -> Option<DateTime<Utc>> {
        let day = match self.period {
            Period::Day => self.from.checked_add_days(Days::new(1)),
            Period::Week => self.from.checked_add_days(Days::new(7)),
            Period::Month => self.from.checked_add_months(Months::new(1)),
            Period::Quarter => self.from.checked_add_months(Months::new(3)),
            Period::Year => self.from.checked_add_months(Months::new(12)),
            Period::Lifetime => None,
        };
        day.map(|day| day.and_time(NaiveTime::MIN).and_utc())
    }
}

/// As people write it: `2025-01-31`, `the week of 2025-01-27`, `2025-01`, `2025-Q1`, `2025`, `all of the time`.
impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.period {
            Period::Day => write!(f, "{}", self.from),
            Period::Week => write!(f, "the week of {}", self.from),
            Period::Month => write!(f, "{}", self.from.format("%Y-%m")),
            Period::Quarter => write!(f, "{}-Q{}", self.from.year(), self.from.month0() / 3 + 1),
            Period::Year => write!(f, "{}", self.from.year()),
            Period::Lifetime => f.write_str("all of the time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::at;

    #[test]
    fn co_6_periods_are_of_the_calendar_in_utc() {
        let shown = |period, time: &str| {
            let stretch = Stretch::of(period, at(time));
            (stretch.to_string(), stretch.from().to_rfc3339(), stretch.to().map(|to| to.to_rfc3339()))
        };
        let text =
            |label: &str, from: &str, to: &str| (label.to_owned(), format!("{from}T00:00:00+00:00"), Some(format!("{to}T00:00:00+00:00")));
        let leap = "2024-02-29T23:59:59.999999Z";
        assert_eq!(shown(Period::Day, leap), text("2024-02-29", "2024-02-29", "2024-03-01"));
        assert_eq!(shown(Period::Week, leap), text("the week of 2024-02-26", "2024-02-26", "2024-03-04"));
        assert_eq!(shown(Period::Month, leap), text("2024-02", "2024-02-01", "2024-03-01"));
        assert_eq!(shown(Period::Quarter, leap), text("2024-Q1", "2024-01-01", "2024-04-01"));
        assert_eq!(shown(Period::Quarter, "2025-12-31T00:00:00Z"), text("2025-Q4", "2025-10-01", "2026-01-01"));
        assert_eq!(shown(Period::Year, leap), text("2024", "2024-01-01", "2025-01-01"));
        assert_eq!(shown(Period::Lifetime, leap), ("all of the time".to_owned(), "1970-01-01T00:00:00+00:00".to_owned(), None));
        let edge = at("2025-03-01T00:00:00Z");
        assert_eq!(Stretch::of(Period::Month, edge).from(), edge, "the first moment belongs to it, the end does not");
    }
}
