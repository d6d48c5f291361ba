//! The queue of many processes, on Redis Streams.
//!
//! Keys, all under `<prefix>:{queue}:`
//!
//! | key | type | holds |
//! |---|---|---|
//! | `jobs` | stream, group `workers` | ready jobs, and leased ones as pending entries; an entry is deleted when it is done |
//! | `rung` | hash job -> entry | hints which ready job need not be rung again |
//! | `delayed` | sorted set by time | jobs that wait |
//! | `tries` | hash job -> count | attempts begun since the job last succeeded or was given up |
//! | `dead` | stream | dead letters, bounded |
//! | `letters` | hash job -> entry | which letter is of which job |
//!
//! Time is the server's. A lease is a pending entry of this process' consumer with a certain delivery count, so a worker
//! that slept through its lease can neither end nor prolong the lease of its successor. Whatever is deleted under this
//! code, the next call makes anew. Needs Redis 6.2 or Valkey.

mod link;
mod outage;
mod reader;
mod script;

use std::time::Duration;

use async_trait::async_trait;
use redis::ScriptInvocation;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use self::link::{Fault, Link};
use self::outage::Outage;
use self::reader::Reader;
use self::script::{Act, Scripts};
use super::{DeadLetter, GivenBack, Job, Lease, Queue, QueueError, QueueSettings, QueueStats, shortened};

/// The doorbell's time: whoever rings has a client waiting.
const RING: Duration = Duration::from_millis(200);
/// The time of everything else.
const CALL: Duration = Duration::from_secs(1);
/// Jobs told in one call; more would hold up the others of the server.
const PUSH_MANY: usize = 500;

/// The queue on Redis. One for each process; clones of its `Arc` share two connections, of which one reads.
pub struct RedisQueue {
    settings: QueueSettings,
    link: Link,
    scripts: Scripts,
    /// Unique for each start of a process: with shared names one would hide the other's death.
    consumer: String,
    /// One at a time reads; the others wait for their turn.
    reader: Mutex<Reader>,
    outage: Outage,
}

impl RedisQueue {
    /// A queue on the server at `url` (`redis://` or `rediss://`). The server need not be up yet.
    ///
    /// # Errors
    /// [`QueueError::Address`] when the address cannot be understood.
    // Async, because the connection's upkeep must be started within a runtime.
    pub async fn open(url: &str, settings: QueueSettings) -> Result<Self, QueueError> {
        Ok(Self {
            link: Link::open(url)?,
            scripts: Scripts::new(&settings.prefix),
            consumer: format!("{}-{:016x}", std::process::id(), rand::random::<u64>()),
            reader: Mutex::new(Reader::new()),
            outage: Outage::default(),
            settings,
        })
    }

    async fn call<T: redis::FromRedisValue>(&self, budget: Duration, call: &ScriptInvocation<'_>) -> Result<T, QueueError> {
        let answer = self.link.script(budget, call).await;
        self.judge(answer)
    }

    fn judge<T>(&self, answer: Result<T, Fault>) -> Result<T, QueueError> {
        answer.map_err(QueueError::from).inspect_err(|error| self.outage.note(error))
    }

    /// Rings, and once more when the connection turns out to be gone, as it is after a restart of the server.
    async fn ring(&self, deadline: Instant, call: &ScriptInvocation<'_>) -> Result<(), QueueError> {
        let left = || deadline.saturating_duration_since(Instant::now());
        match self.link.script::<i64>(left(), call).await {
            Err(Fault::Other(QueueError::Unreachable(_))) => self.call::<i64>(left(), call).await,
            answer => self.judge(answer),
        }
        .map(|_| ())
    }

    /// Calls a script that ends or prolongs a lease and answers 0 when the lease is not held.
    async fn with_lease(&self, act: Act, lease: &Lease, more: impl FnOnce(&mut ScriptInvocation<'_>)) -> Result<(), QueueError> {
        let (entry, delivery) = lease.token.split_once(' ').ok_or(QueueError::LeaseLost)?;
        let mut call = self.scripts.call(act);
        call.arg(&self.consumer).arg(entry).arg(delivery).arg(lease.job.to_string());
        more(&mut call);
        match self.call::<i64>(CALL, &call).await? {
            0 => Err(QueueError::LeaseLost),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Queue for RedisQueue {
    async fn push(&self, jobs: &[Job]) -> Result<(), QueueError> {
        let deadline = Instant::now() + RING;
        for some in jobs.chunks(PUSH_MANY) {
            let mut call = self.scripts.call(Act::Push);
            for job in some {
                call.arg(job.to_string());
            }
            self.ring(deadline, &call).await?;
        }
        Ok(())
    }

    async fn push_after(&self, job: Job, delay: Duration) -> Result<(), QueueError> {
        let mut call = self.scripts.call(Act::PushAfter);
        call.arg(job.to_string()).arg(millis(delay));
        self.ring(Instant::now() + RING, &call).await
    }

    async fn take(&self, max: usize, wait: Duration) -> Vec<Lease> {
        let deadline = Instant::now() + wait;
        match timeout_at(deadline, self.reader.lock()).await {
            Ok(mut reader) if max > 0 => self.read(&mut reader, max, deadline).await,
            // Somebody else read all the time, or nothing was asked for.
            _ => Vec::new(),
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<(), QueueError> {
        self.with_lease(Act::Extend, lease, |_| ()).await
    }

    async fn ack(&self, lease: &Lease) -> Result<(), QueueError> {
        self.with_lease(Act::Ack, lease, |_| ()).await
    }

    async fn give_back(&self, lease: &Lease, error: &str) -> Result<GivenBack, QueueError> {
        let (outcome, delay) = if lease.attempt >= self.settings.max_attempts {
            (GivenBack::Dead, -1)
        } else {
            let pause = self.settings.pause(lease.attempt);
            (GivenBack::Delayed(pause), millis(pause))
        };
        self.with_lease(Act::GiveBack, lease, |call| {
            call.arg(delay).arg(lease.attempt).arg(shortened(error)).arg(self.settings.dead_kept);
        })
        .await?;
        Ok(outcome)
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut call = self.scripts.call(Act::Dead);
        call.arg(limit);
        let (now, letters): (u64, Vec<(String, u32, String, u64)>) = self.call(CALL, &call).await?;
        letters
            .into_iter()
            .map(|(job, attempts, error, since)| {
                let job = job.parse().map_err(|error| QueueError::Refused(format!("a dead letter: {error}")))?;
                let age = Duration::from_millis(now.saturating_sub(since));
                Ok(DeadLetter { job, attempts, error, age })
            })
            .collect()
    }

    async fn redrive(&self, job: Job) -> Result<bool, QueueError> {
        let mut call = self.scripts.call(Act::Redrive);
        call.arg(job.to_string());
        Ok(self.call::<i64>(CALL, &call).await? > 0)
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        let (ready, delayed, leased, dead, waited): (u64, u64, u64, u64, i64) = self.call(CALL, &self.scripts.call(Act::Stats)).await?;
        let oldest_age = u64::try_from(waited).ok().map(Duration::from_millis);
        Ok(QueueStats { ready, delayed, leased, dead, oldest_age })
    }

    async fn healthy(&self) -> Result<(), QueueError> {
        let answer: Result<(), _> = self.link.command(CALL, &redis::cmd("PING")).await;
        answer.map_err(QueueError::from)
    }
}

/// Whole milliseconds, as Redis counts.
fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
