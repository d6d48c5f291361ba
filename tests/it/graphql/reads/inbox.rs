//! The inbox and the dead letters, for those who look after the connection.

use entity::value::{EventId, InboxStatus, MerchantId};
use entity::{customer, inbox_event};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tributary::queue::{GivenBack, Job, JobKind};
use tributary::worker::drain;

use super::world::{World, at, on_both};

async fn event(world: &World, merchant: MerchantId, status: InboxStatus, seconds: i64) -> EventId {
    let id = EventId::new();
    let row = inbox_event::Model {
        id,
        connection_id: None,
        merchant_id: Some(merchant),
        livemode: true,
        source: "con".to_owned(),
        event_id: format!("evt_{id}"),
        event_type: if seconds % 2 == 0 { "invoice.paid" } else { "charge.refunded" }.to_owned(),
        account: Some("acct_1".to_owned()),
        api_version: Some("2026-09-30.endive".to_owned()),
        occurred_at: at(seconds - 1),
        body: br#"{"id":"evt"}"#.to_vec(),
        status,
        reason: None,
        attempts: 12,
        next_attempt_at: None,
        lease_until: None,
        lease_owner: None,
        error: Some("it broke".to_owned()),
        received_at: at(seconds),
        finished_at: Some(at(seconds)),
    };
    world.store(row).await;
    id
}

