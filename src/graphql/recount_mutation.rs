//! Asking for recounts, breaking them off, and following them.

use async_graphql::{Context, InputObject, Object, Subscription};
use chrono::{DateTime, Utc};
use entity::recount;
use entity::value::{ProgramId, RecountId, RecountStatus, TermsId};
use futures_util::stream::{BoxStream, StreamExt, unfold};

use super::context::Ask;
use super::error::{ApiError, ApiResult};
use super::hint::Hints;
use super::payload::payload;
use super::recount::Recount;
use super::terms_input::TermsInput;
use crate::domain::access::Scope;
use crate::service::Services;
use crate::service::recount::{NewReattribution, NewSimulation, cancel, reattribute, resume, simulate, topic};
use crate::store::scoped::find;

/// What to count anew.
#[derive(Clone, Debug, InputObject)]
pub struct ProgramReattributeInput {
    /// Of which program.
    program_id: ProgramId,
    /// Purchases from when on; from the first one on when left out.
    #[graphql(default)]
    from: Option<DateTime<Utc>>,
    /// Purchases up to when, not included and not in the future; up to now when left out.
    #[graphql(default)]
    to: Option<DateTime<Utc>>,
    /// The version by which the time is to be judged, whatever its bindings say; the terms in force when left out.
    #[graphql(default)]
    terms_id: Option<TermsId>,
    /// Whether it is only to be seen what would change. Nothing is posted then.
    #[graphql(default = true)]
    dry_run: bool,
    /// The preview that is carried out, where it is not a dry run: of the same program and version, and ended. Its time is taken.
    #[graphql(default)]
    preview_id: Option<RecountId>,
}

/// Rules to work out on what was bought.
#[derive(Clone, Debug, InputObject)]
pub struct TermsSimulateInput {
    /// Of which program.
    program_id: ProgramId,
    /// The version whose rules are changed; the newest one that everybody takes when left out.
    #[graphql(default)]
    based_on: Option<TermsId>,
    /// What to change; what is left out stays.
    #[graphql(default)]
    terms: TermsInput,
    /// How many months to look back, 1 to 120.
    #[graphql(default = 12)]
    months: u32,
}

/// Which recount.
#[derive(Clone, Debug, InputObject)]
pub struct RecountCancelInput {
    /// Which.
    id: RecountId,
}

/// Which recount.
#[derive(Clone, Debug, InputObject)]
pub struct RecountResumeInput {
    /// Which.
    id: RecountId,
}

payload! {
    /// A recount that was begun, or why none was.
    ProgramReattributePayload {
        /// The recount. A worker goes on with it: follow it by `recount`.
        recount: Recount
    }
}

payload! {
    /// A simulation that was begun, or why none was.
    TermsSimulatePayload {
        /// The recount. A worker goes on with it: follow it by `recount`.
        recount: Recount
    }
}

payload! {
    /// A recount that was broken off, or why it was not.
    RecountCancelPayload {
        /// The recount.
        recount: Recount
    }
}

payload! {
    /// A recount that goes on again, or why it does not.
    RecountResumePayload {
        /// The recount.
        recount: Recount
    }
}

/// Asking for recounts.
#[derive(Default)]
pub struct RecountMutation;

/// Asking for recounts.
#[Object]
impl RecountMutation {
    /// Counts anew what a program's purchases of a time earn. A dry run shows what would change, and posts nothing; carried out, it brings
    /// commissions to what they should be by compensating entries, paid ones included. With a version the time is judged by it from then on,
    /// whatever its bindings say; what is bought later earns as before. For owners, administrators and keys with `WRITE_MONEY`, and with a
    /// version also `WRITE_PROGRAMS`.
    async fn program_reattribute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to count anew.")] input: ProgramReattributeInput,
    ) -> ApiResult<ProgramReattributePayload> {
        let ProgramReattributeInput { program_id: program, from, to, terms_id: terms, dry_run, preview_id: preview } = input;
        let new = NewReattribution { program, from, to, terms, dry_run, preview };
        ProgramReattributePayload::answer(reattribute(ctx.services(), ctx.viewer(), new).await)
    }

    /// Works out what rules would have cost over the last months, beside what was really earned. Posts nothing. For owners, administrators and
    /// keys with `WRITE_PROGRAMS`.
    async fn terms_simulate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rules, and over which time.")] input: TermsSimulateInput,
    ) -> ApiResult<TermsSimulatePayload> {
        let TermsSimulateInput { program_id: program, based_on, terms, months } = input;
        let new = NewSimulation { program, based_on, months };
        TermsSimulatePayload::answer(simulate(ctx.services(), ctx.viewer(), new, |base| terms.onto(base)).await)
    }

    /// Breaks off a preview or a simulation; what it has found by then stays readable. For owners, administrators and keys with
    /// `WRITE_PROGRAMS`.
    async fn recount_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RecountCancelInput,
    ) -> ApiResult<RecountCancelPayload> {
        RecountCancelPayload::answer(cancel(ctx.services(), ctx.viewer(), input.id).await)
    }

    /// Goes on with a recount that failed, from where it stands. For owners, administrators and keys with `WRITE_PROGRAMS`, and `WRITE_MONEY`
    /// where it posts.
    async fn recount_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RecountResumeInput,
    ) -> ApiResult<RecountResumePayload> {
        RecountResumePayload::answer(resume(ctx.services(), ctx.viewer(), input.id).await)
    }
}

/// Following recounts.
#[derive(Default)]
pub struct RecountSubscription;

/// Following recounts.
#[Subscription]
impl RecountSubscription {
    /// A recount as it is, and then each time that it has gone on, until it ends. Who comes back is shown it as it is by then. For the
    /// merchant's members and keys.
    async fn recount(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The recount.")] id: RecountId,
    ) -> Result<BoxStream<'static, ApiResult<Recount>>, ApiError> {
        let scope = ctx.merchant_reads()?;
        let services = ctx.services().clone();
        let hints = Hints::of(&services, topic(scope), id.to_string()).await;
        let reader = Reader { services, scope, id, hints, last: None, ended: false };
        let steps = unfold(reader, |mut reader| async move {
            if reader.ended {
                return None;
            }
            let next = reader.next().await.transpose()?;
            reader.ended = next.as_ref().map_or(true, |row| row.status != RecountStatus::Running);
            Some((next.map(Recount), reader))
        });
        Ok(steps.boxed())
    }
}

/// One reader of one recount. The row is the truth and the feed the hint.
struct Reader {
    services: Services,
    scope: Scope,
    id: RecountId,
    hints: Hints,
    last: Option<recount::Model>,
    ended: bool,
}

impl Reader {
    /// The recount when it is another one than the last time; nothing when there is none.
    async fn next(&mut self) -> ApiResult<Option<recount::Model>> {
        loop {
            let row = find::<recount::Entity, _>(self.services.db.read(), self.scope, self.id).await?;
            if row.is_none() || row != self.last {
                self.last.clone_from(&row);
                return Ok(row);
            }
            self.hints.wait().await;
        }
    }
}
