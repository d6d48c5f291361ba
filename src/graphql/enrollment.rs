//! Enrollments.

use async_graphql::{Context, InputObject, Object};
use chrono::{DateTime, Utc};
use entity::enrollment::Model;
use entity::value::{EnrollmentId, EnrollmentStatus, PartnerId, ProgramId, TermsId};

use super::batch::RecruiterOf;
use super::children::children;
use super::context::Ask;
use super::error::ApiResult;
use super::link::Link;
use super::loader::ById;
use super::page::{Connection, Paging, cost};
use super::partner::Partner;
use super::payload::payload;
use super::program::Program;
use super::terms::Terms;
use super::terms_assign::{EnrollmentTerms, GivenTerms, promised, shown, terms_of};
use crate::domain::access::Scope;
use crate::service::enrollment::{self as service, Move, NewEnrollment};
use crate::service::recruitment::{self, SetRecruiter};
use crate::store;
use crate::store::enrollment::EnrollmentFilter;
use crate::store::page::TimeOrder;

/// A partner in a program.
pub struct Enrollment(pub Model);

impl From<Model> for Enrollment {
    fn from(row: Model) -> Self {
        Self(row)
    }
}

impl Enrollment {
    /// The enrollment that another row points to; `None` when the viewer may not see it.
    pub(super) async fn of_row(ctx: &Context<'_>, scope: Scope, id: EnrollmentId) -> ApiResult<Option<Self>> {
        Ok(ctx.loader().load_one(ById::<entity::enrollment::Entity>::new(scope, id)).await?.map(Self))
    }
}

/// A partner in a program. Readable by the merchant's members and keys, and by the partner.
#[Object]
impl Enrollment {
    /// Its id.
    pub async fn id(&self) -> EnrollmentId {
        self.0.id
    }

    /// Where the partner stands in the program.
    async fn status(&self) -> EnrollmentStatus {
        self.0.status
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        Program::of_row(ctx, ctx.reads()?, self.0.program_id).await
    }

    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Partner> {
        Partner::of_row(ctx, ctx.reads()?, self.0.partner_id).await
    }

    /// The version of the rules that it was given for itself, where it has one now.
    async fn own_terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        match self.0.terms_history.at(ctx.services().clock.now()) {
            Some(id) => promised(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// The rules that it was given for itself, what begins last before the others, the last 100.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn given_terms(&self) -> Vec<GivenTerms> {
        shown(&self.0.terms_history)
    }

    /// The version of the rules that customers take who are bound now, or at another time: its own before its group's before the program's.
    #[graphql(complexity = "5 + child_complexity")]
    async fn terms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Another time than now.")] as_of: Option<DateTime<Utc>>,
    ) -> ApiResult<EnrollmentTerms> {
        terms_of(ctx, self.0.id, as_of).await
    }

    /// Who recruited the partner and has a part of what it earns now (CO-11). Null for partners who may not see that one.
    async fn recruiter(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        let scope = ctx.reads()?;
        match ctx.loader().load_one(RecruiterOf(scope, self.0.id)).await? {
            Some(recruiter) => Self::of_row(ctx, scope, recruiter).await,
            None => Ok(None),
        }
    }

    /// When it was approved.
    async fn approved_at(&self) -> Option<DateTime<Utc>> {
        self.0.approved_at
    }

    /// When it was banned or archived.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// When it was asked for or made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Its links.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn links(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Link>> {
        children::<entity::link::Entity, EnrollmentId, _>(ctx, self.0.id, &Paging::new(first, after, last, before)).await
    }
}

