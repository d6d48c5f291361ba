//! The feed of a single process.

use std::sync::Arc;

use async_trait::async_trait;

use super::topics::Topics;
use super::{Feed, FeedError, FeedStream};

/// The feed in process.
#[derive(Debug, Default)]
pub struct MemoryFeed {
    topics: Arc<Topics>,
}

impl MemoryFeed {
    /// A feed without readers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Feed for MemoryFeed {
    async fn publish(&self, topic: &str, payload: String) -> Result<(), FeedError> {
        self.topics.send(topic, payload);
        Ok(())
    }

    async fn subscribe(&self, topic: &str) -> FeedStream {
        self.topics.join(topic, || ())
    }
}
