//! Recounts: what a program's purchases of a time would earn, or were brought to.

use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};
use entity::value::{CommissionKind, DecisionReason, Money as Amount, RecountId, RecountKind, RecountRowId, RecountStatus, RecountSumId};
use entity::{customer, enrollment, partner, program, purchase, recount, recount_cap, recount_row, recount_sum, terms};

use super::context::Ask;
use super::customer::Customer;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::partner::Partner;
use super::program::Program;
use super::purchase::Purchase;
use super::row::{must, row};
use super::scalar::Money;
use super::terms::Terms;
use crate::domain::preview::sentences;
use crate::store::recount::{RecountFilter, Total, caps, list, rows, sums, totals};

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

/// What a recount comes to in one currency.
pub struct RecountTotal(Total);

/// What a recount comes to in one currency, over all partners.
#[Object]
impl RecountTotal {
    /// What commissions of the time came to: what was really earned.
    async fn before(&self) -> Money {
        self.money(self.0.before)
    }

    /// What they come to, or would.
    async fn after(&self) -> Money {
        self.money(self.0.after)
    }

    /// By how much commissions outside of the time change: what was bought in it can change what was bought later.
    async fn beyond(&self) -> Money {
        self.money(self.0.beyond)
    }

    /// What is posted in all, or would be: `after` less `before`, and `beyond`.
    async fn delta(&self) -> Money {
        self.money(self.0.after.saturating_sub(self.0.before).saturating_add(self.0.beyond))
    }

    /// How many commissions of the time came to anything.
    async fn commissions_before(&self) -> i64 {
        self.0.commissions_before
    }

    /// How many do, or would.
    async fn commissions_after(&self) -> i64 {
        self.0.commissions_after
    }

    /// How many partners gain.
    async fn gaining(&self) -> i64 {
        self.0.gaining
    }

    /// How many partners lose.
    async fn losing(&self) -> i64 {
        self.0.losing
    }
}

impl RecountTotal {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.0.currency).into()
    }
}

/// How much a cap cuts.
pub struct RecountCap(recount_cap::Model);

/// How much a cap cuts of the purchases of the time.
#[Object]
impl RecountCap {
    /// The cap, in words.
    async fn cap(&self) -> &str {
        &self.0.cap
    }

    /// How many purchases it cuts.
    async fn purchases(&self) -> i64 {
        self.0.purchases
    }

    /// By how much together.
    async fn cut(&self) -> Money {
        Amount::new(self.0.cut, self.0.currency).into()
    }
}

/// What a recount comes to for one partner.
pub struct RecountPartner(recount_sum::Model);

impl From<recount_sum::Model> for RecountPartner {
    fn from(row: recount_sum::Model) -> Self {
        Self(row)
    }
}

/// What a recount comes to for one partner in one currency.
#[Object]
impl RecountPartner {
    /// Its id.
    pub async fn id(&self) -> RecountSumId {
        self.0.id
    }

    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Partner> {
        must::<partner::Entity, _>(ctx, self.0.partner_id).await
    }

    /// The partner's place in the program.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Enrollment> {
        must::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// What the partner's commissions of the time came to.
    async fn before(&self) -> Money {
        self.money(self.0.before)
    }

    /// What they come to, or would.
    async fn after(&self) -> Money {
        self.money(self.0.after)
    }

    /// By how much the partner's commissions outside of the time change.
    async fn beyond(&self) -> Money {
        self.money(self.0.beyond)
    }

    /// What the partner gains, or when negative loses.
    async fn delta(&self) -> Money {
        self.money(self.0.delta)
    }

    /// How many commissions of the time came to anything.
    async fn commissions_before(&self) -> i64 {
        self.0.commissions_before
    }

    /// How many do, or would.
    async fn commissions_after(&self) -> i64 {
        self.0.commissions_after
    }
}

impl RecountPartner {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.0.currency).into()
    }
}

/// What a recount changes of one commission.
pub struct RecountRow(recount_row::Model);

impl From<recount_row::Model> for RecountRow {
    fn from(row: recount_row::Model) -> Self {
        Self(row)
    }
}

/// What a recount changes of one commission, or would: the entries that bring it from one amount to the other.
#[Object]
impl RecountRow {
    /// Its id.
    pub async fn id(&self) -> RecountRowId {
        self.0.id
    }

    /// What kind of commission.
    async fn kind(&self) -> CommissionKind {
        self.0.kind
    }

    /// The purchase that earns it. Null for another kind.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.purchase_id).await
    }

    /// The customer whose lead earns it. Null for another kind.
    async fn customer(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.customer_id).await
    }

    /// The enrollment that earns it, or did.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Enrollment> {
        must::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Partner> {
        must::<partner::Entity, _>(ctx, self.0.partner_id).await
    }

    /// When it is earned.
    async fn earned_at(&self) -> DateTime<Utc> {
        self.0.earned_at
    }

    /// Whether that lies within the time of the recount.
    async fn within(&self) -> bool {
        self.0.within
    }

    /// What stood on the ledger.
    async fn before(&self) -> Money {
        self.money(self.0.before)
    }

    /// What stands there, or would.
    async fn after(&self) -> Money {
        self.money(self.0.after)
    }

    /// What is posted, or would be.
    async fn delta(&self) -> Money {
        self.money(self.0.after.saturating_sub(self.0.before))
    }

    /// The part of `before` that was not payable.
    async fn pending_before(&self) -> Money {
        self.money(self.0.pending_before)
    }

    /// The part of `after` that is not payable.
    async fn pending_after(&self) -> Money {
        self.money(self.0.pending_after)
    }

    /// What payouts had paid of it. What of that is lost is netted in the next payouts (RF-7).
    async fn paid(&self) -> Money {
        self.money(self.0.paid)
    }

    /// Why the purchase earned what it did. Null for another kind of commission.
    async fn reason_before(&self) -> Option<DecisionReason> {
        self.0.reason_before
    }

    /// Why it earns what it does, or would.
    async fn reason_after(&self) -> Option<DecisionReason> {
        self.0.reason_after
    }
}

impl RecountRow {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.0.currency).into()
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
