//! Commissions: what enrollments earned.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::value::{CommissionId, CommissionKind, CommissionState, HoldReason, Money as Amount};
use entity::{commission, customer, enrollment, ledger_entry, partner, program, purchase};

use super::batch::{CaseOf, CurrentDecision, Earned, EarnedStated};
use super::children::children;
use super::context::Ask;
use super::customer::Customer;
use super::decision::{Decision, DecisionStep};
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::fraud_case::FraudCase;
use super::ledger::LedgerEntry;
use super::page::{Connection, Paging, cost};
use super::partner::Partner;
use super::program::Program;
use super::purchase::Purchase;
use super::row::{must, row};
use super::scalar::Money;
use crate::store::read::commission::{CommissionFilter, CommissionSort, list, steps};

/// What an enrollment earned.
pub struct Commission(pub commission::Model);

impl From<commission::Model> for Commission {
    fn from(row: commission::Model) -> Self {
        Self(row)
    }
}

/// What a partner in a program earned by one thing, mostly a purchase. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl Commission {
    /// Its id.
    pub async fn id(&self) -> CommissionId {
        self.0.id
    }

    /// By what kind of thing it was earned.
    async fn kind(&self) -> CommissionKind {
        self.0.kind
    }

    /// How much: the sum of its ledger entries on the partner's accounts. Being paid does not lessen it, a refund does.
    async fn amount(&self, ctx: &Context<'_>) -> ApiResult<Money> {
        let earned = ctx.loader().load_one(Earned(ctx.reads()?, self.0.id)).await?;
        Ok(Amount::new(earned.unwrap_or(0), self.0.currency).into())
    }

    /// The same in the program's currency, by the rate of the purchase's day (MO-2). Null where the program has none.
    async fn program_amount(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let Some(currency) = self.0.program_currency else { return Ok(None) };
        let earned = ctx.loader().load_one(EarnedStated(ctx.reads()?, self.0.id)).await?;
        Ok(Some(Amount::new(earned.unwrap_or(0), currency).into()))
    }

    /// The signs of fraud that speak against it. Null when there never were any, and for partners.
    async fn fraud_case(&self, ctx: &Context<'_>) -> ApiResult<Option<FraudCase>> {
        let scope = ctx.reads()?;
        if scope.partner().is_some() {
            return Ok(None);
        }
        Ok(ctx.loader().load_one(CaseOf(scope, self.0.id)).await?.map(FraudCase))
    }

    /// Its state: follows from facts, time, holds and payouts.
    async fn state(&self) -> CommissionState {
        self.0.state
    }

    /// Every reason for which it is kept back; empty when it is not.
    async fn holds(&self) -> &[HoldReason] {
        &self.0.holds
    }

    /// How much is kept back for these reasons. An open dispute and a refund under way hold the share that they would take; the rest is payable
    /// in its time (DP-1, RF-2).
    async fn held_amount(&self) -> Money {
        Amount::new(self.0.held, self.0.currency).into()
    }

    /// When it is payable if nothing keeps it back.
    async fn release_at(&self) -> Option<DateTime<Utc>> {
        self.0.release_at
    }

    /// When it was approved by hand.
    async fn approved_at(&self) -> Option<DateTime<Utc>> {
        self.0.approved_at
    }

    /// When it was rejected by hand.
    async fn rejected_at(&self) -> Option<DateTime<Utc>> {
        self.0.rejected_at
    }

    /// Why it was rejected.
    async fn rejected_reason(&self) -> Option<&str> {
        self.0.rejected_reason.as_deref()
    }

    /// The purchase that earned it. Null where no purchase did, and for partners where a partner whom they recruited sold it.
    async fn purchase(&self, ctx: &Context<'_>) -> ApiResult<Option<Purchase>> {
        row::<purchase::Entity, _>(ctx, self.0.purchase_id).await
    }

    /// For a lead: the customer who became one. Partners see the person masked, or not at all.
    async fn customer(&self, ctx: &Context<'_>) -> ApiResult<Option<Customer>> {
        row::<customer::Entity, _>(ctx, self.0.customer_id).await
    }

    /// For the second level: the recruited partner's place in the program. Null for partners.
    async fn through(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.through_id).await
    }

    /// How the amount came about: for what a purchase earned, the steps of the decision in force, where that is for the viewer.
    async fn steps(&self, ctx: &Context<'_>) -> ApiResult<Vec<DecisionStep>> {
        match (self.0.kind, self.0.purchase_id) {
            (CommissionKind::Sale, Some(purchase)) => match ctx.loader().load_one(CurrentDecision(ctx.reads()?, purchase)).await? {
                Some(row) => Decision(row).shown_steps(ctx).await,
                None => Ok(Vec::new()),
            },
            _ => {
                let mut told = steps(&self.0)?;
                told.retain(|step| ctx.reads().is_ok_and(|scope| scope.partner().is_none()) || !step.is_about_fraud());
                Ok(DecisionStep::all(told, self.0.currency))
            }
        }
    }

    /// The partner who earned it.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Partner> {
        must::<partner::Entity, _>(ctx, self.0.partner_id).await
    }

    /// The partner's place in the program.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Enrollment> {
        must::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// Its ledger entries, in the order in which they were written. Partners see those on their own accounts.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<LedgerEntry>> {
        children::<ledger_entry::Entity, _, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// When the purchase was paid, the customer became a lead, or the period ended.
    async fn purchased_at(&self) -> DateTime<Utc> {
        self.0.purchased_at
    }

    /// When it was first earned.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// Reading commissions.
#[derive(Default)]
pub struct CommissionQuery;

/// Reading commissions.
#[Object]
impl CommissionQuery {
    /// A commission by its id. Null when there is none that the viewer may see.
    async fn commission(&self, ctx: &Context<'_>, #[graphql(desc = "The commission.")] id: CommissionId) -> ApiResult<Option<Commission>> {
        row::<commission::Entity, _>(ctx, id).await
    }

    /// The merchant's commissions; for a partner their own.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn commissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: CommissionFilter,
        #[graphql(desc = "The order.", default)] order_by: CommissionSort,
    ) -> ApiResult<Connection<Commission>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.reads()?, &filter, order_by, &window).await?))
    }
}
