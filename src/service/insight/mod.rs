//! The figures of dashboards and portals: series over intervals of any time zone, told apart by program, partner, link or code.

pub mod calendar;

use std::collections::BTreeMap;
use std::time::{Duration as Span, Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::value::Currency;

use self::calendar::{Interval, fits, intervals, is_quarter};
use super::error::{Refusal, RefusalCode};
use super::{ServiceError, Services};
use crate::domain::access::Scope;
use crate::domain::insight::{Figure, Figures, bucket};
use crate::store;
use crate::store::insight::BATCH;
use crate::store::read::insight::{Filter, Group, Line, Member, Question, Span as Stretch, partner_of};

/// The most intervals of an answer: a year by the day, two weeks by the hour.
pub const MOST_INTERVALS: usize = 400;
/// The most series of an answer.
pub const MOST_SERIES: u64 = 50;
/// The most points of an answer, over all series.
pub const MOST_POINTS: u64 = 5_000;
/// How long one turn of folding goes on while there is more.
const TURN: Span = Span::from_secs(1);

/// By what series are put in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "InsightOrder")]
pub enum Order {
    /// The most purchases first.
    #[default]
    Purchases,
    /// The most new customers first.
    Customers,
    /// The most sign-ups first.
    SignUps,
    /// The most clicks first.
    Clicks,
    /// The most commissionable revenue first. Needs a currency in the filter.
    Net,
    /// The most commissions by amount first, whether paid or not. Needs a currency in the filter.
    Commissions,
}

impl Order {
    const fn figures(self) -> &'static [Figure] {
        match self {
            Self::Purchases => &[Figure::Purchases],
            Self::Customers => &[Figure::Customers],
            Self::SignUps => &[Figure::SignUps],
            Self::Clicks => &[Figure::Clicks],
            Self::Net => &[Figure::Net],
            Self::Commissions => &[Figure::Pending, Figure::Held, Figure::Approved, Figure::Reserved, Figure::Paid],
        }
    }

    const fn is_money(self) -> bool {
        matches!(self, Self::Net | Self::Commissions)
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The first moment; a quarter of an hour.
    pub from: DateTime<Utc>,
    /// The end, not included; a quarter of an hour.
    pub to: DateTime<Utc>,
    /// The time zone by its name, such as `Europe/Berlin`.
    pub zone: String,
    /// How the range is cut.
    pub interval: Interval,
    /// By what series are told apart.
    pub group: Option<Group>,
    /// Which figures.
    pub filter: Filter,
    /// How many series.
    pub first: u64,
    /// The order of series.
    pub order: Order,
}

/// The figures by currency; those that are no money under none.
pub type ByCurrency = BTreeMap<Option<Currency>, Figures>;

/// One series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Whose; nothing where nobody is told apart, and for what belongs to nobody.
    pub member: Option<Member>,
    /// The figures of each interval.
    pub points: Vec<ByCurrency>,
}

