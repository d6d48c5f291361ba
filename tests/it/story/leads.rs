//! What partners earn for customers who have not bought yet (CO-10).

use chrono::Duration;
use entity::value::{CommissionKind, CommissionState, LeadEvent, LeadReward, Terms};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Cart, Event, Line, Version};

/// 5.00 dollars for each lead, and 20 % of each purchase.
async fn stage(on: LeadEvent, on_servers: bool) -> Stage {
    let lead = LeadReward { on, amount: 500, currency: "USD".parse().unwrap() };
    Stage::set(Setup { terms: Terms { lead: Some(lead), ..no_hold() }, on_servers, ..Setup::default() }).await
}

/// State and amount of Ada's leads and of her sales.
async fn earned(stage: &Stage) -> (Vec<(CommissionState, i64)>, Vec<(CommissionState, i64)>) {
    let books = stage.books().await;
    let of = |kind| books.of_kind(stage.ada, kind);
    (of(CommissionKind::Lead), of(CommissionKind::Sale))
}

async fn tell(stage: &Stage, mutation: &str, input: Value) {
    let kind = mutation.replacen('c', "C", 1);
    let document = format!("mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}");
    assert_eq!(stage.ask(&document, json!({ "input": input })).await[mutation]["userErrors"], json!([]), "{mutation}");
}

