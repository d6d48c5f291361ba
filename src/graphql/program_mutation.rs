//! Changing programs.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use entity::value::{Currency, ProgramId, ProgramKind, Terms};

use super::context::Ask;
use super::error::ApiResult;
use super::payload::payload;
use super::program::Program;
use super::terms_input::TermsInput;
use crate::service::ServiceError;
use crate::service::program::{self as service, Change, Move, NewProgram};

/// A program to be.
#[derive(InputObject)]
pub struct ProgramCreateInput {
    /// What it is called.
    name: String,
    /// What it is for.
    #[graphql(default_with = "ProgramKind::Affiliate")]
    kind: ProgramKind,
    /// Where links lead that name no destination: a whole http or https address.
    landing_url: String,
    /// The hosts to which links may lead. The landing page's own when left out.
    #[graphql(default)]
    allowed_hosts: Vec<String>,
    /// The query parameter that carries a link's code. `via` when left out.
    #[graphql(default)]
    query_param: Option<String>,
    /// Whether partners who apply are approved at once.
    #[graphql(default)]
    auto_approve: bool,
    /// The currency in which commissions are stated too, by the rates of the days of their purchases (MO-2).
    #[graphql(default)]
    currency: Option<Currency>,
    /// Its first rules, in force at once.
    #[graphql(default)]
    terms: TermsInput,
    /// The same key again brings back what was made the first time.
    #[graphql(default)]
    idempotency_key: Option<String>,
}

/// What to change of a program; what is left out stays.
#[derive(InputObject)]
pub struct ProgramUpdateInput {
    /// The program.
    id: ProgramId,
    /// What it is called.
    #[graphql(default)]
    name: Option<String>,
    /// Where links lead that name no destination.
    #[graphql(default)]
    landing_url: Option<String>,
    /// The hosts to which links may lead. A link that leads elsewhere by then stops being followed.
    #[graphql(default)]
    allowed_hosts: Option<Vec<String>>,
    /// The query parameter that carries a link's code. Addresses that were shared with the old one stop counting.
    #[graphql(default)]
    query_param: Option<String>,
    /// Whether partners who apply are approved at once.
    #[graphql(default)]
    auto_approve: Option<bool>,
    /// The currency in which commissions for purchases paid from now on are stated too; null takes it away. It stays once one is.
    #[graphql(default)]
    currency: MaybeUndefined<Currency>,
}

/// Which program.
#[derive(InputObject)]
pub struct ProgramStatusInput {
    /// The program.
    id: ProgramId,
}

payload! {
    /// A program, or why it was not made or changed.
    ProgramPayload {
        /// The program.
        program: Program
    }
}

/// Changing programs.
#[derive(Default)]
pub struct ProgramMutation;

/// Changing programs.
#[Object]
impl ProgramMutation {
    /// Makes a program, active, with version 1 of its rules in force. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn program_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The program.")] input: ProgramCreateInput,
    ) -> ApiResult<ProgramPayload> {
        let terms = input.terms.onto(Terms::default());
        let terms = terms.map_err(|faults| ServiceError::Refused(faults.into_iter().map(|fault| fault.under("terms")).collect()));
        let terms = match terms {
            Ok(terms) => terms,
            Err(refused) => return ProgramPayload::answer::<Program>(Err(refused)),
        };
        let program = NewProgram {
            name: input.name,
            kind: input.kind,
            landing_url: input.landing_url,
            allowed_hosts: input.allowed_hosts,
            query_param: input.query_param,
            auto_approve: input.auto_approve,
            currency: input.currency,
            terms,
        };
        ProgramPayload::answer(service::create(ctx.services(), ctx.viewer(), program, input.idempotency_key.as_deref()).await)
    }

    /// Changes a program. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn program_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: ProgramUpdateInput,
    ) -> ApiResult<ProgramPayload> {
        let change = Change {
            name: input.name,
            landing_url: input.landing_url,
            allowed_hosts: input.allowed_hosts,
            query_param: input.query_param,
            auto_approve: input.auto_approve,
            currency: input.currency.as_opt_ref().map(Option::<&Currency>::copied),
        };
        ProgramPayload::answer(service::update(ctx.services(), ctx.viewer(), input.id, change).await)
    }

    /// Pauses a program: nothing new counts until it is resumed. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn program_pause(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] input: ProgramStatusInput) -> ApiResult<ProgramPayload> {
        ProgramPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, Move::Pause).await)
    }

    /// Resumes a paused program. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn program_resume(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] input: ProgramStatusInput) -> ApiResult<ProgramPayload> {
        ProgramPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, Move::Resume).await)
    }

    /// Closes a program for good; its history stays. For owners, administrators and keys with `WRITE_PROGRAMS`.
    async fn program_archive(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] input: ProgramStatusInput) -> ApiResult<ProgramPayload> {
        ProgramPayload::answer(service::set_status(ctx.services(), ctx.viewer(), input.id, Move::Archive).await)
    }
}
