//! Partners.

use async_graphql::{Context, InputObject, Json, MaybeUndefined, Object};
use chrono::{DateTime, Utc};
use entity::partner::Model;
use entity::value::{Mode, PartnerId, PartnerStatus};

use super::batch::GroupOf;
use super::children::children;
use super::context::{Ask, dangling};
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::ledger::{Balance, balances_of, program_balances_of};
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use super::partner_group::PartnerGroup;
use super::payload::payload;
use super::row::row;
use crate::domain::access::Scope;
use crate::service::partner::{self as service, Change, NewPartner};
use crate::store;
use crate::store::page::NameOrder;
use crate::store::partner::PartnerFilter;

/// Who refers.
pub struct Partner(pub Model);

impl From<Model> for Partner {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

impl Partner {
    /// The partner that another row points to.
    pub(super) async fn of_row(ctx: &Context<'_>, scope: Scope, id: PartnerId) -> ApiResult<Self> {
        let row = ctx.loader().load_one(ById::<entity::partner::Entity>::new(scope, id)).await?;
        row.map(Self).ok_or_else(|| dangling("partner"))
    }
}

/// Who refers: an affiliate, or a customer who refers friends. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl Partner {
    /// Their id.
    pub async fn id(&self) -> PartnerId {
        self.0.id
    }

    /// What they are called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Their e-mail address.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Whether they may take part at all.
    async fn status(&self) -> PartnerStatus {
        self.0.status
    }

    /// Whether it is test or live data.
    async fn mode(&self) -> Mode {
        Mode::from_livemode(self.0.livemode)
    }

    /// The merchant's own id of them.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// The merchant's own notes: texts by key. Null for the partner.
    async fn metadata(&self, ctx: &Context<'_>) -> ApiResult<Option<Json<serde_json::Value>>> {
        let own = ctx.reads()?.partner().is_some();
        Ok((!own).then(|| Json(self.0.metadata.clone())))
    }

    /// The group in which they are now. Null for the partner.
    async fn group(&self, ctx: &Context<'_>) -> ApiResult<Option<PartnerGroup>> {
        let scope = ctx.reads()?;
        if scope.partner().is_some() {
            return Ok(None);
        }
        let group = ctx.loader().load_one(GroupOf(scope, self.0.id)).await?;
        row::<entity::partner_group::Entity, _>(ctx, group).await
    }

    /// When they were added.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What stands for them, by currency.
    async fn balances(&self, ctx: &Context<'_>) -> ApiResult<Vec<Balance>> {
        balances_of(ctx, self.0.id).await
    }

    /// What stands for them in the currencies of programs, whatever the purchases' own currencies are (MO-2).
    async fn program_balances(&self, ctx: &Context<'_>) -> ApiResult<Vec<Balance>> {
        program_balances_of(ctx, self.0.id).await
    }

    /// The programs that they are in.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn enrollments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Enrollment>> {
        children::<entity::enrollment::Entity, PartnerId, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }
}

