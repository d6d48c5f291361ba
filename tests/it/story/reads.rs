//! Asking Stripe for what events leave out: when it is busy, when it refuses, and what is asked at all.

use chrono::Duration;
use entity::value::{DecisionReason, InboxStatus};
use rstest::rstest;

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Cart, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

/// Ada's customer pays an invoice with Bob's code on it, and only `invoice.paid` is delivered: it names the discount by an id alone.
async fn with_a_code(stage: &Stage) {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let code = stage.code_of(stage.bob, "BOB25", day(1)).await;
    stage.shop().pay(day(2), Bill::to(&ann).line(Line::of(10_000).off(2_500)).discount(&code));
    let news = stage.shop().news();
    let paid = news.iter().find(|event| event.kind == "invoice.paid").unwrap();
    assert_eq!(stage.send(paid, Version::Endive).await, 200);
}

#[rstest]
#[case::too_many_requests(429)]
#[case::out_of_order(500)]
#[case::no_gateway(503)]
#[tokio::test]
async fn an_event_waits_while_stripe_is_busy_and_then_is_read_in_full(#[case] status: u16) {
    let stage = Stage::new().await;
    stage.stripe.fail_next(&[status, status]);
    with_a_code(&stage).await;
    stage.drain().await;
    let books = stage.books().await;
    let event = books.inbox.last().unwrap();
    assert_eq!((event.status, event.attempts), (InboxStatus::Received, 1));
    assert!(books.purchases.is_empty());
    for pause in [2, 4] {
        stage.wait_until(stage.app.clock.now() + Duration::seconds(pause)).await;
    }
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 7_500, 1_500)]);
    assert_eq!(books.owed(stage.bob), 1_500);
    let asked = stage.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked.iter().all(|request| request.starts_with("/v1/invoices/in_")), "{asked:?}");
    stage.finish().await;
}

#[tokio::test]
async fn money_that_came_is_not_kept_waiting_for_a_stripe_that_never_answers() {
    let stage = Stage::new().await;
    stage.stripe.fail_next(&[500; 20]);
    with_a_code(&stage).await;
    for _ in 0..5 {
        stage.wait_until(stage.app.clock.now() + Duration::seconds(20)).await;
    }
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 7_500, 1_500)]);
    assert_eq!(books.owed(stage.ada), 1_500, "without the code the sign-up decides");
    // It is asked on, and given up after the last attempt.
    for _ in 0..8 {
        stage.wait_until(stage.app.clock.now() + Duration::hours(1)).await;
    }
    assert_eq!(stage.books().await.owed(stage.ada), 1_500);
    stage.finish().await;
}

#[tokio::test]
async fn cs_7_what_a_busy_stripe_owed_is_read_once_it_answers() {
    let stage = Stage::new().await;
    stage.stripe.fail_next(&[500; 6]);
    with_a_code(&stage).await;
    for _ in 0..5 {
        stage.wait_until(stage.app.clock.now() + Duration::seconds(20)).await;
    }
    assert_eq!(stage.books().await.owed(stage.ada), 1_500, "without the code the sign-up decides");
    for _ in 0..3 {
        stage.wait_until(stage.app.clock.now() + Duration::hours(1)).await;
    }
    let books = stage.books().await;
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (0, 1_500), "the code was on the invoice all along");
    assert!(books.inbox.iter().all(|event| event.status == InboxStatus::Done));
    stage.finish().await;
}

#[tokio::test]
async fn a_key_that_may_not_read_is_asked_once_and_the_purchase_counts() {
    let stage = Stage::set(Setup { read_access: false, ..Setup::default() }).await;
    with_a_code(&stage).await;
    stage.drain().await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 7_500, 1_500)]);
    assert_eq!(books.owed(stage.ada), 1_500);
    assert_eq!(stage.asked().len(), 1);
    stage.finish().await;
}

/// A typed code that only the session tells. The oldest version does not even tell it there, so the session is read.
#[rstest]
#[tokio::test]
async fn a_code_typed_at_a_payment_link_earns_its_partner(
    #[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version,
) {
    let stage = Stage::new().await;
    let code = stage.code_of(stage.bob, "BOB25", day(1)).await;
    stage.shop().checkout(day(2), Cart::of(10_000).email("guest@example.com").discount(&code, 2_500));
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 7_500, 1_500)]);
    assert_eq!((books.owed(stage.bob), books.owed(stage.ada)), (1_500, 0));
    stage.finish().await;
}
