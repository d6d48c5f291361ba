//! The intervals of a range of time as a clock on the wall cuts them: days begin at midnight there, also when clocks change.

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::domain::insight::{QUARTER, QUARTERS_A_DAY};

/// How a range is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
pub enum Interval {
    /// Not at all.
    #[default]
    Whole,
    /// By the hour.
    Hour,
    /// By the day.
    Day,
    /// By the week, which begins on Monday.
    Week,
    /// By the month.
    Month,
    /// By the quarter of a year.
    Quarter,
    /// By the year.
    Year,
}

/// Cuts `[from, to)`: the first and the last piece may be short. Nothing when there would be more than `most`.
#[must_use]
pub fn intervals(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    zone: Tz,
    interval: Interval,
    most: usize,
) -> Option<Vec<(DateTime<Utc>, DateTime<Utc>)>> {
    let mut pieces = Vec::new();
    let mut start = from;
    while start < to {
        if pieces.len() == most {
            return None;
        }
        let end = next(start, zone, interval).map_or(to, |next| next.min(to));
        pieces.push((start, end));
        start = end;
    }
    Some(pieces)
}

/// The first boundary after `at`; nothing when there is none.
fn next(at: DateTime<Utc>, zone: Tz, interval: Interval) -> Option<DateTime<Utc>> {
    let local = at.with_timezone(&zone);
    let today = local.date_naive();
    let first = |date: NaiveDate| date.with_day(1);
    let day = match interval {
        Interval::Whole => return None,
        Interval::Hour => {
            let past = i64::from(local.minute()) * 60 + i64::from(local.second());
            return at
                .checked_sub_signed(Duration::nanoseconds(at.timestamp_subsec_nanos().into()))?
                .checked_add_signed(Duration::seconds(3600 - past));
        }
        Interval::Day => today.checked_add_days(Days::new(1))?,
        Interval::Week => today.checked_add_days(Days::new(7 - u64::from(today.weekday().num_days_from_monday())))?,
        Interval::Month => first(today)?.checked_add_months(Months::new(1))?,
        Interval::Quarter => first(today)?.checked_add_months(Months::new(3 - today.month0() % 3))?,
        Interval::Year => first(today)?.checked_add_months(Months::new(12 - today.month0()))?,
    };
    beginning(day, zone).filter(|next| *next > at)
}

/// When a day begins: at midnight, or with the first moment after it where a change of clocks leaves midnight out; of two midnights at the
/// first. A day that a zone left out altogether, as Samoa did in 2011, begins with the next one.
fn beginning(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight: NaiveDateTime = day.and_time(NaiveTime::MIN);
    (0..=QUARTERS_A_DAY)
        .find_map(|quarters| {
            let local = midnight.checked_add_signed(Duration::seconds(quarters * QUARTER))?;
            zone.from_local_datetime(&local).earliest()
        })
        .map(|moment| moment.with_timezone(&Utc))
}

/// Whether a time is where a bucket begins.
#[must_use]
pub const fn is_quarter(at: DateTime<Utc>) -> bool {
    at.timestamp().rem_euclid(QUARTER) == 0 && at.timestamp_subsec_nanos() == 0
}

