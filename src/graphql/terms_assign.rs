//! Terms of enrollments and groups, and bindings that move from one version to another.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::value::{EnrollmentId, OwnTerms, PartnerGroupId, ProgramId, TermsHistory, TermsId, TermsMoveId};
use entity::{enrollment, group_terms, partner_group, program, terms, terms_move};

use super::batch::EnrolledOf;
use super::context::{Ask, dangling};
use super::enrollment::Enrollment;
use super::error::ApiResult;
use super::loader::ById;
use super::partner_group::PartnerGroup;
use super::payload::{UserError, payload};
use super::program::Program;
use super::row::{must, row};
use super::terms::Terms;
use crate::domain::access::Scope;
use crate::domain::enrollment::TermsOf;
use crate::service::ServiceError;
use crate::service::terms_assign::{NewAssignment, Receiver, assign};
use crate::service::terms_move::{MovePreview, NewMove, move_bindings, preview};

/// Whose terms a customer takes who is bound to an enrollment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TermsSource {
    /// Those of the enrollment itself.
    Enrollment,
    /// Those of the partner's group.
    Group,
    /// Those of the program.
    Program,
}

/// The rules that customers take who are bound to an enrollment.
#[derive(SimpleObject)]
pub struct EnrollmentTerms {
    /// The version.
    pub terms: Terms,
    /// Whose it is.
    pub source: TermsSource,
}

/// What is in force for an enrollment at a time, now when not given.
pub(super) async fn terms_of(ctx: &Context<'_>, id: EnrollmentId, as_of: Option<DateTime<Utc>>) -> ApiResult<EnrollmentTerms> {
    let at = as_of.unwrap_or_else(|| ctx.services().clock.now());
    let known = ctx.loader().load_one(EnrolledOf(ctx.reads()?, id)).await?;
    let version = known.as_ref().and_then(|enrollment| enrollment.usual_terms_at(at)).ok_or_else(|| dangling("terms"))?;
    let source = match version.of {
        TermsOf::Enrollment => TermsSource::Enrollment,
        TermsOf::Group => TermsSource::Group,
        TermsOf::Program => TermsSource::Program,
    };
    Ok(EnrollmentTerms { terms: promised(ctx, version.id).await?, source })
}

/// The version with this id, for whoever sees to what it was given or applied: also a partner who meanwhile has another one.
///
/// # Errors
/// When the viewer may not read, the database fails, or there is no such version after all.
pub(super) async fn promised(ctx: &Context<'_>, id: TermsId) -> ApiResult<Terms> {
    let scope = ctx.reads()?;
    let whole = Scope::merchant_wide(scope.merchant(), scope.mode());
    let row = ctx.loader().load_one(ById::<terms::Entity>::new(whole, id)).await?;
    row.map(Terms).ok_or_else(|| dangling("terms"))
}

/// Terms given from a time on.
pub struct GivenTerms(OwnTerms);

/// Rules that an enrollment or a group was given, until the next ones begin.
#[Object]
impl GivenTerms {
    /// The version; null to have none of its own from then on.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        match self.0.terms {
            Some(id) => promised(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    /// From when customers who are bound take it.
    async fn effective_from(&self) -> DateTime<Utc> {
        self.0.from
    }
}

/// How many entries of a history are shown.
const SHOWN: usize = 100;

/// A history, what begins last before the others.
pub(super) fn shown(history: &TermsHistory) -> Vec<GivenTerms> {
    history.iter().rev().take(SHOWN).copied().map(GivenTerms).collect()
}

/// The rules that a group has of its own in a program.
pub struct GroupTerms(group_terms::Model);

impl From<group_terms::Model> for GroupTerms {
    fn from(row: group_terms::Model) -> Self {
        Self(row)
    }
}

/// The rules that a group of partners has of its own in a program, as far as its partners are in it. Not for partners.
#[Object]
impl GroupTerms {
    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Program> {
        must::<program::Entity, _>(ctx, self.0.program_id).await
    }