/// An enrollment to be.
#[derive(InputObject)]
pub struct EnrollmentCreateInput {
    /// Where.
    program_id: ProgramId,
    /// Who.
    partner_id: PartnerId,
    /// Whether it is approved at once. A program with automatic approval approves anyway.
    #[graphql(default = true)]
    approve: bool,
    /// A version of the program's rules that it keeps, instead of taking newer ones.
    #[graphql(default)]
    terms_id: Option<TermsId>,
    /// The same key again brings back what was made the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// Which enrollment.
#[derive(InputObject)]
pub struct EnrollmentStatusInput {
    /// The enrollment.
    id: EnrollmentId,
}

/// Which rules an enrollment has for itself.
#[derive(InputObject)]
pub struct EnrollmentSetTermsInput {
    /// The enrollment.
    id: EnrollmentId,
    /// The version of the program's rules; null to take those of the partner's group or the program as they come.
    terms_id: Option<TermsId>,
}

/// Who recruited a partner.
#[derive(InputObject)]
pub struct EnrollmentSetRecruiterInput {
    /// The enrollment of the partner who was recruited.
    id: EnrollmentId,
    /// The recruiter's enrollment in the same program; null for nobody any more.
    recruiter_id: Option<EnrollmentId>,
    /// Since when that counts; now when left out.
    #[graphql(default)]
    from: Option<DateTime<Utc>>,
}

payload! {
    /// An enrollment, or why it was not made or changed.
    EnrollmentPayload {
        /// The enrollment.
        enrollment: Enrollment
    }
}

/// Reading enrollments.
#[derive(Default)]
pub struct EnrollmentQuery;

/// Reading enrollments.
#[Object]
impl EnrollmentQuery {
    /// An enrollment by its id. Null when there is none that the viewer may see.
    async fn enrollment(&self, ctx: &Context<'_>, #[graphql(desc = "The enrollment.")] id: EnrollmentId) -> ApiResult<Option<Enrollment>> {
        Enrollment::of_row(ctx, ctx.reads()?, id).await
    }

    /// The merchant's enrollments; for a partner their own.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a connection are what Relay asks for")]
    async fn enrollments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those in this program.")] program_id: Option<ProgramId>,
        #[graphql(desc = "Only those of this partner.")] partner_id: Option<PartnerId>,
        #[graphql(desc = "Only those in this state.")] status: Option<EnrollmentStatus>,
        #[graphql(desc = "The order.", default)] order_by: TimeOrder,
    ) -> ApiResult<Connection<Enrollment>> {
        let window = Paging::new(first, after, last, before).window()?;
        let filter = EnrollmentFilter { program: program_id, partner: partner_id, status };
        Ok(Connection::new(store::enrollment::list(ctx.services().db.read(), ctx.reads()?, filter, order_by, &window).await?))
    }
}

/// Changing enrollments.
#[derive(Default)]
pub struct EnrollmentMutation;

/// Changing enrollments.
#[Object]
impl EnrollmentMutation {
    /// Puts a partner into a program. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn enrollment_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and where.")] input: EnrollmentCreateInput,
    ) -> ApiResult<EnrollmentPayload> {
        let EnrollmentCreateInput { program_id: program, partner_id: partner, approve, terms_id: terms, idempotency_key } = input;
        let enrollment = NewEnrollment { program, partner, approve, terms };
        EnrollmentPayload::answer(service::create(ctx.services(), ctx.viewer(), enrollment, idempotency_key.as_deref()).await)
    }

    /// Lets a partner take part, or take part again. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn enrollment_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: EnrollmentStatusInput,
    ) -> ApiResult<EnrollmentPayload> {
        EnrollmentPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, Move::Approve).await)
    }

    /// Refuses what a partner asked for. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn enrollment_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: EnrollmentStatusInput,
    ) -> ApiResult<EnrollmentPayload> {
        EnrollmentPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, Move::Reject).await)
    }

    /// Shuts a partner out of a program: nothing further is earned. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn enrollment_ban(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: EnrollmentStatusInput,
    ) -> ApiResult<EnrollmentPayload> {
        EnrollmentPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, Move::Ban).await)
    }

    /// Takes a partner out of a program; what they brought earns on by the terms. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn enrollment_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: EnrollmentStatusInput,
    ) -> ApiResult<EnrollmentPayload> {
        EnrollmentPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, Move::Archive).await)
    }

    /// Lets a partner count as recruited by another one of the same program, who then earns by it as the rules say (CO-11). What was bought since
    /// that time is settled again. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn enrollment_set_recruiter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who recruited whom.")] input: EnrollmentSetRecruiterInput,
    ) -> ApiResult<EnrollmentPayload> {
        let EnrollmentSetRecruiterInput { id: enrollment, recruiter_id: recruiter, from } = input;
        let ask = SetRecruiter { enrollment, recruiter, from };
        EnrollmentPayload::answer(recruitment::set_recruiter(ctx.services(), ctx.viewer(), ask).await)
    }

    /// Lets an enrollment keep a version of the rules, or take the program's as they come. Counts for what is bound from now on. For
    /// owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn enrollment_set_terms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rules.")] input: EnrollmentSetTermsInput,
    ) -> ApiResult<EnrollmentPayload> {
        EnrollmentPayload::answer(service::set_terms(ctx.services(), ctx.viewer(), input.id, input.terms_id).await)
    }
}
