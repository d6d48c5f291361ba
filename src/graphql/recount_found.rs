//! What a recount found: its totals, what caps cut, what it comes to for each partner, and what differs.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{CommissionKind, DecisionReason, Money as Amount, RecountRowId, RecountSumId};
use entity::{customer, enrollment, partner, purchase, recount_cap, recount_row, recount_sum};

use super::customer::Customer;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::partner::Partner;
use super::purchase::Purchase;
use super::row::{must, row};
use super::scalar::Money;
use crate::store::recount::Total;

/// What a recount comes to in one currency.
pub struct RecountTotal(pub Total);

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
pub struct RecountCap(pub recount_cap::Model);

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
