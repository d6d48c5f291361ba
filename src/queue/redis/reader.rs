//! Taking jobs: tend what time has brought, then block for new entries; begin again after whatever broke.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::streams::{StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, RedisResult};
use tokio::time::{Instant, sleep_until, timeout};

use super::link::{Fault, fault};
use super::{Act, CALL, Job, Lease, QueueError, RedisQueue, millis};

/// The consumer group all workers share.
const GROUP: &str = "workers";
/// The pause after the first failure in a row, doubled with each further one up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long a block may last. A job delayed meanwhile may come so much late, and no network box takes the connection for
/// idle.
const LONGEST_BLOCK: Duration = Duration::from_millis(250);
/// Consumers idle for so many lease times, with nothing pending, are of dead processes.
const DEAD_AFTER_LEASES: u32 = 4;

/// What reading remembers from call to call.
pub(super) struct Reader {
    connection: Option<MultiplexedConnection>,
    /// Whether the group is there, as far as we know.
    group: bool,
    failures: u32,
    tend_at: Instant,
    clean_at: Instant,
}

impl Reader {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { connection: None, group: false, failures: 0, tend_at: now, clean_at: now }
    }

    fn pause(&self) -> Duration {
        FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE)
    }
}

impl RedisQueue {
    /// Up to `max` leases, or nothing at the deadline.
    pub(super) async fn read(&self, reader: &mut Reader, max: usize, deadline: Instant) -> Vec<Lease> {
        loop {
            match self.round(reader, max, deadline).await {
                Ok(leases) => {
                    reader.failures = 0;
                    self.outage.over();
                    if !leases.is_empty() {
                        return leases;
                    }
                }
                Err(fault) => {
                    self.recover(reader, fault, deadline).await;
                }
            }
            if Instant::now() >= deadline {
                return Vec::new();
            }
        }
    }

    /// Pauses after a failure, for longer each time, so that neither the server nor the log is flooded.
    async fn recover(&self, reader: &mut Reader, fault: Fault, deadline: Instant) {
        let until = Instant::now() + reader.pause();
        reader.failures = reader.failures.saturating_add(1);
        reader.group &= !matches!(fault, Fault::NoGroup);
        self.outage.note(&fault.into());
        sleep_until(until.min(deadline)).await;
    }

    async fn round(&self, reader: &mut Reader, max: usize, deadline: Instant) -> Result<Vec<Lease>, Fault> {
        if !reader.group {
            self.make_group().await?;
            reader.group = true;
        }
        if Instant::now() >= reader.tend_at {
            let leases = self.tend(reader, max).await?;
            if !leases.is_empty() {
                return Ok(leases);
            }
        }
        if Instant::now() >= reader.clean_at {
            self.remove_consumers(reader).await?;
        }
        let block = deadline.min(reader.tend_at).saturating_duration_since(Instant::now());
        let entries = self.entries(reader, max, block).await?;
        self.deliver(entries).await
    }

    /// Lets due jobs become ready and claims what others dropped.
    async fn tend(&self, reader: &mut Reader, max: usize) -> Result<Vec<Lease>, Fault> {
        let mut call = self.scripts.call(Act::Tend);
        call.arg(&self.consumer).arg(millis(self.settings.visibility)).arg(max);
        call.arg(self.settings.max_attempts).arg(self.settings.dead_kept);
        let (claimed, next): (Vec<(String, String, u32, u32)>, i64) = self.link.script(CALL, &call).await?;
        let calm = (self.settings.visibility / 3).clamp(Duration::from_millis(20), LONGEST_BLOCK);
        // A full hand may have left something behind.
        let rest = if claimed.len() >= max { Duration::ZERO } else { u64::try_from(next).map_or(calm, Duration::from_millis) };
        reader.tend_at = Instant::now() + rest.min(calm);
        let mut leases = Vec::with_capacity(claimed.len());
        for (entry, job, attempt, delivery) in claimed {
            match job.parse() {
                Ok(job) => leases.push(Lease { job, attempt, token: token(&entry, delivery) }),
                Err(_) => self.discard(&entry).await?,
            }
        }
        Ok(leases)
    }

