//! Payments without an invoice: payment links, guests and slow methods.

use chrono::Duration;
use entity::value::{CommissionState, DecisionReason, PurchaseStatus};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Cart, Event, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

#[rstest]
#[tokio::test]
async fn e28_a_guest_by_payment_link_earns_and_a_full_refund_takes_it_back(
    #[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version,
    #[values(true, false)] read_access: bool,
) {
    let stage = Stage::set(Setup { read_access, ..Setup::default() }).await;
    let click = stage.click(stage.ada, day(0)).await;
    let (_, charge) = stage.shop().checkout(day(3), Cart::of(10_000).email("guest@example.com").token(&click.token));
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000)]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.shop().refund(day(9), &charge, 10_000);
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.entries_of(stage.ada), [2_000, -2_000]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Reversed, 0)]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn e32_a_bank_debit_earns_when_the_bank_pays_and_is_dated_then(
    #[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version,
) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    let (session, _) = stage.shop().checkout_by_debit(day(3), Cart::of(10_000).email("guest@example.com").token(&click.token));
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decision().reason, DecisionReason::PaymentNotPaid);
    assert!(books.entries.is_empty());
    stage.shop().debit_succeeds(day(5), &session);
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000)]);
    assert_eq!(books.purchases[0].purchased_at, Some(day(5)));
    assert_eq!(books.owed(stage.ada), 2_000);
    stage.finish().await;
}

/// SL-8: without read access and without a session, a payment waits for the grace time, then counts.
#[tokio::test]
async fn a_payment_that_nobody_explains_counts_after_the_grace_time() {
    let stage = Stage::set(Setup { read_access: false, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.shop().checkout(day(3), Cart::of(10_000).customer(&ann));
    let news = stage.shop().news();
    for event in news.iter().filter(|event| !event.kind.starts_with("checkout")) {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
    }
    stage.drain().await;
    let books = stage.books().await;
    assert_eq!((books.purchases[0].status, books.decision().reason), (PurchaseStatus::Provisional, DecisionReason::Provisional));
    stage.wait_until(day(3) + Duration::minutes(9)).await;
    assert_eq!(stage.books().await.owed(stage.ada), 0);
    stage.wait_until(day(3) + Duration::minutes(10)).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000)]);
    stage.finish().await;
}

/// SL-8: an invoice is told as paid and a payment of the same buyer and amount as made, and nothing says that one is the other's. Gives what
/// was left untold.
async fn twins(stage: &Stage) -> Vec<Event> {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000)));
    let news = stage.shop().news();
    let (told, untold): (Vec<Event>, Vec<Event>) = news.into_iter().partition(|event| event.kind != "invoice_payment.paid");
    for event in told.iter().filter(|event| event.exists_in(Version::Endive)) {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
    }
    stage.drain().await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::Provisional, 0, 0), (EARNED, 10_000, 2_000)]);
    untold
}

const REVIEWED: (DecisionReason, i64, i64) = (DecisionReason::Review, 0, 0);

async fn resolve(stage: &Stage, id: impl ToString, same_as: Option<String>) -> Value {
    let document = "mutation($input: PurchaseResolveInput!) { purchaseResolve(input: $input) { purchase { key } userErrors { code } } }";
    let done = stage.ask(document, json!({ "input": { "id": id.to_string(), "sameAs": same_as } })).await;
    stage.drain().await;
    done["purchaseResolve"].clone()
}

#[tokio::test]
async fn twins_are_one_when_the_link_is_told_and_when_stripe_is_asked_again() {
    let stage = Stage::set(Setup { read_access: false, ..Setup::default() }).await;
    let untold = twins(&stage).await;
    stage.wait_until(day(2) + Duration::minutes(10)).await;
    assert_eq!(stage.books().await.decided(), [REVIEWED, (EARNED, 10_000, 2_000)]);
    assert_eq!(stage.send(&untold[0], Version::Endive).await, 200);
    stage.drain().await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000)]);
    stage.finish().await;

    let stage = Stage::new().await;
    stage.stripe.forbid("/v1/");
    twins(&stage).await;
    assert!(!stage.asked().is_empty(), "it was asked, and refused each time");
    stage.stripe.allow("/v1/");
    stage.wait_until(day(2) + Duration::minutes(10)).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn twins_are_told_apart_by_a_hand() {
    let stage = Stage::set(Setup { read_access: false, ..Setup::default() }).await;
    twins(&stage).await;
    stage.wait_until(day(2) + Duration::minutes(10)).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [REVIEWED, (EARNED, 10_000, 2_000)]);
    let [payment, invoice] = &books.purchases[..] else { panic!("{:?}", books.purchases) };
    let done = resolve(&stage, invoice.id, None).await;
    assert_eq!(done, json!({ "purchase": null, "userErrors": [{ "code": "WRONG_STATE" }] }), "an invoice is what it is");
    let done = resolve(&stage, payment.id, Some(payment.id.to_string())).await;
    assert_eq!(done["userErrors"], json!([{ "code": "INVALID" }]));
    let done = resolve(&stage, payment.id, None).await;
    assert_eq!(done, json!({ "purchase": { "key": payment.key }, "userErrors": [] }));
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000); 2]);
    assert_eq!(books.owed(stage.ada), 4_000);
    stage.finish().await;
}

#[tokio::test]
async fn twins_are_made_one_by_a_hand() {
    let stage = Stage::set(Setup { read_access: false, ..Setup::default() }).await;
    let untold = twins(&stage).await;
    let books = stage.books().await;
    let [payment, invoice] = &books.purchases[..] else { panic!("{:?}", books.purchases) };
    let done = resolve(&stage, payment.id, Some(invoice.id.to_string())).await;
    assert_eq!(done, json!({ "purchase": { "key": invoice.key }, "userErrors": [] }));
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000)]);
    assert_eq!(stage.send(&untold[0], Version::Endive).await, 200);
    stage.drain().await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000)], "Stripe says the same later");
    assert_eq!(resolve(&stage, payment.id, None).await["userErrors"], json!([{ "code": "WRONG_STATE" }]));
    stage.finish().await;
}
