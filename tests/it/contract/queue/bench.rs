//! A queue to try, and the small words of its tests.

use std::sync::Arc;
use std::time::Duration;

use tributary::queue::{Job, JobKind, Lease, MemoryQueue, Queue, QueueSettings, RedisQueue};
use uuid::Uuid;

use crate::contract::Backend;
use crate::contract::redis_server::{Corner, url};

/// Long enough for anything that must happen; nothing waits that long when all is well.
pub const LONG: Duration = Duration::from_secs(10);

/// One queue and as many processes on it as a case wants.
pub struct Bench {
    settings: QueueSettings,
    kind: Kind,
}

enum Kind {
    Memory(Arc<MemoryQueue>),
    Redis(Box<Corner>),
}

impl Bench {
    pub fn new(backend: Backend, settings: QueueSettings) -> Self {
        let kind = match backend {
            Backend::Memory => Kind::Memory(Arc::new(MemoryQueue::new(settings.clone()))),
            Backend::Redis => Kind::Redis(Box::new(Corner::new())),
        };
        Self { settings, kind }
    }

    /// Another process that uses the queue. In memory there is only one.
    pub async fn process(&self) -> Arc<dyn Queue> {
        match &self.kind {
            Kind::Memory(queue) => Arc::<MemoryQueue>::clone(queue),
            Kind::Redis(corner) => Arc::new(
                RedisQueue::open(&url(), QueueSettings { prefix: corner.prefix.clone(), ..self.settings.clone() }).await.expect("a queue"),
            ),
        }
    }
}

/// A new job.
pub fn job() -> Job {
    Job { kind: JobKind::Event, id: Uuid::from_u128(rand::random()) }
}

/// The one lease that must come.
pub async fn take_one(queue: &dyn Queue) -> Lease {
    let mut leases = queue.take(1, LONG).await;
    assert_eq!(leases.len(), 1, "a job should have come");
    leases.remove(0)
}

/// Nothing comes within `wait`.
pub async fn take_none(queue: &dyn Queue, wait: Duration) {
    assert_eq!(queue.take(10, wait).await, []);
}
