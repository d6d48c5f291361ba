//! Sums of the figures over intervals, by program, partner, link or code. A partner's are read with their id as filter.

use std::collections::HashMap;
use std::fmt::Write;

use entity::value::{ConnectionId, Currency, EnrollmentId, InsightCut, InsightGrain, LinkId, PartnerId, ProgramId};
use entity::{coupon, enrollment, link, promotion_code};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryResult, Statement, Value};
use uuid::Uuid;

use crate::domain::access::Scope;
use crate::domain::insight::{Figure, Figures, QUARTERS_A_DAY};
use crate::store::StoreError;
use crate::store::scoped::select;

/// By what sums are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The program.
    Program,
    /// The partner.
    Partner,
    /// The partner's place in a program.
    Enrollment,
    /// The link.
    Link,
    /// The code.
    Code,
}

impl Group {
    const fn column(self) -> &'static str {
        match self {
            Self::Program => "program_id",
            Self::Partner => "partner_id",
            Self::Enrollment => "enrollment_id",
            Self::Link => "link_id",
            Self::Code => "code",
        }
    }
}

/// One of a group; nothing for what belongs to none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// By id.
    Id(Uuid),
    /// By code, as `<connection id>/<Stripe id>`.
    Code(String),
}

impl From<&Member> for Value {
    fn from(member: &Member) -> Self {
        match member {
            Member::Id(id) => (*id).into(),
            Member::Code(code) => code.clone().into(),
        }
    }
}

/// Which figures; what is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this program.
    pub program: Option<ProgramId>,
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// Of this enrollment.
    pub enrollment: Option<EnrollmentId>,
    /// Of this link.
    pub link: Option<LinkId>,
    /// In this currency; figures that are no money are not left out.
    pub currency: Option<Currency>,
}

impl Filter {
    /// The coarsest cut that tells what is asked for.
    const fn cut(&self, scope: Scope, group: Option<Group>) -> InsightCut {
        let fine = scope.partner().is_some() || self.partner.is_some() || self.enrollment.is_some() || self.link.is_some();
        match (fine, group) {
            (true, _) | (_, Some(Group::Partner | Group::Enrollment | Group::Link | Group::Code)) => InsightCut::Full,
            (false, Some(Group::Program)) => InsightCut::Program,
            (false, None) if self.program.is_some() => InsightCut::Program,
            (false, None) => InsightCut::Total,
        }
    }
}

/// A stretch of buckets, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which interval it is.
    pub interval: i64,
    /// Its first bucket.
    pub from: i64,
    /// Its end.
    pub to: i64,
}

/// The figures of one interval, member and currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which interval.
    pub interval: i64,
    /// Of whom; nothing where nobody is told apart, and for what belongs to nobody.
    pub member: Option<Member>,
    /// The currency of the sums; nothing for what is no money.
    pub currency: Option<Currency>,
    /// The figures.
    pub figures: Figures,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The merchant and the mode, and for a partner only their own.
    pub scope: Scope,
    /// Which figures.
    pub filter: &'a Filter,
    /// By what they are told apart.
    pub group: Option<Group>,
}

/// The statement in the making.
struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }
}

