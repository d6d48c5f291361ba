//! S7: once, all the time, or when asked.

use chrono::Duration;
use entity::value::{IgnoreReason, InboxStatus};
use rstest::rstest;
use serde_json::json;

use super::history;
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Line, Version};

#[rstest]
#[tokio::test]
async fn s7_one_off_is_pulled_once_and_ignores_later_deliveries_with_a_reason(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    history(&stage, 12, 40);
    stage.app.clock.set(day(30));
    let sync = stage.change_sync(json!({ "mode": "ONE_OFF" })).await;
    assert_eq!(sync["mode"], "ONE_OFF");
    stage.drain().await;
    for (kind, of) in stage.datasets().await {
        let expected = if kind == "EVENTS" { json!(null) } else { json!("COMPLETE") };
        assert_eq!((&of["status"], &of["nextAt"]), (&expected, &json!(null)), "{kind}");
    }
    let pulls = stage.pulls().await;
    assert_eq!(pulls.len(), 9);
    assert!(pulls.iter().all(|pull| pull["reason"] == "FIRST_LINK" && pull["finishedAt"].is_string()), "{pulls:#?}");
    let before = stage.books().await;
    assert!(before.owed(stage.ada) > 0 && before.owed(stage.bob) > 0, "what was pulled went the one road");
    let customer = stage.shop().customer(day(31), "late@example.com", None);
    stage.shop().pay(day(31), Bill::to(&customer).line(Line::of(10_000)).metadata("tributary_partner", "ada"));
    stage.deliver(Version::Endive).await;
    stage.wait_until(day(60)).await;
    let after = stage.books().await;
    assert_eq!(after.purchases.len(), before.purchases.len());
    assert!(!after.inbox.is_empty());
    for event in &after.inbox {
        assert_eq!((event.status, event.reason), (InboxStatus::Ignored, Some(IgnoreReason::OneOff)), "{}", event.event_type);
    }
    assert_eq!(stage.pulls().await.len(), 9, "nothing is pulled again by itself");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn s7_in_12_continuous_is_pulled_again_and_finds_what_deliveries_missed(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    history(&stage, 12, 40);
    stage.app.clock.set(day(30));
    stage.change_sync(json!({ "mode": "CONTINUOUS" })).await;
    stage.drain().await;
    let mut statuses = stage.statuses().await;
    assert_eq!(statuses.remove("EVENTS"), Some(json!(null)), "what happened before is told by the objects themselves");
    assert!(statuses.values().all(|status| status == "COMPLETE"), "{statuses:?}");
    let at = day(30) + Duration::hours(1);
    let customer = stage.shop().customer(at, "new@example.com", None);
    stage.shop().pay(at, Bill::to(&customer).line(Line::of(10_000)).metadata("tributary_partner", "ada"));
    // Stripe could not reach this instance.
    let lost = stage.shop().news();
    let before = stage.books().await.owed(stage.ada);
    stage.wait_until(day(30) + Duration::hours(7)).await;
    let books = stage.books().await;
    assert_eq!(books.owed(stage.ada), before + 2_000);
    let missed: Vec<_> = stage.pulls().await.into_iter().filter(|pull| pull["missed"] != 0).collect();
    assert_eq!(missed.len(), 1, "{missed:#?}");
    assert_eq!((&missed[0]["dataType"], &missed[0]["reason"]), (&json!("EVENTS"), &json!("INTERVAL")));
    // What comes by delivery after all is known already.
    for event in lost.iter().filter(|event| event.exists_in(Version::Endive)) {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
    }
    stage.drain().await;
    let again = stage.books().await;
    assert_eq!((again.owed(stage.ada), again.purchases.len()), (before + 2_000, books.purchases.len()));
    stage.wait_until(day(30) + Duration::hours(14)).await;
    let missed = stage.pulls().await.iter().filter(|pull| pull["missed"] != 0).count();
    assert_eq!(missed, 1, "a second look finds nothing new");
    stage.finish().await;
}

#[tokio::test]
async fn s7_manual_pulls_only_when_asked_and_takes_deliveries() {
    let stage = Stage::new().await;
    history(&stage, 4, 10);
    stage.app.clock.set(day(30));
    stage.drain().await;
    stage.wait_until(day(40)).await;
    assert!(stage.pulls().await.is_empty());
    assert_eq!(stage.sync().await["mode"], "MANUAL");
    let asked = stage.pull(Some(&["CUSTOMERS"])).await;
    assert_eq!((&asked["pulls"][0]["dataType"], &asked["pulls"][0]["reason"]), (&json!("CUSTOMERS"), &json!("MANUAL")));
    let again = stage.pull(Some(&["CUSTOMERS"])).await;
    assert_eq!((&again["pulls"], &again["userErrors"]), (&json!([]), &json!([])), "it waits already");
    stage.drain().await;
    let pulls = stage.pulls().await;
    assert_eq!(pulls.len(), 1);
    assert_eq!((&pulls[0]["status"], &pulls[0]["objects"]), (&json!("COMPLETE"), &json!(4)));
    stage.finish().await;
}