    /// Reads new entries, blocking for the first.
    async fn entries(&self, reader: &mut Reader, max: usize, block: Duration) -> Result<Vec<(String, String)>, Fault> {
        // Taken out while it is in use: after a failure, or when this future is dropped, it is closed, and the server does
        // not hand anything to a reader who is gone.
        let mut connection = match reader.connection.take() {
            Some(connection) => connection,
            None => self.link.own().await?,
        };
        let mut options = StreamReadOptions::default().group(GROUP, &self.consumer).count(max);
        if !block.is_zero() {
            // Zero would mean for ever.
            options = options.block(usize::try_from(block.as_millis()).unwrap_or(usize::MAX).max(1));
        }
        let keys = [self.scripts.jobs_key()];
        let read = connection.xread_options(&keys, &[">"], &options);
        let answer: RedisResult<Option<StreamReadReply>> =
            timeout(block + CALL, read).await.map_err(|_| Fault::Other(QueueError::Slow(block + CALL)))?;
        let reply = answer.map_err(|error| fault(&error))?;
        reader.connection = Some(connection);
        let entries = reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids);
        Ok(entries
            .map(|entry| {
                let job = entry.get("job").unwrap_or_default();
                (entry.id, job)
            })
            .collect())
    }

    /// Counts the attempts and makes leases.
    async fn deliver(&self, entries: Vec<(String, String)>) -> Result<Vec<Lease>, Fault> {
        let mut known: Vec<(String, Job)> = Vec::with_capacity(entries.len());
        for (entry, job) in entries {
            match job.parse() {
                Ok(job) => known.push((entry, job)),
                Err(_) => self.discard(&entry).await?,
            }
        }
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.scripts.call(Act::Deliver);
        for (entry, job) in &known {
            call.arg(entry).arg(job.to_string());
        }
        let attempts: Vec<u32> = self.link.script(CALL, &call).await?;
        let leases = known.into_iter().zip(attempts);
        // The first delivery of an entry is number 1.
        Ok(leases.map(|((entry, job), attempt)| Lease { job, attempt, token: token(&entry, 1) }).collect())
    }

    /// Drops an entry that is no job. A newer version may have written it; the sweeper of that version will ring again.
    async fn discard(&self, entry: &str) -> Result<(), Fault> {
        tracing::warn!(entry, "dropped an entry of the queue that is no job");
        let key = self.scripts.jobs_key();
        let _: i64 = self.link.command(CALL, redis::cmd("XACK").arg(key).arg(GROUP).arg(entry)).await?;
        let _: i64 = self.link.command(CALL, redis::cmd("XDEL").arg(key).arg(entry)).await?;
        Ok(())
    }

    /// Makes the stream and its group, from the first entry on: what was rung before the group was there counts.
    async fn make_group(&self) -> Result<(), Fault> {
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(self.scripts.jobs_key()).arg(GROUP).arg("0").arg("MKSTREAM");
        match self.link.command::<()>(CALL, &create).await {
            // Another process was faster.
            Err(Fault::Other(QueueError::Refused(text))) if text.contains("BUSYGROUP") => Ok(()),
            other => other,
        }
    }

    async fn remove_consumers(&self, reader: &mut Reader) -> Result<(), Fault> {
        let idle = self.settings.visibility * DEAD_AFTER_LEASES;
        let mut call = self.scripts.call(Act::RemoveConsumers);
        call.arg(&self.consumer).arg(millis(idle));
        let removed: i64 = self.link.script(CALL, &call).await?;
        if removed > 0 {
            tracing::info!(removed, "removed consumers of processes that are gone");
        }
        reader.clean_at = Instant::now() + idle;
        Ok(())
    }
}

/// The entry, and which of its deliveries.
fn token(entry: &str, delivery: u32) -> String {
    format!("{entry} {delivery}")
}
