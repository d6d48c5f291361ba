//! Waiting for word of one thing on the live feed. The rows are the truth, the feed the hint.

use std::time::Duration;

use futures_util::StreamExt;

use crate::pubsub::FeedStream;
use crate::service::Services;

/// How long a reader waits for word before it looks at the rows itself: a word that was lost costs so much.
const LOOK: Duration = Duration::from_secs(2);

/// Word of one thing.
pub struct Hints {
    services: Services,
    topic: String,
    /// What is said on the topic when this thing went on.
    own: String,
    live: FeedStream,
}

impl Hints {
    /// Listens from now on.
    pub async fn of(services: &Services, topic: String, own: String) -> Self {
        let live = services.feed.subscribe(&topic).await;
        Self { services: services.clone(), topic, own, live }
    }

    /// Waits for word, and not for ever.
    pub async fn wait(&mut self) {
        let heard = async {
            while let Some(text) = self.live.next().await {
                if text == self.own {
                    return true;
                }
            }
            false
        };
        if tokio::time::timeout(LOOK, heard).await == Ok(false) {
            tokio::time::sleep(LOOK).await;
            self.live = self.services.feed.subscribe(&self.topic).await;
        }
    }
}
