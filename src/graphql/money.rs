//! What people decide about money by hand: approving and rejecting commissions, recording payouts.

use async_graphql::{Context, InputObject, Object};
use entity::value::{CommissionId, Currency, PartnerId};

use super::commission::Commission;
use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::payout::Payout;
use super::scalar::MoneyInput;
use crate::service::commission::{approve, reject, restore};
use crate::service::payout::{NewPayout, record};
use crate::service::{Refusal, RefusalCode};

/// Which commission to approve.
#[derive(Clone, Debug, InputObject)]
pub struct CommissionApproveInput {
    /// The commission.
    pub id: CommissionId,
    /// Why, in 1 to 500 characters. Required where signs of fraud hold the commission: they are then released (FR-4).
    #[graphql(default)]
    pub reason: Option<String>,
}

/// Which commission to reject, and why.
#[derive(Clone, Debug, InputObject)]
pub struct CommissionRejectInput {
    /// The commission.
    pub id: CommissionId,
    /// Why, in 1 to 500 characters. The partner can read it.
    pub reason: String,
}

/// Which commission to leave to facts and time again.
#[derive(Clone, Debug, InputObject)]
pub struct CommissionRestoreInput {
    /// The commission.
    pub id: CommissionId,
}

/// Who was paid.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutRecordInput {
    /// The partner.
    pub partner_id: PartnerId,
    /// In what. Everything that is payable in it counts as paid.
    pub currency: Currency,
    /// What the merchant's bank or tool calls the payment, at most 200 characters.
    pub reference: Option<String>,
    /// How much was paid. When it is not what is payable now, nothing is recorded; so give it where money was sent before this.
    pub amount: Option<MoneyInput>,
    /// The same key again brings back the payout of the first time.
    pub idempotency_key: Option<String>,
}

payload! {
    /// What became of approving a commission.
    CommissionApprovePayload {
        /// The commission as it is now.
        commission: Commission
    }
}

payload! {
    /// What became of rejecting a commission.
    CommissionRejectPayload {
        /// The commission as it is now.
        commission: Commission
    }
}

payload! {
    /// What became of taking back what was decided by hand.
    CommissionRestorePayload {
        /// The commission as it is now.
        commission: Commission
    }
}

payload! {
    /// What became of recording a payout.
    PayoutRecordPayload {
        /// The payout.
        payout: Payout
    }
}

/// Deciding about money.
#[derive(Default)]
pub struct MoneyMutation;

/// Deciding about money.
#[Object]
impl MoneyMutation {
    /// Approves a commission before its hold ends, and releases what only waited for a look. An open dispute keeps it held (DP-1). For
    /// those who may move money.
    async fn commission_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which commission.")] input: CommissionApproveInput,
    ) -> ApiResult<CommissionApprovePayload> {
        CommissionApprovePayload::answer(approve(ctx.services(), ctx.viewer(), input.id, input.reason).await)
    }

    /// Rejects a commission that is not paid yet: it earns nothing. For those who may move money.
    async fn commission_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which commission, and why.")] input: CommissionRejectInput,
    ) -> ApiResult<CommissionRejectPayload> {
        CommissionRejectPayload::answer(reject(ctx.services(), ctx.viewer(), input.id, &input.reason).await)
    }

    /// Takes back an approval or a rejection: facts and time decide again. For those who may move money.
    async fn commission_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which commission.")] input: CommissionRestoreInput,
    ) -> ApiResult<CommissionRestorePayload> {
        CommissionRestorePayload::answer(restore(ctx.services(), ctx.viewer(), input.id).await)
    }

    /// Records that everything payable to a partner in one currency was paid. For those who may move money.
    async fn payout_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who was paid.")] input: PayoutRecordInput,
    ) -> ApiResult<PayoutRecordPayload> {
        let PayoutRecordInput { partner_id: partner, currency, reference, amount, idempotency_key } = input;
        let amount = match amount.map(|amount| paid(&amount, currency)).transpose() {
            Ok(amount) => amount,
            Err(refusal) => return PayoutRecordPayload::answer::<Payout>(Err(refusal.into())),
        };
        let new = NewPayout { partner, currency, reference, amount };
        PayoutRecordPayload::answer(record(ctx.services(), ctx.viewer(), new, idempotency_key.as_deref()).await)
    }
}

/// The minor units of what was paid.
fn paid(amount: &MoneyInput, currency: Currency) -> Result<i64, Refusal> {
    let amount = amount.read().map_err(|text| Refusal::new("amount", RefusalCode::Invalid, text))?;
    if amount.currency == currency {
        Ok(amount.minor)
    } else {
        Err(Refusal::new("amount", RefusalCode::Invalid, "the amount must be in the currency of the payout"))
    }
}
