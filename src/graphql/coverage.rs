//! The coverage of a month.

use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::purchase;
use entity::value::{Currency, DecisionReason, Money as Amount};

use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::purchase::Purchase;
use super::row::row;
use super::scalar::Money;
use crate::service::coverage::{Coverage as Report, DifferenceReason, Differing, OfCurrency, coverage, month as within};
use crate::store::read::coverage::Classified;

/// The most differences that are listed.
const MAX: i32 = 100;

/// The payments of a month and currency that were decided alike.
#[derive(SimpleObject)]
pub struct CoverageReason {
    /// The reason of their current decision. Null where there is none, which `ledgerAudit` tells.
    reason: Option<DecisionReason>,
    /// How many purchases.
    purchases: i64,
    /// What was received for them, by whatever way.
    received: Money,
    /// The part of it that did not come through Stripe.
    outside: Money,
    /// What went back of it so far.
    returned: Money,
    /// What was found commissionable.
    base: Money,
    /// What they earn partners.
    commission: Money,
}

impl CoverageReason {
    fn of(one: &Classified, currency: Currency) -> Self {
        let money = |minor| Amount::new(minor, currency).into();
        Self {
            reason: one.reason,
            purchases: one.purchases,
            received: money(one.received),
            outside: money(one.outside),
            returned: money(one.returned),
            base: money(one.base),
            commission: money(one.commission),
        }
    }
}

/// What Stripe's side of a coverage is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CoverageSource {
    /// The charges that are known.
    Charges,
}

/// One currency of a month.
#[derive(SimpleObject)]
pub struct CoverageOfCurrency {
    /// The currency.
    currency: Currency,
    /// Its payments, by reason.
    reasons: Vec<CoverageReason>,
    /// What all of them brought through Stripe: received less outside.
    counted: Money,
    /// What Stripe's side is made of.
    source: CoverageSource,
    /// How many payments Stripe's side has.
    payments: i64,
    /// What they took.
    told: Money,
    /// How much `told` is more than `counted`. `differences` name every part of it.
    difference: Money,
}

impl CoverageOfCurrency {
    fn of(currency: Currency, of: &OfCurrency) -> Self {
        let money = |minor| Amount::new(minor, currency).into();
        Self {
            currency,
            reasons: of.classified.iter().map(|one| CoverageReason::of(one, currency)).collect(),
            counted: money(of.counted()),
            source: CoverageSource::Charges,
            payments: of.payments,
            told: money(of.told),
            difference: money(of.told.saturating_sub(of.counted())),
        }
    }
}

/// A purchase of which Stripe's side of the month says another sum.
pub struct CoverageDifference(Differing);

/// A purchase of which Stripe's side of the month says another sum. Readable by the merchant's members and keys, not by partners.
#[Object]
impl CoverageDifference {
    /// Why the sums differ.
    async fn reason(&self) -> DifferenceReason {
        self.0.reason
    }

    /// The purchase.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.purchase).await
    }

    /// What is counted for it in the month.
    async fn counted(&self) -> Money {
        self.money(self.0.counted)
    }

    /// What its payments took in the month.
    async fn told(&self) -> Money {
        self.money(self.0.told)
    }
}

impl CoverageDifference {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.0.currency).into()
    }
}

/// The coverage of a month.
#[derive(SimpleObject)]
pub struct Coverage {
    /// The first moment of the month, in UTC.
    from: DateTime<Utc>,
    /// The first moment of the next one.
    to: DateTime<Utc>,
    /// Its currencies.
    currencies: Vec<CoverageOfCurrency>,
    /// How many purchases differ from Stripe's side.
    difference_count: i64,
    /// What differs, the most first. Where all are listed, they sum to the differences of the currencies exactly.
    differences: Vec<CoverageDifference>,
}

impl From<Report> for Coverage {
    fn from(report: Report) -> Self {
        Self {
            from: report.within.from,
            to: report.within.to,
            currencies: report.currencies.iter().map(|(currency, of)| CoverageOfCurrency::of(*currency, of)).collect(),
            difference_count: report.count,
            differences: report.differing.into_iter().map(CoverageDifference).collect(),
        }
    }
}

/// Reading the coverage.
#[derive(Default)]
pub struct CoverageQuery;

/// Reading the coverage.
#[Object]
impl CoverageQuery {
    /// Every successful payment of a month under the reason of its decision, per currency, beside what Stripe's payments took, with what
    /// differs. Readable by the merchant's members and keys, not by partners.
    #[graphql(complexity = "500 + child_complexity")]
    async fn coverage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The month in UTC, such as 2025-01.")] month: String,
        #[graphql(desc = "How many differences to list, at most 100. All are counted.")] first: Option<i32>,
    ) -> ApiResult<Coverage> {
        let scope = ctx.merchant_reads()?;
        let first = first.unwrap_or(super::page::DEFAULT).min(MAX);
        let first = u64::try_from(first).map_err(|_| ApiError::bad_input("`first` must not be negative"))?;
        Ok(coverage(ctx.services(), scope, within(&month)?, first).await?.into())
    }
}
