//! Cases of fraud: the signs, what people decide about them, and the clicks behind them (FR-1 to FR-5).

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::fraud_case::Model;
use entity::value::{ClickId, FraudCaseId, FraudCaseState, Signal, Strength};
use entity::{click, commission, fraud_case, partner, program};

use super::commission::Commission;
use super::context::Ask;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::partner::Partner;
use super::payload::payload;
use super::program::Program;
use super::row::{must, row};
use super::touch::Click;
use crate::domain::fraud::Evidence;
use crate::service::fraud::{self as service, evidence};
use crate::store::page::TimeOrder;
use crate::store::read::fraud_case::{FraudCaseFilter, list};

/// Signs of fraud that speak against a commission.
pub struct FraudCase(pub Model);

impl From<Model> for FraudCase {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// One sign of fraud.
pub struct FraudEvidence {
    of: Evidence,
    released: bool,
}

/// One sign of fraud that speaks against a commission, with personal data masked. Readable by whoever may read the case.
#[Object]
impl FraudEvidence {
    /// Which sign.
    async fn signal(&self) -> Signal {
        self.of.signal
    }

    /// How much it says by itself.
    async fn strength(&self) -> Strength {
        self.of.signal.strength()
    }

    /// What it adds to the score: strong 100, medium 50, weak 25.
    async fn score(&self) -> u16 {
        self.of.signal.strength().score()
    }

    /// What matched, masked.
    async fn matched(&self) -> &str {
        &self.of.matched
    }

    /// The same in a sentence.
    async fn text(&self) -> String {
        self.of.sentence()
    }

    /// When it happened, where it is about a moment.
    async fn at(&self) -> Option<DateTime<Utc>> {
        self.of.at
    }

    /// The click that it is about.
    async fn click(&self, ctx: &Context<'_>) -> ApiResult<Option<Click>> {
        row::<click::Entity, _>(ctx, self.of.click).await
    }

    /// Whether a person looked at it and released it: it then adds nothing any more.
    async fn released(&self) -> bool {
        self.released
    }
}

/// Signs of fraud that speak against a commission, and what a person decided about them (FR-4). Readable by the merchant's members and keys.
#[Object]
impl FraudCase {
    /// Its id.
    pub async fn id(&self) -> FraudCaseId {
        self.0.id
    }

    /// The commission.
    async fn commission(&self, ctx: &Context<'_>) -> ApiResult<Commission> {
        must::<commission::Entity, _>(ctx, self.0.commission_id).await
    }

    /// The partner who would earn it.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Partner> {
        must::<partner::Entity, _>(ctx, self.0.partner_id).await
    }

    /// The program, whose settings say what holds.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// How it stands.
    async fn state(&self) -> FraudCaseState {
        self.0.state
    }

    /// What the signs that nobody released add up to.
    async fn score(&self) -> i32 {
        self.0.score
    }

    /// Every sign that stands now.
    async fn evidence(&self) -> ApiResult<Vec<FraudEvidence>> {
        let all = evidence(&self.0)?.into_iter();
        Ok(all.map(|of| FraudEvidence { released: self.0.released.contains(&of.signal), of }).collect())
    }

    /// Why a person decided as they did, the last time.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When a person decided, the last time.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at
    }

    /// When its first sign was found.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// Which case to release, and why.
#[derive(InputObject)]
pub struct FraudCaseReleaseInput {
    /// The case.
    id: FraudCaseId,
    /// Why, in 1 to 500 characters.
    reason: String,
}

/// Which case's commission to reject, and why.
#[derive(InputObject)]
pub struct FraudCaseRejectInput {
    /// The case.
    id: FraudCaseId,
    /// Why, in 1 to 500 characters. The partner can read it.
    reason: String,
    /// Whether the clicks that the signs are about are rejected as well, so that they count for no purchase that is not paid out (FR-5).
    #[graphql(default)]
    reject_clicks: bool,
}

/// Which click to reject as fraud, and why.
#[derive(InputObject)]
pub struct ClickRejectInput {
    /// The click.
    id: ClickId,
    /// Why, in 1 to 500 characters.
    reason: String,
}

/// Which rejected click counts again.
#[derive(InputObject)]
pub struct ClickRestoreInput {
    /// The click.
    id: ClickId,
}

payload! {
    /// What became of deciding about a case of fraud.
    FraudCasePayload {
        /// The case as it is now.
        fraud_case: FraudCase
    }
}

payload! {
    /// What became of deciding about a click.
    ClickPayload {
        /// The click as it is now.
        click: Click
    }
}

/// Reading cases of fraud.
#[derive(Default)]
pub struct FraudCaseQuery;

/// Reading cases of fraud.
#[Object]
impl FraudCaseQuery {
    /// A case of fraud by its id. Null when there is none that the viewer may see.
    async fn fraud_case(&self, ctx: &Context<'_>, #[graphql(desc = "The case.")] id: FraudCaseId) -> ApiResult<Option<FraudCase>> {
        row::<fraud_case::Entity, _>(ctx, id).await
    }

    /// Cases of fraud: what waits for a person is in the state OPEN. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn fraud_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: FraudCaseFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<FraudCase>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.merchant_reads()?, &filter, order_by, &window).await?))
    }
}

/// Deciding about cases of fraud.
#[derive(Default)]
pub struct FraudCaseMutation;

/// Deciding about cases of fraud.
#[Object]
impl FraudCaseMutation {
    /// Lets a commission go on that signs of fraud held: these signs hold it no more, others that come later do. Audited (FR-4). For those
    /// who may move money.
    async fn fraud_case_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case, and why.")] input: FraudCaseReleaseInput,
    ) -> ApiResult<FraudCasePayload> {
        FraudCasePayload::answer(service::release(ctx.services(), ctx.viewer(), input.id, &input.reason).await)
    }

    /// Rejects a commission for signs of fraud: it earns nothing. Audited (FR-4). For those who may move money.
    async fn fraud_case_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case, and why.")] input: FraudCaseRejectInput,
    ) -> ApiResult<FraudCasePayload> {
        let FraudCaseRejectInput { id, reason, reject_clicks } = input;
        FraudCasePayload::answer(service::reject(ctx.services(), ctx.viewer(), id, &reason, reject_clicks).await)
    }

    /// Rejects a click as fraud: what it brought and is not paid out yet is looked at again without it (FR-5). Audited. For those who may
    /// move money.
    async fn click_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which click, and why.")] input: ClickRejectInput,
    ) -> ApiResult<ClickPayload> {
        ClickPayload::answer(service::reject_click(ctx.services(), ctx.viewer(), input.id, &input.reason).await)
    }

    /// Lets a rejected click count again. Audited. For those who may move money.
    async fn click_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which click.")] input: ClickRestoreInput,
    ) -> ApiResult<ClickPayload> {
        ClickPayload::answer(service::restore_click(ctx.services(), ctx.viewer(), input.id).await)
    }
}
