//! Every recorded event of the real Stripe that is at hand, through the HTTP endpoint: each is acknowledged, and none fails.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{Duration, TimeZone, Utc};
use entity::value::{InboxStatus, Mode};
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage};

/// Where they lie: `TRIBUTARY_STRIPE_EVENTS` says it.
fn folder() -> PathBuf {
    let folder = std::env::var_os("TRIBUTARY_STRIPE_EVENTS").map(PathBuf::from);
    folder.expect("TRIBUTARY_STRIPE_EVENTS names the folder of the recorded events")
}

fn read(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Collections of samples share one id among many events and leave out parts of the envelope that Stripe always sends.
fn made_whole(mut event: Value, number: usize) -> Value {
    let fields = event.as_object_mut().unwrap();
    fields.insert("id".into(), json!(format!("evt_recorded_{number}")));
    // Some are of connected accounts; here they come to the endpoint of the account itself, whose events name none.
    fields.remove("account");
    fields.entry("created").or_insert(json!(1_700_000_000));
    fields.entry("livemode").or_insert(json!(false));
    event
}

#[ignore = "needs the recorded events, which lie outside the project"]
#[tokio::test]
async fn every_recorded_event_is_acknowledged_and_none_fails() {
    let folder = folder();
    let live = Stage::set(Setup { mode: Mode::Live, ..Setup::default() }).await;
    let test = Stage::set(Setup { mode: Mode::Test, ..Setup::default() }).await;
    let now = Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap();
    let mut names = BTreeMap::new();
    for (number, entry) in read(&folder.join("INDEX.json")).as_array().unwrap().iter().enumerate() {
        if entry["kind"] != "event" {
            continue;
        }
        let file = entry["file"].as_str().unwrap();
        let event = made_whole(read(&folder.join(file)), number);
        names.insert(event["id"].as_str().unwrap().to_owned(), file.to_owned());
        let stage = if event["livemode"] == true { &live } else { &test };
        stage.app.clock.set(now);
        let body = serde_json::to_vec_pretty(&event).unwrap();
        let status = stage.post(&stage.signed(&body), body).await;
        assert!((200..300).contains(&status), "{file} was answered with {status}");
    }
    assert!(!names.is_empty());
    for stage in [live, test] {
        check(stage, &names).await;
    }
}

/// Twelve attempts with their pauses fit into a day.
async fn check(stage: Stage, names: &BTreeMap<String, String>) {
    for _ in 0..24 {
        stage.wait_until(stage.app.clock.now() + Duration::hours(1)).await;
    }
    let books = stage.books().await;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in &books.inbox {
        let outcome = format!("{} {}", event.status, event.reason.map_or("", |reason| reason.as_str()));
        let ended = event.status == InboxStatus::Done || (event.status == InboxStatus::Ignored && event.reason.is_some());
        if !ended {
            wrong.push(format!("{} {}: {outcome} {:?}", event.event_type, names[&event.event_id], event.error));
        }
        *counts.entry(outcome).or_default() += 1;
    }
    println!("{} {counts:?}, {} purchases", stage.mode.as_str(), books.purchases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    stage.finish().await;
}