#[tokio::test]
async fn events_are_listed_and_their_bodies_guarded() {
    on_both(|world: World| async move {
        let failed = event(&world, world.shop.id, InboxStatus::Failed, 2).await;
        let done = event(&world, world.shop.id, InboxStatus::Done, 1).await;
        event(&world, world.other.id, InboxStatus::Failed, 3).await;
        let list = "query($filter: InboxEventFilter!) { inboxEvents(filter: $filter) { nodes { id eventType status attempts error receivedAt } } }";
        let ids = |found: Value| -> Vec<Value> {
            found["inboxEvents"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect()
        };
        for (filter, expected) in [
            (json!({}), vec![json!(failed), json!(done)]),
            (json!({ "status": ["FAILED"] }), vec![json!(failed)]),
            (json!({ "eventType": ["charge.refunded"] }), vec![json!(done)]),
            (json!({ "eventId": format!("evt_{done}") }), vec![json!(done)]),
            (json!({ "from": at(2) }), vec![json!(failed)]),
        ] {
            let found = world.ask(&world.analyst(), list, json!({ "filter": filter })).await;
            assert_eq!(ids(found), expected, "{filter}");
        }
        assert_eq!(world.refused(&world.partner(0), list, json!({ "filter": {} })).await, "FORBIDDEN");
        let body = "query($id: ID!) { inboxEvent(id: $id) { body } }";
        let found = world.ask(&world.admin(), body, json!({ "id": failed })).await;
        assert_eq!(found["inboxEvent"]["body"], r#"{"id":"evt"}"#);
        assert_eq!(world.refused(&world.analyst(), body, json!({ "id": failed })).await, "FORBIDDEN");
    })
    .await;
}

#[tokio::test]
async fn a_failed_event_is_put_back_in_line() {
    on_both(|world: World| async move {
        let failed = event(&world, world.shop.id, InboxStatus::Failed, 2).await;
        let foreign = event(&world, world.other.id, InboxStatus::Failed, 2).await;
        let replay = "mutation($id: ID!) { inboxEventReplay(input: { id: $id }) { inboxEvent { status attempts } userErrors { code } } }";
        assert_eq!(world.refused(&world.analyst(), replay, json!({ "id": failed })).await, "FORBIDDEN");
        let done = world.ask(&world.admin(), replay, json!({ "id": failed })).await;
        assert_eq!(done["inboxEventReplay"], json!({ "inboxEvent": { "status": "RECEIVED", "attempts": 0 }, "userErrors": [] }));
        assert_eq!(world.services.queue.stats().await.unwrap().ready, 1, "the bell was rung");
        for (id, code) in [(failed, "WRONG_STATE"), (foreign, "NOT_FOUND"), (EventId::new(), "NOT_FOUND")] {
            let refused = world.ask(&world.admin(), replay, json!({ "id": id })).await;
            assert_eq!(refused["inboxEventReplay"], json!({ "inboxEvent": null, "userErrors": [{ "code": code }] }));
        }
    })
    .await;
}

#[tokio::test]
async fn dead_letters_are_shown_to_their_merchant_only() {
    let world = World::sqlite().await;
    let ours = event(&world, world.shop.id, InboxStatus::Received, 2).await;
    let theirs = event(&world, world.other.id, InboxStatus::Received, 2).await;
    let queue = &world.services.queue;
    for id in [ours, theirs] {
        queue.push(&[Job { kind: JobKind::Event, id: id.uuid() }]).await.unwrap();
        while queue.stats().await.unwrap().dead < if id == ours { 1 } else { 2 } {
            for lease in queue.take(10, std::time::Duration::from_millis(20)).await {
                let given = queue.give_back(&lease, "it broke").await.unwrap();
                assert_eq!(given, GivenBack::Dead, "one attempt is all in this world");
            }
        }
    }
    let list = "{ deadJobs { kind subjectId attempts error ageSeconds } }";
    let found = world.ask(&world.admin(), list, Value::Null).await;
    assert_eq!(found["deadJobs"].as_array().unwrap().len(), 1);
    assert_eq!((&found["deadJobs"][0]["kind"], &found["deadJobs"][0]["subjectId"]), (&json!("EVENT"), &json!(ours)));
    assert_eq!(world.refused(&world.analyst(), list, Value::Null).await, "FORBIDDEN");

    let redrive = "mutation($input: DeadJobRedriveInput!) { deadJobRedrive(input: $input) { job { kind subjectId } userErrors { code } } }";
    let input = |kind: &str, id: Value| json!({ "input": { "kind": kind, "subjectId": id } });
    assert_eq!(world.refused(&world.analyst(), redrive, input("EVENT", json!(ours))).await, "FORBIDDEN");
    let none = json!({ "job": null, "userErrors": [{ "code": "NOT_FOUND" }] });
    for (kind, id) in [("EVENT", json!(theirs)), ("CUSTOMER", json!(ours)), ("EVENT", json!(EventId::new())), ("MESSAGE", json!("x"))] {
        assert_eq!(world.ask(&world.admin(), redrive, input(kind, id.clone())).await["deadJobRedrive"], none, "{kind} {id}");
    }
    let done = world.ask(&world.admin(), redrive, input("EVENT", json!(ours))).await;
    assert_eq!(done["deadJobRedrive"], json!({ "job": { "kind": "EVENT", "subjectId": ours }, "userErrors": [] }));
    let stats = queue.stats().await.unwrap();
    assert_eq!((stats.ready, stats.dead), (1, 1), "ours is in line again, and theirs is where it was");
    assert_eq!(world.ask(&world.admin(), redrive, input("EVENT", json!(ours))).await["deadJobRedrive"], none, "it is not dead any more");
}

#[tokio::test]
async fn a_dead_customer_is_settled_and_a_dead_event_that_failed_is_worked_off_when_it_is_redriven() {
    let world = World::sqlite().await;
    let customer = world.customer(&world.shop, "Jo Doe").await;
    let failed = event(&world, world.shop.id, InboxStatus::Failed, 2).await;
    let queue = &world.services.queue;
    let jobs = [Job { kind: JobKind::Customer, id: customer.uuid() }, Job { kind: JobKind::Event, id: failed.uuid() }];
    queue.push(&jobs).await.unwrap();
    for lease in queue.take(10, std::time::Duration::from_millis(20)).await {
        assert_eq!(queue.give_back(&lease, "it broke").await.unwrap(), GivenBack::Dead);
    }
    let redrive = "mutation($input: DeadJobRedriveInput!) { deadJobRedrive(input: $input) { userErrors { code } } }";
    for (kind, id) in [("CUSTOMER", json!(customer)), ("EVENT", json!(failed))] {
        let done = world.ask(&world.admin(), redrive, json!({ "input": { "kind": kind, "subjectId": id } })).await;
        assert_eq!(done["deadJobRedrive"]["userErrors"], json!([]));
    }
    let row = inbox_event::Entity::find_by_id(failed).one(world.services.db.read()).await.unwrap().unwrap();
    assert_eq!((row.status, row.attempts), (InboxStatus::Received, 0), "its lease can be taken again");
    drain(&world.services).await.unwrap();
    let stats = queue.stats().await.unwrap();
    let customer = customer::Entity::find_by_id(customer).one(world.services.db.read()).await.unwrap().unwrap();
    assert!(customer.version > 0, "it was settled");
    assert_eq!(stats.dead, 0, "{stats:?}");
}