impl Question<'_> {
    /// The figures of each interval, only of these members if any are given.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn lines<C: ConnectionTrait>(
        &self,
        conn: &C,
        spans: &[Span],
        members: Option<&[Option<Member>]>,
    ) -> Result<Vec<Line>, StoreError> {
        if spans.is_empty() || members.is_some_and(<[_]>::is_empty) {
            return Ok(Vec::new());
        }
        let figures: Vec<String> = Figure::ALL.iter().map(|f| format!("CAST(SUM(x.{0}) AS BIGINT) AS {0}", f.column())).collect();
        let sql = self.sums(spans, members, |from| {
            format!("SELECT x.place, x.member, x.currency, {} FROM ({from}) x GROUP BY x.place, x.member, x.currency", figures.join(", "))
        });
        let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql.text, sql.values);
        conn.query_all_raw(statement).await?.iter().map(|row| self.line(row)).collect()
    }

    /// The members with the most of some figures, the first ones first: at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn top<C: ConnectionTrait>(
        &self,
        conn: &C,
        spans: &[Span],
        by: &[Figure],
        limit: u64,
    ) -> Result<Vec<Option<Member>>, StoreError> {
        let sum: Vec<String> = by.iter().map(|figure| format!("SUM(x.{})", figure.column())).collect();
        let sql = self.sums(spans, None, |from| {
            format!("SELECT x.member FROM ({from}) x GROUP BY x.member ORDER BY {} DESC, x.member LIMIT {limit}", sum.join(" + "))
        });
        let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql.text, sql.values);
        conn.query_all_raw(statement).await?.iter().map(|row| self.member(row)).collect()
    }

    /// A statement over all rows that are asked about: those of the sums, whole days where whole days lie within an interval, and those that
    /// are not folded yet.
    fn sums(&self, spans: &[Span], members: Option<&[Option<Member>]>, whole: impl Fn(&str) -> String) -> Sql {
        let mut sql = Sql { text: String::new(), values: Vec::new() };
        let cut = self.filter.cut(self.scope, self.group);
        let (days, quarters) = by_grain(spans);
        let mut parts = Vec::with_capacity(3);
        for (grain, spans) in [(InsightGrain::Day, &days), (InsightGrain::Quarter, &quarters)] {
            if !spans.is_empty() {
                let kind = format!("AND r.cut = '{cut}' AND r.grain = '{grain}'");
                parts.push(self.part(&mut sql, "insight", spans, &kind, members));
            }
        }
        parts.push(self.part(&mut sql, "insight_delta", spans, "", members));
        sql.text = whole(&parts.join(" UNION ALL "));
        sql
    }

    /// The rows of one table that lie within spans. The spans come first, so that each is one look into the index.
    fn part(&self, sql: &mut Sql, table: &str, spans: &[Span], kind: &str, members: Option<&[Option<Member>]>) -> String {
        let mut list = String::new();
        for Span { interval, from, to } in spans {
            let comma = if list.is_empty() { "" } else { ", " };
            // Writing to a text cannot fail.
            let _ = write!(list, "{comma}(CAST({interval} AS BIGINT), CAST({from} AS BIGINT), CAST({to} AS BIGINT))");
        }
        let columns: Vec<String> = Figure::ALL.iter().map(|figure| format!("r.{}", figure.column())).collect();
        let member = match self.group {
            Some(group) => format!("r.{}", group.column()),
            None => "NULL".to_owned(),
        };
        let (merchant, livemode) = (sql.value(self.scope.merchant()), sql.value(self.scope.livemode()));
        let conditions = self.conditions(sql, members);
        format!(
            "SELECT s.place, {member} AS member, r.currency, {} FROM (WITH v(place, a, b) AS (VALUES {list}) SELECT * FROM v) s CROSS JOIN {table} r
             WHERE r.merchant_id = {merchant} AND r.livemode = {livemode} {kind} AND r.bucket >= s.a AND r.bucket < s.b{conditions}",
            columns.join(", ")
        )
    }

    fn conditions(&self, sql: &mut Sql, members: Option<&[Option<Member>]>) -> String {
        let Filter { program, partner, enrollment, link, currency } = self.filter;
        let mut text = String::new();
        let mut fits = |sql: &mut Sql, column: &str, value: Option<Value>| {
            if let Some(value) = value {
                let place = sql.value(value);
                let _ = write!(text, " AND r.{column} = {place}");
            }
        };
        fits(sql, "partner_id", self.scope.partner().map(Into::into));
        fits(sql, "program_id", program.map(Into::into));
        fits(sql, "partner_id", partner.map(Into::into));
        fits(sql, "enrollment_id", enrollment.map(Into::into));
        fits(sql, "link_id", link.map(Into::into));
        if let Some(currency) = currency {
            let place = sql.value(*currency);
            let _ = write!(text, " AND (r.currency IS NULL OR r.currency = {place})");
        }
        if let (Some(group), Some(members)) = (self.group, members) {
            let column = group.column();
            let places: Vec<String> = members.iter().flatten().map(|member| sql.value(member)).collect();
            let nobody = if members.contains(&None) { format!(" OR r.{column} IS NULL") } else { String::new() };
            let named = if places.is_empty() { "1 = 0".to_owned() } else { format!("r.{column} IN ({})", places.join(", ")) };
            let _ = write!(text, " AND ({named}{nobody})");
        }
        text
    }

    fn line(&self, row: &QueryResult) -> Result<Line, StoreError> {
        let mut figures = Figures::default();
        for figure in Figure::ALL {
            figures.add(*figure, row.try_get("", figure.column())?);
        }
        Ok(Line { interval: row.try_get("", "place")?, member: self.member(row)?, currency: row.try_get("", "currency")?, figures })
    }

    fn member(&self, row: &QueryResult) -> Result<Option<Member>, StoreError> {
        Ok(match self.group {
            None => None,
            Some(Group::Code) => row.try_get::<Option<String>>("", "member")?.map(Member::Code),
            Some(_) => row.try_get::<Option<Uuid>>("", "member")?.map(Member::Id),
        })
    }
}

