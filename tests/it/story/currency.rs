//! A purchase whose currency becomes known late (BA-8).

use entity::value::{CommissionState, Currency, DecisionReason, EntryKind, LedgerAccount};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::books::Books;
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Cart, Event, Version};

/// The event as Stripe tells it where the buyer paid 90 euros for 100 dollars.
fn in_euros(event: &Event) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(&event.body(Version::Endive)).unwrap();
    let object = &mut body["data"]["object"];
    object["currency"] = json!("eur");
    for field in ["amount", "amount_received", "amount_captured"] {
        if object[field] == json!(10_000) {
            object[field] = json!(9_000);
        }
    }
    serde_json::to_vec(&body).unwrap()
}

/// What stands for partners in this currency: pending, payable and paid out.
fn stands(books: &Books, currency: &str) -> [i64; 3] {
    let currency: Currency = currency.parse().unwrap();
    [LedgerAccount::PartnerPending, LedgerAccount::PartnerPayable, LedgerAccount::PayoutClearing].map(|account| {
        let on = books.entries.iter().filter(|entry| entry.account == account && entry.currency == currency);
        on.map(|entry| entry.amount).sum()
    })
}

/// Ada's customer pays, and what it was in dollars is told last: when 18.00 EUR stood for Ada, and were paid out if so asked.
async fn told_in_euros_first(stage: &Stage, paid_out: bool) {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    stage.shop().checkout(day(3), Cart::of(10_000).customer(&ann));
    let news = stage.shop().news();
    let (session, payment): (Vec<_>, Vec<_>) = news.iter().partition(|event| event.kind.starts_with("checkout"));
    stage.app.clock.set(day(3));
    for event in payment {
        let body = in_euros(event);
        assert_eq!(stage.post(&stage.signed(&body), body).await, 200);
    }
    stage.drain().await;
    assert_eq!(stands(&stage.books().await, "EUR"), [0, 1_800, 0]);
    if paid_out {
        let record = "mutation($input: PayoutRecordInput!) { payoutRecord(input: $input) { userErrors { code } } }";
        let done = stage.ask(record, json!({ "input": { "partnerId": stage.ada.partner, "currency": "EUR" } })).await;
        assert_eq!(done["payoutRecord"]["userErrors"], json!([]));
    }
    for event in session {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
    }
    stage.drain().await;
}

#[rstest]
#[tokio::test]
async fn what_was_posted_in_the_buyers_currency_moves_to_the_merchants(#[values(false, true)] paid_out: bool) {
    let stage = Stage::new().await;
    told_in_euros_first(&stage, paid_out).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(DecisionReason::Commissioned, 10_000, 2_000)]);
    assert_eq!(stands(&books, "USD"), [0, 2_000, 0]);
    assert_eq!(stands(&books, "EUR"), if paid_out { [0, -1_800, 1_800] } else { [0, 0, 0] });
    let commission = &books.commissions[0];
    assert_eq!((commission.currency.as_str(), commission.state), ("USD", CommissionState::Approved));
    let kinds: Vec<_> = books.entries.iter().filter(|e| e.account == LedgerAccount::PartnerPayable).map(|e| (e.kind, e.amount)).collect();
    assert!(kinds.contains(&(EntryKind::ReDecision, -1_800)) && kinds.contains(&(EntryKind::Accrual, 2_000)), "{kinds:?}");
    let shown = stage.ask("{ commissions(first: 5) { nodes { amount { decimal currency } heldAmount { decimal } } } }", json!({})).await;
    let amount = json!({ "amount": { "decimal": "20.00", "currency": "USD" }, "heldAmount": { "decimal": "0.00" } });
    assert_eq!(shown["commissions"]["nodes"], json!([amount]));
    stage.finish().await;
}

/// In a program of pounds: 18.00 EUR at 0.85 are 15.30 GBP, and 20.00 USD at 0.80 are 16.00 GBP. What was paid out by then, is, and 0.70 GBP
/// are left to pay.
#[rstest]
#[case::before_a_payout(false, "16.00", "0.00")]
#[case::after_it(true, "0.70", "15.30")]
#[tokio::test]
async fn mo_2_what_moves_to_another_currency_is_stated_by_that_one_s_rate(
    #[case] paid_out: bool,
    #[case] payable: &str,
    #[case] paid: &str,
) {
    let stage = Stage::set(Setup { currency: Some("GBP"), ..Setup::default() }).await;
    stage.rates("2025-01-04,EUR,GBP,0.85\n2025-01-04,USD,GBP,0.80").await;
    told_in_euros_first(&stage, paid_out).await;
    let query = "query($id: ID!) { programBalances(partnerId: $id) { currency pending { decimal } payable { decimal } paid { decimal } } }";
    let found = stage.ask(query, json!({ "id": stage.ada.partner })).await;
    let money = |decimal: &str| json!({ "decimal": decimal });
    let expected = json!([{ "currency": "GBP", "pending": money("0.00"), "payable": money(payable), "paid": money(paid) }]);
    assert_eq!(found["programBalances"], expected);
    let shown = stage.ask("{ commissions(first: 5) { nodes { amount { decimal } programAmount { decimal } } } }", json!({})).await;
    assert_eq!(shown["commissions"]["nodes"], json!([{ "amount": money("20.00"), "programAmount": money("16.00") }]));
    stage.finish().await;
}
