//! What goes wrong: an event that cannot be used, a worker that stops in the middle, a payment that is never told of.

use chrono::Duration;
use entity::inbox_event;
use entity::value::{DecisionReason, InboxStatus};
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};
use serde_json::json;

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

/// IN-11: twelve attempts, then failed with the error; shown, replayed by hand, and in nobody's way.
#[tokio::test]
async fn an_event_that_always_fails_ends_after_twelve_attempts_and_blocks_nobody() {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    let body = json!({
        "id": "evt_forged", "object": "event", "type": "charge.succeeded", "created": day(2).timestamp(), "livemode": true,
        "data": { "object": { "id": ann, "object": "charge", "amount": 5_000, "currency": "usd", "status": "succeeded", "captured": true } }
    });
    let body = serde_json::to_vec(&body).unwrap();
    assert_eq!(stage.post(&stage.signed(&body), body).await, 200);
    stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.ada), 2_000, "others go on");
    for attempt in 1..=12 {
        let forged = forged(&stage).await;
        assert_eq!(forged.attempts, attempt);
        stage.wait_until(stage.app.clock.now() + Duration::hours(1)).await;
    }
    let failed = forged(&stage).await;
    assert_eq!((failed.status, failed.attempts), (InboxStatus::Failed, 12));
    assert!(failed.error.is_some_and(|error| error.contains("belongs to another kind of object")));

    let replay =
        "mutation($input: InboxEventReplayInput!) { inboxEventReplay(input: $input) { inboxEvent { status } userErrors { code } } }";
    let done = stage.ask(replay, json!({ "input": { "id": failed.id } })).await;
    assert_eq!(done["inboxEventReplay"], json!({ "inboxEvent": { "status": "RECEIVED" }, "userErrors": [] }));
    stage.drain().await;
    let again = forged(&stage).await;
    assert_eq!((again.status, again.attempts), (InboxStatus::Received, 1));
}

/// PostgreSQL keeps no NUL. Where an event cannot do without, it is refused for good; elsewhere it has its effect all the same.
#[tokio::test]
async fn a_nul_anywhere_in_an_event_is_no_reason_to_fail() {
    let stage = Stage::set(Setup { on_servers: true, ..Setup::default() }).await;
    let customer = json!({ "id": "cus_nul", "object": "customer", "created": day(0).timestamp(), "name": "a\0b", "email": "nul@example.com",
        "metadata": { "tributary_customer_id": "a\0b", "k\0": "v\0" }, "description": "a\0b" });
    let event = |id: &str, kind: &str, version: &str| {
        let event = json!({ "id": id, "object": "event", "type": kind, "created": day(0).timestamp(), "livemode": true,
            "api_version": version, "data": { "object": customer, "previous_attributes": { "name": "\0" } } });
        serde_json::to_vec(&event).unwrap()
    };
    for (body, status) in [
        (event("evt_\0", "customer.created", "2024-06-20"), 400),
        (event("evt_type", "customer.created\0", "2024-06-20"), 400),
        (event("evt_version", "customer.created", "2024\0"), 200),
        (event("evt_name", "customer.updated", "2024-06-20"), 200),
    ] {
        assert_eq!(stage.post(&stage.signed(&body), body).await, status);
    }
    stage.drain().await;
    let ends: Vec<_> = stage.books().await.inbox.into_iter().map(|event| (event.event_id, event.status, event.error)).collect();
    assert_eq!(ends, ["evt_version", "evt_name"].map(|id| (id.to_owned(), InboxStatus::Done, None)));
    stage.finish().await;
}

async fn forged(stage: &Stage) -> inbox_event::Model {
    stage.books().await.inbox.into_iter().find(|event| event.event_id == "evt_forged").unwrap()
}

/// IN-5: a lease that nobody ends runs out, and another worker takes the event.
#[tokio::test]
async fn a_worker_that_stops_in_the_middle_costs_a_minute() {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000)));
    let news = stage.shop().news();
    let paid = news.iter().find(|event| event.kind == "invoice.paid").unwrap();
    assert_eq!(stage.send(paid, Version::Acacia).await, 200);
    let now = stage.app.clock.now();
    let mut row = stage.books().await.inbox.into_iter().find(|event| event.event_type == "invoice.paid").unwrap().into_active_model();
    row.lease_owner = Set(Some("a worker that is gone".to_owned()));
    row.lease_until = Set(Some(now + Duration::seconds(60)));
    row.attempts = Set(1);
    row.update(stage.app.services().db.write()).await.unwrap();
    stage.wait_until(now + Duration::seconds(59)).await;
    assert!(stage.books().await.purchases.is_empty());
    stage.wait_until(now + Duration::seconds(60)).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000)]);
    stage.finish().await;
}

/// IN-8: of a whole purchase only the refund is told. Stripe is asked along the references, up to the buyer who names the merchant's id.
#[tokio::test]
async fn the_parents_of_a_lone_refund_are_fetched_after_ten_minutes() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.sign_up("user-1", "ann@example.com", Some(&click), day(1)).await;
    let ann = stage.shop().customer(day(1), "ann@elsewhere.example", Some("user-1"));
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000).tax(2_000)));
    let charge = stage.shop().charge_of(&invoice);
    stage.shop().news();
    stage.shop().refund(day(3), &charge, 3_000);
    let refund = stage.shop().news().into_iter().find(|event| event.kind == "refund.created").unwrap();
    assert_eq!(stage.send(&refund, Version::Endive).await, 200);
    stage.drain().await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::PendingParent, 0, 0)]);
    let told = stage.app.clock.now();
    stage.wait_until(told + Duration::minutes(9)).await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::PendingParent, 0, 0)]);
    assert!(stage.asked().is_empty());
    stage.wait_until(told + Duration::minutes(10)).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 7_500, 1_500)]);
    assert!(stage.asked().last().is_some_and(|path| path.contains(&format!("/customers/{ann}"))), "{:?}", stage.asked());
    stage.finish().await;
}

/// IN-8: a refund whose payment nobody tells and Stripe does not give is an orphan after three days, and no more when the payment comes.
#[tokio::test]
async fn a_refund_without_its_payment_is_an_orphan_after_three_days() {
    let stage = Stage::set(Setup { read_access: false, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000).tax(2_000)));
    let charge = stage.shop().charge_of(&invoice);
    let paid = stage.shop().news();
    stage.shop().refund(day(3), &charge, 3_000);
    let refund = stage.shop().news().into_iter().find(|event| event.kind == "refund.created").unwrap();
    assert_eq!(stage.send(&refund, Version::Endive).await, 200);
    stage.drain().await;
    let told = stage.app.clock.now();
    for waiting in [Duration::minutes(10), Duration::hours(72) - Duration::seconds(1)] {
        stage.wait_until(told + waiting).await;
        assert_eq!(stage.books().await.decided(), [(DecisionReason::PendingParent, 0, 0)]);
    }
    stage.wait_until(told + Duration::hours(72)).await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::Orphan, 0, 0)]);
    for event in paid.iter().filter(|event| event.exists_in(Version::Endive)) {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
    }
    stage.drain().await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 7_500, 1_500)]);
    stage.finish().await;
}
