//! Purchases that a merchant's server posts (SL-3).

use entity::value::{CommissionState, DecisionReason};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Line, Version};

const EARNED: (DecisionReason, i64, i64) = (DecisionReason::Commissioned, 10_000, 2_000);

/// Posts 100.00 of Ann's, with these values beside or in place of the usual ones.
async fn post(stage: &Stage, more: Value) -> Value {
    let record = "mutation($input: PurchaseRecordInput!) { purchaseRecord(input: $input) { purchase { id } userErrors { field code } } }";
    let mut input = json!({
        "externalId": "order-1", "customerExternalId": "user-1", "customerEmail": "ann@example.com",
        "paid": { "decimal": "100.00", "currency": "USD" }, "paidAt": day(2),
    });
    more.as_object().unwrap().iter().for_each(|(field, value)| input[field] = value.clone());
    stage.app.clock.set(stage.app.clock.now().max(day(2)));
    stage.ask(record, json!({ "input": input })).await["purchaseRecord"].clone()
}

#[rstest]
#[tokio::test]
async fn sl_3_a_posted_purchase_earns_once_however_often_it_is_posted(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { terms: no_hold(), on_servers, ..Setup::default() }).await;
    stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    let first = post(&stage, json!({})).await;
    assert_eq!(first["userErrors"], json!([]));
    assert_eq!(post(&stage, json!({})).await, first);
    let other = post(&stage, json!({ "paid": { "decimal": "900.00", "currency": "USD" } })).await;
    assert_eq!(other["userErrors"], json!([{ "field": ["externalId"], "code": "TAKEN" }]));
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn sl_3_tax_is_no_part_of_the_base_of_what_is_posted_and_a_click_brings_the_customer() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    let more = json!({ "clickToken": click.token, "paid": { "amount": "12000", "currency": "USD" },
        "tax": { "amount": "2000", "currency": "USD" } });
    assert_eq!(post(&stage, more).await["userErrors"], json!([]));
    assert_eq!(stage.books().await.decided(), [EARNED], "120.00 with 20.00 of tax (E1)");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn sl_3_what_is_posted_with_stripe_s_id_and_what_stripe_tells_are_one_purchase_in_any_order(
    #[values(false, true)] posted_first: bool,
    #[values("in", "pi", "ch")] kind: &str,
) {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Acacia).await;
    let id = {
        let mut shop = stage.shop();
        if kind == "in" {
            shop.pay(day(2), Bill::to(&ann).line(Line::of(10_000)))
        } else {
            let (intent, charge) = shop.take(day(2), 10_000, Some(&ann), &std::collections::BTreeMap::new());
            if kind == "pi" { intent } else { charge }
        }
    };
    if posted_first {
        assert_eq!(post(&stage, json!({ "stripeId": id })).await["userErrors"], json!([]));
        stage.deliver(Version::Acacia).await;
    } else {
        stage.deliver(Version::Acacia).await;
        assert_eq!(post(&stage, json!({ "stripeId": id })).await["userErrors"], json!([]));
    }
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.finish().await;
}

#[tokio::test]
async fn sl_3_what_cannot_be_used_is_refused() {
    let stage = Stage::new().await;
    let money = |text: &str, currency: &str| json!({ "decimal": text, "currency": currency });
    for (more, field) in [
        (json!({ "externalId": "" }), "externalId"),
        (json!({ "customerExternalId": null, "customerEmail": null }), "customerExternalId"),
        (json!({ "stripeId": "sub_1" }), "stripeId"),
        (json!({ "tax": money("100.01", "USD") }), "paid"),
        (json!({ "tax": money("1.00", "EUR") }), "tax"),
        (json!({ "paidAt": day(300) }), "paidAt"),
    ] {
        let done = post(&stage, more).await;
        assert_eq!(done["userErrors"][0]["field"], json!([field]), "{done}");
    }
    assert!(stage.books().await.purchases.is_empty());
    stage.finish().await;
}
