//! The queue of a single process. It forgets everything with the process, which the sweeper makes good at the next start.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::{DeadLetter, GivenBack, Job, Lease, Queue, QueueError, QueueSettings, QueueStats, shortened};

/// The queue in process (QU-3). Its time is tokio's, so a test can pause it.
#[derive(Debug)]
pub struct MemoryQueue {
    settings: QueueSettings,
    state: Mutex<State>,
    /// Rung when something became ready, or may become ready earlier than sleepers think.
    bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    ready: VecDeque<(Job, Instant)>,
    /// The jobs in `ready`: ringing twice is one ring.
    rung: HashSet<Job>,
    delayed: BTreeSet<(Instant, Job)>,
    /// The jobs in `delayed`, with their time.
    due: HashMap<Job, Instant>,
    leased: HashMap<u64, Held>,
    /// Attempts begun since the job last succeeded or was given up.
    tries: HashMap<Job, u32>,
    dead: BTreeMap<u64, Letter>,
    /// The jobs in `dead`, with their number.
    letters: HashMap<Job, u64>,
    /// The last number given to a lease or a letter.
    number: u64,
}

#[derive(Debug)]
struct Held {
    job: Job,
    until: Instant,
}

#[derive(Debug)]
struct Letter {
    job: Job,
    attempts: u32,
    error: String,
    since: Instant,
}

