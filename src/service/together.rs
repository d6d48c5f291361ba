//! Doing for many at a time what many ask for at the same time: one transaction for all that wait.
//!
//! While one transaction is under way, what comes meanwhile gathers for the next. So nobody waits for company, and the more come the more share
//! a commit, which is what storing costs most. Each has an answer of its own: one that the database refuses takes no other along, and neither
//! does a caller who is dropped.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::DbBackend;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{ServiceError, Services};
use crate::queue::Job;
use crate::store::{Fault, StoreError};

/// How many a transaction takes. A connection keeps the statements that it has prepared, and each number of rows is another statement: so there
/// are few numbers. Who is one too many goes with the next.
const ROWS: [usize; 13] = [256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4];
/// The most bytes that one transaction takes, unless a single one has more.
const BYTES: usize = 4 * 1024 * 1024;
/// How many may wait; more are refused at once.
const WAITING: usize = 4096;
/// How many bytes may wait.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// How long one waits for its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a transaction may be under way: longer than a lock of SQLite and a connection are waited for.
const LONGEST: Duration = Duration::from_secs(11);

/// What is done for many at a time.
pub trait Batch: Send + Sync + 'static {
    /// What one caller asks for.
    type One: Send + Sync + 'static;
    /// What it hears.
    type Answer: Send + 'static;

    /// How many transactions are under way at a time on PostgreSQL, which takes in one while it syncs another. SQLite has one writer.
    const SIDE_BY_SIDE: usize = 2;

    /// The bytes that it holds while it waits.
    fn size(one: &Self::One) -> usize;

    /// Does it for all of them, or for none.
    fn all(services: &Services, of: Vec<&Self::One>) -> impl Future<Output = Result<Done<Self::Answer>, StoreError>> + Send;
}

/// What was done.
#[derive(Debug)]
pub struct Done<A> {
    /// The answers, in the order in which was asked.
    pub answers: Vec<A>,
    /// For what to ring, once they were given.
    pub jobs: Vec<Job>,
}

/// Those who ask for the same kind of thing. Clones share it.
pub struct Together<B: Batch> {
    /// Where transactions are under way: it outlives the threads that serve HTTP.
    runtime: Handle,
    line: Arc<Mutex<Line<B>>>,
}

impl<B: Batch> Clone for Together<B> {
    fn clone(&self) -> Self {
        Self { runtime: self.runtime.clone(), line: Arc::clone(&self.line) }
    }
}

impl<B: Batch> std::fmt::Debug for Together<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = lock(&self.line);
        f.debug_struct("Together").field("waiting", &line.waiting.len()).field("under_way", &line.under_way).finish()
    }
}

/// Who waits, and how many transactions are under way.
struct Line<B: Batch> {
    waiting: VecDeque<Waiting<B>>,
    bytes: usize,
    under_way: usize,
}

impl<B: Batch> Line<B> {
    fn is_full(&self, more: usize) -> bool {
        self.waiting.len() >= WAITING || (!self.waiting.is_empty() && self.bytes + more > WAITING_BYTES)
    }

    /// Nothing is begun for who is gone already.
    fn leave_out_gone(&mut self) {
        self.waiting.retain(|waiting| !waiting.answer.is_closed());
        self.weigh();
    }

    fn weigh(&mut self) {
        self.bytes = self.waiting.iter().map(|waiting| B::size(&waiting.one)).sum();
    }
}

/// What is asked for, and who waits for what becomes of it.
struct Waiting<B: Batch> {
    one: B::One,
    answer: oneshot::Sender<Result<B::Answer, String>>,
}

impl<B: Batch> Waiting<B> {
    /// Whoever is gone meanwhile does not hear it.
    fn answer(self, answer: Result<B::Answer, String>) {
        drop(self.answer.send(answer));
    }
}

impl<B: Batch> Together<B> {
    /// Nobody waits yet. Must be called within a runtime, which does the work.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a default that needs a runtime would mislead")]
    pub fn new() -> Self {
        Self { runtime: Handle::current(), line: Arc::new(Mutex::new(Line { waiting: VecDeque::new(), bytes: 0, under_way: 0 })) }
    }

