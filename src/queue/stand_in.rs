//! A queue of many processes with one of this process beside it, which stands in while the other cannot be reached.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{DeadLetter, GivenBack, Job, JobKind, Lease, MemoryQueue, Queue, QueueError, QueueSettings, QueueStats};

/// How many jobs the stand-in keeps. The sweeper finds again what does not fit.
const KEPT: u64 = 2_000;
/// How long the shared queue is listened to before the own one is looked at again.
const LISTEN: Duration = Duration::from_secs(1);
/// What the tokens of its leases begin with.
const MARK: &str = "own ";

/// Rings in this process what the shared queue does not hear, so that work goes on without it: the sweeper of each process that works finds what is due in the
/// database and rings here. Several processes may so take one job; the lease of its row lets one of them do it, as always (QU-2).
///
/// A process that takes no jobs keeps none, as nobody would ever come for them.
pub struct StandIn<Q> {
    shared: Q,
    own: MemoryQueue,
    /// Which kinds can be done without the shared queue's server.
    fit: fn(JobKind) -> bool,
    takes: AtomicBool,
}

impl<Q: Queue> StandIn<Q> {
    /// Puts a stand-in for jobs of the kinds that are `fit` beside a queue.
    #[must_use]
    pub fn new(shared: Q, settings: QueueSettings, fit: fn(JobKind) -> bool) -> Self {
        // Its dead letters would be seen by nobody: the row says what became of the work.
        let own = MemoryQueue::new(QueueSettings { dead_kept: 0, ..settings });
        Self { shared, own, fit, takes: AtomicBool::new(false) }
    }

    /// Whether a job that the shared queue did not hear of is taken here.
    async fn takes(&self, job: Job) -> Result<bool, QueueError> {
        let stats = self.own.stats().await?;
        Ok(self.takes.load(Ordering::Relaxed) && (self.fit)(job.kind) && stats.ready + stats.delayed < KEPT)
    }
}

/// The lease as the stand-in knows it, if it is one of its own.
fn own(lease: &Lease) -> Option<Lease> {
    lease.token.strip_prefix(MARK).map(|token| Lease { token: token.to_owned(), ..lease.clone() })
}

#[async_trait]
impl<Q: Queue> Queue for StandIn<Q> {
    async fn push(&self, jobs: &[Job]) -> Result<(), QueueError> {
        let Err(error) = self.shared.push(jobs).await else { return Ok(()) };
        let mut heard = true;
        for job in jobs {
            if self.takes(*job).await? {
                self.own.push(&[*job]).await?;
            } else {
                heard = false;
            }
        }
        if heard { Ok(()) } else { Err(error) }
    }

    async fn push_after(&self, job: Job, delay: Duration) -> Result<(), QueueError> {
        let Err(error) = self.shared.push_after(job, delay).await else { return Ok(()) };
        if self.takes(job).await? { self.own.push_after(job, delay).await } else { Err(error) }
    }

    async fn take(&self, max: usize, wait: Duration) -> Vec<Lease> {
        self.takes.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + wait;
        loop {
            let mut leases = self.own.take(max, Duration::ZERO).await;
            for lease in &mut leases {
                lease.token.insert_str(0, MARK);
            }
            if leases.is_empty() {
                let left = deadline.saturating_duration_since(Instant::now());
                leases = self.shared.take(max, left.min(LISTEN)).await;
            }
            if !leases.is_empty() || max == 0 || Instant::now() >= deadline {
                return leases;
            }
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<(), QueueError> {
        match own(lease) {
            Some(lease) => self.own.extend(&lease).await,
            None => self.shared.extend(lease).await,
        }
    }

    async fn ack(&self, lease: &Lease) -> Result<(), QueueError> {
        match own(lease) {
            Some(lease) => self.own.ack(&lease).await,
            None => self.shared.ack(lease).await,
        }
    }

    async fn give_back(&self, lease: &Lease, error: &str) -> Result<GivenBack, QueueError> {
        match own(lease) {
            Some(lease) => self.own.give_back(&lease, error).await,
            None => self.shared.give_back(lease, error).await,
        }
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError> {
        self.shared.dead(limit).await
    }

    async fn redrive(&self, job: Job) -> Result<bool, QueueError> {
        self.shared.redrive(job).await
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        let (shared, own) = (self.shared.stats().await?, self.own.stats().await?);
        Ok(QueueStats {
            ready: shared.ready + own.ready,
            delayed: shared.delayed + own.delayed,
            leased: shared.leased + own.leased,
            dead: shared.dead,
            oldest_age: shared.oldest_age.max(own.oldest_age),
        })
    }

    async fn healthy(&self) -> Result<(), QueueError> {
        self.shared.healthy().await
    }
}
