//! Payouts: groups of approved commissions of one partner in one currency that are paid together.

use async_graphql::{Context, Object};
use chrono::{DateTime, NaiveDate, Utc};
use entity::value::{ExchangeRate, Money as Amount, PayoutId, PayoutStatus};
use entity::{partner, payout};

use super::children::EntriesOf;
use super::context::Ask;
use super::error::ApiResult;
use super::ledger::LedgerEntry;
use super::page::{Connection, Paging, cost};
use super::partner::Partner;
use super::row::{must, row};
use super::scalar::Money;
use crate::store::page::Slice;
use crate::store::read::payout::{PayoutFilter, list};

/// A group of approved commissions that is paid together.
pub struct Payout(pub payout::Model);

impl From<payout::Model> for Payout {
    fn from(row: payout::Model) -> Self {
        Self(row)
    }
}

/// A group of approved commissions of one partner in one currency that is paid together. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl Payout {
    /// Its id.
    pub async fn id(&self) -> PayoutId {
        self.0.id
    }

    /// Who is paid.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Partner> {
        must::<partner::Entity, _>(ctx, self.0.partner_id).await
    }

    /// How much was earned: the sum of its entries (MO-6). It never changes: where a refund or a dispute changes what a planned payout claims, that
    /// one is cancelled, and another one is planned in its place (RF-8).
    async fn amount(&self) -> Money {
        Amount::new(self.0.amount, self.0.currency).into()
    }

    /// How much is paid: `amount`, or what that is in the currency in which it is paid, converted once when it was planned (MO-5).
    async fn paid_amount(&self) -> Money {
        match (self.0.paid_amount, self.0.paid_currency) {
            (Some(minor), Some(currency)) => Amount::new(minor, currency).into(),
            _ => Amount::new(self.0.amount, self.0.currency).into(),
        }
    }

    /// The rate from one unit of the currency that was earned to units of the one that is paid, as a decimal number; null where they are one.
    async fn exchange_rate(&self) -> Option<String> {
        let rate = ExchangeRate::new(self.0.rate_num?, self.0.rate_den?).ok()?;
        Some(rate.to_string())
    }

    /// Of which day the rate is, as `2025-01-31`.
    async fn exchange_rate_day(&self) -> Option<NaiveDate> {
        self.0.rate_day
    }

    /// Who told the rate.
    async fn exchange_rate_source(&self) -> Option<&str> {
        self.0.rate_source.as_deref()
    }

    /// What the merchant's bank or tool calls it.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Its state.
    async fn status(&self) -> PayoutStatus {
        self.0.status
    }

    /// The payout that was planned in its place, when something that it had claimed changed before it was sent (RF-8).
    async fn replaced_by(&self, ctx: &Context<'_>) -> ApiResult<Option<Payout>> {
        row::<payout::Entity, _>(ctx, self.0.replaced_by_id).await
    }

    /// The entries that it claims, or had claimed before it was cancelled or failed, in the order in which they were written. An entry is in at most one
    /// payout at a time (PO-2).
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<LedgerEntry>> {
        let window = Paging::new(first, after, last, before).window()?;
        let page = ctx.loader().load_one(EntriesOf { scope: ctx.reads()?, payout: self.0.id, window }).await?;
        Ok(Connection::new(page.unwrap_or_else(Slice::empty)))
    }

    /// When it was planned.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was said to be on its way.
    async fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.0.sent_at
    }

    /// When it was said to have come.
    async fn paid_at(&self) -> Option<DateTime<Utc>> {
        self.0.paid_at
    }

    /// When it was cancelled, or said not to have come.
    async fn cancelled_at(&self) -> Option<DateTime<Utc>> {
        self.0.cancelled_at
    }

    /// Why it was cancelled, or did not come.
    async fn cancelled_reason(&self) -> Option<&str> {
        self.0.cancelled_reason.as_deref()
    }
}

/// Reading payouts.
#[derive(Default)]
pub struct PayoutQuery;

/// Reading payouts.
#[Object]
impl PayoutQuery {
    /// A payout by its id. Null when there is none that the viewer may see.
    async fn payout(&self, ctx: &Context<'_>, #[graphql(desc = "The payout.")] id: PayoutId) -> ApiResult<Option<Payout>> {
        row::<payout::Entity, _>(ctx, id).await
    }

    /// The merchant's payouts, the newest first; for a partner those to them.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: PayoutFilter,
    ) -> ApiResult<Connection<Payout>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.reads()?, &filter, &window).await?))
    }
}
