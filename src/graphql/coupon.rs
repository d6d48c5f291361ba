//! Coupons.

use async_graphql::{Context, InputObject, Object, OneofObject};
use chrono::{DateTime, Utc};
use entity::coupon::Model;
use entity::value::{BasisPoints, ConnectionId, CouponId, EnrollmentId};

use super::code::Held;
use super::context::Ask;
use super::error::ApiResult;
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use super::payload::payload;
use super::scalar::Money;
use super::terms::Rate;
use crate::service::code::{self as service, CouponName};
use crate::store;
use crate::store::coupon::CouponFilter;
use crate::store::page::TimeOrder;

/// Stripe's discount.
pub struct Coupon(pub Model);

impl From<Model> for Coupon {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Stripe's discount, which may belong to a partner. Readable by the merchant's members and keys, and by that partner.
#[Object]
impl Coupon {
    /// Its id.
    pub async fn id(&self) -> CouponId {
        self.0.id
    }

    /// What it is called at Stripe.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The share that it takes off, if it takes off a share.
    async fn percent_off(&self) -> Option<Rate> {
        let points = u32::try_from(self.0.percent_off_bps?).ok()?;
        BasisPoints::new(points).ok().map(Into::into)
    }

    /// The sum that it takes off, if it takes off a sum.
    async fn amount_off(&self) -> Option<Money> {
        Some(entity::value::Money::new(self.0.amount_off?, self.0.currency?).into())
    }

    /// How long it is taken off, in Stripe's word: once, repeating or forever.
    async fn duration(&self) -> Option<&str> {
        self.0.duration.as_deref()
    }

    /// When it was deleted at Stripe.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.0.deleted_at
    }

    /// What is the same of coupons and promotion codes.
    #[graphql(flatten)]
    async fn held(&self, _ctx: &Context<'_>) -> Held {
        Held::from(&self.0)
    }
}

/// How a coupon is named.
#[derive(OneofObject)]
pub enum CouponNameInput {
    /// By its id here.
    Id(CouponId),
    /// By Stripe's id.
    StripeId(String),
}

impl From<CouponNameInput> for CouponName {
    fn from(name: CouponNameInput) -> Self {
        match name {
            CouponNameInput::Id(id) => Self::Id(id),
            CouponNameInput::StripeId(id) => Self::StripeId(id),
        }
    }
}

/// Giving a coupon to a partner.
#[derive(InputObject)]
pub struct CouponAssignInput {
    /// Which coupon.
    coupon: CouponNameInput,
    /// In which connection to look for it; in all when left out.
    #[graphql(default)]
    connection_id: Option<ConnectionId>,
    /// Whose it becomes.
    enrollment_id: EnrollmentId,
    /// Since when; now when left out. It may be in the past: purchases from then on are looked at again.
    #[graphql(default)]
    from: Option<DateTime<Utc>>,
}

/// Taking a coupon from its partner.
#[derive(InputObject)]
pub struct CouponUnassignInput {
    /// Which coupon.
    id: CouponId,
    /// From when it is nobody's; now when left out.
    #[graphql(default)]
    to: Option<DateTime<Utc>>,
}

payload! {
    /// A coupon, or why it was not changed.
    CouponPayload {
        /// The coupon.
        coupon: Coupon
    }
}

/// Reading coupons.
#[derive(Default)]
pub struct CouponQuery;

/// Reading coupons.
#[Object]
impl CouponQuery {
    /// A coupon by its id. Null when there is none that the viewer may see.
    async fn coupon(&self, ctx: &Context<'_>, #[graphql(desc = "The coupon.")] id: CouponId) -> ApiResult<Option<Coupon>> {
        Ok(ctx.loader().load_one(ById::<entity::coupon::Entity>::new(ctx.reads()?, id)).await?.map(Coupon))
    }

    /// The coupons that Stripe told of; for a partner their own.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn coupons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those of this connection.")] connection_id: Option<ConnectionId>,
        #[graphql(desc = "Only those that are or last were this enrollment's.")] enrollment_id: Option<EnrollmentId>,
        #[graphql(desc = "Only the one with this id of Stripe's.")] stripe_id: Option<String>,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<Coupon>> {
        let window = Paging::new(first, after, last, before).window()?;
        let filter = CouponFilter { connection: connection_id, enrollment: enrollment_id, stripe_id };
        Ok(Connection::new(store::coupon::list(ctx.services().db.read(), ctx.reads()?, filter, order_by, &window).await?))
    }
}

/// Whose coupons are.
#[derive(Default)]
pub struct CouponMutation;

/// Whose coupons are.
#[Object]
impl CouponMutation {
    /// Gives a coupon to a partner: purchases with it and without a promotion code are theirs. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn coupon_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which coupon, and whose.")] input: CouponAssignInput,
    ) -> ApiResult<CouponPayload> {
        let (coupon, to) = ((input.coupon.into(), input.connection_id), (input.enrollment_id, input.from));
        CouponPayload::answer(service::assign_coupon(ctx.services(), ctx.viewer(), coupon, to).await)
    }

    /// Takes a coupon from its partner; what was bought before stays theirs. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn coupon_unassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which coupon.")] input: CouponUnassignInput,
    ) -> ApiResult<CouponPayload> {
        CouponPayload::answer(service::unassign::<entity::coupon::Entity>(ctx.services(), ctx.viewer(), input.id, input.to).await)
    }
}
