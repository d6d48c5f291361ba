//! What people say of purchases by hand.

use async_graphql::{Context, InputObject, Object};
use entity::value::PurchaseId;

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::purchase::Purchase;
use crate::service::purchase::resolve;

/// A payment of which it is open whether an invoice stands behind it, and what is to be said of it.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseResolveInput {
    /// The payment.
    pub id: PurchaseId,
    /// The purchase by invoice of which this payment is the money. Null says that it is a purchase of its own.
    pub same_as: Option<PurchaseId>,
}

payload! {
    /// What became of a word on a payment.
    PurchaseResolvePayload {
        /// The purchase as it is now; that of the invoice when they turned out to be one.
        purchase: Purchase
    }
}

/// Saying what purchases are.
#[derive(Default)]
pub struct PurchaseMutation;

/// Saying what purchases are.
#[Object]
impl PurchaseMutation {
    /// Says of a payment in review whether it is the money of an invoice or a purchase of its own, where Stripe did not tell (SL-8). What became
    /// one purchase stays one. For those who may move money.
    async fn purchase_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payment, and what it is.")] input: PurchaseResolveInput,
    ) -> ApiResult<PurchaseResolvePayload> {
        PurchaseResolvePayload::answer(resolve(ctx.services(), ctx.viewer(), input.id, input.same_as).await)
    }
}
