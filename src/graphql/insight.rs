//! The figures of dashboards and portals.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::value::{CommissionState, Currency, EnrollmentId, LinkId, Money as Amount, PartnerId, ProgramId};
use entity::{enrollment, link, partner, program};

use super::context::Ask;
use super::coupon::Coupon;
use super::enrollment::Enrollment;
use super::error::{ApiError, ApiResult};
use super::link::Link;
use super::loader::CodeKey;
use super::partner::Partner;
use super::program::Program;
use super::promotion_code::PromotionCode;
use super::row::row;
use super::scalar::Money;
use crate::domain::insight::{Figure, Figures};
use crate::service::insight::calendar::Interval;
use crate::service::insight::{Asked, ByCurrency, Insights as Answer, Order, Series, insights};
use crate::store::read::insight::{Filter, Group, Member, Named};

/// The series of an answer when no number is asked for.
const DEFAULT: i32 = 10;

/// By what figures are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum InsightGroup {
    /// By program.
    Program,
    /// By partner.
    Partner,
    /// By the partner's place in a program.
    Enrollment,
    /// By link.
    Link,
    /// By promotion code or coupon.
    Code,
}

impl From<InsightGroup> for Group {
    fn from(group: InsightGroup) -> Self {
        match group {
            InsightGroup::Program => Self::Program,
            InsightGroup::Partner => Self::Partner,
            InsightGroup::Enrollment => Self::Enrollment,
            InsightGroup::Link => Self::Link,
            InsightGroup::Code => Self::Code,
        }
    }
}

/// Which figures; every field that is given must fit.
#[derive(Clone, Debug, Default, InputObject)]
pub struct InsightFilter {
    /// Of this program.
    pub program_id: Option<ProgramId>,
    /// Of this partner.
    pub partner_id: Option<PartnerId>,
    /// Of this partner's place in a program.
    pub enrollment_id: Option<EnrollmentId>,
    /// Of this link.
    pub link_id: Option<LinkId>,
    /// In this currency. Clicks and sign-ups have none and are not left out.
    pub currency: Option<Currency>,
}

/// Commissions in one state.
#[derive(SimpleObject)]
pub struct InsightCommissions {
    /// The state in which they are now.
    state: CommissionState,
    /// How many.
    count: i64,
    /// What of all commissions is in this state. A commission of which a dispute keeps back a share is counted as held, and only that share
    /// is summed there: the rest is summed as pending, approved or paid.
    amount: Money,
}

/// The sums of one currency.
pub struct InsightMoney {
    currency: Currency,
    figures: Figures,
}

/// The sums of one currency. Readable by whom the figures are readable.
#[Object]
impl InsightMoney {
    /// The currency.
    async fn currency(&self) -> Currency {
        self.currency
    }

    /// What was received for purchases, tax included.
    async fn gross(&self) -> Money {
        self.money(self.figures.get(Figure::Gross))
    }

    /// What went back of it.
    async fn refunded(&self) -> Money {
        self.money(self.figures.get(Figure::Refunded))
    }

    /// What was found commissionable.
    async fn net(&self) -> Money {
        self.money(self.figures.get(Figure::Net))
    }

    /// What is earned, whether paid or not: the sum over all states.
    async fn commission(&self) -> Money {
        let amounts = CommissionState::ALL.iter().filter_map(|state| Figure::amount_of(*state));
        self.money(amounts.fold(0, |sum, figure| sum.saturating_add(self.figures.get(figure))))
    }

    /// Commissions by the state in which they and their parts are now; states without any are left out.
    async fn commissions(&self) -> Vec<InsightCommissions> {
        let of = |state: CommissionState| InsightCommissions {
            state,
            count: self.figures.get(Figure::count_of(state)),
            amount: self.money(Figure::amount_of(state).map_or(0, |figure| self.figures.get(figure))),
        };
        let is_any = |one: &InsightCommissions| one.count != 0 || one.amount.0.minor != 0;
        CommissionState::ALL.iter().copied().map(of).filter(is_any).collect()
    }
}

impl InsightMoney {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.currency).into()
    }
}

/// Figures.
pub struct InsightFigures(ByCurrency);

/// Figures. Purchases and commissions count at the time of the purchase, sign-ups and clicks at their own; all of them as things are now.
#[Object]
impl InsightFigures {
    /// Visits through partners' links, those of machines left out.
    async fn clicks(&self) -> i64 {
        self.sum(Figure::Clicks)
    }

    /// Tracked sign-ups.
    async fn sign_ups(&self) -> i64 {
        self.sum(Figure::SignUps)
    }

    /// Persons who paid for the first time.
    async fn customers(&self) -> i64 {
        self.sum(Figure::Customers)
    }

    /// Purchases for which money was received.
    async fn purchases(&self) -> i64 {
        self.sum(Figure::Purchases)
    }

    /// Sums, one for each currency in which there were any.
    async fn money(&self) -> Vec<InsightMoney> {
        let of =
            |(currency, figures): (&Option<Currency>, &Figures)| Some(InsightMoney { currency: (*currency)?, figures: figures.clone() });
        self.0.iter().filter_map(of).collect()
    }
}

impl InsightFigures {
    fn sum(&self, figure: Figure) -> i64 {
        self.0.values().fold(0, |sum, figures| sum.saturating_add(figures.get(figure)))
    }
}

/// An interval.
#[derive(Clone, Copy, SimpleObject)]
pub struct InsightInterval {
    /// Its first moment.
    from: DateTime<Utc>,
    /// Its end, not included.
    to: DateTime<Utc>,
}

