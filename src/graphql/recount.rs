//! Recounts: what a program's purchases of a time would earn, or were brought to.

use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};
use entity::value::{RecountId, RecountKind, RecountStatus};
use entity::{program, recount, terms};

use super::context::Ask;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::program::Program;
use super::recount_found::{RecountCap, RecountPartner, RecountRow, RecountTotal};
use super::row::{must, row};
use super::terms::Terms;
use crate::domain::preview::sentences;
use crate::store::recount::{RecountFilter, caps, list, rows, sums, totals};

/// In which order partners are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum RecountOrder {
    /// Who loses most first.
    #[default]
    Losses,
    /// Who gains most first.
    Gains,
}

/// A recount of what a program's purchases of a time earn.
pub struct Recount(pub recount::Model);

impl From<recount::Model> for Recount {
    fn from(row: recount::Model) -> Self {
        Self(row)
    }
}

/// A recount of what a program's purchases of a time earn: by the terms in force, by one version, or by proposed rules. What it found is there
/// as far as it has come. Readable by the merchant's members and keys; not for partners.
#[Object]
impl Recount {
    /// Its id.
    pub async fn id(&self) -> RecountId {
        self.0.id
    }

    /// Why it is made, and whether it posts anything.
    async fn kind(&self) -> RecountKind {
        self.0.kind
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// The version by which the time is judged. Null for the terms in force, and for proposed rules.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        row::<terms::Entity, _>(ctx, self.0.terms_id).await
    }

    /// The proposed rules in sentences for people. Null where they are a version, or those in force.
    #[graphql(complexity = 20)]
    async fn proposed(&self) -> Option<Vec<String>> {
        self.0.proposed.as_ref().map(sentences)
    }

    /// Purchases from when on.
    async fn from(&self) -> DateTime<Utc> {
        self.0.from_at
    }

    /// Purchases up to when, not included.
    async fn to(&self) -> DateTime<Utc> {
        self.0.to_at
    }

    /// The preview that a reattribution carries out.
    async fn preview(&self, ctx: &Context<'_>) -> ApiResult<Option<Recount>> {
        row::<recount::Entity, _>(ctx, self.0.preview_id).await
    }

    /// How far it has come.
    async fn status(&self) -> RecountStatus {
        self.0.status
    }

    /// How many purchases of the time were looked at, of whatever program.
    async fn purchases_done(&self) -> i64 {
        self.0.purchases
    }

    /// How many there were when it began. Null before.
    async fn purchases_total(&self) -> Option<i64> {
        self.0.total
    }

    /// How many persons who have anything to do with the program were decided.
    async fn persons(&self) -> i64 {
        self.0.persons
    }

    /// How many commissions differ, or were changed.
    async fn changed(&self) -> i64 {
        self.0.changed
    }

    /// Why it failed the last time. Null when it did not.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last went on.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it ended. Null while it runs.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// What it comes to, by currency.
    #[graphql(complexity = "50 + child_complexity")]
    async fn totals(&self, ctx: &Context<'_>) -> ApiResult<Vec<RecountTotal>> {
        let found = totals(ctx.services().db.read(), ctx.merchant_reads()?, self.0.id).await?;
        Ok(found.into_iter().map(RecountTotal).collect())
    }

    /// What caps cut of purchases of the time, the deepest cut first. Empty for a reattribution.
    #[graphql(complexity = "20 + child_complexity")]
    async fn caps(&self, ctx: &Context<'_>) -> ApiResult<Vec<RecountCap>> {
        let found = caps(ctx.services().db.read(), ctx.merchant_reads()?, self.0.id).await?;
        Ok(found.into_iter().map(RecountCap).collect())
    }

    /// What it comes to for each partner, in each currency.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "In which order.", default)] order_by: RecountOrder,
    ) -> ApiResult<Connection<RecountPartner>> {
        let (scope, window) = (ctx.merchant_reads()?, Paging::new(first, after, last, before).window()?);
        Ok(Connection::new(sums(ctx.services().db.read(), scope, self.0.id, order_by == RecountOrder::Gains, &window).await?))
    }

    /// What differs of each commission, or was changed, in the order in which it was found.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn rows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<RecountRow>> {
        let (scope, window) = (ctx.merchant_reads()?, Paging::new(first, after, last, before).window()?);
        Ok(Connection::new(rows(ctx.services().db.read(), scope, self.0.id, &window).await?))
    }
}

/// Reading recounts.
#[derive(Default)]
pub struct RecountQuery;

/// Reading recounts.
#[Object]
impl RecountQuery {
    /// A recount by its id. Null when there is none that the viewer may see. For the merchant's members and keys.
    async fn recount(&self, ctx: &Context<'_>, #[graphql(desc = "The recount.")] id: RecountId) -> ApiResult<Option<Recount>> {
        ctx.merchant_reads()?;
        row::<recount::Entity, _>(ctx, id).await
    }

    /// The merchant's recounts, the newest first. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn recounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: RecountFilter,
    ) -> ApiResult<Connection<Recount>> {
        let (scope, window) = (ctx.merchant_reads()?, Paging::new(first, after, last, before).window()?);
        Ok(Connection::new(list(ctx.services().db.read(), scope, &filter, &window).await?))
    }
}
