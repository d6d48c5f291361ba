//! Payments without an invoice: payment links, guests and slow methods.

use chrono::Duration;
use entity::value::{CommissionState, DecisionReason, PurchaseStatus};
use rstest::rstest;

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Cart, Version};

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
