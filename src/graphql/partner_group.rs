//! Groups of partners.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::partner_group::Model;
use entity::value::{PartnerGroupId, PartnerId};

use super::children::MembersOf;
use super::context::Ask;
use super::error::ApiResult;
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use super::partner::{Partner, PartnerPayload};
use super::payload::payload;
use crate::service::partner_group as service;
use crate::store;
use crate::store::page::{NameOrder, Slice};

/// Partners for whom the same is to hold.
pub struct PartnerGroup(pub Model);

impl From<Model> for PartnerGroup {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// Partners for whom the same is to hold. A partner is in one group at most. Not for partners.
#[Object]
impl PartnerGroup {
    /// Its id.
    pub async fn id(&self) -> PartnerGroupId {
        self.0.id
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who is in it now.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "The order.", default)] order_by: NameOrder,
    ) -> ApiResult<Connection<Partner>> {
        let (scope, window) = (ctx.merchant_reads()?, Paging::new(first, after, last, before).window()?);
        let key = MembersOf { scope, group: self.0.id, order: order_by, window };
        Ok(Connection::new(ctx.loader().load_one(key).await?.unwrap_or_else(Slice::empty)))
    }
}

/// A group to be.
#[derive(InputObject)]
pub struct PartnerGroupCreateInput {
    /// What it is called; one group each.
    name: String,
    /// The same key again brings back what was made the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// What to call a group.
#[derive(InputObject)]
pub struct PartnerGroupUpdateInput {
    /// The group.
    id: PartnerGroupId,
    /// What it is called; one group each.
    name: String,
}

/// Into which group a partner goes.
#[derive(InputObject)]
pub struct PartnerSetGroupInput {
    /// The partner.
    partner_id: PartnerId,
    /// The group; null for none.
    group_id: Option<PartnerGroupId>,
}

payload! {
    /// A group, or why it was not made or changed.
    PartnerGroupPayload {
        /// The group.
        group: PartnerGroup
    }
}

/// Reading groups of partners.
#[derive(Default)]
pub struct PartnerGroupQuery;

/// Reading groups of partners.
#[Object]
impl PartnerGroupQuery {
    /// A group of partners by its id. Null when there is none that the viewer may see. Not for partners.
    async fn partner_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group.")] id: PartnerGroupId,
    ) -> ApiResult<Option<PartnerGroup>> {
        let row = ctx.loader().load_one(ById::<entity::partner_group::Entity>::new(ctx.merchant_reads()?, id)).await?;
        Ok(row.map(PartnerGroup))
    }

    /// The merchant's groups of partners. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn partner_groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "The order.", default)] order_by: NameOrder,
    ) -> ApiResult<Connection<PartnerGroup>> {
        let (scope, window) = (ctx.merchant_reads()?, Paging::new(first, after, last, before).window()?);
        Ok(Connection::new(store::partner_group::list(ctx.services().db.read(), scope, order_by, &window).await?))
    }
}

/// Changing groups of partners.
#[derive(Default)]
pub struct PartnerGroupMutation;

/// Changing groups of partners.
#[Object]
impl PartnerGroupMutation {
    /// Makes a group of partners. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn partner_group_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The group.")] input: PartnerGroupCreateInput,
    ) -> ApiResult<PartnerGroupPayload> {
        let PartnerGroupCreateInput { name, idempotency_key } = input;
        PartnerGroupPayload::answer(service::create(ctx.services(), ctx.viewer(), &name, idempotency_key.as_deref()).await)
    }

    /// Calls a group of partners something else. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn partner_group_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to call it.")] input: PartnerGroupUpdateInput,
    ) -> ApiResult<PartnerGroupPayload> {
        PartnerGroupPayload::answer(service::rename(ctx.services(), ctx.viewer(), input.id, &input.name).await)
    }

    /// Puts a partner into a group from now on, out of the one before. What was bought before is judged by the group in which the partner was
    /// then. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn partner_set_group(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and into which.")] input: PartnerSetGroupInput,
    ) -> ApiResult<PartnerPayload> {
        PartnerPayload::answer(service::put(ctx.services(), ctx.viewer(), input.partner_id, input.group_id).await)
    }
}