/// Whether days of this zone begin where buckets do, throughout a range. All zones do so since 1980.
#[must_use]
pub fn fits(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    [from, to].iter().all(|at| i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()).rem_euclid(QUARTER) == 0)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeZone, Utc};
    use chrono_tz::Tz;
    use rstest::rstest;

    use super::{Interval, fits, intervals, is_quarter};

    fn utc(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().unwrap()
    }

    fn cut(from: &str, to: &str, zone: &str, interval: Interval) -> Vec<String> {
        let pieces = intervals(utc(from), utc(to), zone.parse().unwrap(), interval, 400).unwrap();
        for pair in pieces.windows(2) {
            assert_eq!(pair[0].1, pair[1].0, "no gap");
        }
        assert!(pieces.iter().all(|(start, _)| is_quarter(*start)));
        pieces.iter().map(|(start, _)| start.format("%Y-%m-%dT%H:%M").to_string()).collect()
    }

    #[rstest]
    #[case::utc("2025-01-01T00:00", "2025-01-03T00:00", "UTC", Interval::Day, &["2025-01-01T00:00", "2025-01-02T00:00"])]
    #[case::half_hours("2025-01-01T00:00", "2025-01-02T00:00", "Asia/Kolkata", Interval::Day, &["2025-01-01T00:00", "2025-01-01T18:30"])]
    #[case::three_quarters("2025-01-01T00:00", "2025-01-02T00:00", "Asia/Kathmandu", Interval::Day, &["2025-01-01T00:00", "2025-01-01T18:15"])]
    #[case::clocks_go_forward("2025-03-29T23:00", "2025-03-31T22:00", "Europe/Berlin", Interval::Day, &["2025-03-29T23:00", "2025-03-30T22:00"])]
    #[case::clocks_go_back("2025-10-25T22:00", "2025-10-27T23:00", "Europe/Berlin", Interval::Day, &["2025-10-25T22:00", "2025-10-26T23:00"])]
    #[case::no_midnight("2017-10-14T03:00", "2017-10-16T02:00", "America/Sao_Paulo", Interval::Day, &["2017-10-14T03:00", "2017-10-15T03:00"])]
    #[case::clocks_go_back_at_midnight("2024-10-26T00:00", "2024-10-28T00:00", "Asia/Beirut", Interval::Day, &["2024-10-26T00:00", "2024-10-26T22:00", "2024-10-27T22:00"])]
    #[case::two_midnights("2024-11-02T04:00", "2024-11-04T05:00", "America/Havana", Interval::Day, &["2024-11-02T04:00", "2024-11-03T04:00"])]
    #[case::a_day_that_never_was("2011-12-30T00:00", "2012-01-01T00:00", "Pacific/Apia", Interval::Day, &["2011-12-30T00:00", "2011-12-30T10:00", "2011-12-31T10:00"])]
    #[case::weeks("2025-01-01T00:00", "2025-01-14T00:00", "UTC", Interval::Week, &["2025-01-01T00:00", "2025-01-06T00:00", "2025-01-13T00:00"])]
    #[case::months("2024-01-31T12:00", "2024-03-02T00:00", "America/New_York", Interval::Month, &["2024-01-31T12:00", "2024-02-01T05:00", "2024-03-01T05:00"])]
    #[case::quarters("2024-05-01T00:00", "2025-01-02T00:00", "UTC", Interval::Quarter, &["2024-05-01T00:00", "2024-07-01T00:00", "2024-10-01T00:00", "2025-01-01T00:00"])]
    #[case::years("2023-12-31T00:00", "2025-01-01T00:00", "UTC", Interval::Year, &["2023-12-31T00:00", "2024-01-01T00:00"])]
    #[case::hours("2025-01-01T00:15", "2025-01-01T02:30", "Asia/Kolkata", Interval::Hour, &["2025-01-01T00:15", "2025-01-01T00:30", "2025-01-01T01:30"])]
    #[case::whole("2025-01-01T00:15", "2031-01-01T02:30", "UTC", Interval::Whole, &["2025-01-01T00:15"])]
    fn ranges_are_cut_as_clocks_on_the_wall_say(
        #[case] from: &str,
        #[case] to: &str,
        #[case] zone: &str,
        #[case] interval: Interval,
        #[case] expected: &[&str],
    ) {
        assert_eq!(cut(from, to, zone, interval), expected);
    }

    #[test]
    fn too_many_are_refused_and_none_is_none() {
        let (from, to) = (utc("2025-01-01T00:00"), utc("2025-01-11T00:00"));
        assert_eq!(intervals(from, to, Tz::UTC, Interval::Day, 10).map(|pieces| pieces.len()), Some(10));
        assert_eq!(intervals(from, to, Tz::UTC, Interval::Day, 9), None);
        assert_eq!(intervals(to, from, Tz::UTC, Interval::Day, 9), Some(Vec::new()));
    }

    #[test]
    fn every_zone_of_today_fits_the_buckets() {
        for zone in chrono_tz::TZ_VARIANTS {
            for month in 1..=12 {
                let at = Utc.with_ymd_and_hms(2025, month, 1, 0, 0, 0).unwrap();
                assert!(fits(zone, at, at), "{zone}");
            }
        }
        assert!(!fits(chrono_tz::Africa::Monrovia, utc("1970-01-01T00:00"), utc("1971-01-01T00:00")));
    }
}