    /// The group.
    async fn group(&self, ctx: &Context<'_>) -> ApiResult<PartnerGroup> {
        must::<partner_group::Entity, _>(ctx, self.0.group_id).await
    }

    /// What it was given, what begins last before the others, the last 100.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn given(&self) -> Vec<GivenTerms> {
        shown(&self.0.terms_history)
    }
}

/// A move of bindings to another version of the rules.
pub struct TermsMove(pub terms_move::Model);

impl From<terms_move::Model> for TermsMove {
    fn from(row: terms_move::Model) -> Self {
        Self(row)
    }
}

/// Bindings that go over to another version of the rules at a time: those made before it, for purchases from then on. Not for partners.
#[Object]
impl TermsMove {
    /// Its id.
    pub async fn id(&self) -> TermsMoveId {
        self.0.id
    }

    /// Only bindings to this enrollment; null for all of the program.
    async fn enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<Enrollment>> {
        row::<enrollment::Entity, _>(ctx, self.0.enrollment_id).await
    }

    /// Only bindings under this version; null for all.
    async fn from_terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        row::<terms::Entity, _>(ctx, self.0.from_terms_id).await
    }

    /// The version to which they go over.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Terms> {
        must::<terms::Entity, _>(ctx, self.0.terms_id).await
    }

    /// For purchases from when on.
    async fn effective_from(&self) -> DateTime<Utc> {
        self.0.effective_at
    }

    /// Until when, not included, where it is about a past time: purchases of that time are judged by the version, whatever their bindings say
    /// (`programReattribute`). Null for bindings that go over for good.
    async fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.0.ends_at
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// How many bindings stand under a version.
pub struct BindingsUnder {
    terms: TermsId,
    bindings: i64,
}

/// How many open bindings stand under a version of the rules.
#[Object]
impl BindingsUnder {
    /// The version.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Terms> {
        must::<terms::Entity, _>(ctx, self.terms).await
    }

    /// How many.
    async fn bindings(&self) -> i64 {
        self.bindings
    }
}

/// What a move of bindings does, as things are now.
#[derive(SimpleObject)]
pub struct TermsMoveEffect {
    /// For purchases from when on.
    effective_from: DateTime<Utc>,
    /// How many open bindings go over.
    bindings: i64,
    /// The same by the version under which they stand.
    by_version: Vec<BindingsUnder>,
}

impl From<MovePreview> for TermsMoveEffect {
    fn from(preview: MovePreview) -> Self {
        let bindings = preview.bindings.iter().fold(0_i64, |sum, (_, count)| sum.saturating_add(*count));
        let by_version = preview.bindings.into_iter().map(|(terms, bindings)| BindingsUnder { terms, bindings }).collect();
        Self { effective_from: preview.effective_from, bindings, by_version }
    }
}

/// Which terms go to whom.
#[derive(InputObject)]
pub struct TermsAssignInput {
    /// In which program.
    program_id: ProgramId,
    /// To which enrollment in it; either this or a group.
    #[graphql(default)]
    enrollment_id: Option<EnrollmentId>,
    /// To which group of partners, as far as they are in it; either this or an enrollment.
    #[graphql(default)]
    group_id: Option<PartnerGroupId>,
    /// The version of the program's rules; null to have none of its own from then on.
    terms_id: Option<TermsId>,
    /// From when customers who are bound take it, not in the past. Now when left out.
    #[graphql(default)]
    effective_from: Option<DateTime<Utc>>,
}

/// Which bindings move where.
#[derive(InputObject)]
pub struct TermsMoveInput {
    /// Of which program.
    program_id: ProgramId,
    /// The version to which they go over.
    terms_id: TermsId,
    /// Only bindings under this version; all when left out.
    #[graphql(default)]
    from_terms_id: Option<TermsId>,
    /// Only bindings to this enrollment; all when left out.
    #[graphql(default)]
    enrollment_id: Option<EnrollmentId>,
    /// For purchases from when on, not in the past. Now when left out.
    #[graphql(default)]
    effective_from: Option<DateTime<Utc>>,
}