/// Figures over the intervals.
pub struct InsightSeries {
    series: Series,
    group: Option<Group>,
}

impl InsightSeries {
    fn id<I>(&self, of: &[Group], typed: fn(uuid::Uuid) -> I) -> Option<I> {
        match (&self.series.member, self.group) {
            (Some(Member::Id(id)), Some(group)) if of.contains(&group) => Some(typed(*id)),
            _ => None,
        }
    }

    async fn named(&self, ctx: &Context<'_>) -> ApiResult<Option<Named>> {
        match &self.series.member {
            Some(Member::Code(code)) => Ok(ctx.loader().load_one(CodeKey(ctx.reads()?, code.clone())).await?),
            _ => Ok(None),
        }
    }
}

/// Figures over the intervals of the answer, of one member of the group. Everything that names one is null where nobody is told apart, and
/// for what belongs to nobody, such as purchases that no partner brought.
#[Object]
impl InsightSeries {
    /// The program, where programs are told apart.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        row::<program::Entity, _>(ctx, self.id(&[Group::Program], ProgramId::from_uuid)).await
    }

    /// The partner, where partners are told apart.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        row::<partner::Entity, _>(ctx, self.id(&[Group::Partner], PartnerId::from_uuid)).await
    }

    /// The partner's place in a program, where those are told apart.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.id(&[Group::Enrollment], EnrollmentId::from_uuid)).await
    }

    /// The link, where links are told apart.
    async fn link(&self, ctx: &Context<'_>) -> ApiResult<Option<Link>> {
        row::<link::Entity, _>(ctx, self.id(&[Group::Link], LinkId::from_uuid)).await
    }

    /// The promotion code, where codes are told apart.
    #[graphql(complexity = "5 + child_complexity")]
    async fn promotion_code(&self, ctx: &Context<'_>) -> ApiResult<Option<PromotionCode>> {
        Ok(match self.named(ctx).await? {
            Some(Named::PromotionCode(row)) => Some(row.into()),
            _ => None,
        })
    }

    /// The coupon, where codes are told apart and no promotion code is known.
    #[graphql(complexity = "5 + child_complexity")]
    async fn coupon(&self, ctx: &Context<'_>) -> ApiResult<Option<Coupon>> {
        Ok(match self.named(ctx).await? {
            Some(Named::Coupon(row)) => Some(row.into()),
            _ => None,
        })
    }

    /// The figures of all intervals together.
    async fn total(&self) -> InsightFigures {
        InsightFigures(self.series.total())
    }

    /// The figures of each interval, in their order.
    async fn points(&self) -> Vec<InsightFigures> {
        self.series.points.iter().cloned().map(InsightFigures).collect()
    }
}

/// Figures of a range of time.
#[derive(SimpleObject)]
pub struct Insights {
    /// The intervals of the range.
    intervals: Vec<InsightInterval>,
    /// The series, at most as many as were asked for.
    series: Vec<InsightSeries>,
    /// Whether there are more series.
    has_more: bool,
}

impl Insights {
    fn of(answer: Answer, group: Option<Group>) -> Self {
        Self {
            intervals: answer.intervals.into_iter().map(|(from, to)| InsightInterval { from, to }).collect(),
            series: answer.series.into_iter().map(|series| InsightSeries { series, group }).collect(),
            has_more: answer.more,
        }
    }
}

/// Reading figures.
#[derive(Default)]
pub struct InsightQuery;

/// Reading figures.
#[Object]
impl InsightQuery {
    /// Clicks, sign-ups, purchases, revenue and commissions of a range of time, as series over intervals of any time zone. Figures are kept
    /// by the transactions that change what they count, so they are never behind. For partners their own.
    #[graphql(complexity = "200 + usize::try_from(first.unwrap_or(DEFAULT).clamp(1, 50)).unwrap_or(1) * child_complexity")]
    #[allow(clippy::too_many_arguments, reason = "each is a part of the question")]
    async fn insights(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first moment, a full quarter of an hour.")] from: DateTime<Utc>,
        #[graphql(desc = "The end, not included, a full quarter of an hour.")] to: DateTime<Utc>,
        #[graphql(desc = "The time zone whose days and months cut the range, such as Europe/Berlin.", default = "UTC")] time_zone: String,
        #[graphql(desc = "How the range is cut; into at most 400 intervals.", default)] interval: Interval,
        #[graphql(desc = "By what figures are told apart; not at all when left out.")] group_by: Option<InsightGroup>,
        #[graphql(desc = "Only those that fit.", default)] filter: InsightFilter,
        #[graphql(desc = "How many series, at most 50, and with their intervals at most 5000 points.")] first: Option<i32>,
        #[graphql(desc = "The order of the series.", default)] order_by: Order,
    ) -> ApiResult<Insights> {
        let scope = ctx.reads()?;
        let first = u64::try_from(first.unwrap_or(DEFAULT)).map_err(|_| ApiError::bad_input("`first` must not be negative"))?;
        let InsightFilter { program_id, partner_id, enrollment_id, link_id, currency } = filter;
        let filter = Filter { program: program_id, partner: partner_id, enrollment: enrollment_id, link: link_id, currency };
        let group = group_by.map(Group::from);
        let asked = Asked { from, to, zone: time_zone, interval, group, filter, first, order: order_by };
        Ok(Insights::of(insights(ctx.services(), scope, &asked).await?, group))
    }
}
