//! The live feed: what just happened, for whoever listens right now.
//!
//! This folder carries texts from a publisher to the readers of a topic. It keeps nothing: a text that nobody reads is
//! gone, and so is one that is sent while Redis is away. A reader who must not miss anything reads the table from its
//! cursor and takes the feed only as the hint that there is more (GQ-5). No memory grows with a slow reader: he is cut off.
//!
//! One face, [`Feed`], and two implementations with the same contract tests: [`MemoryFeed`] and [`RedisFeed`].

mod memory;
mod redis;
mod topics;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

pub use self::memory::MemoryFeed;
pub use self::redis::RedisFeed;

/// How many texts a reader may fall behind before he is cut off.
pub const BACKLOG: usize = 256;

/// The texts of one topic, from the subscription on, in the order of publication. Ends when the reader fell more than
/// [`BACKLOG`] texts behind; he then reads the table and subscribes again.
pub type FeedStream = BoxStream<'static, String>;

/// Carries texts to all who listen, in this process or in others.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Sends `payload` to the readers of `topic`. Succeeds when nobody listens.
    ///
    /// # Errors
    /// The text could not be sent in time (Redis: 200 ms). It is lost.
    async fn publish(&self, topic: &str, payload: String) -> Result<(), FeedError>;

    /// Listens to `topic`. What is published after this returns arrives, unless Redis is away: then the stream starts, or
    /// goes on, when it is back.
    async fn subscribe(&self, topic: &str) -> FeedStream;
}

/// Why a text was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// No connection, it broke, or no answer in time.
    #[error("the feed cannot be reached: {0}")]
    Unreachable(String),
    /// The server answered with an error.
    #[error("the feed refused: {0}")]
    Refused(String),
    /// The address of the server cannot be used.
    #[error("the feed's address cannot be used: {0}")]
    Address(String),
}
