//! Worked examples, each counted out by hand, on both databases: partial payments, years, what is paid too much, and money that goes back in
//! programs of another currency or under suspicion.

use chrono::Duration as Span;
use entity::value::{AccrueOn, Attribution, CommissionState, DecisionReason, Duration, HoldReason, Terms};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Affiliate, Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Cart, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;
const ENDED: DecisionReason = DecisionReason::DurationEnded;

async fn stage(terms: Terms, currency: Option<&'static str>, on_servers: bool) -> Stage {
    Stage::set(Setup { terms, currency, on_servers, ..Setup::default() }).await
}

/// An invoice of 200.00 is paid by 50.00 on the third day and by 150.00 three days later. By `PAID` it earns nothing before all is paid, and
/// then 200.00 x 20 % = 40.00; by `EACH_PAYMENT` 50.00 x 20 % = 10.00 at once, and 150.00 x 20 % = 30.00 later.
#[rstest]
#[case::paid(AccrueOn::Paid, (DecisionReason::PaymentNotPaid, 0, 0), &[4_000])]
#[case::each_payment(AccrueOn::EachPayment, (EARNED, 5_000, 1_000), &[1_000, 3_000])]
#[tokio::test]
async fn e27_an_invoice_that_is_paid_in_two_parts(
    #[case] accrue_on: AccrueOn,
    #[case] first: (DecisionReason, i64, i64),
    #[case] entries: &[i64],
    #[values(Version::Basil, Version::Endive)] version: Version,
    #[values(false, true)] on_servers: bool,
) {
    let stage = stage(Terms { accrue_on, ..no_hold() }, None, on_servers).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoice = stage.shop().bill(day(2), Bill::to(&ann).line(Line::of(20_000)));
    stage.shop().pay_part(day(2), &invoice, 5_000);
    stage.deliver(version).await;
    // Only the payment was told; what the invoice says is asked of Stripe after ten minutes (IN-8).
    stage.wait_until(day(2) + Span::minutes(10)).await;
    assert_eq!(stage.books().await.decided(), [first]);
    assert_eq!(stage.books().await.owed(stage.ada), first.2);
    stage.shop().pay_part(day(5), &invoice, 15_000);
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 20_000, 4_000)]);
    assert_eq!(books.entries_of(stage.ada), entries);
    assert_eq!(books.owed(stage.ada), 4_000);
    stage.finish().await;
}

/// An annual invoice of 1200.00 earns 240.00 and is one payment: the one of the second year, on 2026-01-03 as the first on 2025-01-03, is the
/// second of twelve payments, and at the end of twelve months, no longer within them.
#[rstest]
#[case::payments(Duration::Payments { n: 12 }, (EARNED, 120_000, 24_000))]
#[case::months(Duration::Months { n: 12 }, (ENDED, 120_000, 0))]
#[case::thirteen_months(Duration::Months { n: 13 }, (EARNED, 120_000, 24_000))]
#[case::one_payment(Duration::Payments { n: 1 }, (ENDED, 120_000, 0))]
#[tokio::test]
async fn e30_an_annual_invoice_is_one_payment(
    #[case] duration: Duration,
    #[case] second: (DecisionReason, i64, i64),
    #[values(false, true)] on_servers: bool,
) {
    let stage = stage(Terms { duration, ..no_hold() }, None, on_servers).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let mut expected = Vec::new();
    for (at, outcome) in [(day(2), (EARNED, 120_000, 24_000)), (day(2 + 365), second)] {
        stage.shop().pay(at, Bill::to(&ann).subscription("sub_1").line(Line::of(120_000)));
        stage.deliver(Version::Endive).await;
        expected.push(outcome);
        assert_eq!(stage.books().await.decided(), expected);
    }
    assert_eq!(stage.books().await.owed(stage.ada), 24_000 + second.2);
    stage.finish().await;
}

/// An invoice of 100.00 is paid by 150.00 from the customer's bank. The 50.00 too much stand in the customer's balance and earn nothing:
/// base 100.00, commission 20.00.
#[rstest]
#[tokio::test]
async fn e38_what_is_paid_too_much_is_flagged_and_earns_nothing(#[values(false, true)] on_servers: bool) {
    let stage = stage(no_hold(), None, on_servers).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.shop().pay_by_transfer(day(2), Bill::to(&ann).line(Line::of(10_000)), 15_000);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000)]);
    assert_eq!(books.owed(stage.ada), 2_000);
    let seen = stage.ask("{ purchases(first: 5) { nodes { flags collected { decimal } } } }", json!({})).await;
    assert_eq!(seen["purchases"]["nodes"], json!([{ "flags": ["OVERPAID"], "collected": { "decimal": "100.00" } }]));
    stage.finish().await;
}

/// What stands for Ada in the program's currency: pending, held, payable, paid.
async fn in_program(stage: &Stage) -> Value {
    in_program_of(stage, stage.ada).await
}