/// A partner to be.
#[derive(InputObject)]
pub struct PartnerCreateInput {
    /// What they are called.
    name: String,
    /// Their e-mail address; one partner each.
    email: String,
    /// The merchant's own id of them.
    #[graphql(default)]
    external_id: Option<String>,
    /// The merchant's own notes: an object of texts, at most 50 keys.
    #[graphql(default)]
    metadata: Option<Json<serde_json::Value>>,
    /// Where they are paid to, such as an IBAN or the e-mail of a wallet. Only a keyed hash is kept, by which a second account of one payee
    /// is found (FR-3).
    #[graphql(default, secret)]
    payout_destination: Option<String>,
    /// The same key again brings back what was made the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// What to change of a partner; what is left out stays.
#[derive(InputObject)]
pub struct PartnerUpdateInput {
    /// The partner.
    id: PartnerId,
    /// What they are called.
    #[graphql(default)]
    name: Option<String>,
    /// Their e-mail address.
    #[graphql(default)]
    email: Option<String>,
    /// The merchant's own id of them; null takes it away.
    #[graphql(default)]
    external_id: MaybeUndefined<String>,
    /// The merchant's own notes, all of them.
    #[graphql(default)]
    metadata: Option<Json<serde_json::Value>>,
    /// Where they are paid to; null takes it away. Only a keyed hash is kept (FR-3).
    #[graphql(default, secret)]
    payout_destination: MaybeUndefined<String>,
}

/// Which partner.
#[derive(InputObject)]
pub struct PartnerStatusInput {
    /// The partner.
    id: PartnerId,
}

payload! {
    /// A partner, or why they were not added or changed.
    PartnerPayload {
        /// The partner.
        partner: Partner
    }
}

/// Reading partners.
#[derive(Default)]
pub struct PartnerQuery;

/// Reading partners.
#[Object]
impl PartnerQuery {
    /// A partner by id. Null when there is none that the viewer may see.
    async fn partner(&self, ctx: &Context<'_>, #[graphql(desc = "The partner.")] id: PartnerId) -> ApiResult<Option<Partner>> {
        let row = ctx.loader().load_one(ById::<entity::partner::Entity>::new(ctx.reads()?, id)).await?;
        Ok(row.map(Partner))
    }

    /// The merchant's partners; for a partner only themselves.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] status: Option<PartnerStatus>,
        #[graphql(desc = "Only those with this text in the name or e-mail address.", validator(max_length = 200))] search: Option<String>,
        #[graphql(desc = "Only the one with this id of the merchant's own.")] external_id: Option<String>,
        #[graphql(desc = "The order.", default)] order_by: NameOrder,
    ) -> ApiResult<Connection<Partner>> {
        let window = Paging::new(first, after, last, before).window()?;
        let filter = PartnerFilter { status, search, external_id };
        Ok(Connection::new(store::partner::list(ctx.services().db.read(), ctx.reads()?, filter, order_by, &window).await?))
    }
}

/// Changing partners.
#[derive(Default)]
pub struct PartnerMutation;

/// Changing partners.
#[Object]
impl PartnerMutation {
    /// Adds a partner. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn partner_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner.")] input: PartnerCreateInput,
    ) -> ApiResult<PartnerPayload> {
        let PartnerCreateInput { name, email, external_id, metadata, payout_destination, idempotency_key } = input;
        let partner = NewPartner { name, email, external_id, metadata: metadata.map(|json| json.0), payout_destination };
        PartnerPayload::answer(service::create(ctx.services(), ctx.viewer(), partner, idempotency_key.as_deref()).await)
    }

    /// Changes a partner. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn partner_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: PartnerUpdateInput,
    ) -> ApiResult<PartnerPayload> {
        let PartnerUpdateInput { id, name, email, external_id, metadata, payout_destination } = input;
        let external_id = external_id.as_opt_ref().map(Option::<&String>::cloned);
        let payout_destination = payout_destination.as_opt_ref().map(Option::<&String>::cloned);
        let change = Change { name, email, external_id, metadata: metadata.map(|json| json.0), payout_destination };
        PartnerPayload::answer(service::update(ctx.services(), ctx.viewer(), id, change).await)
    }

    /// Shuts a partner out of every program: nothing further is earned. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn partner_ban(&self, ctx: &Context<'_>, #[graphql(desc = "Whom.")] input: PartnerStatusInput) -> ApiResult<PartnerPayload> {
        PartnerPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, PartnerStatus::Banned).await)
    }

    /// Takes a partner out of every program; what they brought earns on by the terms. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn partner_archive(&self, ctx: &Context<'_>, #[graphql(desc = "Whom.")] input: PartnerStatusInput) -> ApiResult<PartnerPayload> {
        PartnerPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, PartnerStatus::Archived).await)
    }

    /// Takes a banned or archived partner back; their enrollments have to be approved again. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn partner_reactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: PartnerStatusInput,
    ) -> ApiResult<PartnerPayload> {
        PartnerPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, PartnerStatus::Active).await)
    }
}
