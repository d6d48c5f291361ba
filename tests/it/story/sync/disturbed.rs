//! S8: what happens in the middle of a pull: a process dies, Stripe asks for patience, a right is missing, deliveries come.

use std::time::Duration as Lasting;

use chrono::Duration;
use entity::value::SyncPullId;
use rstest::rstest;
use serde_json::{Value, json};
use tributary::service::sync::process;

use super::history;
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Fault, Trouble, Version};

/// Every page that was asked for of a list, by what stands in its query.
fn pages(stage: &Stage, path: &str) -> Vec<String> {
    stage.asked().into_iter().filter(|asked| asked.split('?').next() == Some(path)).collect()
}

const fn status(status: u16, should_retry: Option<bool>, retry_after: Option<u64>) -> Trouble {
    Trouble::Status { status, should_retry, retry_after }
}

#[rstest]
#[tokio::test]
async fn s8_a_pull_that_was_stopped_in_the_middle_goes_on_where_it_stood(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    history(&stage, 250, 0);
    stage.app.clock.set(day(30));
    let asked = stage.pull(Some(&["CUSTOMERS"])).await;
    let id: SyncPullId = asked["pulls"][0]["id"].as_str().unwrap().parse().unwrap();
    // The second page never comes, and the process dies over it.
    stage.stripe.fault(Fault::once(Trouble::Silence).on("/v1/customers").every(2));
    let services = stage.app.services();
    let died = tokio::time::timeout(Lasting::from_secs(5), process(services, id, "first")).await;
    assert!(died.is_err(), "it waits for an answer that never comes");
    let stood = &stage.datasets().await["CUSTOMERS"];
    assert_eq!((&stood["status"], &stood["pull"]["objects"], &stood["pull"]["pages"]), (&json!("PROCESSING"), &json!(100), &json!(1)));
    process(services, id, "second").await.unwrap();
    assert_eq!(stage.datasets().await["CUSTOMERS"], *stood, "the first one may still live");
    stage.app.clock.advance(Duration::minutes(3));
    process(services, id, "second").await.unwrap();
    let done = stage.pulls().await;
    assert_eq!((&done[0]["status"], &done[0]["objects"], &done[0]["pages"]), (&json!("COMPLETE"), &json!(250), &json!(3)));
    let asked = pages(&stage, "/v1/customers");
    let first = asked.iter().filter(|page| !page.contains("starting_after")).count();
    assert_eq!((asked.len(), first), (3, 1), "what is here is not asked for again: {asked:#?}");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn s8_stripe_is_given_the_time_that_it_asks_for(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    history(&stage, 30, 60);
    stage.app.clock.set(day(30));
    stage.stripe.fault(Fault::once(status(429, None, Some(45))).on("/v1/payment_intents"));
    // A fault of which Stripe says that it is worth another try.
    stage.stripe.fault(Fault::once(status(400, Some(true), None)).on("/v1/disputes"));
    // And one of which it says that it is not.
    stage.stripe.fault(Fault::once(status(500, Some(false), None)).on("/v1/balance_transactions"));
    stage.pull(None).await;
    stage.drain().await;
    let waits = &stage.datasets().await["PAYMENTS"];
    assert_eq!((&waits["status"], &waits["pull"]["attempts"]), (&json!("PROCESSING"), &json!(1)));
    assert_eq!(waits["pull"]["error"], "Stripe asks for fewer calls");
    assert_eq!(waits["pull"]["nextAttemptAt"], json!((day(30) + Duration::seconds(45)).to_rfc3339()));
    assert_eq!(stage.datasets().await["DISPUTES"]["status"], "QUEUED", "the pace is the account's: what comes after waits, too");
    stage.wait_until(day(30) + Duration::seconds(44)).await;
    assert_eq!(pages(&stage, "/v1/payment_intents").len(), 1);
    stage.wait_until(day(30) + Duration::seconds(46)).await;
    assert_eq!(stage.datasets().await["PAYMENTS"]["status"], "COMPLETE");
    stage.wait_until(day(30) + Duration::minutes(1)).await;
    let found = stage.datasets().await;
    assert_eq!(found["DISPUTES"]["status"], "COMPLETE");
    assert_eq!(found["TRANSACTIONS"]["status"], "FETCH_ERROR");
    assert!(found["TRANSACTIONS"]["error"].as_str().unwrap().contains("500"), "{found:?}");
    stage.pull(Some(&["TRANSACTIONS"])).await;
    stage.drain().await;
    assert!(stage.statuses().await.iter().all(|(kind, status)| kind == "EVENTS" || status == "COMPLETE"));
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn s8_a_kind_without_the_right_says_what_is_missing_and_the_others_go_on(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    history(&stage, 10, 40);
    stage.app.clock.set(day(30));
    stage.stripe.forbid("/v1/disputes");
    stage.stripe.forbid("/v1/account");
    stage.pull(None).await;
    stage.drain().await;
    for (kind, of) in stage.datasets().await {
        match kind.as_str() {
            "DISPUTES" | "COMPANY" => {
                let right = if kind == "DISPUTES" { "rak_dispute_read" } else { "rak_accounts_kyc_basic_read" };
                assert_eq!((&of["status"], &of["lastSuccessAt"]), (&json!("AUTH_ERROR"), &Value::Null), "{kind}");
                assert!(of["error"].as_str().unwrap().contains(right), "{of}");
            }
            "EVENTS" => assert_eq!(of["status"], Value::Null),
            _ => assert_eq!(of["status"], "COMPLETE", "{kind}"),
        }
    }
    stage.stripe.allow("/v1/disputes");
    stage.pull(Some(&["DISPUTES"])).await;
    stage.drain().await;
    assert_eq!(stage.datasets().await["DISPUTES"]["status"], "COMPLETE");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn s8_deliveries_beside_a_pull_lead_to_the_same(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    history(&stage, 30, 120);
    stage.app.clock.set(day(30));
    // The pull stands in the middle of the payments while deliveries come.
    stage.stripe.fault(Fault::once(status(429, None, Some(60))).on("/v1/payment_intents").every(2));
    stage.pull(None).await;
    stage.drain().await;
    assert_eq!(stage.datasets().await["PAYMENTS"]["status"], "PROCESSING");
    {
        let mut shop = stage.shop();
        // Refunds of the oldest payment, which is not here yet, and of the newest, which is.
        let charges: Vec<String> = shop.charges.values().filter(|of| of.refunded == 0 && !of.disputed).map(|of| of.id.clone()).collect();
        let (oldest, newest) = (charges.first().unwrap().clone(), charges.last().unwrap().clone());
        for charge in [oldest, newest] {
            let amount = shop.charges[&charge].amount;
            shop.refund(day(30), &charge, amount / 2);
        }
        let metadata = [("tributary_partner".to_owned(), "bob".to_owned())].into();
        shop.take(day(30), 5_000, None, &metadata);
    }
    stage.deliver(Version::Endive).await;
    stage.wait_until(day(30) + Duration::minutes(2)).await;
    let beside = stage.books().await;
    assert!(stage.statuses().await.iter().all(|(kind, status)| kind == "EVENTS" || status == "COMPLETE"));
    // Everything once more, undisturbed: nothing is left to change.
    stage.pull_all().await;
    let again = stage.books().await;
    assert_eq!(again.decided(), beside.decided());
    assert_eq!(again.entries, beside.entries);
    stage.finish().await;
}