    /// Does it together with what else waits.
    ///
    /// # Errors
    /// `Unavailable` when it was not done, or not within [`PATIENCE`]: it may be done later then.
    pub async fn ask(&self, services: &Services, one: B::One) -> Result<B::Answer, ServiceError> {
        let (answer, answered) = oneshot::channel();
        let side_by_side = if services.db.backend() == DbBackend::Sqlite { 1 } else { B::SIDE_BY_SIDE };
        if self.join(Waiting { one, answer }, side_by_side)? {
            let (mut turns, services) = (Turns { line: Arc::clone(&self.line), ended: false }, services.clone());
            self.runtime.spawn(async move {
                while let Some(batch) = turns.next() {
                    all_of(&services, batch).await;
                }
            });
        }
        match timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer.map_err(ServiceError::Unavailable),
            Ok(Err(_)) => Err(ServiceError::Unavailable("it was broken off".to_owned())),
            Err(_) => Err(ServiceError::Unavailable(format!("the database did not do it within {} s", PATIENCE.as_secs()))),
        }
    }

    /// Puts somebody into the line. Says whether there has to be a task that works it off.
    fn join(&self, waiting: Waiting<B>, side_by_side: usize) -> Result<bool, ServiceError> {
        let mut line = lock(&self.line);
        let size = B::size(&waiting.one);
        if line.is_full(size) {
            line.leave_out_gone();
        }
        if line.is_full(size) {
            return Err(ServiceError::Unavailable(format!("{} wait for the database", line.waiting.len())));
        }
        line.bytes += size;
        line.waiting.push_back(waiting);
        let begins = line.under_way < side_by_side;
        line.under_way += usize::from(begins);
        Ok(begins)
    }
}

fn lock<B: Batch>(line: &Mutex<Line<B>>) -> MutexGuard<'_, Line<B>> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One transaction after the other, until nobody waits.
struct Turns<B: Batch> {
    line: Arc<Mutex<Line<B>>>,
    ended: bool,
}

impl<B: Batch> Turns<B> {
    /// Who takes part in the next transaction. In the moment in which nobody waits, the turns end: who comes then begins anew.
    fn next(&mut self) -> Option<Vec<Waiting<B>>> {
        let mut line = lock(&self.line);
        line.leave_out_gone();
        let waiting = line.waiting.len();
        let most = ROWS.into_iter().find(|rows| *rows <= waiting).unwrap_or(waiting);
        let mut bytes = 0;
        let fits = line.waiting.iter().take(most).take_while(|waiting| {
            bytes += B::size(&waiting.one);
            bytes <= BYTES
        });
        let count = fits.count().max(most.min(1));
        let batch: Vec<Waiting<B>> = line.waiting.drain(..count).collect();
        line.weigh();
        if batch.is_empty() {
            line.under_way -= 1;
            self.ended = true;
            return None;
        }
        Some(batch)
    }
}

impl<B: Batch> Drop for Turns<B> {
    /// Cut off in the middle, as when the process ends.
    fn drop(&mut self) {
        if !self.ended {
            lock(&self.line).under_way -= 1;
        }
    }
}

/// Does it for a batch. Where the database refuses one, the others are told from it by halves.
async fn all_of<B: Batch>(services: &Services, batch: Vec<Waiting<B>>) {
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let asked = part.iter().map(|waiting| &waiting.one).collect();
        match timeout(LONGEST, B::all(services, asked)).await {
            Ok(Ok(done)) => {
                part.into_iter().zip(done.answers).for_each(|(waiting, answer)| waiting.answer(Ok(answer)));
                ring(services, &done.jobs).await;
            }
            Ok(Err(error)) if part.len() > 1 && matches!(error.fault(), Fault::Permanent | Fault::Duplicate) => {
                let rest = part.split_off(part.len() / 2);
                parts.extend([rest, part]);
            }
            Ok(Err(error)) => refuse(part, &error.to_string()),
            Err(_) => refuse(part, &format!("the database did not answer within {} s", LONGEST.as_secs())),
        }
    }
}

fn refuse<B: Batch>(part: Vec<Waiting<B>>, why: &str) {
    part.into_iter().for_each(|waiting| waiting.answer(Err(why.to_owned())));
}

/// A bell that is not heard only costs time: the sweeper rings again (QU-1).
async fn ring(services: &Services, jobs: &[Job]) {
    if jobs.is_empty() {
        return;
    }
    if let Err(error) = services.queue.push(jobs).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
}
