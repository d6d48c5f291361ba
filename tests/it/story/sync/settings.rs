//! S8: settings of kinds of data, and following a sync.

use std::time::Duration as Lasting;

use chrono::Duration;
use rstest::rstest;
use serde_json::{Value, json};

use super::history;
use crate::support::socket::{Heard, Socket};
use crate::support::stage::{Setup, Stage, day};

#[rstest]
#[tokio::test]
async fn s8_a_kind_that_is_switched_off_is_named_and_the_others_are_pulled(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    history(&stage, 10, 40);
    stage.app.clock.set(day(30));
    assert_eq!(stage.change_dataset("DISPUTES", json!({ "enabled": false })).await["userErrors"], json!([]));
    let asked = stage.pull(None).await;
    let errors = asked["userErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!((&errors[0]["code"], &errors[0]["field"]), (&json!("TYPE_DISABLED"), &json!(["dataTypes"])));
    assert!(errors[0]["message"].as_str().unwrap().starts_with("TYPE_DISABLED(DISPUTES)"), "{errors:?}");
    assert_eq!(asked["pulls"].as_array().unwrap().len(), 8);
    stage.drain().await;
    for (kind, status) in stage.statuses().await {
        let expected = if kind == "DISPUTES" || kind == "EVENTS" { Value::Null } else { json!("COMPLETE") };
        assert_eq!(status, expected, "{kind}");
    }
    // Movements cannot be understood without payments.
    stage.change_dataset("PAYMENTS", json!({ "enabled": false })).await;
    let asked = stage.pull(Some(&["TRANSACTIONS", "CUSTOMERS"])).await;
    assert_eq!(asked["pulls"][0]["dataType"], "CUSTOMERS");
    assert!(asked["userErrors"][0]["message"].as_str().unwrap().starts_with("TYPE_DISABLED(PAYMENTS)"), "{asked}");
    stage.drain().await;
    stage.finish().await;
}

#[tokio::test]
async fn s8_a_sync_that_is_switched_off_pulls_nothing_and_takes_nothing() {
    let stage = Stage::new().await;
    history(&stage, 10, 20);
    stage.app.clock.set(day(30));
    stage.pull(Some(&["CUSTOMERS"])).await;
    assert_eq!(stage.change_sync(json!({ "enabled": false })).await["enabled"], false);
    stage.drain().await;
    let stopped = &stage.datasets().await["CUSTOMERS"];
    assert_eq!(
        (&stopped["status"], &stopped["error"]),
        (&json!("VALIDATION_ERROR"), &json!("the sync of this connection was switched off"))
    );
    let refused = stage.pull(None).await;
    assert_eq!((&refused["pulls"], &refused["userErrors"][0]["code"]), (&json!([]), &json!("WRONG_STATE")));
    stage.shop().customer(day(30), "jo@example.com", None);
    stage.deliver(crate::support::stripe::Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.inbox[0].reason, Some(entity::value::IgnoreReason::ConnectionDisabled));
    stage.change_sync(json!({ "enabled": true })).await;
    stage.pull_all().await;
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn s8_only_so_far_back_as_is_set(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    stage.shop().customer(day(-300), "old@example.com", None);
    stage.shop().customer(day(0), "new@example.com", None);
    drop(stage.shop().news());
    stage.app.clock.set(day(30));
    let done = stage.change_dataset("CUSTOMERS", json!({ "monthsToSync": 3, "locked": true })).await;
    assert_eq!(done["userErrors"], json!([]));
    stage.pull(Some(&["CUSTOMERS"])).await;
    stage.drain().await;
    assert_eq!(stage.pulls().await[0]["objects"], 1);
    let refused = stage.change_dataset("CUSTOMERS", json!({ "monthsToSync": null })).await;
    assert_eq!((&refused["sync"], &refused["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_ALLOWED")));
    let out = stage.change_dataset("PAYMENTS", json!({ "monthsToSync": 500, "intervalHours": 0, "syncOrder": -1 })).await;
    let codes: Vec<_> = out["userErrors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
    assert_eq!(codes, ["OUT_OF_RANGE"; 3]);
    stage.change_dataset("CUSTOMERS", json!({ "monthsToSync": null, "locked": false })).await;
    stage.pull(Some(&["CUSTOMERS"])).await;
    stage.drain().await;
    assert_eq!(stage.pulls().await[1]["objects"], 2);
    stage.finish().await;
}

#[tokio::test]
async fn s8_a_sync_is_followed_as_it_goes_on() {
    let stage = Stage::new().await;
    history(&stage, 150, 0);
    stage.app.clock.set(day(30));
    stage.pull(Some(&["CUSTOMERS"])).await;
    let mut socket = Socket::open(&stage.app).await;
    socket.say(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {}", stage.secret_key()) } })).await;
    assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
    let query = format!(
        "subscription {{ stripeSync(connectionId: \"{}\") {{ datasets {{ dataType status pull {{ objects }} }} }} }}",
        stage.connection
    );
    socket.say(json!({ "id": "1", "type": "subscribe", "payload": { "query": query } })).await;
    let mut told = vec![customers(&mut socket).await];
    assert_eq!(told[0]["status"], "QUEUED");
    let follow = async {
        while told.last().unwrap()["status"] != "COMPLETE" {
            told.push(customers(&mut socket).await);
        }
    };
    tokio::time::timeout(Lasting::from_secs(30), async { tokio::join!(stage.drain(), follow) }).await.expect("it ends");
    assert_eq!(told.last().unwrap()["pull"], Value::Null);
    stage.wait_until(day(30) + Duration::minutes(20)).await;
    stage.finish().await;
}

/// The customers in the next word about a sync.
async fn customers(socket: &mut Socket) -> Value {
    loop {
        match socket.hear().await {
            Heard::Message(message) if message["type"] == "next" => {
                assert!(message["payload"].get("errors").is_none(), "{message}");
                let all = message["payload"]["data"]["stripeSync"]["datasets"].as_array().unwrap().clone();
                return all.into_iter().find(|row| row["dataType"] == "CUSTOMERS").unwrap();
            }
            Heard::Message(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
