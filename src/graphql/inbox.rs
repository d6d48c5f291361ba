//! The inbox, and the jobs that the queue gave up: what a merchant looks at when something does not arrive.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::value::{CustomerId, EventId, IgnoreReason, InboxStatus, MessageId, RecountId, SyncPullId};
use entity::{inbox_event, stripe_connection};

use super::batch::BodyOf;
use super::context::{Ask, dangling};
use super::error::ApiResult;
use super::page::{Connection, Paging, cost};
use super::payload::payload;
use super::row::row;
use super::stripe_connection::StripeConnection;
use crate::domain::access::Action;
use crate::queue::{DeadLetter, Job, JobKind};
use crate::service::replay::replay;
use crate::service::{Refusal, ServiceError, dead_job};
use crate::store::read::inbox::{InboxEventFilter, list};
use crate::store::scoped::find;

/// An event received from Stripe.
pub struct InboxEvent(pub inbox_event::Model);

impl From<inbox_event::Model> for InboxEvent {
    fn from(row: inbox_event::Model) -> Self {
        Self(row)
    }
}

/// An event received from Stripe, and how far it has come. Readable by the merchant's members and keys, not by partners.
#[Object]
impl InboxEvent {
    /// Its id.
    pub async fn id(&self) -> EventId {
        self.0.id
    }

    /// Stripe's id, `evt_...`.
    async fn event_id(&self) -> &str {
        &self.0.event_id
    }

    /// Stripe's type, such as `invoice.paid`.
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// The Stripe connection that it is for.
    async fn connection(&self, ctx: &Context<'_>) -> ApiResult<Option<StripeConnection>> {
        row::<stripe_connection::Entity, _>(ctx, self.0.connection_id).await
    }

    /// The Stripe account in which it happened, where it says so.
    async fn account(&self) -> Option<&str> {
        self.0.account.as_deref()
    }

    /// The version of Stripe's API in which it is written.
    async fn api_version(&self) -> Option<&str> {
        self.0.api_version.as_deref()
    }

    /// How far it has come.
    async fn status(&self) -> InboxStatus {
        self.0.status
    }