impl From<TermsMoveInput> for NewMove {
    fn from(input: TermsMoveInput) -> Self {
        let TermsMoveInput { program_id: program, terms_id: to, from_terms_id: from, enrollment_id: enrollment, effective_from } = input;
        Self { program, enrollment, from, to, effective_from }
    }
}

/// Who was given terms, or why nobody was.
#[derive(SimpleObject)]
pub struct TermsAssignPayload {
    /// The enrollment to which they were given, where it was one.
    enrollment: Option<Enrollment>,
    /// The rules of the group to which they were given, where it was one.
    group_terms: Option<GroupTerms>,
    /// Why nobody was; empty when somebody was.
    user_errors: Vec<UserError>,
}

impl TermsAssignPayload {
    fn answer(given: Result<Receiver, ServiceError>) -> ApiResult<Self> {
        let (mut enrollment, mut group_terms, mut user_errors) = (None, None, Vec::new());
        match given {
            Ok(Receiver::Enrollment(row)) => enrollment = Some(Enrollment::from(*row)),
            Ok(Receiver::Group(row)) => group_terms = Some(GroupTerms(*row)),
            Err(ServiceError::Refused(refusals)) => user_errors = refusals.into_iter().map(Into::into).collect(),
            Err(other) => return Err(other.into()),
        }
        Ok(Self { enrollment, group_terms, user_errors })
    }
}

payload! {
    /// What a move would do, or why it cannot be done.
    TermsMovePreviewPayload {
        /// What it would do.
        effect: TermsMoveEffect
    }
}

/// A move of bindings with what it does, or why it was not done.
#[derive(SimpleObject)]
pub struct TermsMovePayload {
    /// The move.
    moved: Option<TermsMove>,
    /// What it does.
    effect: Option<TermsMoveEffect>,
    /// Why it was not done; empty when it was.
    user_errors: Vec<UserError>,
}

/// Looking at moves of bindings.
#[derive(Default)]
pub struct TermsMoveQuery;

/// Looking at moves of bindings.
#[Object]
impl TermsMoveQuery {
    /// What moving bindings to another version would do. Does nothing. For owners, administrators and keys with `WRITE_PROGRAMS`.
    #[graphql(complexity = "20 + child_complexity")]
    async fn terms_move_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The move.")] input: TermsMoveInput,
    ) -> ApiResult<TermsMovePreviewPayload> {
        TermsMovePreviewPayload::answer(preview(ctx.services(), ctx.viewer(), input.into()).await)
    }
}

/// Giving terms and moving bindings.
#[derive(Default)]
pub struct TermsAssignMutation;

/// Giving terms and moving bindings.
#[Object]
impl TermsAssignMutation {
    /// Gives a version of a program's rules to an enrollment or a group of partners, from a time on. What is bound already keeps its version. For
    /// owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn terms_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What goes to whom.")] input: TermsAssignInput,
    ) -> ApiResult<TermsAssignPayload> {
        let TermsAssignInput { program_id: program, enrollment_id: enrollment, group_id: group, terms_id: terms, effective_from } = input;
        let new = NewAssignment { program, enrollment, group, terms, effective_from };
        TermsAssignPayload::answer(assign(ctx.services(), ctx.viewer(), new).await)
    }

    /// Moves bindings that are made before a time to another version of the rules, for purchases from then on. What was bought before keeps what
    /// it earned. `termsMovePreview` says how many it concerns. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn terms_move(&self, ctx: &Context<'_>, #[graphql(desc = "The move.")] input: TermsMoveInput) -> ApiResult<TermsMovePayload> {
        match move_bindings(ctx.services(), ctx.viewer(), input.into()).await {
            Ok((moved, effect)) => Ok(TermsMovePayload { moved: Some(moved.into()), effect: Some(effect.into()), user_errors: Vec::new() }),
            Err(ServiceError::Refused(refusals)) => {
                Ok(TermsMovePayload { moved: None, effect: None, user_errors: refusals.into_iter().map(Into::into).collect() })
            }
            Err(other) => Err(other.into()),
        }
    }
}
