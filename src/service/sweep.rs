//! What time alone brings: the sweeper rings for whatever the database says is unfinished (QU-1), and settles whom the time has come for.

use chrono::Duration;

use super::{ServiceError, Services, sync};
use crate::queue::{Job, JobKind};
use crate::store;

/// How much one sweep rings for, of each kind.
const BATCH: u64 = 500;
/// What is younger is left to the bell that rang for it.
const YOUNG: Duration = Duration::seconds(5);

/// Rings for events, messages, recounts and pulls that wait, and for customers of whom something is due; first it puts in line what is to be
/// pulled. Returns how many it rang for.
///
/// # Errors
/// [`ServiceError`] when the database or the queue fails; the next sweep tries again.
pub async fn sweep(services: &Services) -> Result<usize, ServiceError> {
    ring(services, YOUNG).await
}

/// The same for everything that waits now, however young: for callers that want nothing left behind.
///
/// # Errors
/// [`ServiceError`] when the database or the queue fails.
pub async fn everything(services: &Services) -> Result<usize, ServiceError> {
    ring(services, Duration::zero()).await
}

/// Gives events to connections that proved their account while the events came (IN-4).
async fn route(services: &Services) -> Result<(), ServiceError> {
    for row in store::connection::awaited(services.db.read(), BATCH).await? {
        if let Some(account) = &row.account {
            let to = (row.id, row.merchant_id);
            store::inbox::route(services.db.write(), account, row.livemode, to, services.clock.now()).await?;
        }
    }
    Ok(())
}

async fn ring(services: &Services, older: Duration) -> Result<usize, ServiceError> {
    route(services).await?;
    let now = services.clock.now();
    let db = services.db.read();
    sync::adopt(services).await?;
    sync::due(services).await?;
    let job = |kind| move |id| Job { kind, id };
    let events = store::inbox::waiting(db, now, older, BATCH).await?.into_iter().map(|id| id.uuid()).map(job(JobKind::Event));
    let messages = store::outbox::waiting(db, now, older, BATCH).await?.into_iter().map(|id| id.uuid()).map(job(JobKind::Message));
    let customers = store::customer::due(db, now, BATCH).await?.into_iter().map(|id| id.uuid()).map(job(JobKind::Customer));
    let recounts = store::recount::waiting(db, now, older, BATCH).await?.into_iter().map(|id| id.uuid()).map(job(JobKind::Recount));
    let pulls = store::sync::pull::waiting(db, now, older, BATCH).await?.into_iter().map(|id| id.uuid()).map(job(JobKind::Pull));
    let jobs: Vec<Job> = events.chain(messages).chain(customers).chain(recounts).chain(pulls).collect();
    if !jobs.is_empty() {
        services.queue.push(&jobs).await.map_err(|error| ServiceError::Unavailable(format!("the queue does not take jobs: {error}")))?;
    }
    Ok(jobs.len())
}