/// Takes spans apart into whole days of UTC and the quarters around them.
fn by_grain(spans: &[Span]) -> (Vec<Span>, Vec<Span>) {
    let (mut days, mut quarters) = (Vec::new(), Vec::new());
    for span in spans {
        let first = span.from.div_euclid(QUARTERS_A_DAY) + i64::from(span.from.rem_euclid(QUARTERS_A_DAY) != 0);
        let (first, last) = (first * QUARTERS_A_DAY, span.to.div_euclid(QUARTERS_A_DAY) * QUARTERS_A_DAY);
        if first >= last {
            quarters.push(*span);
            continue;
        }
        days.push(Span { from: first, to: last, ..*span });
        let edges = [Span { to: first, ..*span }, Span { from: last, ..*span }];
        quarters.extend(edges.into_iter().filter(|edge| edge.from < edge.to));
    }
    (days, quarters)
}

/// The partner whose an enrollment or a link is, where the scope covers it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn partner_of<C: ConnectionTrait>(conn: &C, scope: Scope, filter: &Filter) -> Result<Option<PartnerId>, StoreError> {
    let enrollment = match (filter.enrollment, filter.link) {
        (Some(id), _) => Some(id),
        (None, Some(id)) => select::<link::Entity>(scope).filter(link::Column::Id.eq(id)).one(conn).await?.map(|row| row.enrollment_id),
        (None, None) => None,
    };
    let Some(id) = enrollment else { return Ok(None) };
    let row = select::<enrollment::Entity>(scope).filter(enrollment::Column::Id.eq(id)).one(conn).await?;
    Ok(row.map(|row| row.partner_id))
}

/// A code as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A promotion code.
    PromotionCode(promotion_code::Model),
    /// A coupon.
    Coupon(coupon::Model),
}

/// The promotion codes or coupons behind codes of the figures, where the scope covers them: by the code, in two queries.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn named<C: ConnectionTrait>(conn: &C, scope: Scope, codes: &[String]) -> Result<HashMap<String, Named>, StoreError> {
    let wanted = codes.iter().filter_map(|code| code.split_once('/'));
    let wanted: Vec<(ConnectionId, &str)> = wanted.filter_map(|(connection, id)| Some((connection.parse().ok()?, id))).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = || wanted.iter().map(|(_, id)| *id);
    let connections = || wanted.iter().map(|(connection, _)| *connection);
    let code = |connection: ConnectionId, id: &str| format!("{connection}/{id}");
    let coupons = select::<coupon::Entity>(scope)
        .filter(coupon::Column::ConnectionId.is_in(connections()))
        .filter(coupon::Column::StripeId.is_in(ids()));
    let coupons = coupons.all(conn).await?.into_iter().map(|row| (code(row.connection_id, &row.stripe_id), Named::Coupon(row)));
    let promotions = select::<promotion_code::Entity>(scope)
        .filter(promotion_code::Column::ConnectionId.is_in(connections()))
        .filter(promotion_code::Column::StripeId.is_in(ids()));
    let promotions = promotions.all(conn).await?.into_iter();
    // A promotion code goes before a coupon: it stands behind it here.
    Ok(coupons.chain(promotions.map(|row| (code(row.connection_id, &row.stripe_id), Named::PromotionCode(row)))).collect())
}

#[cfg(test)]
mod tests {
    use super::{Span, by_grain};

    #[test]
    fn spans_are_whole_days_and_what_is_left() {
        let span = |from, to| Span { interval: 3, from, to };
        assert_eq!(by_grain(&[span(0, 96)]), (vec![span(0, 96)], vec![]));
        assert_eq!(by_grain(&[span(1, 96)]), (vec![], vec![span(1, 96)]));
        assert_eq!(by_grain(&[span(95, 289)]), (vec![span(96, 288)], vec![span(95, 96), span(288, 289)]));
        assert_eq!(by_grain(&[span(-97, 1)]), (vec![span(-96, 0)], vec![span(-97, -96), span(0, 1)]));
        for (from, to) in [(0, 500), (13, 13), (95, 97), (200, 1000)] {
            let (days, quarters) = by_grain(&[span(from, to)]);
            let covered: i64 = days.iter().chain(&quarters).map(|span| span.to - span.from).sum();
            assert_eq!(covered, to - from);
        }
    }
}
