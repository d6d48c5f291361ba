//! What the queue on Redis survives: a flush, a lost group, dead processes, a server or a network that is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rstest::rstest;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tributary::queue::{Queue, QueueError, QueueSettings, RedisQueue};

use super::bench::{job, take_none, take_one};
use crate::contract::proxy::{Door, Proxy};
use crate::contract::redis_server::{Corner, url};
use crate::contract::until;

async fn open(url: &str, corner: &Corner, visibility: Duration) -> RedisQueue {
    let settings = QueueSettings { visibility, prefix: corner.prefix.clone(), ..QueueSettings::default() };
    RedisQueue::open(url, settings).await.expect("a queue")
}

const LEASE: Duration = Duration::from_secs(30);

/// Counts log lines of the queue.
struct Lines(Arc<AtomicU32>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("tributary::queue") && *event.metadata().level() <= tracing::Level::INFO {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The lines the queue logs from now on in this thread, which is that of the test's runtime.
fn count_lines() -> (Arc<AtomicU32>, tracing::subscriber::DefaultGuard) {
    let lines = Arc::new(AtomicU32::new(0));
    let subscriber = tracing_subscriber::registry().with(Lines(Arc::clone(&lines)));
    (lines, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn a_flush_under_a_blocked_reader_does_not_stop_it() {
    let corner = Corner::new();
    let queue = Arc::new(open(&url(), &corner, LEASE).await);
    let (lines, _guard) = count_lines();
    for _ in 0..5 {
        let taker = Arc::clone(&queue);
        let taker = tokio::spawn(async move { take_one(&*taker).await });
        sleep(Duration::from_millis(30)).await;
        corner.flush();
        let job = job();
        until("the ring is heard", async || queue.push(&[job]).await.ok()).await;
        let lease = taker.await.expect("a lease");
        assert_eq!(lease.job, job);
        corner.flush();
        assert_eq!(queue.ack(&lease).await, Err(QueueError::LeaseLost));
        // The sweeper rings for what is unfinished, and the same job comes.
        queue.push(&[job]).await.expect("rung");
        let lease = take_one(&*queue).await;
        assert_eq!((lease.job, lease.attempt), (job, 1));
        queue.ack(&lease).await.expect("acknowledged");
    }
    assert!(lines.load(Ordering::SeqCst) <= 4, "{} lines", lines.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_flush_under_producers_and_consumers_leaves_them_working() {
    let corner = Corner::new();
    let queue = Arc::new(open(&url(), &corner, LEASE).await);
    let (producer, consumer) = (Arc::clone(&queue), Arc::clone(&queue));
    let producer = tokio::spawn(async move {
        for _ in 0..300 {
            // A ring that fails is a ring the sweeper makes good.
            let _ = producer.push(&[job(), job()]).await;
            sleep(Duration::from_millis(1)).await;
        }
    });
    let stop = CancellationToken::new();
    let over = stop.clone();
    let consumer = tokio::spawn(async move {
        while !over.is_cancelled() {
            for lease in consumer.take(5, Duration::from_millis(100)).await {
                let ended = consumer.ack(&lease).await;
                assert!(matches!(ended, Ok(()) | Err(QueueError::LeaseLost)), "{ended:?}");
            }
        }
    });
    while !producer.is_finished() {
        corner.flush();
        sleep(Duration::from_millis(40)).await;
    }
    producer.await.expect("all rung");
    until("the queue is empty", async || queue.stats().await.ok().filter(|stats| stats.ready + stats.leased == 0)).await;
    // It ends between two reads: Redis would give the next job to one that was broken off.
    stop.cancel();
    consumer.await.expect("every lease was kept or lost");
    let last = job();
    queue.push(&[last]).await.expect("rung");
    assert_eq!(take_one(&open(&url(), &corner, LEASE).await).await.job, last);
}

#[tokio::test]
async fn with_a_new_group_everything_comes_again() {
    let corner = Corner::new();
    let queue = open(&url(), &corner, LEASE).await;
    let jobs = [job(), job()];
    queue.push(&jobs).await.expect("rung");
    let held = take_one(&queue).await;
    let gone: i64 =
        redis::cmd("XGROUP").arg("DESTROY").arg(corner.jobs()).arg("workers").query(&mut corner.connection()).expect("destroyed");
    assert_eq!(gone, 1);
    assert_eq!(queue.ack(&held).await, Err(QueueError::LeaseLost));
    for job in jobs {
        assert_eq!(take_one(&queue).await.job, job);
    }
}

#[tokio::test]
async fn a_ring_is_heard_although_a_dead_process_holds_the_job() {
    let corner = Corner::new();
    let (dead, live) = (open(&url(), &corner, LEASE).await, open(&url(), &corner, LEASE).await);
    let job = job();
    dead.push(&[job]).await.expect("rung");
    // What a process leaves behind that dies between reading an entry and counting the attempt.
    assert_eq!(take_one(&dead).await.job, job);
    let stream: redis::streams::StreamRangeReply =
        redis::cmd("XRANGE").arg(corner.jobs()).arg("-").arg("+").query(&mut corner.connection()).expect("entries");
    let rung = corner.jobs().replace(":jobs", ":rung");
    let _: i64 = redis::cmd("HSET").arg(rung).arg(job.to_string()).arg(&stream.ids[0].id).query(&mut corner.connection()).expect("set");
    live.push(&[job]).await.expect("rung");
    assert_eq!(take_one(&live).await.job, job, "the sweeper need not wait for the lease to end");
}

#[tokio::test]
async fn something_foreign_in_the_stream_is_dropped() {
    let corner = Corner::new();
    let queue = open(&url(), &corner, LEASE).await;
    take_none(&queue, Duration::ZERO).await;
    for (field, value) in [("job", "coffee:1"), ("other", "thing")] {
        let _: String =
            redis::cmd("XADD").arg(corner.jobs()).arg("*").arg(field).arg(value).query(&mut corner.connection()).expect("added");
    }
    let job = job();
    queue.push(&[job]).await.expect("rung");
    assert_eq!(take_one(&queue).await.job, job);
    assert_eq!(queue.stats().await.map(|stats| (stats.ready, stats.leased)), Ok((0, 1)));
}

#[tokio::test]
async fn consumers_of_dead_processes_are_removed_when_they_hold_nothing() {
    let corner = Corner::new();
    let lease = Duration::from_millis(100);
    let mut consumers = {
        let mut connection = corner.connection();
        let jobs = corner.jobs();
        move || -> Vec<(String, u64)> {
            let info: redis::streams::StreamInfoConsumersReply =
                redis::cmd("XINFO").arg("CONSUMERS").arg(&jobs).arg("workers").query(&mut connection).expect("consumers");
            info.consumers.into_iter().map(|consumer| (consumer.name, consumer.pending as u64)).collect()
        }
    };
    let kept = job();
    for _ in 0..3 {
        let dying = open(&url(), &corner, lease).await;
        take_none(&dying, Duration::ZERO).await;
        dying.push(&[kept]).await.expect("rung");
        take_one(&dying).await;
    }
    assert_eq!(consumers().len(), 3);
    let live = open(&url(), &corner, lease).await;
    let mut held = take_one(&live).await;
    until("only the live one is left", async || {
        if live.extend(&held).await.is_err() {
            held = take_one(&live).await;
        }
        // Keeps what it can of what comes, and looks after the others meanwhile.
        for more in live.take(10, Duration::from_millis(20)).await {
            live.ack(&more).await.expect("acknowledged");
        }
        (consumers().len() == 1).then_some(())
    })
    .await;
    assert_eq!(held.job, kept);
    assert_eq!(consumers()[0].1, 1, "what it holds stays");
}

#[rstest]
#[case::shut(Door::Shut)]
#[case::hole(Door::Hole)]
#[tokio::test]
async fn while_redis_is_away_rings_fail_quickly_and_takers_wait(#[case] trouble: Door) {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Open).await);
    let queue = Arc::new(open(&proxy.url, &corner, LEASE).await);
    let (before, after) = (job(), job());
    queue.push(&[before]).await.expect("rung");
    let held = take_one(&*queue).await;
    take_none(&*queue, Duration::ZERO).await;

    let (lines, _guard) = count_lines();
    proxy.set(trouble);
    let start = Instant::now();
    let taker = Arc::clone(&queue);
    let taker = tokio::spawn(async move { taker.take(1, Duration::from_millis(1500)).await });
    let mut rings = 0;
    while start.elapsed() < Duration::from_secs(1) {
        let ring = Instant::now();
        let error = queue.push(&[after]).await.expect_err("nobody can hear");
        assert!(error.is_transient(), "{error}");
        assert!(ring.elapsed() < Duration::from_millis(400), "{:?}", ring.elapsed());
        rings += 1;
        sleep(Duration::from_millis(10)).await;
    }
    assert!(rings >= 3);
    assert!(queue.healthy().await.expect_err("not well").is_transient());
    assert_eq!(taker.await.expect("an answer"), []);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert!(lines.load(Ordering::SeqCst) <= 5, "{} lines", lines.load(Ordering::SeqCst));

    proxy.set(Door::Open);
    until("the ring is heard again", async || queue.push(&[after]).await.ok()).await;
    assert_eq!(take_one(&*queue).await.job, after);
    assert_eq!(queue.ack(&held).await, Ok(()), "a lease lives through it");
}

#[tokio::test]
async fn a_restart_between_two_rings_goes_unnoticed() {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Open).await);
    let queue = open(&proxy.url, &corner, LEASE).await;
    queue.push(&[job()]).await.expect("rung");
    proxy.set(Door::Shut);
    sleep(Duration::from_millis(50)).await;
    proxy.set(Door::Open);
    queue.push(&[job()]).await.expect("rung on a new connection");
    assert_eq!(queue.take(2, Duration::from_secs(1)).await.len(), 2);
}

#[tokio::test]
async fn the_queue_opens_before_its_server() {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Shut).await);
    let queue = open(&proxy.url, &corner, LEASE).await;
    assert!(queue.push(&[job()]).await.is_err_and(|error| error.is_transient()));
    take_none(&queue, Duration::from_millis(50)).await;
    proxy.set(Door::Open);
    let job = job();
    until("the ring is heard", async || queue.push(&[job]).await.ok()).await;
    assert_eq!(take_one(&queue).await.job, job);
}

#[tokio::test]
async fn a_reader_that_gives_up_waiting_takes_nothing_with_it() {
    let corner = Corner::new();
    let queue = open(&url(), &corner, LEASE).await;
    take_none(&queue, Duration::ZERO).await;
    for _ in 0..10 {
        let waiting = queue.take(1, Duration::from_secs(60));
        assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
        // Until the server has seen that the connection is closed.
        sleep(Duration::from_millis(20)).await;
        let job = job();
        queue.push(&[job]).await.expect("rung");
        let start = Instant::now();
        let lease = take_one(&queue).await;
        assert_eq!(lease.job, job);
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
        queue.ack(&lease).await.expect("acknowledged");
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_told_at_once() {
    for address in ["", "http://127.0.0.1", "redis:/"] {
        let refused = RedisQueue::open(address, QueueSettings::default()).await.err();
        assert!(matches!(refused, Some(QueueError::Address(_))), "{address}: {refused:?}");
    }
}
