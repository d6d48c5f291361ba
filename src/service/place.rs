//! Waiting for Stripe: a job that waits gives its place in the worker to others, and of one connection only so many wait at a time.
//!
//! A worker has few places, as each means work for the database. Who waits for somebody else makes none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use entity::value::ConnectionId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many wait for Stripe for one connection at a time in this process: as many as Stripe answers in a second when it is well.
const OF_ONE: usize = 16;
/// How many wait for Stripe in all, which bounds the memory.
const OF_ALL: usize = 256;

tokio::task_local! {
    static PLACE: Place;
}

/// A place of a worker, held by the job that runs on it.
pub struct Place {
    all: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Place {
    /// A place of these, taken.
    #[must_use]
    pub fn new(all: Arc<Semaphore>, taken: OwnedSemaphorePermit) -> Self {
        Self { all, held: Mutex::new(Some(taken)) }
    }

    /// Runs a job on the place, and frees it in the end.
    pub async fn run<J: Future>(self, job: J) -> J::Output {
        PLACE.scope(self, job).await
    }

    fn held(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for somebody else without a place, and takes one again before it goes on. Who has none, as a request has not, just waits.
pub async fn without<W: Future>(wait: W) -> W::Output {
    let places = PLACE.try_with(|place| {
        place.held().take();
        Arc::clone(&place.all)
    });
    let answer = wait.await;
    if let Ok(places) = places {
        // The places of a worker are never closed.
        let taken = places.acquire_owned().await.ok();
        PLACE.with(|place| *place.held() = taken);
    }
    answer
}

/// Who waits for Stripe, by connection. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Mutex<BTreeMap<ConnectionId, usize>>>);

/// A turn to ask Stripe, over when it is dropped.
#[derive(Debug)]
pub struct Turn {
    turns: Turns,
    of: ConnectionId,
}

impl Turns {
    /// A turn to ask for a connection, unless too many have one.
    #[must_use]
    pub fn take(&self, of: ConnectionId) -> Option<Turn> {
        let mut waiting = self.waiting();
        if waiting.get(&of).is_some_and(|own| *own >= OF_ONE) || waiting.values().sum::<usize>() >= OF_ALL {
            return None;
        }
        *waiting.entry(of).or_default() += 1;
        Some(Turn { turns: self.clone(), of })
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut waiting = self.turns.waiting();
        match waiting.get_mut(&self.of) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(waiting.remove(&self.of)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use entity::value::ConnectionId;
    use tokio::sync::Semaphore;

    use super::{OF_ALL, OF_ONE, Place, Turns, without};

    #[tokio::test]
    async fn who_waits_has_no_place_and_takes_one_again() {
        let places = Arc::new(Semaphore::new(1));
        let taken = Arc::clone(&places).acquire_owned().await.unwrap();
        let seen = Place::new(Arc::clone(&places), taken).run(async {
            let before = places.available_permits();
            let meanwhile = without(async { places.available_permits() }).await;
            (before, meanwhile, places.available_permits())
        });
        assert_eq!(seen.await, (0, 1, 0));
        assert_eq!(places.available_permits(), 1, "it is free in the end");
        assert_eq!(without(async { 7 }).await, 7, "a request has no place");
    }

    #[test]
    fn one_connection_leaves_turns_to_others() {
        let (turns, slow) = (Turns::default(), ConnectionId::new());
        let held: Vec<_> = std::iter::from_fn(|| turns.take(slow)).collect();
        assert_eq!(held.len(), OF_ONE);
        let other = turns.take(ConnectionId::new());
        assert!(other.is_some());
        drop((held, other));
        assert!(turns.waiting().is_empty(), "nothing is kept of who does not wait");
        let all: Vec<_> = (0..2 * OF_ALL).filter_map(|_| turns.take(ConnectionId::new())).collect();
        assert_eq!(all.len(), OF_ALL);
    }
}
