//! Jobs that the queue gave up: whose they are, and trying them again by hand (QU-2).

use std::collections::HashSet;

use entity::value::{CustomerId, EventId, InboxStatus, MessageId, RecountId, SyncPullId};
use entity::{customer, inbox_event, outbox_message, recount, sync_pull};
use uuid::Uuid;

use super::{Refusal, ServiceError, Services};
use crate::domain::access::{Action, Scope, Viewer};
use crate::queue::{DeadLetter, Job, JobKind, QueueError};
use crate::store;
use crate::store::read::inbox::covered;
use crate::store::scoped::find;

/// How many dead letters are looked through. They are of all merchants of the instance, and an instance with more is beyond this list.
const LOOKED_THROUGH: usize = 1000;

/// The jobs about things of the viewer's merchant that the queue gave up, the newest first, at most `limit`.
///
/// # Errors
/// Denied to those who may not connect; unavailable when the queue does not answer.
pub async fn list(services: &Services, viewer: &Viewer, limit: usize) -> Result<Vec<DeadLetter>, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let letters = services.queue.dead(LOOKED_THROUGH).await.map_err(away)?;
    let own = own(services, scope, letters.iter().map(|letter| letter.job)).await?;
    Ok(letters.into_iter().filter(|letter| own.contains(&letter.job)).take(limit).collect())
}

/// Lets a job that was given up be tried again, with all its attempts before it. An event that failed is put back in line, too.
///
/// # Errors
/// Refused when nothing of this kind and id was given up, or it is not the merchant's; denied to those who may not connect; unavailable when
/// the queue does not answer.
pub async fn redrive(services: &Services, viewer: &Viewer, job: Job) -> Result<(), ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let unknown = || ServiceError::from(Refusal::not_found("subjectId", "job that was given up"));
    if !own(services, scope, [job]).await?.contains(&job) {
        return Err(unknown());
    }
    if job.kind == JobKind::Event {
        let id = EventId::from_uuid(job.id);
        let row = find::<inbox_event::Entity, _>(services.db.read(), scope, id).await?;
        if row.is_some_and(|row| row.status == InboxStatus::Failed) {
            store::inbox::replay(services.db.write(), id, services.clock.now()).await?;
        }
    }
    if services.queue.redrive(job).await.map_err(away)? { Ok(()) } else { Err(unknown()) }
}

/// Those of the jobs whose subjects the scope covers: the queue is shared by all merchants.
async fn own(services: &Services, scope: Scope, jobs: impl IntoIterator<Item = Job>) -> Result<HashSet<Job>, ServiceError> {
    let db = services.db.read();
    let jobs: Vec<Job> = jobs.into_iter().collect();
    let ids = |kind: JobKind| jobs.iter().filter(move |job| job.kind == kind).map(|job| job.id);
    let events: Vec<_> = ids(JobKind::Event).map(EventId::from_uuid).collect();
    let customers: Vec<_> = ids(JobKind::Customer).map(CustomerId::from_uuid).collect();
    let messages: Vec<_> = ids(JobKind::Message).map(MessageId::from_uuid).collect();
    let recounts: Vec<_> = ids(JobKind::Recount).map(RecountId::from_uuid).collect();
    let pulls: Vec<_> = ids(JobKind::Pull).map(SyncPullId::from_uuid).collect();
    let job = |kind| move |id: Uuid| Job { kind, id };
    let mut own = HashSet::new();
    let found = covered::<inbox_event::Entity, _>(db, scope, &events).await?;
    own.extend(found.into_iter().map(|id| id.uuid()).map(job(JobKind::Event)));
    let found = covered::<customer::Entity, _>(db, scope, &customers).await?;
    own.extend(found.into_iter().map(|id| id.uuid()).map(job(JobKind::Customer)));
    let found = covered::<outbox_message::Entity, _>(db, scope, &messages).await?;
    own.extend(found.into_iter().map(|id| id.uuid()).map(job(JobKind::Message)));
    let found = covered::<recount::Entity, _>(db, scope, &recounts).await?;
    own.extend(found.into_iter().map(|id| id.uuid()).map(job(JobKind::Recount)));
    let found = covered::<sync_pull::Entity, _>(db, scope, &pulls).await?;
    own.extend(found.into_iter().map(|id| id.uuid()).map(job(JobKind::Pull)));
    Ok(own)
}

fn away(error: QueueError) -> ServiceError {
    tracing::warn!(%error, "the dead letters cannot be reached");
    ServiceError::Unavailable("the queue does not answer for now; try again later".to_owned())
}
