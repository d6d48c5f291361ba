//! Money that goes back: refunds, before and after a payout, and disputes.

use entity::value::{CommissionState, DecisionReason, HoldReason, LedgerAccount, Terms};
use rstest::rstest;

use crate::support::books::Books;
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

/// E1: Ada's customer pays an invoice of 100 and tax 20. Gives the charge.
async fn e1(stage: &Stage, version: Version) -> String {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000).tax(2_000)));
    stage.deliver(version).await;
    assert_eq!(stage.books().await.owed(stage.ada), 2_000);
    stage.shop().charge_of(&invoice)
}

#[rstest]
#[tokio::test]
async fn e9_a_refund_takes_its_share_and_e10_the_rest_takes_the_rest(
    #[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version,
) {
    let stage = Stage::new().await;
    let charge = e1(&stage, version).await;
    stage.shop().refund(day(3), &charge, 3_000);
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 7_500, 1_500)]);
    assert_eq!(books.entries_of(stage.ada), [2_000, -500]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 1_500)]);
    stage.shop().refund(day(4), &charge, 9_000);
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.entries_of(stage.ada), [2_000, -500, -1_500]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Reversed, 0)]);
    assert_eq!(books.owed(stage.ada), 0);
    stage.finish().await;
}

#[tokio::test]
async fn e12_a_refund_after_the_payout_is_netted_in_the_next() {
    let stage = Stage::new().await;
    let charge = e1(&stage, Version::Endive).await;
    assert!(stage.pay_out(stage.ada).await);
    let books = stage.books().await;
    assert_eq!((books.owed(stage.ada), books.balance(stage.ada.partner, LedgerAccount::PayoutClearing)), (0, 2_000));
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Paid, 2_000)]);

    stage.shop().refund(day(5), &charge, 12_000);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.owed(stage.ada), -2_000);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Paid, 0)]);
    assert!(!stage.pay_out(stage.ada).await, "a negative balance is not paid out");

    let ann = stage.shop().customers.keys().next().unwrap().clone();
    stage.shop().pay(day(6), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.owed(stage.ada), 0);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Paid, 0), (CommissionState::Approved, 2_000)]);
    assert!(!stage.pay_out(stage.ada).await, "a balance of nothing is not paid out");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn e13_a_dispute_holds_and_its_loss_reverses(#[values(false, true)] withdrawn_first: bool) {
    let stage = Stage::new().await;
    let charge = e1(&stage, Version::Endive).await;
    let dispute = stage.shop().dispute(day(4), &charge);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 2_000)]);
    assert_eq!(&books.commissions[0].holds[..], [HoldReason::Dispute]);
    assert_eq!(books.balance(stage.ada.partner, LedgerAccount::PartnerPending), 2_000);
    if withdrawn_first {
        stage.shop().dispute_withdrawn(day(5), &dispute);
        stage.deliver(Version::Endive).await;
        assert_eq!(stage.books().await.owed(stage.ada), 0);
    }
    stage.shop().dispute_closed(day(9), &dispute, "lost");
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Reversed, 0)]);
    assert_eq!(books.owed(stage.ada), 0);
    stage.finish().await;
}

/// The default hold of 30 days ends long before the last day of a dispute; one that comes then takes back what was approved.
#[tokio::test]
async fn dp_6_a_dispute_long_after_the_hold_takes_back_what_was_approved() {
    let stage = Stage::set(Setup { terms: Terms::default(), ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000).tax(2_000)));
    stage.deliver(Version::Endive).await;
    stage.wait_until(day(33)).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    let charge = stage.shop().charge_of(&invoice);
    let dispute = stage.shop().dispute(day(120), &charge);
    stage.shop().dispute_withdrawn(day(120), &dispute);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!((books.commissions_of(stage.ada), books.owed(stage.ada)), (vec![(CommissionState::Reversed, 0)], 0));
    stage.finish().await;
}

#[tokio::test]
async fn a_dispute_that_is_won_gives_everything_back_and_a_later_refund_counts_in_full() {
    let stage = Stage::new().await;
    let charge = e1(&stage, Version::Endive).await;
    let dispute = stage.shop().dispute(day(4), &charge);
    stage.shop().dispute_withdrawn(day(4), &dispute);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.ada), 0);
    {
        let mut shop = stage.shop();
        shop.dispute_reinstated(day(20), &dispute);
        shop.dispute_closed(day(20), &dispute, "won");
    }
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.shop().refund(day(21), &charge, 6_000);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.ada), 1_000);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn a_refund_that_fails_gives_the_commission_back(#[values(Version::Old, Version::Endive)] version: Version) {
    let stage = Stage::new().await;
    let charge = e1(&stage, version).await;
    let refund = stage.shop().refund_slowly(day(3), &charge, 6_000);
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 2_000)]);
    assert_eq!(&books.commissions[0].holds[..], [HoldReason::RefundPending]);
    stage.shop().refund_ends(day(5), &refund, "failed");
    stage.deliver(version).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn e21_a_refund_may_come_before_its_invoice(
    #[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version,
    #[values(true, false)] drained_between: bool,
) {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(version).await;
    let (first, second) = {
        let mut shop = stage.shop();
        let invoice = shop.pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000).tax(2_000)));
        let second = shop.news();
        let charge = shop.charge_of(&invoice);
        shop.refund(day(3), &charge, 3_000);
        (shop.news(), second)
    };
    for event in first.iter().filter(|event| event.exists_in(version)) {
        assert_eq!(stage.send(event, version).await, 200);
    }
    if drained_between {
        stage.drain().await;
        assert_eq!(stage.books().await.owed(stage.ada), 0);
    }
    for event in second.iter().filter(|event| event.exists_in(version)) {
        assert_eq!(stage.send(event, version).await, 200);
    }
    stage.drain().await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 7_500, 1_500)]);
    assert_eq!(books.owed(stage.ada), 1_500);
    stage.finish().await;
}

/// DP-1, RF-2: only what may go back is kept back; the rest is paid in time.
#[tokio::test]
async fn a_refund_under_way_holds_its_share_and_the_rest_is_paid() {
    let stage = Stage::new().await;
    let charge = e1(&stage, Version::Endive).await;
    let refund = stage.shop().refund_slowly(day(3), &charge, 3_000);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 2_000)]);
    assert_eq!((books.commissions[0].held, &books.commissions[0].holds[..]), (500, &[HoldReason::RefundPending][..]));
    let on = |books: &Books, account| books.balance(stage.ada.partner, account);
    assert_eq!(on(&books, LedgerAccount::PartnerPending), 500);
    assert!(stage.pay_out(stage.ada).await);
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 2_000)]);
    assert_eq!((on(&books, LedgerAccount::PartnerPending), on(&books, LedgerAccount::PayoutClearing)), (500, 1_500));
    stage.shop().refund_ends(day(9), &refund, "failed");
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    assert_eq!((on(&books, LedgerAccount::PartnerPending), on(&books, LedgerAccount::PartnerPayable)), (0, 500));
    assert!(stage.pay_out(stage.ada).await);
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Paid, 2_000)]);
    stage.finish().await;
}
