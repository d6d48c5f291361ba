//! Storing what was received: all that waits goes into one statement, and is rung for at once (IN-2).
//!
//! While a statement is under way, what comes meanwhile gathers for the next. So nobody waits for company, and the more come the more share
//! a commit, which is what storing costs most. Each delivery has an answer of its own: one that the database refuses takes no other along, and
//! neither does a sender who hangs up.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entity::value::{EventId, InboxStatus};
use sea_orm::DbBackend;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::inbox::Accepted;
use super::{ServiceError, Services};
use crate::queue::{Job, JobKind};
use crate::store::inbox::Received;
use crate::store::{self, Fault, StoreError};

/// How many rows a statement may have. A connection keeps the statements that it has prepared, and each number of rows is another statement: so
/// there are few numbers. Who is one too many goes with the next.
const ROWS: [usize; 13] = [256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4];
/// The most bytes of bodies in one statement, unless a single body has more.
const BYTES: usize = 4 * 1024 * 1024;
/// How many deliveries may wait; more are refused at once.
const WAITING: usize = 4096;
/// How many bytes of bodies may wait.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// How long a delivery waits for its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a statement may be under way: longer than a lock of SQLite and a connection are waited for.
const LONGEST: Duration = Duration::from_secs(11);

/// What stores deliveries. Clones share it.
#[derive(Clone, Debug)]
pub struct Intake {
    /// Where statements are under way: it outlives the threads that serve HTTP.
    runtime: Handle,
    line: Arc<Mutex<Line>>,
}

/// What waits, and how many statements are under way.
#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    under_way: usize,
}

/// A delivery, and who waits for what becomes of it.
#[derive(Debug)]
struct Waiting {
    event: Received,
    answer: oneshot::Sender<Result<Accepted, String>>,
}

impl Waiting {
    /// Whoever hung up meanwhile does not hear it, and delivers again.
    fn answer(self, answer: Result<Accepted, String>) {
        drop(self.answer.send(answer));
    }
}

impl Intake {
    /// Nothing waits yet. Must be called within a runtime, which does the work.
    #[must_use]
    pub fn new() -> Self {
        Self { runtime: Handle::current(), line: Arc::default() }
    }

    /// Stores a delivery together with those that wait, and rings for it.
    ///
    /// # Errors
    /// `Unavailable` when it was not stored, or not within [`PATIENCE`]: it may be stored later then, and is a duplicate when it comes again.
    pub async fn store(&self, services: &Services, event: Received) -> Result<Accepted, ServiceError> {
        let (answer, answered) = oneshot::channel();
        if self.join(Waiting { event, answer }, at_a_time(services))? {
            let (mut turns, services) = (Turns { line: Arc::clone(&self.line), ended: false }, services.clone());
            self.runtime.spawn(async move {
                while let Some(batch) = turns.next() {
                    store_all(&services, batch).await;
                }
            });
        }
        match timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer.map_err(ServiceError::Unavailable),
            Ok(Err(_)) => Err(ServiceError::Unavailable("storing broke off".to_owned())),
            Err(_) => Err(ServiceError::Unavailable(format!("the database did not store it within {} s", PATIENCE.as_secs()))),
        }
    }

    /// Puts a delivery into the line. Says whether somebody has to begin to work it off.
    fn join(&self, one: Waiting, at_a_time: usize) -> Result<bool, ServiceError> {
        let mut line = lock(&self.line);
        let size = one.event.body.len();
        if line.waiting.len() >= WAITING || (line.bytes + size > WAITING_BYTES && !line.waiting.is_empty()) {
            return Err(ServiceError::Unavailable(format!("{} deliveries wait to be stored", line.waiting.len())));
        }
        line.bytes += size;
        line.waiting.push_back(one);
        let begins = line.under_way < at_a_time;
        line.under_way += usize::from(begins);
        Ok(begins)
    }
}

/// How many statements are under way at a time. SQLite has one writer; PostgreSQL takes in one while it syncs another.
fn at_a_time(services: &Services) -> usize {
    if services.db.backend() == DbBackend::Sqlite { 1 } else { 2 }
}

fn lock(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One statement after the other, until nothing waits.
struct Turns {
    line: Arc<Mutex<Line>>,
    ended: bool,
}

impl Turns {
    /// What goes into the next statement. In the moment in which nothing waits, the turns end: who comes then begins anew.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut line = lock(&self.line);
        // Who hung up before it began delivers again.
        line.waiting.retain(|one| !one.answer.is_closed());
        let waiting = line.waiting.len();
        let most = ROWS.into_iter().find(|rows| *rows <= waiting).unwrap_or(waiting);
        let mut bytes = 0;
        let fits = line.waiting.iter().take(most).take_while(|one| {
            bytes += one.event.body.len();
            bytes <= BYTES
        });
        let count = fits.count().max(most.min(1));
        let batch: Vec<Waiting> = line.waiting.drain(..count).collect();
        line.bytes = line.waiting.iter().map(|one| one.event.body.len()).sum();
        if batch.is_empty() {
            line.under_way -= 1;
            self.ended = true;
            return None;
        }
        Some(batch)
    }
}

impl Drop for Turns {
    /// Cut off in the middle, as when the process ends.
    fn drop(&mut self) {
        if !self.ended {
            lock(&self.line).under_way -= 1;
        }
    }
}

/// Stores a batch. Where the database refuses a row, the others are told from it by halves.
async fn store_all(services: &Services, batch: Vec<Waiting>) {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        match insert(services, &part).await {
            Ok(new) => {
                let is_new = |one: &Waiting| new.contains(&one.event.id);
                let jobs = part.iter().filter(|one| is_new(one) && one.event.status == InboxStatus::Received);
                let jobs: Vec<Job> = jobs.map(|one| Job { kind: JobKind::Event, id: one.event.id.uuid() }).collect();
                for one in part {
                    let accepted = if is_new(&one) { Accepted::New } else { Accepted::Duplicate };
                    one.answer(Ok(accepted));
                }
                ring(services, &jobs).await;
            }
            Err(Failure::Rows(_)) if part.len() > 1 => {
                let rest = part.split_off(part.len() / 2);
                parts.extend([rest, part]);
            }
            Err(Failure::Rows(why) | Failure::Database(why)) => part.into_iter().for_each(|one| one.answer(Err(why.clone()))),
        }
    }
}

/// Why a statement was not done.
enum Failure {
    /// Something about its rows.
    Rows(String),
    /// The database is away, full or locked: other rows would fare no better.
    Database(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.fault() {
            Fault::Permanent | Fault::Duplicate => Self::Rows(error.to_string()),
            Fault::Race | Fault::Unavailable => Self::Database(error.to_string()),
        }
    }
}

async fn insert(services: &Services, part: &[Waiting]) -> Result<HashSet<EventId>, Failure> {
    let events = part.iter().map(|one| one.event.clone()).collect();
    match timeout(LONGEST, store::inbox::insert(services.db.write(), events)).await {
        Ok(stored) => Ok(stored?),
        Err(_) => Err(Failure::Database(format!("the database did not answer within {} s", LONGEST.as_secs()))),
    }
}

/// A bell that is not heard only costs time (QU-1).
async fn ring(services: &Services, jobs: &[Job]) {
    if jobs.is_empty() {
        return;
    }
    if let Err(error) = services.queue.push(jobs).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
}
