//! Programs.

use async_graphql::{Context, Object};
use chrono::{DateTime, Utc};
use entity::program::Model;
use entity::value::{ConnectionStatus, Currency, EnrollmentStatus, Mode, ProgramId, ProgramKind, ProgramStatus};

use super::children::{EnrollmentsIn, children};
use super::context::{Ask, dangling};
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::fraud_settings::FraudSettings;
use super::guide::IntegrationGuide;
use super::loader::{ById, TermsOf};
use super::page::{Connection, MAX, Paging, cost};
use super::terms::Terms;
use super::terms_assign::{GroupTerms, TermsMove};
use crate::domain::access::Scope;
use crate::service::guide::{Facts, Method, steps};
use crate::service::stripe_connection::webhook_url;
use crate::store::page::{NameOrder, Slice, TimeOrder, Window};
use crate::store::{self, program::list};
use crate::stripe::event::registered;

/// An affiliate or refer-a-friend programme of a merchant.
pub struct Program(pub Model);

impl From<Model> for Program {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

impl Program {
    /// The program that another row points to.
    pub(super) async fn of_row(ctx: &Context<'_>, scope: Scope, id: ProgramId) -> ApiResult<Self> {
        let row = ctx.loader().load_one(ById::<entity::program::Entity>::new(scope, id)).await?;
        row.map(Self).ok_or_else(|| dangling("program"))
    }
}

/// An affiliate or refer-a-friend programme of the merchant. Readable by the merchant's members and keys, and by partners who are in it.
#[Object]
impl Program {
    /// Its id.
    pub async fn id(&self) -> ProgramId {
        self.0.id
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn kind(&self) -> ProgramKind {
        self.0.kind
    }

    /// Whether it takes part in attribution.
    async fn status(&self) -> ProgramStatus {
        self.0.status
    }

    /// Whether it is test or live data.
    async fn mode(&self) -> Mode {
        Mode::from_livemode(self.0.livemode)
    }

    /// The query parameter that carries a link's code.
    async fn query_param(&self) -> &str {
        &self.0.query_param
    }

    /// Where links lead that name no destination.
    async fn landing_url(&self) -> &str {
        &self.0.landing_url
    }

    /// The hosts to which links may lead.
    async fn allowed_hosts(&self) -> &[String] {
        &self.0.allowed_hosts
    }

    /// Whether partners who apply are approved at once.
    async fn auto_approve(&self) -> bool {
        self.0.auto_approve
    }

    /// The currency in which commissions are stated too, by the rates of the days of their purchases (MO-2).
    async fn currency(&self) -> Option<Currency> {
        self.0.currency
    }

    /// What it makes of signs of fraud. Null for partners.
    async fn fraud_settings(&self, ctx: &Context<'_>) -> ApiResult<Option<FraudSettings>> {
        let own = ctx.reads()?.partner().is_some();
        Ok((!own).then(|| FraudSettings(self.0.fraud.clone())))
    }

    /// Since when nothing new counts, while it is paused or archived.
    async fn inactive_from(&self) -> Option<DateTime<Utc>> {
        self.0.inactive_from
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The version of its rules that is in force now.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Terms> {
        let now = ctx.services().clock.now();
        let versions = ctx.loader().load_one(TermsOf(ctx.reads()?, self.0.id)).await?.unwrap_or_default();
        let (begun, coming): (Vec<_>, Vec<_>) = versions.into_iter().partition(|version| version.effective_from <= now);
        begun.into_iter().next_back().or_else(|| coming.into_iter().next()).map(Terms).ok_or_else(|| dangling("terms"))
    }

    /// All versions of its rules, the newest first, also those that are not in force yet.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn terms_versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Terms>> {
        children::<entity::terms::Entity, ProgramId, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// Who is in it; for a partner only themselves.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn enrollments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] status: Option<EnrollmentStatus>,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<Enrollment>> {
        let window = Paging::new(first, after, last, before).window()?;
        let key = EnrollmentsIn { scope: ctx.reads()?, program: self.0.id, status, order: order_by, window };
        Ok(Connection::new(ctx.loader().load_one(key).await?.unwrap_or_else(Slice::empty)))
    }

    /// The rules that groups of partners have of their own in it, who got their first ones last before the others. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn group_terms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<GroupTerms>> {
        ctx.merchant_reads()?;
        children::<entity::group_terms::Entity, ProgramId, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// The moves of bindings between versions of its rules, the newest first. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn terms_moves(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<TermsMove>> {
        ctx.merchant_reads()?;
        children::<entity::terms_move::Entity, ProgramId, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }

    /// Pre-written snippets and steps to tie a site to this program. Not for partners.
    #[graphql(complexity = "10 + child_complexity")]
    async fn integration_guide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How customers buy on the site.")] method: Method,
    ) -> ApiResult<IntegrationGuide> {
        let (scope, services) = (ctx.merchant_reads()?, ctx.services());
        let key = store::api_key::for_guide(services.db.read(), scope, self.0.id).await?.and_then(|row| row.token);
        let window = Window::first(u64::from(MAX.unsigned_abs()));
        let linked = Some(ConnectionStatus::Linked);
        let connections = store::connection::list(services.db.read(), scope, linked, NameOrder::Oldest, &window).await?;
        let webhook_urls: Vec<String> = connections.rows.iter().map(|(_, row)| webhook_url(services, row)).collect();
        let separator = if self.0.landing_url.contains('?') { '&' } else { '?' };
        let facts = Facts {
            public_url: &services.settings.public_url(),
            key: key.as_deref(),
            query_param: &self.0.query_param,
            example_link: &format!("{}{separator}{}=CODE", self.0.landing_url, self.0.query_param),
            webhook_urls: &webhook_urls,
        };
        let steps = steps(method, &facts).into_iter().map(Into::into).collect();
        let events = registered().map(str::to_owned).collect();
        Ok(IntegrationGuide { method, publishable_key: key, webhook_urls, events, steps })
    }
}

/// Reading programs.
#[derive(Default)]
pub struct ProgramQuery;

/// Reading programs.
#[Object]
impl ProgramQuery {
    /// A program by its id. Null when there is none that the viewer may see.
    async fn program(&self, ctx: &Context<'_>, #[graphql(desc = "The program.")] id: ProgramId) -> ApiResult<Option<Program>> {
        let row = ctx.loader().load_one(ById::<entity::program::Entity>::new(ctx.reads()?, id)).await?;
        Ok(row.map(Program))
    }

    /// The merchant's programs; for a partner those that they are in.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn programs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in this state.")] status: Option<ProgramStatus>,
        #[graphql(desc = "The order.", default)] order_by: NameOrder,
    ) -> ApiResult<Connection<Program>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.reads()?, status, order_by, &window).await?))
    }
}