/// One lead, 5.00; then 20 % of 100.00, 20.00.
#[rstest]
#[tokio::test]
async fn co_10_a_sign_up_earns_a_lead_once_and_is_paid_out_like_a_sale(#[values(false, true)] on_servers: bool) {
    let stage = stage(LeadEvent::Signup, on_servers).await;
    let click = stage.click(stage.ada, day(0)).await;
    for hour in 0..3 {
        stage.sign_up("user-1", "ann@example.com", Some(&click), day(1) + Duration::hours(hour)).await;
    }
    stage.drain().await;
    assert_eq!(earned(&stage).await, (vec![(CommissionState::Held, 500)], vec![]), "anybody can say so on a page (SN-4)");
    stage.server_tells(json!({ "externalId": "user-1" }), day(1) + Duration::hours(4)).await;
    assert_eq!(earned(&stage).await, (vec![(CommissionState::Approved, 500)], vec![]));

    let document = "query($filter: CommissionFilter) { commissions(first: 5, filter: $filter) { nodes {
        id kind amount { decimal } purchase { id } customer { id } through { id } steps { rule amount { decimal } } purchasedAt } } }";
    let list = |kinds| stage.ask(document, json!({ "filter": { "kind": kinds } }));
    assert_eq!(list(json!(["SALE", "SECOND_LEVEL", "TRUE_UP"])).await["commissions"]["nodes"], json!([]));
    let lead = list(json!(["LEAD"])).await["commissions"]["nodes"][0].clone();
    assert!(lead["customer"]["id"].is_string(), "{lead}");
    assert_eq!(
        (&lead["kind"], &lead["amount"]["decimal"], &lead["purchase"], &lead["through"], &lead["purchasedAt"]),
        (&json!("LEAD"), &json!("5.00"), &json!(null), &json!(null), &json!("2025-01-02T00:00:00+00:00"))
    );
    assert_eq!(lead["steps"], json!([{ "rule": "CO-10", "amount": { "decimal": "5.00" } }]));

    assert!(stage.pay_out(stage.ada).await);
    assert_eq!(earned(&stage).await.0, [(CommissionState::Paid, 500)]);
    assert_eq!(stage.books().await.owed(stage.ada), 0);
    let ann = stage.shop().customer(day(2), "ann@example.com", Some("user-1"));
    stage.shop().pay(day(3), Bill::to(&ann).line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(earned(&stage).await, (vec![(CommissionState::Paid, 500)], vec![(CommissionState::Approved, 2_000)]));
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn co_10_a_lead_that_was_rejected_earns_nothing_until_it_is_restored(#[values(false, true)] on_servers: bool) {
    let stage = stage(LeadEvent::Signup, on_servers).await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.sign_up("user-1", "ann@example.com", Some(&click), day(1)).await;
    let lead = stage.books().await.commissions[0].id;
    tell(&stage, "commissionApprove", json!({ "id": lead })).await;
    assert_eq!(earned(&stage).await.0, [(CommissionState::Approved, 500)], "a person looked at it");
    tell(&stage, "commissionReject", json!({ "id": lead, "reason": "the address is made up" })).await;
    assert_eq!(earned(&stage).await.0, [(CommissionState::Rejected, 0)]);
    stage.sign_up("user-1", "ann@example.com", Some(&click), day(2)).await;
    assert_eq!(earned(&stage).await.0, [(CommissionState::Rejected, 0)]);
    tell(&stage, "commissionRestore", json!({ "id": lead })).await;
    assert_eq!(earned(&stage).await.0, [(CommissionState::Held, 500)]);
    stage.finish().await;
}

/// A trial, its invoice of nothing, and the end of the trial with the first payment, a file of events each.
async fn trial(stage: &Stage) -> Vec<Vec<Event>> {
    let click = stage.click(stage.ada, day(0)).await;
    let mut shop = stage.shop();
    drop(shop.news());
    let ann = shop.customer(day(1), "ann@example.com", None);
    let subscription = shop.subscription(day(1), &ann, "price_plan", Some(Duration::days(14)));
    let begun = shop.news();
    let later = day(1) + Duration::seconds(20);
    let bill = |amount| Bill::to(&ann).subscription(&subscription).line(Line::of(amount));
    shop.subscribe(later, Cart::of(0).token(&click.token).email("ann@example.com"), bill(0));
    let subscribed = shop.news();
    shop.pay(day(15), bill(10_000));
    shop.change_subscription(day(15), &subscription, |of| of.status = "active");
    vec![begun, subscribed, shop.news()]
}

/// BA-10: a trial without a fee is a lead and no sale, in whatever order it is told.
#[rstest]
#[tokio::test]
async fn co_10_a_trial_is_a_lead_in_any_order_of_events(
    #[values([0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1])] order: [usize; 3],
    #[values(false, true)] on_servers: bool,
) {
    let stage = stage(LeadEvent::Trial, on_servers).await;
    let parts = trial(&stage).await;
    for part in order {
        for event in &parts[part] {
            for event in [event, &event.again()] {
                assert_eq!(stage.send(event, Version::Endive).await, 200);
            }
        }
        stage.drain().await;
    }
    let sale = (CommissionState::Approved, 2_000);
    assert_eq!(earned(&stage).await, (vec![(CommissionState::Approved, 500)], vec![sale]));
    stage.finish().await;
}

/// Two names of one person are one lead, and a hand that makes them one makes their two leads one: the later is taken back (ID-7).
#[tokio::test]
async fn co_10_customers_who_become_one_are_one_lead() {
    let stage = stage(LeadEvent::Signup, false).await;
    for (name, at) in [("user-1", 1), ("user-2", 2)] {
        let click = stage.click(stage.ada, day(0)).await;
        stage.sign_up(name, &format!("{name}@example.com"), Some(&click), day(at)).await;
        stage.server_tells(json!({ "externalId": name }), day(at)).await;
    }
    let approved = (CommissionState::Approved, 500);
    assert_eq!(earned(&stage).await.0, [approved, approved]);
    let books = stage.books().await;
    let [first, second] = [0, 1].map(|n| books.commissions[n].customer_id);
    tell(&stage, "customerMerge", json!({ "id": first, "intoId": second, "reason": "one person" })).await;
    stage.drain().await;
    assert_eq!(earned(&stage).await.0, [approved]);
    assert_eq!(stage.books().await.owed(stage.ada), 500);
    stage.finish().await;
}