impl MemoryQueue {
    /// An empty queue.
    #[must_use]
    pub fn new(settings: QueueSettings) -> Self {
        Self { settings, state: Mutex::default(), bell: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn push(&self, jobs: &[Job]) -> Result<(), QueueError> {
        let now = Instant::now();
        {
            let mut state = self.state();
            for job in jobs {
                state.ring(*job, now);
            }
        }
        self.bell.notify_waiters();
        Ok(())
    }

    async fn push_after(&self, job: Job, delay: Duration) -> Result<(), QueueError> {
        self.state().delay(job, Instant::now() + delay);
        self.bell.notify_waiters();
        Ok(())
    }

    async fn take(&self, max: usize, wait: Duration) -> Vec<Lease> {
        let deadline = Instant::now() + wait;
        loop {
            // Created before looking, so that a ring between the look and the sleep is heard.
            let rung = self.bell.notified();
            let now = Instant::now();
            let (leases, next) = {
                let mut state = self.state();
                state.tend(now, &self.settings);
                (state.lease(max, now, &self.settings), state.next_change())
            };
            if !leases.is_empty() || max == 0 || now >= deadline {
                return leases;
            }
            let until = next.map_or(deadline, |next| next.min(deadline));
            // Woken or out of time: both mean "look again".
            let _ = timeout_at(until, rung).await;
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<(), QueueError> {
        let mut state = self.state();
        let held = state.leased.get_mut(&number(lease)?).ok_or(QueueError::LeaseLost)?;
        held.until = Instant::now() + self.settings.visibility;
        Ok(())
    }

    async fn ack(&self, lease: &Lease) -> Result<(), QueueError> {
        let mut state = self.state();
        let held = state.leased.remove(&number(lease)?).ok_or(QueueError::LeaseLost)?;
        state.tries.remove(&held.job);
        state.unbury(held.job);
        Ok(())
    }

    async fn give_back(&self, lease: &Lease, error: &str) -> Result<GivenBack, QueueError> {
        let now = Instant::now();
        let outcome = {
            let mut state = self.state();
            let held = state.leased.remove(&number(lease)?).ok_or(QueueError::LeaseLost)?;
            if lease.attempt >= self.settings.max_attempts {
                state.bury(held.job, lease.attempt, error, now, self.settings.dead_kept);
                GivenBack::Dead
            } else {
                let pause = self.settings.pause(lease.attempt);
                state.delay(held.job, now + pause);
                GivenBack::Delayed(pause)
            }
        };
        self.bell.notify_waiters();
        Ok(outcome)
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError> {
        let now = Instant::now();
        let state = self.state();
        let newest = state.dead.values().rev().take(limit);
        Ok(newest
            .map(|letter| DeadLetter {
                job: letter.job,
                attempts: letter.attempts,
                error: letter.error.clone(),
                age: now.saturating_duration_since(letter.since),
            })
            .collect())
    }

    async fn redrive(&self, job: Job) -> Result<bool, QueueError> {
        let found = {
            let mut state = self.state();
            let found = state.unbury(job);
            if found {
                state.tries.remove(&job);
                state.ring(job, Instant::now());
            }
            found
        };
        self.bell.notify_waiters();
        Ok(found)
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        let now = Instant::now();
        let mut state = self.state();
        state.tend(now, &self.settings);
        Ok(QueueStats {
            ready: state.ready.len() as u64,
            delayed: state.delayed.len() as u64,
            leased: state.leased.len() as u64,
            dead: state.dead.len() as u64,
            oldest_age: state.ready.front().map(|(_, since)| now.saturating_duration_since(*since)),
        })
    }

    async fn healthy(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

impl State {
    fn ring(&mut self, job: Job, now: Instant) {
        if self.rung.insert(job) {
            self.ready.push_back((job, now));
        }
    }

    fn delay(&mut self, job: Job, at: Instant) {
        match self.due.get(&job) {
            Some(earlier) if *earlier <= at => return,
            Some(later) => {
                self.delayed.remove(&(*later, job));
            }
            None => {}
        }
        self.due.insert(job, at);
        self.delayed.insert((at, job));
    }

    /// What time has brought: delayed jobs that are due, leases that ran out.
    fn tend(&mut self, now: Instant, settings: &QueueSettings) {
        while let Some((_, job)) = self.delayed.first().copied().filter(|(at, _)| *at <= now) {
            self.delayed.pop_first();
            self.due.remove(&job);
            self.ring(job, now);
        }
        let ended: Vec<(u64, Job)> = (self.leased.iter()).filter(|(_, held)| held.until <= now).map(|(n, held)| (*n, held.job)).collect();
        for (number, job) in ended {
            self.leased.remove(&number);
            let tries = self.tries.get(&job).copied().unwrap_or(0);
            if tries >= settings.max_attempts {
                self.bury(job, tries, "the lease ran out on the last attempt", now, settings.dead_kept);
            } else {
                self.ring(job, now);
            }
        }
    }

    fn lease(&mut self, max: usize, now: Instant, settings: &QueueSettings) -> Vec<Lease> {
        let count = max.min(self.ready.len());
        let mut leases = Vec::with_capacity(count);
        for _ in 0..count {
            let Some((job, _)) = self.ready.pop_front() else { break };
            self.rung.remove(&job);
            self.number += 1;
            self.leased.insert(self.number, Held { job, until: now + settings.visibility });
            let tries = self.tries.entry(job).or_insert(0);
            *tries += 1;
            leases.push(Lease { job, attempt: *tries, token: self.number.to_string() });
        }
        leases
    }

    /// When [`State::tend`] has something to do again.
    fn next_change(&self) -> Option<Instant> {
        let due = self.delayed.first().map(|(at, _)| *at);
        let ends = self.leased.values().map(|held| held.until).min();
        due.into_iter().chain(ends).min()
    }

    fn bury(&mut self, job: Job, attempts: u32, error: &str, now: Instant, kept: usize) {
        self.unbury(job);
        self.tries.remove(&job);
        self.number += 1;
        let error = shortened(error).to_owned();
        self.dead.insert(self.number, Letter { job, attempts, error, since: now });
        self.letters.insert(job, self.number);
        while self.dead.len() > kept {
            if let Some((_, oldest)) = self.dead.pop_first() {
                self.letters.remove(&oldest.job);
            }
        }
    }

    /// Whether there was a letter.
    fn unbury(&mut self, job: Job) -> bool {
        let number = self.letters.remove(&job);
        number.is_some_and(|number| self.dead.remove(&number).is_some())
    }
}

/// The number of a lease of this queue; a lease of another is not held here.
fn number(lease: &Lease) -> Result<u64, QueueError> {
    lease.token.parse().map_err(|_| QueueError::LeaseLost)
}
