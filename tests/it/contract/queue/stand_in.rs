//! What stands in while the queue of all processes is away.

use std::time::Duration;

use rstest::rstest;
use tributary::queue::{Job, JobKind, Queue, QueueSettings, RedisQueue, StandIn};

use super::bench::{job, take_none, take_one};
use crate::contract::proxy::{Door, Proxy};
use crate::contract::redis_server::{Corner, url};
use crate::contract::until;

async fn behind(proxy: &Proxy, corner: &Corner) -> StandIn<RedisQueue> {
    let settings = QueueSettings { prefix: corner.prefix.clone(), ..QueueSettings::default() };
    let shared = RedisQueue::open(&proxy.url, settings.clone()).await.expect("a queue");
    StandIn::new(shared, settings, |kind| kind != JobKind::Message)
}

#[rstest]
#[case::shut(Door::Shut)]
#[case::hole(Door::Hole)]
#[tokio::test]
async fn a_process_that_works_hears_its_own_bell(#[case] trouble: Door) {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Open).await);
    let queue = behind(&proxy, &corner).await;
    take_none(&queue, Duration::ZERO).await;
    proxy.set(trouble);
    let meanwhile = job();
    queue.push(&[meanwhile, meanwhile]).await.expect("rung here");
    let lease = take_one(&queue).await;
    assert_eq!((lease.job, lease.attempt), (meanwhile, 1));
    queue.extend(&lease).await.expect("it is held");
    queue.give_back(&lease, "not yet").await.expect("it comes again");
    let again = take_one(&queue).await;
    assert_eq!((again.job, again.attempt), (meanwhile, 2));
    queue.ack(&again).await.expect("done");
    assert!(queue.healthy().await.is_err(), "it does not say that all is well");

    proxy.set(Door::Open);
    let after = job();
    until("the bell is heard by all again", async || queue.healthy().await.ok()).await;
    queue.push(&[after]).await.expect("rung");
    let lease = take_one(&queue).await;
    assert_eq!(lease.job, after);
    queue.ack(&lease).await.expect("done");
}

#[tokio::test]
async fn only_who_takes_keeps_and_only_what_can_be_done_without_redis() {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Shut).await);
    let queue = behind(&proxy, &corner).await;
    queue.push(&[job()]).await.expect_err("nobody would come for it");
    take_none(&queue, Duration::ZERO).await;
    take_none(&queue, Duration::ZERO).await;
    let message = Job { kind: JobKind::Message, ..job() };
    queue.push(&[message]).await.expect_err("it waits for Redis");
    take_none(&queue, Duration::ZERO).await;
}

#[tokio::test]
async fn what_it_keeps_is_bounded() {
    let (corner, proxy) = (Corner::new(), Proxy::new(&url(), Door::Shut).await);
    let queue = behind(&proxy, &corner).await;
    take_none(&queue, Duration::ZERO).await;
    let jobs: Vec<Job> = (0..2_500).map(|_| job()).collect();
    queue.push(&jobs).await.expect_err("the sweeper finds the rest again");
    let mut taken = 0;
    while let leases @ [_, ..] = queue.take(500, Duration::ZERO).await.as_slice() {
        taken += leases.len();
    }
    assert_eq!(taken, 2_000);
}
