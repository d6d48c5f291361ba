//! What is written to Stripe, and how far it has come.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::stripe_write::Model;
use entity::value::{StripeWriteId, StripeWriteKind, StripeWriteReason, StripeWriteStatus};
use entity::{enrollment, stripe_connection, stripe_write};

use super::context::Ask;
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::row::{must, row};
use super::stripe_connection::StripeConnection;
use crate::store::page::TimeOrder;
use crate::store::stripe_write::{StripeWriteFilter, list};

/// Something that is written to Stripe.
pub struct StripeWrite(pub Model);

impl From<Model> for StripeWrite {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Something that is written to Stripe, and how far it has come: a coupon or promotion code that is made, shipping details, metadata, or credit.
/// It is tried until it stands there, and then read back. Readable by the merchant's members and keys; not for partners.
#[Object]
impl StripeWrite {
    /// Its id. What is made at Stripe bears it in its metadata, under `tributary_write`.
    pub async fn id(&self) -> StripeWriteId {
        self.0.id
    }

    /// What is written.
    async fn kind(&self) -> StripeWriteKind {
        self.0.kind
    }

    /// What it is about: Stripe's id of what is changed, the id of the coupon, or the code as it was asked for.
    async fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Where it is written.
    async fn connection(&self, ctx: &Context<'_>) -> ApiResult<StripeConnection> {
        must::<stripe_connection::Entity, _>(ctx, self.0.connection_id).await
    }

    /// Whose the code becomes.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// How far it has come.
    async fn status(&self) -> StripeWriteStatus {
        self.0.status
    }

    /// Why it is not written, or not yet.
    async fn reason(&self) -> Option<StripeWriteReason> {
        self.0.reason
    }

    /// Whether that passes by itself, so that it is tried again.
    async fn retried(&self) -> Option<bool> {
        self.0.reason.map(StripeWriteReason::passes)
    }

    /// What to do about it.
    async fn advice(&self) -> Option<&'static str> {
        self.0.reason.map(StripeWriteReason::advice)
    }

    /// Stripe's id of what was made or changed.
    async fn stripe_id(&self) -> Option<&str> {
        self.0.object.as_deref()
    }

    /// How often it was tried since it was last asked for.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// When it is tried again.
    async fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_at
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When something last happened.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was read back and found right.
    async fn verified_at(&self) -> Option<DateTime<Utc>> {
        self.0.verified_at
    }
}

/// Reading what is written to Stripe.
#[derive(Default)]
pub struct StripeWriteQuery;

/// Reading what is written to Stripe.
#[Object]
impl StripeWriteQuery {
    /// A write by its id. Null when there is none that the viewer may see.
    async fn stripe_write(&self, ctx: &Context<'_>, #[graphql(desc = "The write.")] id: StripeWriteId) -> ApiResult<Option<StripeWrite>> {
        row::<stripe_write::Entity, _>(ctx, id).await
    }

    /// What is written to Stripe. For the merchant's members and keys.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn stripe_writes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which.", default)] filter: StripeWriteFilter,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<StripeWrite>> {
        let window = Paging::new(first, after, last, before).window()?;
        let scope = ctx.merchant_reads()?;
        Ok(Connection::new(list(ctx.services().db.read(), scope, filter, order_by, &window).await?))
    }
}