impl Series {
    /// The figures of all intervals together.
    #[must_use]
    pub fn total(&self) -> ByCurrency {
        let mut total = ByCurrency::new();
        for (currency, figures) in self.points.iter().flatten() {
            total.entry(*currency).or_default().join(figures);
        }
        total
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insights {
    /// The intervals, each from its first moment to its end.
    pub intervals: Vec<Bounds>,
    /// The series, in the order that was asked for.
    pub series: Vec<Series>,
    /// Whether there are more series than were asked for.
    pub more: bool,
}

/// Answers a question about figures, within what the scope covers.
///
/// # Errors
/// [`ServiceError::Refused`] when the range, the zone or the bounds cannot be; [`ServiceError::Store`] when the database fails.
pub async fn insights(services: &Services, scope: Scope, asked: &Asked) -> Result<Insights, ServiceError> {
    let (intervals, limit) = check(asked)?;
    let db = services.db.read();
    let mut filter = asked.filter.clone();
    if filter.partner.is_none() {
        filter.partner = scope.partner();
    }
    if filter.partner.is_none() && (filter.enrollment.is_some() || filter.link.is_some()) {
        // Whose it is leads to the index; what the scope does not cover has no figures.
        let Some(partner) = partner_of(db, scope, &filter).await? else {
            return Ok(empty(asked, intervals));
        };
        filter.partner = Some(partner);
    }
    let question = Question { scope, filter: &filter, group: asked.group };
    let spans: Vec<Stretch> =
        (0..).zip(&intervals).map(|(place, (from, to))| Stretch { interval: place, from: bucket(*from), to: bucket(*to) }).collect();
    let whole = [Stretch { interval: 0, from: bucket(asked.from), to: bucket(asked.to) }];
    let (members, more) = match asked.group {
        None => (vec![None], false),
        Some(_) => {
            let mut members = question.top(db, &whole, asked.order.figures(), limit + 1).await?;
            let more = u64::try_from(members.len()).unwrap_or(u64::MAX) > limit;
            members.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            (members, more)
        }
    };
    let lines = question.lines(db, &spans, asked.group.map(|_| members.as_slice())).await?;
    Ok(Insights { series: arrange(members, lines, intervals.len()), intervals, more })
}

/// From when until when, the end not included.
type Bounds = (DateTime<Utc>, DateTime<Utc>);

/// The intervals, and how many series there may be.
fn check(asked: &Asked) -> Result<(Vec<Bounds>, u64), ServiceError> {
    let refuse = |field: &str, code, text: String| Err(ServiceError::from(Refusal::new(field, code, text)));
    let Ok(zone) = asked.zone.parse::<Tz>() else {
        return refuse("timeZone", RefusalCode::Invalid, "must be the name of a time zone, such as Europe/Berlin".to_owned());
    };
    for (field, at) in [("from", asked.from), ("to", asked.to)] {
        if !is_quarter(at) {
            return refuse(field, RefusalCode::Invalid, "must be a full quarter of an hour: figures are kept by those".to_owned());
        }
    }
    if asked.to < asked.from || !fits(zone, asked.from, asked.to) {
        return refuse("to", RefusalCode::OutOfRange, "must not be before `from`, and both must be of our days".to_owned());
    }
    if asked.order.is_money() && asked.filter.currency.is_none() {
        return refuse("orderBy", RefusalCode::Invalid, "sums of money are put in order within one currency: filter by one".to_owned());
    }
    let Some(intervals) = intervals(asked.from, asked.to, zone, asked.interval, MOST_INTERVALS) else {
        return refuse("interval", RefusalCode::OutOfRange, format!("there would be more than {MOST_INTERVALS} intervals"));
    };
    let points = u64::try_from(intervals.len()).unwrap_or(u64::MAX).max(1);
    let limit = asked.first.min(MOST_SERIES);
    if asked.group.is_some() && limit.saturating_mul(points) > MOST_POINTS {
        return refuse(
            "first",
            RefusalCode::OutOfRange,
            format!("there would be more than {MOST_POINTS} points: ask for fewer series or intervals"),
        );
    }
    Ok((intervals, limit))
}

fn empty(asked: &Asked, intervals: Vec<Bounds>) -> Insights {
    let members = if asked.group.is_none() { vec![None] } else { Vec::new() };
    Insights { series: arrange(members, Vec::new(), intervals.len()), intervals, more: false }
}

fn arrange(members: Vec<Option<Member>>, lines: Vec<Line>, intervals: usize) -> Vec<Series> {
    let places: BTreeMap<Option<Member>, usize> = members.iter().cloned().zip(0..).collect();
    let mut series: Vec<Series> = members.into_iter().map(|member| Series { member, points: vec![ByCurrency::new(); intervals] }).collect();
    for line in lines.into_iter().filter(|line| !line.figures.are_zero()) {
        let place = places.get(&line.member).and_then(|place| series.get_mut(*place));
        let point = usize::try_from(line.interval).ok().and_then(|interval| place?.points.get_mut(interval));
        if let Some(point) = point {
            point.entry(line.currency).or_default().join(&line.figures);
        }
    }
    series
}

/// Folds what transactions have added into the sums. Gives how many rows it folded; one process at a time does.
///
/// # Errors
/// [`ServiceError::Store`] when the database fails; the next turn folds the same rows.
pub async fn fold(services: &Services) -> Result<u64, ServiceError> {
    let began = Instant::now();
    let mut folded = 0;
    loop {
        let tx = services.db.begin().await?;
        let rows = store::insight::fold(&tx).await?;
        tx.commit().await?;
        folded += rows;
        if rows < BATCH || began.elapsed() >= TURN {
            return Ok(folded);
        }
    }
}
