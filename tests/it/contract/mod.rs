//! The same cases on every implementation of one face.

mod counter;
mod full_disk;
mod intake;
mod patience;
mod proxy;
mod pubsub;
mod queue;
pub mod redis_server;
mod tally;

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Which implementation a case runs on.
#[derive(Clone, Copy, Debug)]
pub enum Backend {
    Memory,
    Redis,
}

/// Looks again and again until there is something to see. Panics after ten seconds.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}
