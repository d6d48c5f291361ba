//! What people decide about money by hand: approving and rejecting commissions, writing off what a partner owes.

use async_graphql::{Context, InputObject, Object};
use entity::value::{CommissionId, Currency, PartnerId};

use super::commission::Commission;
use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::scalar::Money;
use crate::service::commission::{approve, reject, restore};
use crate::service::write_off::{self, WriteOff};

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

/// Whose debt to write off, and why.
#[derive(Clone, Debug, InputObject)]
pub struct BalanceWriteOffInput {
    /// The partner.
    pub partner_id: PartnerId,
    /// In what. All that is owed in it is written off.
    pub currency: Currency,
    /// Why, in 1 to 500 characters.
    pub reason: String,
    /// The same key again brings back what was written off the first time.
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
    /// What became of writing off what a partner owes.
    BalanceWriteOffPayload {
        /// How much was written off.
        written_off: Money
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

    /// Writes off what a partner owes: a payable balance below zero, left by refunds of what was paid, comes to nothing by an entry at the
    /// merchant's expense (RF-7). Without it the next payouts net the balance. For those who may move money.
    async fn balance_write_off(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose debt, and why.")] input: BalanceWriteOffInput,
    ) -> ApiResult<BalanceWriteOffPayload> {
        let BalanceWriteOffInput { partner_id: partner, currency, reason, idempotency_key } = input;
        let asked = WriteOff { partner, currency, reason };
        BalanceWriteOffPayload::answer(write_off::balance(ctx.services(), ctx.viewer(), asked, idempotency_key.as_deref()).await)
    }
}
