//! What a purchase earns: the base, tax, discounts, trials and currencies.

use entity::value::{BasisPoints, CommissionState, Currency, DecisionReason, Duration, Reward, Terms};
use rstest::rstest;

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Cart, Coupon, Discount, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

/// Pays one invoice of these lines on the third day, and gives what the decision says of base and commission.
async fn earned_by(lines: Vec<Line>, version: Version) -> (i64, i64) {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let discount = Discount::of("di_1", Coupon::quarter("QUARTER".into(), day(0)));
    let mut bill = Bill::to(&ann).subscription("sub_1");
    bill.discounts.extend(lines.iter().any(|line| line.discount > 0).then_some(discount));
    bill.lines = lines;
    stage.shop().pay(day(2), bill);
    stage.deliver(version).await;
    let books = stage.books().await;
    let decision = books.decision().clone();
    assert_eq!(decision.reason, EARNED);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, decision.amount)]);
    assert_eq!(books.owed(stage.ada), decision.amount);
    stage.finish().await;
    (decision.base, decision.amount)
}

#[rstest]
#[tokio::test]
async fn e1_tax_on_top_is_no_part_of_the_base(#[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version) {
    assert_eq!(earned_by(vec![Line::of(10_000).tax(2_000)], version).await, (10_000, 2_000));
}

#[rstest]
#[tokio::test]
async fn e2_tax_within_the_price_is_no_part_of_the_base(
    #[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version,
) {
    assert_eq!(earned_by(vec![Line::of(12_000).including_tax(2_000)], version).await, (10_000, 2_000));
}

#[rstest]
#[tokio::test]
async fn e3_a_discount_lowers_the_base_once(#[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version) {
    assert_eq!(earned_by(vec![Line::of(10_000).off(2_500).tax(1_500)], version).await, (7_500, 1_500));
}

#[rstest]
#[tokio::test]
async fn e6_an_upgrade_earns_on_what_it_adds(#[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version) {
    let lines = vec![Line::of(-5_000).proration(), Line::of(9_000).proration()];
    assert_eq!(earned_by(lines, version).await, (4_000, 800));
}

#[tokio::test]
async fn e17_lines_of_one_rate_are_added_before_they_are_rounded() {
    let lines = vec![Line::of(3_333), Line::of(3_333), Line::of(3_333)];
    assert_eq!(earned_by(lines, Version::Endive).await, (9_999, 2_000));
}

#[rstest]
#[tokio::test]
async fn e4_a_free_month_is_no_first_purchase(#[values(Version::Old, Version::Endive)] version: Version) {
    let terms = Terms { duration: Duration::FirstOnly, hold_days: 0, ..Terms::default() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let free = Discount::of("di_1", Coupon::quarter("FREE".into(), day(0)));
    let bill = Bill::to(&ann).subscription("sub_1").line(Line::of(10_000).off(10_000)).discount(&free);
    stage.shop().pay(day(2), bill.reason("subscription_create"));
    stage.deliver(version).await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::ZeroAmount, 0, 0)]);
    stage.shop().pay(day(32), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(DecisionReason::ZeroAmount, 0, 0), (EARNED, 10_000, 2_000)]);
    assert_eq!(books.owed(stage.ada), 2_000);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn e5_a_trial_is_a_lead_and_the_clock_starts_at_the_first_payment(#[values(Version::Acacia, Version::Endive)] version: Version) {
    let terms = Terms { duration: Duration::Months { n: 1 }, hold_days: 0, ..Terms::default() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    let click = stage.click(stage.ada, day(0)).await;
    {
        let mut shop = stage.shop();
        let ann = shop.customer(day(1), "ann@example.com", None);
        let trial = Bill::to(&ann).subscription("sub_1").line(Line::of(0));
        shop.subscribe(day(1), Cart::of(0).token(&click.token).email("ann@example.com"), trial);
    }
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(DecisionReason::ZeroAmount, 0, 0)]);
    assert_eq!(books.bindings.len(), 1, "the trial binds as a lead");
    let ann = stage.shop().customers.keys().next().unwrap().clone();
    let mut expected = books.decided();
    // Day 15 starts the month; day 45 is within it (31 days in January), day 46 is its end.
    for (at, outcome) in [(15, (EARNED, 10_000, 2_000)), (45, (EARNED, 10_000, 2_000)), (46, (DecisionReason::DurationEnded, 10_000, 0))] {
        stage.shop().pay(day(at), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
        stage.deliver(version).await;
        expected.push(outcome);
        assert_eq!(stage.books().await.decided(), expected);
    }
    assert_eq!(stage.books().await.owed(stage.ada), 4_000);
    stage.finish().await;
}

#[tokio::test]
async fn e16_currencies_without_and_with_three_decimals() {
    for (currency, points, amount, earned) in [("jpy", 2_000, 1_000, 200), ("kwd", 1_250, 10_000, 1_250)] {
        let reward = Reward::Percent { rate: BasisPoints::new(points).unwrap() };
        let stage = Stage::set(Setup { terms: Terms { reward, hold_days: 0, ..Terms::default() }, ..Setup::default() }).await;
        let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
        stage.shop().pay(day(2), Bill::to(&ann).currency(currency).line(Line::of(amount)));
        stage.deliver(Version::Endive).await;
        let books = stage.books().await;
        assert_eq!(books.decided(), [(EARNED, amount, earned)]);
        let known: Currency = currency.to_uppercase().parse().unwrap();
        assert!(books.entries.iter().all(|entry| entry.currency == known));
        assert_eq!(books.owed(stage.ada), earned);
        stage.finish().await;
    }
}