    /// Why it was ignored.
    async fn reason(&self) -> Option<IgnoreReason> {
        self.0.reason
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// What went wrong last.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When it is tried again.
    async fn next_attempt_at(&self) -> Option<DateTime<Utc>> {
        self.0.next_attempt_at
    }

    /// When it happened, by Stripe's clock.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }

    /// When it came, by our clock.
    async fn received_at(&self) -> DateTime<Utc> {
        self.0.received_at
    }

    /// When nothing more was to be done.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// The event as it was received. It holds personal data, so only those who may change connections read it.
    #[graphql(complexity = 10)]
    async fn body(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        let body = ctx.loader().load_one(BodyOf(ctx.scope(Action::Connect)?, self.0.id)).await?;
        Ok(body.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// What a job of the queue is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(remote = "JobKind")]
pub enum DeadJobKind {
    /// An event to process.
    Event,
    /// A customer to settle.
    Customer,
    /// A message to deliver.
    Message,
    /// A recount to go on with.
    Recount,
    /// A pull of a connection's data to go on with.
    Pull,
}

/// A job that failed on every attempt.
pub struct DeadJob(DeadLetter);

/// A job that the queue gave up after its last attempt. Readable by those who may change connections.
#[Object]
impl DeadJob {
    /// What it is about.
    async fn kind(&self) -> DeadJobKind {
        self.0.job.kind.into()
    }

    /// The id of the event, customer, message, recount or pull.
    async fn subject_id(&self) -> ID {
        let id = self.0.job.id;
        match self.0.job.kind {
            JobKind::Event => EventId::from_uuid(id).to_string(),
            JobKind::Customer => CustomerId::from_uuid(id).to_string(),
            JobKind::Message => MessageId::from_uuid(id).to_string(),
            JobKind::Recount => RecountId::from_uuid(id).to_string(),
            JobKind::Pull => SyncPullId::from_uuid(id).to_string(),
        }
        .into()
    }

    /// How often it was tried.
    async fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Why the last attempt failed.
    async fn error(&self) -> &str {
        &self.0.error
    }

    /// For how many seconds it has been given up.
    async fn age_seconds(&self) -> u64 {
        self.0.age.as_secs()
    }
}

/// How many dead jobs are shown.
const DEAD_SHOWN: usize = 100;

/// Reading the inbox.
#[derive(Default)]
pub struct InboxQuery;

/// Reading the inbox.
#[Object]
impl InboxQuery {
    /// An event by its id. Null when there is none that the viewer may see.
    async fn inbox_event(&self, ctx: &Context<'_>, #[graphql(desc = "The event.")] id: EventId) -> ApiResult<Option<InboxEvent>> {
        ctx.merchant_reads()?;
        row::<inbox_event::Entity, _>(ctx, id).await
    }

    /// Events received for the merchant, the last received first. Not for partners.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    async fn inbox_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only those that fit.", default)] filter: InboxEventFilter,
    ) -> ApiResult<Connection<InboxEvent>> {
        let window = Paging::new(first, after, last, before).window()?;
        Ok(Connection::new(list(ctx.services().db.read(), ctx.merchant_reads()?, &filter, &window).await?))
    }

    /// Jobs about things of the merchant that the queue gave up, the newest first, at most 100. Readable by those who may change
    /// connections.
    #[graphql(complexity = "100 + child_complexity")]
    async fn dead_jobs(&self, ctx: &Context<'_>) -> ApiResult<Vec<DeadJob>> {
        let letters = dead_job::list(ctx.services(), ctx.viewer(), DEAD_SHOWN).await?;
        Ok(letters.into_iter().map(DeadJob).collect())
    }
}

/// Which event to replay.
#[derive(Clone, Debug, InputObject)]
pub struct InboxEventReplayInput {
    /// The event.
    pub id: EventId,
}

payload! {
    /// What became of replaying an event.
    InboxEventReplayPayload {
        /// The event as it is now.
        inbox_event: InboxEvent
    }
}

/// Which dead job to try again.
#[derive(Clone, Debug, InputObject)]
pub struct DeadJobRedriveInput {
    /// What it is about.
    pub kind: DeadJobKind,
    /// The id of the event, customer, message, recount or pull, as in `DeadJob.subjectId`.
    pub subject_id: ID,
}

impl DeadJobRedriveInput {
    fn job(&self) -> Result<Job, ServiceError> {
        let text = self.subject_id.as_str();
        let id = match self.kind {
            DeadJobKind::Event => text.parse::<EventId>().map(|id| id.uuid()),
            DeadJobKind::Customer => text.parse::<CustomerId>().map(|id| id.uuid()),
            DeadJobKind::Message => text.parse::<MessageId>().map(|id| id.uuid()),
            DeadJobKind::Recount => text.parse::<RecountId>().map(|id| id.uuid()),
            DeadJobKind::Pull => text.parse::<SyncPullId>().map(|id| id.uuid()),
        };
        let id = id.map_err(|_| Refusal::not_found("subjectId", "job that was given up"))?;
        Ok(Job { kind: self.kind.into(), id })
    }
}

/// A dead job that is tried again.
#[derive(SimpleObject)]
pub struct DeadJobRedriven {
    /// What it is about.
    kind: DeadJobKind,
    /// The id of the event, customer, message, recount or pull.
    subject_id: ID,
}

payload! {
    /// What became of letting a dead job be tried again.
    DeadJobRedrivePayload {
        /// The job that is in line again.
        job: DeadJobRedriven
    }
}

/// Acting on the inbox.
#[derive(Default)]
pub struct InboxMutation;

/// Acting on the inbox.
#[Object]
impl InboxMutation {
    /// Lets an event that failed be tried again, with a clean count of attempts (IN-11). For those who may change connections.
    async fn inbox_event_replay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: InboxEventReplayInput,
    ) -> ApiResult<InboxEventReplayPayload> {
        let scope = ctx.scope(Action::Connect)?;
        if let Err(error) = replay(ctx.services(), scope, input.id).await {
            return InboxEventReplayPayload::answer::<InboxEvent>(Err(error));
        }
        let row = find::<inbox_event::Entity, _>(ctx.services().db.write(), scope, input.id).await?;
        InboxEventReplayPayload::answer(Ok(row.ok_or_else(|| dangling("event"))?))
    }

    /// Lets a job that the queue gave up be tried again, with all its attempts before it (QU-2). For those who may change connections.
    async fn dead_job_redrive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which job.")] input: DeadJobRedriveInput,
    ) -> ApiResult<DeadJobRedrivePayload> {
        ctx.scope(Action::Connect)?;
        let done = match input.job() {
            Ok(job) => dead_job::redrive(ctx.services(), ctx.viewer(), job).await,
            Err(refused) => Err(refused),
        };
        DeadJobRedrivePayload::answer(done.map(|()| DeadJobRedriven { kind: input.kind, subject_id: input.subject_id }))
    }
}
