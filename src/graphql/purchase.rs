//! Purchases: normalised money events of customers.

use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};
use entity::value::{Currency, Money as Amount, PurchaseId, PurchaseStatus};
use entity::{commission, customer, decision, purchase, purchase_reference, stripe_connection};

use super::batch::CurrentDecision;
use super::children::children;
use super::commission::Commission;
use super::context::Ask;
use super::customer::Customer;
use super::decision::Decision;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::row::{must, row};
use super::scalar::Money;
use super::stripe_connection::StripeConnection;
use crate::domain::purchase as domain;
use crate::store::purchase::state;
use crate::store::read::purchase::{PurchaseFilter, PurchaseSort, list};

/// What stands out about a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Flag")]
pub enum PurchaseFlag {
    /// Paid by money that did not come through Stripe (SL-6).
    OutOfBand,
    /// More was paid than billed; the surplus earns nothing (BA-3).
    Overpaid,
    /// Less was captured than authorised (BA-9).
    UnderCaptured,
    /// The lines are not known in full, so the invoice counts as one line.
    LinesUnknown,
    /// The lines do not add up to the total (BA-2); a person has to look at it.
    NetMismatch,
}

/// How money went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ReturnKind")]
pub enum ReturnKind {
    /// A refund that succeeded (RF-2).
    Refund,
    /// A refund of which only the charge's running total tells: dated by when the total was first told to be so high (RF-9).
    RunningTotal,
    /// A dispute that was lost, or whose money was withdrawn (DP-2).
    Dispute,
    /// A credit note settled outside of Stripe (RF-1).
    OutOfBandCredit,
}

/// Money that went back.
pub struct Returned {
    row: domain::Returned,
    currency: Currency,
}

/// Money of a purchase that went back. Readable by whoever may read the purchase.
#[Object]
impl Returned {
    /// How it went back.
    async fn kind(&self) -> ReturnKind {
        self.row.kind.into()
    }

    /// How much, tax included.
    async fn amount(&self) -> Money {
        Amount::new(self.row.amount, self.currency).into()
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.row.at
    }

    /// Stripe's id of the refund, dispute or credit note, or of the charge where only its running total tells. Null for partners.
    async fn source(&self, ctx: &Context<'_>) -> Option<&str> {
        Some(self.row.source.as_str()).filter(|_| !ctx.viewer().sees_masked())
    }
}

/// One normalised money event of a customer.
pub struct Purchase(pub purchase::Model);

impl From<purchase::Model> for Purchase {
    fn from(row: purchase::Model) -> Self {
        Self(row)
    }
}

impl Purchase {
    fn money(&self, minor: i64) -> Money {
        Amount::new(minor, self.0.currency.unwrap_or(Currency::UNKNOWN)).into()
    }
}

/// One normalised money event of a customer, whatever Stripe objects told of it. Readable by the merchant's members and keys, and by
/// partners to whom the current decision gives it or whom it has earned a commission.
#[Object]
impl Purchase {
    /// Its id.
    pub async fn id(&self) -> PurchaseId {
        self.0.id
    }

    /// The strongest reference of its objects, such as `invoice:in_1` (SL-1). Null for partners.
    async fn key(&self, ctx: &Context<'_>) -> Option<&str> {
        Some(self.0.key.as_str()).filter(|_| !ctx.viewer().sees_masked())
    }

    /// The Stripe connection that told of it; null for purchases told by API or import, and for partners.
    async fn connection(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeConnection>> {
        row::<stripe_connection::Entity, _>(ctx, self.0.connection_id).await
    }

    /// What is known of its payment.
    async fn status(&self) -> PurchaseStatus {
        self.0.status
    }

    /// When the money succeeded, by Stripe's clock (SL-7); null while it has not.
    async fn purchased_at(&self) -> Option<DateTime<Utc>> {
        self.0.purchased_at
    }

    /// The currency of its sums; `XXX` where it is not known yet.
    async fn currency(&self) -> Currency {
        self.0.currency.unwrap_or(Currency::UNKNOWN)
    }

    /// What was asked for, tax included.
    async fn total(&self) -> Money {
        self.money(self.0.total)
    }

    /// What was actually received (BA-3).
    async fn collected(&self) -> Money {
        self.money(self.0.collected)
    }

    /// What went back (RF-1).
    async fn reduction(&self) -> Money {
        self.money(self.0.reduction)
    }

    /// What the current decision found commissionable. Null for partners, who read it in decisions for them.
    async fn base(&self, ctx: &Context<'_>) -> Option<Money> {
        Some(self.money(self.0.base)).filter(|_| !ctx.viewer().sees_masked())
    }

    /// What stands out about it.
    async fn flags(&self) -> ApiResult<Vec<PurchaseFlag>> {
        Ok(state(&self.0)?.flags.into_iter().map(Into::into).collect())
    }

    /// What went back, in order of time.
    async fn returned(&self) -> ApiResult<Vec<Returned>> {
        let currency = self.0.currency.unwrap_or(Currency::UNKNOWN);
        Ok(state(&self.0)?.returned.into_iter().map(|row| Returned { row, currency }).collect())
    }

    /// Who bought, once that is known. Partners see the person masked, or not at all.
    async fn customer(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.customer_id).await
    }

    /// The conclusion in force, once there is one (SL-4).
    async fn decision(&self, ctx: &Context<'_>) -> ApiResult<Option<Decision>> {
        let row = ctx.loader().load_one(CurrentDecision(ctx.reads()?, self.0.id)).await?;
        Ok(row.map(Decision))
    }

    /// All conclusions, the newest first; all but one are superseded.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Decision>> {
        children::<decision::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// What it earned, in the order in which it was earned; for a partner their own.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn commissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Commission>> {
        children::<commission::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// The Stripe objects that it owns (SL-8). Empty for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn references(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<PurchaseReference>> {
        children::<purchase_reference::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// The purchase that has taken over its objects, for one that turned out to be the same.
    async fn merged_into(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.merged_into).await
    }

    /// When it was first told of.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A Stripe object that a purchase owns.
pub struct PurchaseReference(purchase_reference::Model);

impl From<purchase_reference::Model> for PurchaseReference {
    fn from(row: purchase_reference::Model) -> Self {
        Self(row)
    }
}

/// A Stripe object that a purchase owns. Readable by the merchant's members and keys only.
#[Object]
impl PurchaseReference {
    /// What kind of object and its id, such as `intent:pi_1`.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// The Stripe connection that told of it.
    async fn connection(&self, ctx: &Context<'_>) -> ApiResult<StripeConnection> {
        must::<stripe_connection::Entity, _>(ctx, self.0.connection_id).await
    }
}

/// Reading purchases.
#[derive(Default)]
pub struct PurchaseQuery;

/// Reading purchases.
#[Object]
impl PurchaseQuery {
    /// A purchase by its id. Null when there is none that the viewer may see.
    async fn purchase(&self, ctx: &Context<'_>, #[graphql(desc = "The purchase.")] id: PurchaseId) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, id).await
    }

    /// The merchant's purchases; for a partner those that concern them.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: PurchaseFilter,
        #[graphql(desc = "The order.", default)] order_by: PurchaseSort,
    ) -> ApiResult<Connection<Purchase>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.reads()?, &filter, order_by, &window).await?))
    }
}
