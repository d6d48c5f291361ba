//! What people say of purchases by hand.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, Money, PurchaseId};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::purchase::Purchase;
use super::scalar::MoneyInput;
use crate::service::purchase::resolve;
use crate::service::purchase_record::{NewPurchase, record};
use crate::service::{Refusal, RefusalCode, ServiceError};

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

/// A purchase that Stripe did not sell, or did not tell of yet.
#[derive(Clone, Debug, InputObject)]
pub struct PurchaseRecordInput {
    /// The merchant's own id of it, at most 200 bytes: told again, it is the same purchase.
    pub external_id: String,
    /// Stripe's id of it, where Stripe knows it: of an invoice, a payment intent, a charge or a checkout session. The two are then one purchase.
    #[graphql(default)]
    pub stripe_id: Option<String>,
    /// Where Stripe would tell of it; may be left out where there is one connection.
    #[graphql(default)]
    pub connection_id: Option<ConnectionId>,
    /// The merchant's id of the customer; this or the e-mail has to be there.
    #[graphql(default)]
    pub customer_external_id: Option<String>,
    /// The customer's e-mail.
    #[graphql(default)]
    pub customer_email: Option<String>,
    /// The customer's name.
    #[graphql(default)]
    pub customer_name: Option<String>,
    /// The token of the click that led to it.
    #[graphql(default)]
    pub click_token: Option<String>,
    /// What was paid, tax and shipping included.
    pub paid: MoneyInput,
    /// The tax in it, in the same currency; none when left out.
    #[graphql(default)]
    pub tax: Option<MoneyInput>,
    /// The shipping in it, without tax and in the same currency; none when left out.
    #[graphql(default)]
    pub shipping: Option<MoneyInput>,
    /// When the money came.
    pub paid_at: DateTime<Utc>,
}

impl PurchaseRecordInput {
    fn read(self) -> Result<NewPurchase, Refusal> {
        let money = |field: &str, given: &MoneyInput| given.read().map_err(|text| Refusal::new(field, RefusalCode::Invalid, text));
        let paid = money("paid", &self.paid)?;
        let part = |field: &str, given: &Option<MoneyInput>| -> Result<i64, Refusal> {
            let Some(given) = given else { return Ok(0) };
            let Money { minor, currency } = money(field, given)?;
            if currency == paid.currency {
                Ok(minor)
            } else {
                Err(Refusal::new(field, RefusalCode::Invalid, "must be of the currency of what was paid"))
            }
        };
        Ok(NewPurchase {
            tax: part("tax", &self.tax)?,
            shipping: part("shipping", &self.shipping)?,
            external_id: self.external_id,
            connection: self.connection_id,
            stripe_id: self.stripe_id,
            customer: self.customer_external_id,
            email: self.customer_email,
            name: self.customer_name,
            click_token: self.click_token,
            paid,
            paid_at: self.paid_at,
        })
    }
}

payload! {
    /// A recorded purchase, or why it was not recorded.
    PurchaseRecordPayload {
        /// The purchase; that which Stripe tells of, where it is named.
        purchase: Purchase
    }
}

/// Saying what purchases are.
#[derive(Default)]
pub struct PurchaseMutation;

/// Saying what purchases are.
#[Object]
impl PurchaseMutation {
    /// Records a purchase that Stripe did not sell, or did not tell of yet (SL-3): it earns like any other. The same id with the same values
    /// changes nothing, and with others is refused. For a merchant's server: a key with `WRITE_MONEY`, owners and administrators.
    async fn purchase_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was bought.")] input: PurchaseRecordInput,
    ) -> ApiResult<PurchaseRecordPayload> {
        let done = match input.read() {
            Ok(new) => record(ctx.services(), ctx.viewer(), &new).await,
            Err(refusal) => Err(ServiceError::from(refusal)),
        };
        PurchaseRecordPayload::answer(done)
    }

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
