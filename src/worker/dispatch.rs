//! One job to its service, with a heart-beat while it runs.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use entity::value::{CustomerId, EventId, MessageId, RecountId, SyncPullId};
use futures_util::FutureExt;
use tracing::Instrument;

use crate::queue::{JobKind, Lease};
use crate::service::{ServiceError, Services, inbox, outbox, recount, settle, sync};
use crate::telemetry::name;

/// How often a running job tells the queue that it is alive.
const HEART_BEAT: Duration = Duration::from_secs(15);

/// Runs a job and tells the queue how it ended. Nothing here is lost with the queue: the row says what is still to do.
pub async fn work(services: &Services, lease: &Lease, owner: &str) {
    let span = tracing::info_span!("job", job = %lease.job, attempt = lease.attempt);
    let began = Instant::now();
    let work = async {
        let running = AssertUnwindSafe(run(services, lease, owner)).catch_unwind();
        tokio::pin!(running);
        let ended = loop {
            tokio::select! {
                ended = &mut running => break ended,
                () = tokio::time::sleep(HEART_BEAT) => beat(services, lease).await,
            }
        };
        metrics::histogram!(name::JOB, "job" => lease.job.kind.as_str()).record(began.elapsed().as_secs_f64());
        tell(services, lease, ended.unwrap_or_else(|_| Err(ServiceError::Internal("the job panicked".to_owned())))).await;
    };
    work.instrument(span).await;
}

async fn tell(services: &Services, lease: &Lease, ended: Result<(), ServiceError>) {
    let told = match ended {
        Ok(()) => services.queue.ack(lease).await,
        Err(error) => {
            tracing::warn!(%error, "a job failed");
            services.queue.give_back(lease, &error.to_string()).await.map(|_| ())
        }
    };
    if let Err(error) = told {
        tracing::debug!(%error, "the queue did not hear how a job ended; the row knows");
    }
}

async fn beat(services: &Services, lease: &Lease) {
    if let Err(error) = services.queue.extend(lease).await {
        tracing::debug!(%error, "a heart-beat was not heard");
    }
}

async fn run(services: &Services, lease: &Lease, owner: &str) -> Result<(), ServiceError> {
    let id = lease.job.id;
    match lease.job.kind {
        JobKind::Event => inbox::process(services, EventId::from_uuid(id), owner).await,
        JobKind::Customer => settle::customer(services, CustomerId::from_uuid(id)).await,
        JobKind::Message => outbox::send(services, MessageId::from_uuid(id)).await,
        JobKind::Recount => recount::advance(services, RecountId::from_uuid(id)).await,
        JobKind::Pull => sync::process(services, SyncPullId::from_uuid(id), owner).await,
    }
}
