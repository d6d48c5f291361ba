//! Payouts: paid groups of approved commissions of one partner in one currency.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{Money as Amount, PayoutId, PayoutStatus};
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

/// A paid group of approved commissions.
pub struct Payout(pub payout::Model);

impl From<payout::Model> for Payout {
    fn from(row: payout::Model) -> Self {
        Self(row)
    }
}

/// A paid group of approved commissions of one partner in one currency. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl Payout {
    /// Its id.
    pub async fn id(&self) -> PayoutId {
        self.0.id
    }

    /// Who was paid.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Partner> {
        must::<partner::Entity, _>(ctx, self.0.partner_id).await
    }

    /// How much: the sum of its entries (MO-6).
    async fn amount(&self) -> Money {
        Amount::new(self.0.amount, self.0.currency).into()
    }

    /// What the merchant's bank or tool calls it.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Its state.
    async fn status(&self) -> PayoutStatus {
        self.0.status
    }

    /// The entries that it paid, in the order in which they were written. An entry is in at most one payout (PO-2).
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

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
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
