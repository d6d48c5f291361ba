//! The feed of many processes, on Redis pub/sub: one connection listens for the whole process, another publishes.

mod listener;
mod publisher;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo, RedisError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use self::listener::{Listener, Wish};
use self::publisher::Publisher;
use super::topics::Topics;
use super::{Feed, FeedError, FeedStream};

/// How long a subscription waits for the server's word before it returns without it.
const CONFIRM: Duration = Duration::from_secs(1);
/// How long a new connection may take.
const CONNECT: Duration = Duration::from_secs(1);

/// The feed on Redis. One for each process.
pub struct RedisFeed {
    topics: Arc<Topics>,
    /// What the channels of the server start with.
    channels: String,
    publisher: Publisher,
    /// Tells the listener to compare what it listens to with `topics`.
    wishes: mpsc::UnboundedSender<Wish>,
}

impl RedisFeed {
    /// A feed on the server at `url`, whose channels are `<prefix>:feed:<topic>`. The server need not be up yet.
    ///
    /// # Errors
    /// [`FeedError::Address`] when the address cannot be understood.
    // Async, because the listener must be started within a runtime.
    pub async fn open(url: &str, prefix: &str) -> Result<Self, FeedError> {
        let refused = |error: RedisError| FeedError::Address(error.category().to_owned());
        let info = url.into_connection_info().map_err(refused)?;
        let client = Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true))).map_err(refused)?;
        let publisher = Publisher::new(client.clone()).map_err(refused)?;
        let (topics, channels) = (Arc::new(Topics::default()), format!("{prefix}:feed:"));
        let (wishes, heard) = mpsc::unbounded_channel();
        tokio::spawn(Listener::new(client, channels.clone(), Arc::clone(&topics), heard).run());
        Ok(Self { topics, channels, publisher, wishes })
    }
}

#[async_trait]
impl Feed for RedisFeed {
    async fn publish(&self, topic: &str, payload: String) -> Result<(), FeedError> {
        self.publisher.publish(&format!("{}{topic}", self.channels), &payload).await
    }

    async fn subscribe(&self, topic: &str) -> FeedStream {
        let wishes = self.wishes.clone();
        // The listener ends only after the last of its wishers, so it hears.
        let stream = self.topics.join(topic, move || drop(wishes.send(None)));
        let (done, confirmed) = oneshot::channel();
        if self.wishes.send(Some(done)).is_ok() && timeout(CONFIRM, confirmed).await.is_err() {
            tracing::debug!("a subscription to the feed is not confirmed yet");
        }
        stream
    }
}