async fn in_program_of(stage: &Stage, affiliate: Affiliate) -> Value {
    let query = "query($id: ID!) { programBalances(partnerId: $id) { currency pending { decimal } held { decimal } payable { decimal }
        paid { decimal } } }";
    let found = stage.ask(query, json!({ "id": affiliate.partner })).await;
    let balance = &found["programBalances"][0];
    json!([balance["pending"]["decimal"], balance["held"]["decimal"], balance["payable"]["decimal"], balance["paid"]["decimal"]])
}

/// Ada's customer pays 100.00 EUR on the third day, at 1.0837 USD. Gives the charge.
async fn euros(stage: &Stage) -> String {
    stage.rates("2025-01-03,EUR,USD,1.0837").await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).currency("eur").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    stage.shop().charge_of(&invoice)
}

/// 20.00 EUR are 21.674, 21.67 USD. A refund of 33.33 EUR is under way: 66.67 x 20 % = 13.334, 13.33 EUR would be left, so 6.67 EUR are held.
/// Payable stay 13.33 EUR, 14.445721, 14.45 USD, and held the rest of the whole, 21.67 - 14.45 = 7.22 USD. A payout pays the payable ones. When the
/// refund fails, the 7.22 USD are payable; when it succeeds, they are gone, and 14.45 USD stay paid.
#[rstest]
#[case::it_fails("failed", json!(["0.00", "0.00", "7.22", "14.45"]), 667)]
#[case::it_succeeds("succeeded", json!(["0.00", "0.00", "0.00", "14.45"]), 0)]
#[tokio::test]
async fn rf_2_a_refund_under_way_holds_its_share_in_both_currencies(
    #[case] end: &'static str,
    #[case] left: Value,
    #[case] owed: i64,
    #[values(false, true)] on_servers: bool,
) {
    let stage = stage(no_hold(), Some("USD"), on_servers).await;
    let charge = euros(&stage).await;
    assert_eq!(in_program(&stage).await, json!(["0.00", "0.00", "21.67", "0.00"]));
    let refund = stage.shop().refund_slowly(day(3), &charge, 3_333);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 2_000)]);
    assert_eq!((books.commissions[0].held, books.commissions[0].program_held), (667, 722));
    assert_eq!(in_program(&stage).await, json!(["7.22", "7.22", "14.45", "0.00"]));
    let record = "mutation($input: PayoutRecordInput!) { payoutRecord(input: $input) { userErrors { message } } }";
    let done = stage.ask(record, json!({ "input": { "partnerId": stage.ada.partner, "currency": "EUR" } })).await;
    assert_eq!(done["payoutRecord"]["userErrors"], json!([]));
    assert_eq!(in_program(&stage).await, json!(["7.22", "7.22", "0.00", "14.45"]));
    stage.shop().refund_ends(day(9), &refund, end);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.ada), owed);
    assert_eq!(in_program(&stage).await, left);
    stage.finish().await;
}

/// 100.00 EUR at 1.0837 are disputed: 20.00 EUR are held, 21.674, 21.67 USD. The bank takes the money: nothing is left in either currency. It
/// gives it back, and a refund of 25.00 EUR counts from the full amount (DP-4): 75.00 x 20 % = 15.00 EUR, 16.2555, 16.26 USD.
#[rstest]
#[tokio::test]
async fn dp_4_a_dispute_and_a_refund_after_it_in_both_currencies(#[values(false, true)] on_servers: bool) {
    let stage = stage(no_hold(), Some("USD"), on_servers).await;
    let charge = euros(&stage).await;
    let dispute = stage.shop().dispute(day(4), &charge);
    stage.deliver(Version::Endive).await;
    assert_eq!(in_program(&stage).await, json!(["21.67", "21.67", "0.00", "0.00"]));
    stage.shop().dispute_withdrawn(day(5), &dispute);
    stage.deliver(Version::Endive).await;
    assert_eq!(in_program(&stage).await, json!(["0.00", "0.00", "0.00", "0.00"]));
    {
        let mut shop = stage.shop();
        shop.dispute_reinstated(day(20), &dispute);
        shop.dispute_closed(day(20), &dispute, "won");
        shop.refund(day(21), &charge, 2_500);
    }
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 1_500)]);
    assert_eq!(in_program(&stage).await, json!(["0.00", "0.00", "16.26", "0.00"]));
    stage.finish().await;
}

/// A visitor clicked for Ada and then for Bob, who share alike. 100.03 EUR x 20 % = 20.006, 20.01 EUR: 10.01 for Bob, whose click was the last,
/// and 10.00 for Ada. At 1.0837: 10.847837, 10.85 USD, and 10.837, 10.84 USD. 40.01 EUR go back: 60.02 x 20 % = 12.004, 12.00 EUR, 6.00 each,
/// 6.5022, 6.50 USD.
#[rstest]
#[tokio::test]
async fn at_16_parts_are_stated_one_by_one(#[values(false, true)] on_servers: bool) {
    let stage = stage(Terms { attribution: Attribution::Linear, ..no_hold() }, Some("USD"), on_servers).await;
    stage.rates("2025-01-03,EUR,USD,1.0837").await;
    let first = stage.click(stage.ada, day(-1)).await;
    let second = stage.click_again(&first, stage.bob, day(0)).await;
    stage.sign_up("user-1", "ann@example.com", Some(&second), day(1)).await;
    let ann = stage.shop().customer(day(1), "ann@example.com", Some("user-1"));
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).currency("eur").line(Line::of(10_003)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_003, 2_001)]);
    assert_eq!(in_program_of(&stage, stage.bob).await, json!(["0.00", "0.00", "10.85", "0.00"]));
    assert_eq!(in_program(&stage).await, json!(["0.00", "0.00", "10.84", "0.00"]));
    let charge = stage.shop().charge_of(&invoice);
    stage.shop().refund(day(4), &charge, 4_001);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided()[0].2, 1_200);
    assert_eq!(in_program_of(&stage, stage.bob).await, json!(["0.00", "0.00", "6.50", "0.00"]));
    assert_eq!(in_program(&stage).await, json!(["0.00", "0.00", "6.50", "0.00"]));
    stage.finish().await;
}

