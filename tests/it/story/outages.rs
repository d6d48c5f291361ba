//! What goes on while something else is away: Redis, or Stripe's answers. A real worker works here, as a drained queue has no places.

use chrono::Duration;
use entity::inbox_event;
use entity::value::InboxStatus;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::contract::until;
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Fault, Line, Trouble, Version};

/// A worker of the stage's instance, and how to stop it.
fn work(stage: &Stage) -> (JoinHandle<()>, CancellationToken) {
    let stop = CancellationToken::new();
    (stage.app.app.work(stop.clone()), stop)
}

/// Delivers an event that has no effect, to this address.
async fn drink_coffee(stage: &Stage, id: &str, endpoint: Option<&str>) {
    let body = json!({
        "id": id, "object": "event", "type": "coffee.made", "created": day(1).timestamp(), "livemode": true, "data": { "object": { "id": "co_1" } }
    });
    let body = serde_json::to_vec(&body).unwrap();
    let header = stage.signed(&body);
    let status = match endpoint {
        Some(endpoint) => stage.post_to(endpoint, &header, body).await,
        None => stage.post(&header, body).await,
    };
    assert_eq!(status, 200);
}

async fn event(stage: &Stage, id: &str) -> inbox_event::Model {
    stage.books().await.inbox.into_iter().find(|event| event.event_id == id).unwrap()
}

/// Waits until an event has ended.
async fn ends(stage: &Stage, id: &str) {
    until("the event is worked off", async || (event(stage, id).await.status == InboxStatus::Ignored).then_some(())).await;
}

/// QU-1: nobody listens where Redis should be. What the own bell rings for is worked off at once, and what nobody rang for is found by the
/// sweeper.
#[tokio::test]
async fn without_redis_events_are_worked_off_all_the_same() {
    let stage = Stage::set(Setup { flags: vec!["--redis-url=redis://127.0.0.1:9".to_owned()], ..Setup::default() }).await;
    drink_coffee(&stage, "evt_before", None).await;
    let (worker, stop) = work(&stage);
    stage.app.clock.advance(Duration::seconds(10));
    ends(&stage, "evt_before").await;
    drink_coffee(&stage, "evt_meanwhile", None).await;
    ends(&stage, "evt_meanwhile").await;
    stop.cancel();
    worker.await.unwrap();
}

/// Two places, three events whose purchases Stripe is silent about: an event of another connection is not kept waiting.
#[tokio::test]
async fn who_waits_for_stripe_keeps_nobody_else_waiting() {
    let stage = Stage::set(Setup { flags: vec!["--workers=2".to_owned()], ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let other = stage.another_endpoint(&["whsec_of_the_stories_0123456789".to_owned()]).await;
    stage.deliver(Version::Endive).await;
    stage.stripe.fault(Fault::once(Trouble::Slow(std::time::Duration::from_secs(60))).on("/v1/").times(1_000));
    for number in 0..3 {
        stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000 + number)));
    }
    for paid in stage.shop().news().iter().filter(|event| event.kind == "invoice.paid") {
        assert_eq!(stage.send(paid, Version::Endive).await, 200);
    }
    let before = stage.asked().len();
    let (worker, stop) = work(&stage);
    let waits = async || (stage.asked().len() >= before + 3).then_some(());
    until("all three wait for Stripe, though there are two places", waits).await;
    drink_coffee(&stage, "evt_other", Some(&other)).await;
    ends(&stage, "evt_other").await;
    stop.cancel();
    worker.abort();
}

/// The seventeenth of a connection is not asked for, and comes back without having used up an attempt.
#[tokio::test]
async fn who_comes_while_too_many_wait_for_stripe_comes_again() {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000)));
    let paid = stage.shop().news().into_iter().find(|event| event.kind == "invoice.paid").unwrap();
    assert_eq!(stage.send(&paid, Version::Endive).await, 200);
    let connection = stage.books().await.inbox.iter().find_map(|event| event.connection_id).unwrap();
    let turns: Vec<_> = std::iter::from_fn(|| stage.app.services().turns.take(connection)).collect();
    let asked = stage.asked().len();
    for _ in 0..15 {
        stage.wait_until(stage.app.clock.now() + Duration::seconds(3)).await;
    }
    let waiting = event(&stage, &paid.id).await;
    assert_eq!((waiting.status, waiting.attempts, stage.asked().len()), (InboxStatus::Received, 0, asked));
    drop(turns);
    stage.wait_until(stage.app.clock.now() + Duration::seconds(3)).await;
    assert_eq!(event(&stage, &paid.id).await.status, InboxStatus::Done);
    stage.finish().await;
}
