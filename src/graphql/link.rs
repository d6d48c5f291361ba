//! Links.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::link::Model;
use entity::value::{EnrollmentId, LinkId, ProgramId};

use super::context::{Ask, dangling};
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use super::payload::payload;
use super::program::Program;
use crate::service::link::{self as service, NewLink, SHORT_PATH, tracked_url};
use crate::store;
use crate::store::link::LinkFilter;
use crate::store::page::TimeOrder;

/// A partner's tracked URL.
pub struct Link(pub Model);

impl From<Model> for Link {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

/// A partner's tracked URL. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl Link {
    /// Its id.
    pub async fn id(&self) -> LinkId {
        self.0.id
    }

    /// Its code, unique in the program in any case.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The address to share: the destination with the code in the program's query parameter.
    async fn url(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let program = Program::of_row(ctx, ctx.reads()?, self.0.program_id).await?;
        tracked_url(&self.0, &program.0.query_param).ok_or_else(|| dangling("destination"))
    }

    /// A short address on this instance, which counts the click and leads on to the destination.
    async fn short_url(&self, ctx: &Context<'_>) -> String {
        ctx.services().public(&format!("{SHORT_PATH}{}", self.0.short_code))
    }

    /// Where it leads.
    async fn destination_url(&self) -> &str {
        &self.0.destination_url
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        Program::of_row(ctx, ctx.reads()?, self.0.program_id).await
    }

    /// Whose it is.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Enrollment> {
        Enrollment::of_row(ctx, ctx.reads()?, self.0.enrollment_id).await?.ok_or_else(|| dangling("enrollment"))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was archived.
    async fn archived_at(&self) -> Option<DateTime<Utc>> {
        self.0.archived_at
    }
}

/// A link to be.
#[derive(InputObject)]
pub struct LinkCreateInput {
    /// Whose.
    enrollment_id: EnrollmentId,
    /// The code: 1 to 64 letters, digits, hyphens or underscores. Made up when left out.
    #[graphql(default)]
    code: Option<String>,
    /// Where it leads, on one of the program's hosts. The program's landing page when left out.
    #[graphql(default)]
    destination_url: Option<String>,
    /// The same key again brings back what was made the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// What to change of a link.
#[derive(InputObject)]
pub struct LinkUpdateInput {
    /// The link.
    id: LinkId,
    /// Where it leads from now on, on one of the program's hosts.
    destination_url: String,
}

/// Which link.
#[derive(InputObject)]
pub struct LinkArchiveInput {
    /// The link.
    id: LinkId,
}

payload! {
    /// A link, or why it was not made or changed.
    LinkPayload {
        /// The link.
        link: Link
    }
}

/// Reading links.
#[derive(Default)]
pub struct LinkQuery;

/// Reading links.
#[Object]
impl LinkQuery {
    /// A link by its id. Null when there is none that the viewer may see.
    async fn link(&self, ctx: &Context<'_>, #[graphql(desc = "The link.")] id: LinkId) -> ApiResult<Option<Link>> {
        Ok(ctx.loader().load_one(ById::<entity::link::Entity>::new(ctx.reads()?, id)).await?.map(Link))
    }

    /// The links of all partners; for a partner their own.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those of this program.")] program_id: Option<ProgramId>,
        #[graphql(desc = "Only those of this enrollment.")] enrollment_id: Option<EnrollmentId>,
        #[graphql(desc = "Only archived ones, or only those in use.")] archived: Option<bool>,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<Link>> {
        let window = Paging::new(first, after, last, before).window()?;
        let filter = LinkFilter { program: program_id, enrollment: enrollment_id, archived };
        Ok(Connection::new(store::link::list(ctx.services().db.read(), ctx.reads()?, filter, order_by, &window).await?))
    }
}

/// Changing links.
#[derive(Default)]
pub struct LinkMutation;

/// Changing links.
#[Object]
impl LinkMutation {
    /// Makes a link for a partner. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn link_create(&self, ctx: &Context<'_>, #[graphql(desc = "The link.")] input: LinkCreateInput) -> ApiResult<LinkPayload> {
        let LinkCreateInput { enrollment_id: enrollment, code, destination_url: destination, idempotency_key } = input;
        let link = NewLink { enrollment, code, destination };
        LinkPayload::answer(service::create(ctx.services(), ctx.viewer(), link, idempotency_key.as_deref()).await)
    }

    /// Leads a link elsewhere; its codes stay. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn link_update(&self, ctx: &Context<'_>, #[graphql(desc = "Where to.")] input: LinkUpdateInput) -> ApiResult<LinkPayload> {
        LinkPayload::answer(service::update(ctx.services(), ctx.viewer(), input.id, &input.destination_url).await)
    }

    /// Archives a link: it brings nobody any more; what it brought stays. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn link_archive(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] input: LinkArchiveInput) -> ApiResult<LinkPayload> {
        LinkPayload::answer(service::archive(ctx.services(), ctx.viewer(), input.id).await)
    }
}
