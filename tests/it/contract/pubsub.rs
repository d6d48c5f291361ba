//! What every live feed promises.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use rstest::rstest;
use tokio::time::timeout;
use tributary::pubsub::{BACKLOG, Feed, FeedError, FeedStream, MemoryFeed, RedisFeed};

use super::proxy::{Door, Proxy};
use super::redis_server::{Corner, url};
use super::{Backend, until};

/// One feed and as many processes on it as a case wants.
enum Bench {
    Memory(Arc<MemoryFeed>),
    Redis(Box<Corner>),
}

impl Bench {
    fn new(backend: Backend) -> Self {
        match backend {
            Backend::Memory => Self::Memory(Arc::new(MemoryFeed::new())),
            Backend::Redis => Self::Redis(Box::new(Corner::new())),
        }
    }

    async fn process(&self) -> Arc<dyn Feed> {
        match self {
            Self::Memory(feed) => Arc::<MemoryFeed>::clone(feed),
            Self::Redis(corner) => Arc::new(RedisFeed::open(&url(), &corner.prefix).await.expect("a feed")),
        }
    }
}

async fn next(stream: &mut FeedStream) -> Option<String> {
    timeout(Duration::from_secs(5), stream.next()).await.expect("neither a text nor an end")
}

#[rstest]
#[tokio::test]
async fn all_readers_of_a_topic_hear_everything_in_order(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend);
    let (here, there) = (bench.process().await, bench.process().await);
    let mut readers = [here.subscribe("a").await, here.subscribe("a").await, there.subscribe("a").await];
    for n in 0..50 {
        here.publish("a", format!("text {n}")).await.expect("sent");
    }
    for reader in &mut readers {
        for n in 0..50 {
            assert_eq!(next(reader).await, Some(format!("text {n}")));
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_reader_hears_his_own_topic_only_and_nothing_of_before(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend);
    let feed = bench.process().await;
    feed.publish("a", "before".to_owned()).await.expect("sent");
    let mut reader = feed.subscribe("a").await;
    let _other = feed.subscribe("b").await;
    feed.publish("b", "other".to_owned()).await.expect("sent");
    feed.publish("a", "mine: ünïcode \u{1f30a}".to_owned()).await.expect("sent");
    assert_eq!(next(&mut reader).await.as_deref(), Some("mine: ünïcode \u{1f30a}"));
    assert_eq!(reader.next().now_or_never(), None);
}

#[rstest]
#[tokio::test]
async fn a_slow_reader_is_cut_off_and_may_come_again(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend);
    let feed = bench.process().await;
    let mut slow = feed.subscribe("a").await;
    let mut quick = feed.subscribe("a").await;
    for n in 0..=BACKLOG {
        feed.publish("a", n.to_string()).await.expect("sent");
        assert_eq!(next(&mut quick).await, Some(n.to_string()), "the quick one is not disturbed");
    }
    assert_eq!(next(&mut slow).await, None);
    let mut again = feed.subscribe("a").await;
    feed.publish("a", "fresh".to_owned()).await.expect("sent");
    assert_eq!(next(&mut again).await.as_deref(), Some("fresh"));
}

#[rstest]
#[tokio::test]
async fn a_topic_that_everybody_left_can_be_joined_again(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let bench = Bench::new(backend);
    let feed = bench.process().await;
    for n in 0..20 {
        let mut reader = feed.subscribe("a").await;
        feed.publish("a", n.to_string()).await.expect("sent");
        assert_eq!(next(&mut reader).await, Some(n.to_string()));
    }
}

#[tokio::test]
async fn redis_forgets_a_channel_nobody_reads() {
    let corner = Corner::new();
    let feed = RedisFeed::open(&url(), &corner.prefix).await.expect("a feed");
    let mut connection = corner.connection();
    let mut channels = || -> Vec<String> {
        let mut ask = redis::cmd("PUBSUB");
        ask.arg("CHANNELS").arg(format!("{}:feed:*", corner.prefix)).query(&mut connection).expect("an answer")
    };
    let reader = feed.subscribe("a").await;
    assert_eq!(channels(), [format!("{}:feed:a", corner.prefix)]);
    drop(reader);
    until("the channel is gone", async || channels().is_empty().then_some(())).await;
}

/// Publishes until the reader hears something: after an outage nobody is told when the reader is back.
async fn heard_again(feed: &RedisFeed, reader: &mut FeedStream, text: &str) {
    until("the reader hears again", async || {
        // Fails until the publisher is back too.
        let _ = feed.publish("a", text.to_owned()).await;
        timeout(Duration::from_millis(50), reader.next()).await.ok().filter(|heard| heard.as_deref() == Some(text))
    })
    .await;
}

#[rstest]
#[case::shut(Door::Shut)]
#[case::hole(Door::Hole)]
#[tokio::test]
async fn redis_readers_stay_over_an_outage(#[case] trouble: Door) {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Open).await);
    let feed = RedisFeed::open(&proxy.url, &corner.prefix).await.expect("a feed");
    let mut reader = feed.subscribe("a").await;
    heard_again(&feed, &mut reader, "one").await;
    proxy.set(trouble);
    let lost = until("the loss is noticed", async || feed.publish("a", "lost".to_owned()).await.err()).await;
    assert!(matches!(lost, FeedError::Unreachable(_)), "{lost}");
    proxy.set(Door::Open);
    // In a hole the listener notices only at its next question, a few seconds on.
    heard_again(&feed, &mut reader, "two").await;
}

#[tokio::test]
async fn a_redis_feed_starts_before_its_server() {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Shut).await);
    let feed = RedisFeed::open(&proxy.url, &corner.prefix).await.expect("a feed");
    let mut reader = feed.subscribe("a").await;
    proxy.set(Door::Open);
    heard_again(&feed, &mut reader, "hello").await;
}
