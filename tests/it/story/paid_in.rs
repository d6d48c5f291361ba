//! Payouts in another currency than was earned (MO-5), and debts that are written off (RF-7).

use entity::value::{CommissionState, Currency, LedgerAccount};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::books::Books;
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Line, Version};

/// What stands on an account in a currency.
fn on(books: &Books, account: LedgerAccount, currency: &str) -> i64 {
    let currency: Currency = currency.parse().unwrap();
    books.entries.iter().filter(|entry| entry.account == account && entry.currency == currency).map(|entry| entry.amount).sum()
}

/// Ada's customer pays 100 in each of these currencies, which earns 20. Gives the charges.
async fn twenty_each<const N: usize>(stage: &Stage, currencies: [&'static str; N]) -> [String; N] {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoices = currencies.map(|currency| stage.shop().pay(day(2), Bill::to(&ann).currency(currency).line(Line::of(10_000))));
    stage.deliver(Version::Endive).await;
    stage.app.clock.set(day(10));
    invoices.map(|invoice| stage.shop().charge_of(&invoice))
}

fn of_ada(stage: &Stage, currency: &str, paid_in: Option<&str>) -> Value {
    json!({ "partnerId": stage.ada.partner, "currency": currency, "paidIn": paid_in })
}

fn texts<const N: usize>(of: [&str; N]) -> [String; N] {
    of.map(str::to_owned)
}

#[rstest]
#[tokio::test]
async fn mo_5_a_payout_is_converted_once_and_fx_takes_what_is_between(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    twenty_each(&stage, ["eur", "usd"]).await;
    stage.rates("2025-01-10,EUR,USD,1.0837\n2025-01-20,EUR,USD,1.20").await;
    // 20.00 EUR at 1.0837: 21.674, rounds to 21.67.
    let planned = stage.paying("payoutPlan", of_ada(&stage, "EUR", Some("USD"))).await;
    assert_eq!(planned["amount"], json!({ "decimal": "20.00", "currency": "EUR" }));
    assert_eq!(planned["paidAmount"], json!({ "decimal": "21.67", "currency": "USD" }));
    let rate = ["exchangeRate", "exchangeRateDay", "exchangeRateSource"].map(|name| &planned[name]);
    assert_eq!(rate, [&json!("1.0837"), &json!("2025-01-10"), &json!("bank")]);
    let own = stage.paying("payoutPlan", of_ada(&stage, "USD", Some("USD"))).await;
    assert_eq!((&own["paidAmount"], &own["exchangeRate"]), (&own["amount"], &Value::Null));

    // Nothing converts later, whatever rates are told.
    stage.app.clock.set(day(25));
    for id in [&planned["id"], &own["id"]] {
        stage.paying("payoutSend", json!({ "id": id })).await;
        stage.paying("payoutConfirm", json!({ "id": id })).await;
    }
    assert_eq!(stage.payout_by(&planned["id"]).await["paidAmount"]["decimal"], "21.67");
    let books = stage.books().await;
    assert_eq!((on(&books, LedgerAccount::Fx, "EUR"), on(&books, LedgerAccount::Fx, "USD")), (2_000, -2_167));
    let clearing = ["EUR", "USD"].map(|currency| on(&books, LedgerAccount::PayoutClearing, currency));
    assert_eq!(clearing, [0, 2_167 + 2_000]);
    assert_eq!(
        stage.balances(stage.ada).await,
        [texts(["EUR", "0.00", "0.00", "0.00", "20.00"]), texts(["USD", "0.00", "0.00", "0.00", "20.00"])],
        "what was paid is told in what was earned"
    );
    stage.finish().await;
}

#[rstest]
#[case::yen_have_no_decimals("JPY", "162.575", "3252")]
#[case::dinars_have_three("KWD", "0.32155", "6.431")]
#[tokio::test]
async fn mo_5_each_currency_is_rounded_in_its_own_units(#[case] paid_in: &str, #[case] rate: &str, #[case] paid: &str) {
    // 20.00 EUR at 162.575: 3251.5 JPY, rounds to 3252. At 0.32155: 6.431 KWD.
    let stage = Stage::new().await;
    twenty_each(&stage, ["eur"]).await;
    stage.rates(&format!("2025-01-11,EUR,{paid_in},{rate}")).await;
    let mut record = of_ada(&stage, "EUR", Some(paid_in));
    record["reference"] = json!("wire 8");
    let recorded = stage.paying("payoutRecord", record).await;
    assert_eq!((&recorded["status"], &recorded["paidAmount"]["decimal"]), (&json!("PAID"), &json!(paid)));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Paid, 2_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn mo_5_what_is_planned_anew_or_cancelled_keeps_its_rate_and_leaves_nothing_on_fx() {
    let stage = Stage::set(Setup { currency: Some("GBP"), ..Setup::default() }).await;
    stage.rates("2025-01-03,EUR,GBP,0.85\n2025-01-10,EUR,USD,1.0837\n2025-01-12,EUR,USD,1.20").await;
    let [charge] = twenty_each(&stage, ["eur"]).await;
    let planned = stage.paying("payoutPlan", of_ada(&stage, "EUR", Some("USD"))).await;
    stage.shop().refund(day(12), &charge, 2_500);
    stage.deliver(Version::Endive).await;
    // 15.00 EUR at 1.0837: 16.2555, rounds to 16.26.
    let new = stage.payout_by(&stage.payout_by(&planned["id"]).await["replacedBy"]["id"]).await;
    assert_eq!((&new["amount"]["decimal"], &new["paidAmount"]["decimal"]), (&json!("15.00"), &json!("16.26")));
    assert_eq!((&new["exchangeRate"], &new["exchangeRateDay"]), (&json!("1.0837"), &json!("2025-01-10")));
    let books = stage.books().await;
    assert_eq!((on(&books, LedgerAccount::Fx, "EUR"), on(&books, LedgerAccount::Fx, "USD")), (1_500, -1_626));
    stage.paying("payoutCancel", json!({ "id": new["id"], "reason": "paid in euros after all" })).await;
    let books = stage.books().await;
    for account in [LedgerAccount::Fx, LedgerAccount::PayoutClearing] {
        assert_eq!(["EUR", "USD"].map(|currency| on(&books, account, currency)), [0, 0], "{account}");
    }
    let stated: i64 =
        books.entries.iter().filter(|entry| entry.account == LedgerAccount::PartnerPayable).filter_map(|entry| entry.program_amount).sum();
    assert_eq!(stated, 1_275, "15.00 EUR at 0.85 are payable again in the program's currency, too");
    let paid = stage.paying("payoutRecord", of_ada(&stage, "EUR", None)).await;
    assert_eq!((&paid["paidAmount"], &paid["exchangeRate"]), (&paid["amount"], &Value::Null));
    stage.finish().await;
}

#[tokio::test]
async fn mo_5_without_a_rate_nothing_is_planned() {
    let stage = Stage::new().await;
    twenty_each(&stage, ["eur"]).await;
    stage.rates("2025-01-03,EUR,USD,1.10\n2025-01-12,EUR,USD,1.20").await;
    // 2025-01-11: the one is eight days old, the other one is tomorrow's.
    for mutation in ["payoutPlan", "payoutRecord"] {
        let done = stage.payout(mutation, of_ada(&stage, "EUR", Some("USD"))).await;
        assert_eq!((&done["payout"], &done["userErrors"][0]["field"]), (&Value::Null, &json!(["paidIn"])), "{done}");
        assert_eq!(done["userErrors"][0]["code"], "WRONG_STATE");
    }
    assert_eq!(stage.balances(stage.ada).await, [texts(["EUR", "0.00", "20.00", "0.00", "0.00"])]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn rf_7_a_debt_is_written_off_once_and_with_a_reason(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { currency: Some("USD"), on_servers, ..Setup::default() }).await;
    stage.rates("2025-01-03,EUR,USD,1.10").await;
    let [charge] = twenty_each(&stage, ["eur"]).await;
    stage.paying("payoutRecord", of_ada(&stage, "EUR", None)).await;
    let write_off = async |reason: &str, key: Option<&str>| {
        let document = "mutation($input: BalanceWriteOffInput!) { balanceWriteOff(input: $input) { writtenOff { decimal currency } userErrors { field code } } }";
        let input = json!({ "partnerId": stage.ada.partner, "currency": "EUR", "reason": reason, "idempotencyKey": key });
        stage.ask(document, json!({ "input": input })).await["balanceWriteOff"].clone()
    };
    let nothing = json!([{ "field": ["partnerId"], "code": "WRONG_STATE" }]);
    assert_eq!(write_off("left the program", None).await["userErrors"], nothing);
    stage.shop().refund(day(12), &charge, 10_000);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.balances(stage.ada).await, [texts(["EUR", "0.00", "-20.00", "0.00", "20.00"])]);
    assert_eq!(write_off(" ", None).await["userErrors"], json!([{ "field": ["reason"], "code": "INVALID" }]));

    let done = write_off("left the program", Some("once")).await;
    assert_eq!(done["writtenOff"], json!({ "decimal": "20.00", "currency": "EUR" }));
    assert_eq!(write_off("left the program", Some("once")).await, done, "the same key, the same answer");
    assert_eq!(write_off("left the program", None).await["userErrors"], nothing, "nothing is owed any more");
    assert_eq!(stage.balances(stage.ada).await, [texts(["EUR", "0.00", "0.00", "0.00", "20.00"])]);
    let books = stage.books().await;
    assert_eq!(on(&books, LedgerAccount::WriteOff, "EUR"), -2_000);
    let payable = books.entries.iter().filter(|entry| entry.account == LedgerAccount::PartnerPayable);
    assert_eq!(payable.filter_map(|entry| entry.program_amount).sum::<i64>(), 0, "nor in the program's currency");
    let words = stage.ask("{ interventions(first: 20) { nodes { kind subject what reason } } }", json!({})).await;
    let word = words["interventions"]["nodes"].as_array().unwrap().iter().find(|word| word["kind"] == "BALANCE_WRITE_OFF").unwrap();
    assert_eq!((&word["subject"], &word["reason"]), (&json!(stage.ada.partner), &json!("left the program")));
    assert!(word["what"].as_str().unwrap().contains("20.00"), "{word}");

    // What is earned from then on is paid whole.
    let ann = stage.shop().customers.keys().next().unwrap().clone();
    stage.rates("2025-01-15,EUR,USD,1.10").await;
    stage.shop().pay(day(14), Bill::to(&ann).currency("eur").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.paying("payoutRecord", of_ada(&stage, "EUR", None)).await["amount"]["decimal"], "20.00");
    stage.finish().await;
}
