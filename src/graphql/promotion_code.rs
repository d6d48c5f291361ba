//! Promotion codes.

use async_graphql::{Context, InputObject, Object, OneofObject};
use chrono::{DateTime, Utc};
use entity::promotion_code::Model;
use entity::value::{ConnectionId, EnrollmentId, PromotionCodeId};

use super::code::Held;
use super::context::Ask;
use super::error::ApiResult;
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use super::payload::payload;
use crate::service::code::{self as service, PromotionCodeName};
use crate::store;
use crate::store::page::TimeOrder;
use crate::store::promotion_code::PromotionCodeFilter;

/// Stripe's typed code for a discount.
pub struct PromotionCode(pub Model);

impl From<Model> for PromotionCode {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Stripe's typed code for a discount, which may belong to a partner. Readable by the merchant's members and keys, and by that partner.
#[Object]
impl PromotionCode {
    /// Its id.
    pub async fn id(&self) -> PromotionCodeId {
        self.0.id
    }

    /// What customers type.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Stripe's id of the coupon that it gives.
    async fn coupon_stripe_id(&self) -> Option<&str> {
        self.0.coupon.as_deref()
    }

    /// Whether it can be used at Stripe.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// What is the same of coupons and promotion codes.
    #[graphql(flatten)]
    async fn held(&self, _ctx: &Context<'_>) -> Held {
        Held::from(&self.0)
    }
}

/// How a promotion code is named.
#[derive(OneofObject)]
pub enum PromotionCodeNameInput {
    /// By its id here.
    Id(PromotionCodeId),
    /// By Stripe's id, `promo_…`.
    StripeId(String),
    /// By what customers type, in any case. If there are several, the active one is meant.
    Code(String),
}

impl From<PromotionCodeNameInput> for PromotionCodeName {
    fn from(name: PromotionCodeNameInput) -> Self {
        match name {
            PromotionCodeNameInput::Id(id) => Self::Id(id),
            PromotionCodeNameInput::StripeId(id) => Self::StripeId(id),
            PromotionCodeNameInput::Code(code) => Self::Text(code),
        }
    }
}

/// Giving a code to a partner.
#[derive(InputObject)]
pub struct PromotionCodeAssignInput {
    /// Which code.
    promotion_code: PromotionCodeNameInput,
    /// In which connection to look for it; in all when left out.
    #[graphql(default)]
    connection_id: Option<ConnectionId>,
    /// Whose it becomes.
    enrollment_id: EnrollmentId,
    /// Since when; now when left out. It may be in the past: purchases from then on are looked at again.
    #[graphql(default)]
    from: Option<DateTime<Utc>>,
}

/// Taking a code from its partner.
#[derive(InputObject)]
pub struct PromotionCodeUnassignInput {
    /// Which code.
    id: PromotionCodeId,
    /// From when it is nobody's; now when left out.
    #[graphql(default)]
    to: Option<DateTime<Utc>>,
}

payload! {
    /// A promotion code, or why it was not changed.
    PromotionCodePayload {
        /// The promotion code.
        promotion_code: PromotionCode
    }
}

/// Reading promotion codes.
#[derive(Default)]
pub struct PromotionCodeQuery;

/// Reading promotion codes.
#[Object]
impl PromotionCodeQuery {
    /// A promotion code by its id. Null when there is none that the viewer may see.
    async fn promotion_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] id: PromotionCodeId,
    ) -> ApiResult<Option<PromotionCode>> {
        let key = ById::<entity::promotion_code::Entity>::new(ctx.reads()?, id);
        Ok(ctx.loader().load_one(key).await?.map(PromotionCode))
    }

    /// The promotion codes that Stripe told of; for a partner their own.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn promotion_codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those of this connection.")] connection_id: Option<ConnectionId>,
        #[graphql(desc = "Only those that are or last were this enrollment's.")] enrollment_id: Option<EnrollmentId>,
        #[graphql(desc = "Only those with this text, in any case.")] code: Option<String>,
        #[graphql(desc = "Only those that can be used at Stripe, or cannot.")] active: Option<bool>,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<PromotionCode>> {
        let window = Paging::new(first, after, last, before).window()?;
        let filter = PromotionCodeFilter { connection: connection_id, enrollment: enrollment_id, stripe_id: None, code, active };
        Ok(Connection::new(store::promotion_code::list(ctx.services().db.read(), ctx.reads()?, filter, order_by, &window).await?))
    }
}

/// Whose promotion codes are.
#[derive(Default)]
pub struct PromotionCodeMutation;

/// Whose promotion codes are.
#[Object]
impl PromotionCodeMutation {
    /// Gives a promotion code to a partner. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn promotion_code_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which code, and whose.")] input: PromotionCodeAssignInput,
    ) -> ApiResult<PromotionCodePayload> {
        let (code, to) = ((input.promotion_code.into(), input.connection_id), (input.enrollment_id, input.from));
        PromotionCodePayload::answer(service::assign_promotion_code(ctx.services(), ctx.viewer(), code, to).await)
    }

    /// Takes a promotion code from its partner; what was bought before stays theirs. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn promotion_code_unassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which code.")] input: PromotionCodeUnassignInput,
    ) -> ApiResult<PromotionCodePayload> {
        PromotionCodePayload::answer(
            service::unassign::<entity::promotion_code::Entity>(ctx.services(), ctx.viewer(), input.id, input.to).await,
        )
    }
}
