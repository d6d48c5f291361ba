//! Planning payouts, and what becomes of them.

use async_graphql::{Context, InputObject, Object};
use entity::value::{Currency, PartnerId, PayoutId};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::payout::Payout;
use super::scalar::MoneyInput;
use crate::service::payout::{NewPayout, Step, advance, plan, record};
use crate::service::{Refusal, RefusalCode};

/// Who is to be paid.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutPlanInput {
    /// The partner.
    pub partner_id: PartnerId,
    /// In what it was earned. Everything that is payable in it is claimed.
    pub currency: Currency,
    /// In what it is to be paid, where that is another currency: it is converted once, now, by the last daily rate that is known of today or
    /// the seven days before (MO-5).
    pub paid_in: Option<Currency>,
    /// What the merchant's bank or tool calls the payment, at most 200 characters.
    pub reference: Option<String>,
    /// How much is expected to be payable, in `currency`. When it is another sum now, nothing is planned.
    pub amount: Option<MoneyInput>,
    /// The same key again brings back the payout of the first time.
    pub idempotency_key: Option<String>,
}

/// Who was paid.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutRecordInput {
    /// The partner.
    pub partner_id: PartnerId,
    /// In what it was earned. Everything that is payable in it counts as paid.
    pub currency: Currency,
    /// In what it was paid, where that is another currency: it is converted once, by the last daily rate that is known of today or the seven
    /// days before (MO-5).
    pub paid_in: Option<Currency>,
    /// What the merchant's bank or tool calls the payment, at most 200 characters.
    pub reference: Option<String>,
    /// How much was paid, in `currency`. When it is not what is payable now, nothing is recorded; so give it where money was sent before this.
    pub amount: Option<MoneyInput>,
    /// The same key again brings back the payout of the first time.
    pub idempotency_key: Option<String>,
}

/// Which payout is on its way.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutSendInput {
    /// The payout.
    pub id: PayoutId,
    /// What the merchant's bank or tool calls the payment, at most 200 characters; what was given before stays without it.
    pub reference: Option<String>,
    /// The same key again brings back the payout. Without it a second request is refused, so that nobody pays twice.
    pub idempotency_key: Option<String>,
}

/// Which payout came.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutConfirmInput {
    /// The payout.
    pub id: PayoutId,
    /// What the merchant's bank or tool calls the payment, at most 200 characters; what was given before stays without it.
    pub reference: Option<String>,
    /// The same key again brings back the payout.
    pub idempotency_key: Option<String>,
}

/// Which payout is not to be sent, and why.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutCancelInput {
    /// The payout.
    pub id: PayoutId,
    /// Why, in 1 to 500 characters. The partner can read it.
    pub reason: String,
    /// The same key again brings back the payout.
    pub idempotency_key: Option<String>,
}

/// Which payout did not come, and why.
#[derive(Clone, Debug, InputObject)]
pub struct PayoutFailInput {
    /// The payout.
    pub id: PayoutId,
    /// Why, in 1 to 500 characters. The partner can read it.
    pub reason: String,
    /// The same key again brings back the payout.
    pub idempotency_key: Option<String>,
}

payload! {
    /// What became of planning a payout.
    PayoutPlanPayload {
        /// The payout.
        payout: Payout
    }
}

payload! {
    /// What became of recording a payout.
    PayoutRecordPayload {
        /// The payout.
        payout: Payout
    }
}

payload! {
    /// What became of sending a payout.
    PayoutSendPayload {
        /// The payout as it is now.
        payout: Payout
    }
}

payload! {
    /// What became of confirming a payout.
    PayoutConfirmPayload {
        /// The payout as it is now.
        payout: Payout
    }
}

payload! {
    /// What became of cancelling a payout.
    PayoutCancelPayload {
        /// The payout as it is now.
        payout: Payout
    }
}

payload! {
    /// What became of a payout that did not come.
    PayoutFailPayload {
        /// The payout as it is now.
        payout: Payout
    }
}

/// Paying out.
#[derive(Default)]
pub struct PayoutMutation;

