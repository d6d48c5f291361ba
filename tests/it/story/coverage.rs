//! The coverage of a month: every payment has a reason, and what Stripe's charges say otherwise is named to the last cent.

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Cart, Line, Version};

const COVERAGE: &str = "query($month: String!) { coverage(month: $month) { from to differenceCount
    currencies { currency payments counted { decimal } told { decimal } difference { decimal }
        reasons { reason purchases received { decimal } returned { decimal } base { decimal } commission { decimal } } }
    differences { reason counted { decimal } told { decimal } purchase { status } } } }";

async fn coverage(stage: &Stage, month: &str) -> Value {
    stage.ask(COVERAGE, json!({ "month": month })).await["coverage"].clone()
}

#[tokio::test]
async fn every_payment_of_a_month_has_a_reason_and_together_they_are_the_charges() {
    let stage = Stage::set(Setup { terms: no_hold(), ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let paid = stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000).tax(2_000)));
    stage.shop().checkout(day(3), Cart::of(5_000).email("nobody@example.com"));
    stage.shop().checkout(day(4), Cart::of(700).email("another@example.com"));
    // The last moment of January and the first of February.
    stage.shop().checkout(day(31) - Duration::seconds(1), Cart::of(1_100).email("late@example.com"));
    stage.shop().checkout(day(31), Cart::of(900).email("later@example.com"));
    let charge = stage.shop().charge_of(&paid);
    stage.shop().refund(day(40), &charge, 6_000);
    stage.deliver(Version::Endive).await;
    let money = |text: &str| json!({ "decimal": text });
    let january = coverage(&stage, "2025-01").await;
    assert_eq!((&january["from"], &january["to"]), (&json!("2025-01-01T00:00:00+00:00"), &json!("2025-02-01T00:00:00+00:00")));
    assert_eq!((&january["differenceCount"], &january["differences"]), (&json!(0), &json!([])));
    assert_eq!(
        january["currencies"],
        json!([{
            "currency": "USD", "payments": 4, "counted": money("188.00"), "told": money("188.00"), "difference": money("0.00"),
            "reasons": [
                { "reason": "COMMISSIONED", "purchases": 1, "received": money("120.00"), "returned": money("60.00"),
                  "base": money("50.00"), "commission": money("10.00") },
                { "reason": "UNKNOWN_CUSTOMER", "purchases": 3, "received": money("68.00"), "returned": money("0.00"),
                  "base": money("0.00"), "commission": money("0.00") },
            ],
        }])
    );
    let february = coverage(&stage, "2025-02").await;
    assert_eq!(february["currencies"][0]["told"], money("9.00"));
    assert_eq!(coverage(&stage, "2025-03").await["currencies"], json!([]));
    let wrong = stage.app.graphql(COVERAGE).bearer(&stage.secret_key).variables(json!({ "month": "January" })).send().await;
    assert_eq!(wrong.code(), "BAD_USER_INPUT");
    stage.finish().await;
}

/// Without read access and without its events, a charge is not known: what is counted for it is named as that.
#[tokio::test]
async fn money_of_which_no_charge_is_known_is_named() {
    let stage = Stage::set(Setup { read_access: false, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000).tax(2_000)));
    let news = stage.shop().news();
    for event in news.iter().filter(|event| !event.kind.starts_with("charge")) {
        assert_eq!(stage.send(event, Version::Old).await, 200);
    }
    stage.drain().await;
    let january = coverage(&stage, "2025-01").await;
    let money = |text: &str| json!({ "decimal": text });
    assert_eq!(january["currencies"][0]["difference"], money("-120.00"));
    let named =
        json!([{ "reason": "NO_CHARGE_KNOWN", "counted": money("120.00"), "told": money("0.00"), "purchase": { "status": "PAID" } }]);
    assert_eq!(january["differences"], named);
    stage.finish().await;
}
