//! The doorbell. A message is an id; the row that the id names is the truth.
//!
//! This folder decides when a job is handed to whom: leases, pauses after a failure, dead letters. It never knows what a
//! job means, never reads a table and never holds data that exists nowhere else (QU-1). The caller first commits a row and
//! then rings; whoever takes the job reads the row again and does what is still to be done. So
//!
//! - losing the whole queue costs delay and never data: a sweeper finds unfinished rows and rings again;
//! - ringing twice for a job that nobody has taken yet is one ring;
//! - a job may be handed out more than once (QU-2): handlers must not mind.
//!
//! One face, [`Queue`], and two implementations with the same contract tests: [`MemoryQueue`] for one process (QU-3) and
//! [`RedisQueue`] for many. [`StandIn`] puts the first beside the second, for as long as Redis is away.

mod job;
mod memory;
mod redis;
mod settings;
mod stand_in;

use std::time::Duration;

use async_trait::async_trait;

pub use self::job::{Job, JobKind, JobParseError};
pub use self::memory::MemoryQueue;
pub use self::redis::RedisQueue;
pub use self::settings::QueueSettings;
pub use self::stand_in::StandIn;

/// Hands jobs to workers, at least once each, as long as the queue's memory lasts.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Makes `jobs` ready now. A job that is ready already stays as it is; one that is leased becomes ready once more,
    /// because its worker may have read the row before it changed.
    ///
    /// # Errors
    /// The queue could not be told in time (Redis: 200 ms). The sweeper will ring; the caller goes on.
    async fn push(&self, jobs: &[Job]) -> Result<(), QueueError>;

    /// Makes `job` ready after `delay`. Of two delays for one job the earlier counts.
    ///
    /// # Errors
    /// As [`Queue::push`].
    async fn push_after(&self, job: Job, delay: Duration) -> Result<(), QueueError>;

    /// Leases up to `max` jobs, waiting up to `wait` for the first. Never fails: while the queue is out of reach it waits,
    /// tries again with growing pauses, and returns nothing when `wait` has passed. Dropping the future in the middle can
    /// leave jobs leased to nobody until their lease ends, so a worker that is asked to stop should rather use short waits.
    async fn take(&self, max: usize, wait: Duration) -> Vec<Lease>;

    /// The heart-beat: the lease lasts another [`QueueSettings::visibility`] from now.
    ///
    /// # Errors
    /// [`QueueError::LeaseLost`] when the job was handed to somebody else; the worker should stop.
    async fn extend(&self, lease: &Lease) -> Result<(), QueueError>;

    /// The work is done: the job is forgotten, with its count of attempts and its dead letter, if there is one.
    ///
    /// # Errors
    /// [`QueueError::LeaseLost`] when the job was handed to somebody else, whose lease stays as it is.
    async fn ack(&self, lease: &Lease) -> Result<(), QueueError>;

    /// The work failed: the job comes again after a pause, or becomes a dead letter after the last attempt. `error` is kept
    /// with the dead letter, cut to 500 characters, and must hold no secret.
    ///
    /// # Errors
    /// [`QueueError::LeaseLost`] as for [`Queue::ack`].
    async fn give_back(&self, lease: &Lease, error: &str) -> Result<GivenBack, QueueError>;

    /// Dead letters, the newest first, at most `limit`.
    ///
    /// # Errors
    /// The queue could not be reached.
    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError>;

    /// Makes a dead job ready again with all its attempts before it. False when no such letter exists.
    ///
    /// # Errors
    /// The queue could not be reached.
    async fn redrive(&self, job: Job) -> Result<bool, QueueError>;

    /// How much of what is in the queue.
    ///
    /// # Errors
    /// The queue could not be reached.
    async fn stats(&self) -> Result<QueueStats, QueueError>;

    /// Asks whether the queue answers.
    ///
    /// # Errors
    /// Says why not.
    async fn healthy(&self) -> Result<(), QueueError>;
}

/// A job handed to one worker for [`QueueSettings::visibility`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What is to be done.
    pub job: Job,
    /// The how-manieth attempt this is, from 1. Counted before the work, so a crash counts too.
    pub attempt: u32,
    /// Tells this lease from an earlier or later one of the same job. Opaque.
    token: String,
}

/// What became of a job that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// It comes again after this pause.
    Delayed(Duration),
    /// That was its last attempt: it is a dead letter until [`Queue::redrive`] or a new ring.
    Dead,
}

/// A job that failed on every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What should have been done.
    pub job: Job,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: String,
    /// How long ago it was given up, by the queue's own clock.
    pub age: Duration,
}

/// Counts, each of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Waiting for a worker.
    pub ready: u64,
    /// Waiting for their time.
    pub delayed: u64,
    /// In the hands of a worker.
    pub leased: u64,
    /// Given up.
    pub dead: u64,
    /// How long the oldest ready job has waited; `None` when none waits.
    pub oldest_age: Option<Duration>,
}

/// Why the queue did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// No connection, or it broke.
    #[error("the queue cannot be reached: {0}")]
    Unreachable(String),
    /// No answer within the time allowed.
    #[error("the queue did not answer within {} ms", .0.as_millis())]
    Slow(Duration),
    /// The server is there and cannot do it now: it is loading, full, or a replica.
    #[error("the queue cannot do that now: {0}")]
    Busy(String),
    /// The server answered with an error that will not go away by itself.
    #[error("the queue refused: {0}")]
    Refused(String),
    /// The address of the server cannot be used.
    #[error("the queue's address cannot be used: {0}")]
    Address(String),
    /// The lease ended and the job was handed on, or the queue forgot it.
    #[error("the lease is no longer held")]
    LeaseLost,
}

impl QueueError {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Slow(_) | Self::Busy(_))
    }
}

/// The longest error text kept with a dead letter, in characters.
const ERROR_KEPT: usize = 500;

/// The error text as it is kept.
fn shortened(error: &str) -> &str {
    error.char_indices().nth(ERROR_KEPT).map_or(error, |(end, _)| &error[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_cut_between_characters() {
        let long = "ä".repeat(ERROR_KEPT + 7);
        assert_eq!(shortened(&long).chars().count(), ERROR_KEPT);
        assert_eq!(shortened("short"), "short");
    }

    #[test]
    fn only_what_time_can_heal_is_transient() {
        assert!(QueueError::Slow(Duration::from_millis(200)).is_transient());
        assert!(!QueueError::LeaseLost.is_transient());
        assert!(!QueueError::Refused(String::new()).is_transient());
    }
}