/// The case of Ada's only commission.
async fn case(stage: &Stage) -> Value {
    let found = stage.ask("{ fraudCases(first: 5) { nodes { id state score } } }", json!({})).await;
    assert_eq!(found["fraudCases"]["nodes"].as_array().unwrap().len(), 1);
    found["fraudCases"]["nodes"][0].clone()
}

/// Ada buys for 100.00 through her own link: 20.00 are held by a strong sign (100 of 100). 40.00 go back: 60.00 x 20 % = 12.00 stay held. All
/// goes back: nothing is left to hold, and the case is closed. The second refund fails: 12.00 are held again, until a person releases them.
#[rstest]
#[tokio::test]
async fn fr_4_what_is_held_for_fraud_follows_refunds(#[values(false, true)] on_servers: bool) {
    let stage = stage(no_hold(), None, on_servers).await;
    let click = stage.click(stage.ada, day(0)).await;
    let (_, charge) = stage.shop().checkout(day(3), Cart::of(10_000).email("ada@partner.example").token(&click.token));
    stage.deliver(Version::Endive).await;
    stage.shop().refund(day(4), &charge, 4_000);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 1_200)]);
    assert_eq!((books.commissions[0].held, &books.commissions[0].holds[..]), (1_200, &[HoldReason::SelfReferral][..]));
    let open = case(&stage).await;
    assert_eq!((&open["state"], &open["score"]), (&json!("OPEN"), &json!(100)));
    let refund = stage.shop().refund(day(5), &charge, 6_000);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Reversed, 0)]);
    assert_eq!(case(&stage).await["state"], "CLOSED");
    stage.shop().refund_ends(day(6), &refund, "failed");
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Held, 1_200)]);
    assert_eq!(case(&stage).await["state"], "OPEN");
    let release = "mutation($input: FraudCaseReleaseInput!) { fraudCaseRelease(input: $input) { userErrors { code } } }";
    let done = stage.ask(release, json!({ "input": { "id": open["id"], "reason": "a present for her sister" } })).await;
    assert_eq!(done["fraudCaseRelease"]["userErrors"], json!([]));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 1_200)]);
    assert_eq!(case(&stage).await["state"], "RELEASED");
    stage.finish().await;
}

/// 20.00 EUR at 1.0837, 21.67 USD, are held for fraud and rejected: nothing is left in either currency, and a later refund takes nothing more.
/// Taken back, and after a refund of 50.00 EUR, 10.00 EUR are held, 10.837, 10.84 USD.
#[rstest]
#[tokio::test]
async fn fr_4_a_rejection_leaves_nothing_in_either_currency(#[values(false, true)] on_servers: bool) {
    let stage = stage(no_hold(), Some("USD"), on_servers).await;
    stage.fraud(json!({ "holdScore": 10, "signals": ["SAME_DOMAIN"] })).await;
    stage.rates("2025-01-03,EUR,USD,1.0837").await;
    let ann = stage.customer_of_ada("user-1", "ann@partner.example").await;
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).currency("eur").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(in_program(&stage).await, json!(["21.67", "21.67", "0.00", "0.00"]));
    let reject = "mutation($input: FraudCaseRejectInput!) { fraudCaseReject(input: $input) { userErrors { code } } }";
    let done = stage.ask(reject, json!({ "input": { "id": case(&stage).await["id"], "reason": "a colleague of hers" } })).await;
    assert_eq!(done["fraudCaseReject"]["userErrors"], json!([]));
    assert_eq!(in_program(&stage).await, json!(["0.00", "0.00", "0.00", "0.00"]));
    let charge = stage.shop().charge_of(&invoice);
    stage.shop().refund(day(4), &charge, 5_000);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Rejected, 0)]);
    let restore = "mutation($input: CommissionRestoreInput!) { commissionRestore(input: $input) { userErrors { code } } }";
    let id = stage.books().await.commissions[0].id;
    let done = stage.ask(restore, json!({ "input": { "id": id } })).await;
    assert_eq!(done["commissionRestore"]["userErrors"], json!([]));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Held, 1_000)]);
    assert_eq!(in_program(&stage).await, json!(["10.84", "10.84", "0.00", "0.00"]));
    stage.finish().await;
}