/// Paying out.
#[Object]
impl PayoutMutation {
    /// Plans a payout of everything payable to a partner in one currency. Its entries are claimed and its commissions are reserved; nothing is
    /// sent. A refund, a dispute or any other change of what it claims cancels it and plans another one in its place (RF-8). For those who may
    /// move money.
    async fn payout_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is to be paid.")] input: PayoutPlanInput,
    ) -> ApiResult<PayoutPlanPayload> {
        let PayoutPlanInput { partner_id: partner, currency, paid_in, reference, amount, idempotency_key } = input;
        let outcome = match expecting(NewPayout { partner, currency, paid_in, reference, amount: None }, amount.as_ref()) {
            Ok(new) => plan(ctx.services(), ctx.viewer(), new, idempotency_key.as_deref()).await,
            Err(refusal) => Err(refusal.into()),
        };
        PayoutPlanPayload::answer(outcome)
    }

    /// Says that a planned payout is on its way: say it before you send the money. Of several who would, one is told yes. From then on it
    /// counts as paid, so later refunds are netted in the next payouts (RF-8). For those who may move money.
    async fn payout_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payout.")] input: PayoutSendInput,
    ) -> ApiResult<PayoutSendPayload> {
        let PayoutSendInput { id, reference, idempotency_key } = input;
        PayoutSendPayload::answer(advance(ctx.services(), ctx.viewer(), id, Step::Send(reference), idempotency_key.as_deref()).await)
    }

    /// Says that a payout came: its commissions are paid. For those who may move money.
    async fn payout_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payout.")] input: PayoutConfirmInput,
    ) -> ApiResult<PayoutConfirmPayload> {
        let PayoutConfirmInput { id, reference, idempotency_key } = input;
        PayoutConfirmPayload::answer(advance(ctx.services(), ctx.viewer(), id, Step::Confirm(reference), idempotency_key.as_deref()).await)
    }

    /// Cancels a payout that was not sent: its commissions are approved again, and its entries are free for another payout. For those who may
    /// move money.
    async fn payout_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payout, and why.")] input: PayoutCancelInput,
    ) -> ApiResult<PayoutCancelPayload> {
        let PayoutCancelInput { id, reason, idempotency_key } = input;
        PayoutCancelPayload::answer(advance(ctx.services(), ctx.viewer(), id, Step::Cancel(reason), idempotency_key.as_deref()).await)
    }

    /// Says that a payout was sent and did not come, as when a bank gives the money back: its commissions are what they would be without it, and
    /// its entries are free for another payout (PO-5). For those who may move money.
    async fn payout_fail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payout, and why.")] input: PayoutFailInput,
    ) -> ApiResult<PayoutFailPayload> {
        let PayoutFailInput { id, reason, idempotency_key } = input;
        PayoutFailPayload::answer(advance(ctx.services(), ctx.viewer(), id, Step::Fail(reason), idempotency_key.as_deref()).await)
    }

    /// Records that everything payable to a partner in one currency was paid: plans, sends and confirms a payout in one step. For those who may
    /// move money.
    async fn payout_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who was paid.")] input: PayoutRecordInput,
    ) -> ApiResult<PayoutRecordPayload> {
        let PayoutRecordInput { partner_id: partner, currency, paid_in, reference, amount, idempotency_key } = input;
        let outcome = match expecting(NewPayout { partner, currency, paid_in, reference, amount: None }, amount.as_ref()) {
            Ok(new) => record(ctx.services(), ctx.viewer(), new, idempotency_key.as_deref()).await,
            Err(refusal) => Err(refusal.into()),
        };
        PayoutRecordPayload::answer(outcome)
    }
}

/// The same with the amount that is expected.
fn expecting(new: NewPayout, amount: Option<&MoneyInput>) -> Result<NewPayout, Refusal> {
    let Some(amount) = amount else { return Ok(new) };
    let amount = amount.read().map_err(|text| Refusal::new("amount", RefusalCode::Invalid, text))?;
    if amount.currency == new.currency {
        Ok(NewPayout { amount: Some(amount.minor), ..new })
    } else {
        Err(Refusal::new("amount", RefusalCode::Invalid, "the amount must be in the currency in which it was earned"))
    }
}
