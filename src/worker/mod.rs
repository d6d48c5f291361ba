//! Takes jobs from the queue to services, and rings again for what the database says is unfinished.
//!
//! Decides nothing about money: a job is an id, and the service finds out what is to do. Who fails says whether to try again.

mod dispatch;
mod schedule;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::service::place::Place;
use crate::service::{ServiceError, Services, sweep};

/// How long one look into the queue waits for a job.
const WAIT: Duration = Duration::from_secs(1);
/// How many jobs one look takes at most.
const BATCH: usize = 64;

/// Works until `stop` is cancelled, then finishes what it has begun. `settings.workers` jobs run at a time, beside those
/// that wait for Stripe.
pub async fn run(services: Arc<Services>, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    tasks.spawn(schedule::run(Arc::clone(&services), stop.clone()));
    tasks.spawn(schedule::audit(Arc::clone(&services), stop.clone()));
    tasks.spawn(schedule::look(Arc::clone(&services), stop.clone()));
    let owner: Arc<str> = format!("worker-{}", Uuid::now_v7().simple()).into();
    let permits = Arc::new(Semaphore::new(services.settings.workers.max(1)));
    while !stop.is_cancelled() {
        let free = permits.available_permits().clamp(1, BATCH);
        for lease in services.queue.take(free, WAIT).await {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                break;
            };
            let (services, owner) = (Arc::clone(&services), Arc::clone(&owner));
            let place = Place::new(Arc::clone(&permits), permit);
            tasks.spawn(place.run(async move { dispatch::work(&services, &lease, &owner).await }));
        }
    }
    tasks.close();
    tasks.wait().await;
}

/// Does everything that is there to do, and comes back when nothing is left: for commands that run once, and for tests, which move the clock
/// by hand and then drain. Events whose next attempt lies ahead are not waited for.
///
/// # Errors
/// [`ServiceError`] when the database or the queue fails.
pub async fn drain(services: &Services) -> Result<usize, ServiceError> {
    let mut done = 0;
    loop {
        sweep::everything(services).await?;
        let leases = services.queue.take(BATCH, Duration::ZERO).await;
        if leases.is_empty() {
            return Ok(done);
        }
        for lease in leases {
            dispatch::work(services, &lease, "drain").await;
            done += 1;
        }
    }
}
