//! Amounts in a program's currency beside the original ones, by the rate of the purchase's day.

use entity::value::{CommissionState, DecisionReason, HoldReason, Reward, Terms};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

/// A program that is stated in dollars.
async fn in_dollars(terms: Terms) -> Stage {
    Stage::set(Setup { terms, currency: Some("USD"), ..Setup::default() }).await
}

/// Ada's customer pays 100 EUR on the third day (2025-01-03). Gives the charge.
async fn hundred_euros(stage: &Stage) -> String {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).currency("eur").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    stage.shop().charge_of(&invoice)
}

/// Each entry on Ada's accounts as GraphQL shows it: amount, amount in the program's currency, rate, day, source.
async fn entries(stage: &Stage) -> Vec<Value> {
    let query = "query($id: ID!) { ledgerEntries(filter: { partnerId: $id }, last: 50) { nodes { account amount { decimal currency }
        programAmount { decimal currency } exchangeRate exchangeRateDay exchangeRateSource } } }";
    let found = stage.ask(query, json!({ "id": stage.ada.partner })).await;
    let own = |entry: &&Value| entry["account"] != "COMMISSION_EXPENSE";
    let shown = |entry: &Value| {
        json!([
            entry["amount"]["decimal"],
            entry["programAmount"]["decimal"],
            entry["exchangeRate"],
            entry["exchangeRateDay"],
            entry["exchangeRateSource"]
        ])
    };
    let mut entries: Vec<Value> = found["ledgerEntries"]["nodes"].as_array().unwrap().iter().filter(own).map(shown).collect();
    entries.reverse();
    entries
}

/// What stands for Ada in her own currency and in the program's.
async fn balances(stage: &Stage) -> Value {
    let query = "query($id: ID!) { balances(partnerId: $id) { currency payable { decimal } paid { decimal } }
        programBalances(partnerId: $id) { currency pending { decimal } held { decimal } payable { decimal } paid { decimal } } }";
    stage.ask(query, json!({ "id": stage.ada.partner })).await
}

#[rstest]
#[tokio::test]
async fn e26_a_full_refund_takes_the_rate_of_its_purchase_and_leaves_nothing_in_either_currency(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { terms: no_hold(), currency: Some("USD"), on_servers, ..Setup::default() }).await;
    stage.rates("date,base,quote,rate\n2025-01-03,EUR,USD,1.10\n2025-01-20,EUR,USD,1.20").await;
    let charge = hundred_euros(&stage).await;
    let found = stage.ask("{ commissions { nodes { amount { decimal currency } programAmount { decimal currency } } } }", json!({})).await;
    assert_eq!(
        found["commissions"]["nodes"],
        json!([{ "amount": { "decimal": "20.00", "currency": "EUR" }, "programAmount": { "decimal": "22.00", "currency": "USD" } }])
    );
    stage.shop().refund(day(19), &charge, 10_000);
    stage.deliver(Version::Endive).await;
    assert_eq!(
        entries(&stage).await,
        [json!(["20.00", "22.00", "1.1", "2025-01-03", "bank"]), json!(["-20.00", "-22.00", "1.1", "2025-01-03", "bank"])]
    );
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Reversed, 0)]);
    assert_eq!(books.entries.iter().filter_map(|entry| entry.program_amount).sum::<i64>(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn mo_3_parts_that_go_back_are_converted_as_a_whole_and_never_leave_a_cent() {
    // 33.33 EUR at 20 %: 6.666, rounds to 6.67; in dollars at 1.0837: 7.228279, rounds to 7.23.
    let stage = in_dollars(no_hold()).await;
    stage.rates("2025-01-03,EUR,USD,1.0837").await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let invoice = stage.shop().pay(day(2), Bill::to(&ann).currency("eur").line(Line::of(3_333)));
    stage.deliver(Version::Endive).await;
    let charge = stage.shop().charge_of(&invoice);
    // 11.11 back: 22.22 x 20 % = 4.444, 4.44; x 1.0837 = 4.811628, 4.81. Another 11.11: 2.222, 2.22; 2.405814, 2.41. Then the rest.
    for (at, amount) in [(3, 1_111), (4, 1_111), (5, 1_111)] {
        stage.shop().refund(day(at), &charge, amount);
        stage.deliver(Version::Endive).await;
    }
    let amounts: Vec<Value> = entries(&stage).await.iter().map(|entry| json!([entry[0], entry[1]])).collect();
    assert_eq!(amounts, [json!(["6.67", "7.23"]), json!(["-2.23", "-2.42"]), json!(["-2.22", "-2.40"]), json!(["-2.22", "-2.41"])]);
    stage.finish().await;
}

#[tokio::test]
async fn mo_4_without_a_rate_it_waits_held_and_settles_by_itself_when_the_rate_comes() {
    let stage = in_dollars(no_hold()).await;
    stage.rates("2025-01-02,EUR,USD,1.05").await;
    hundred_euros(&stage).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(DecisionReason::AwaitingRate, 10_000, 0)]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 0)]);
    assert_eq!(&books.commissions[0].holds[..], [HoldReason::AwaitingRate]);
    assert!(books.entries.is_empty(), "never one to one");
    stage.rates("2025-01-03,EUR,USD,1.10").await;
    stage.drain().await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000)]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    assert_eq!(entries(&stage).await, [json!(["20.00", "22.00", "1.1", "2025-01-03", "bank"])]);
    stage.finish().await;
}

#[tokio::test]
async fn mo_2_a_day_without_a_rate_takes_the_day_before_once_a_later_one_is_known() {
    let stage = in_dollars(no_hold()).await;
    stage.rates("2025-01-02,USD,EUR,0.8").await;
    hundred_euros(&stage).await;
    assert_eq!(stage.books().await.decided()[0].0, DecisionReason::AwaitingRate);
    stage.rates("2025-01-06,USD,EUR,0.9").await;
    stage.drain().await;
    // 20.00 EUR / 0.8 = 25.00 USD.
    assert_eq!(entries(&stage).await, [json!(["20.00", "25.00", "1.25", "2025-01-02", "bank"])]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn mo_2_the_rate_is_that_of_the_purchase_s_own_day_in_whatever_order_it_became_known(#[values(false, true)] by_intent_first: bool) {
    // The intent tells that the money came on the 5th; the charge, which goes before it, that it was on the 3rd.
    let stage = in_dollars(no_hold()).await;
    stage.rates("date,base,quote,rate\n2025-01-03,EUR,USD,1.10\n2025-01-05,EUR,USD,1.20").await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.deliver(Version::Endive).await;
    let mut events = {
        let mut shop = stage.shop();
        shop.currency = "eur".to_owned();
        shop.take(day(2), 10_000, Some(&ann), &std::collections::BTreeMap::new());
        shop.news()
    };
    events.iter_mut().filter(|event| event.kind == "payment_intent.succeeded").for_each(|event| event.at = day(4));
    events.sort_by_key(|event| (event.kind == "payment_intent.succeeded") != by_intent_first);
    for event in &events {
        assert_eq!(stage.send(event, Version::Acacia).await, 200);
        stage.drain().await;
    }
    assert_eq!(balances(&stage).await["programBalances"][0]["payable"], json!({ "decimal": "22.00" }));
    stage.finish().await;
}

#[tokio::test]
async fn mo_3_a_rate_that_is_replaced_changes_nothing_for_what_used_it() {
    let stage = in_dollars(no_hold()).await;
    stage.rates("2025-01-03,EUR,USD,1.10").await;
    let charge = hundred_euros(&stage).await;
    let import = "mutation($input: ExchangeRatesImportInput!) { exchangeRatesImport(input: $input) {
        imported { added replaced unchanged } userErrors { field code } } }";
    let mut input = json!({ "csv": "2025-01-03,EUR,USD,2\n2025-01-04,EUR,USD,1.11", "source": "another bank" });
    let done = stage.ask(import, json!({ "input": input })).await;
    assert_eq!(done["exchangeRatesImport"], json!({ "imported": null, "userErrors": [{ "field": ["csv"], "code": "TAKEN" }] }));
    input["replace"] = json!(true);
    let done = stage.ask(import, json!({ "input": input })).await;
    assert_eq!(done["exchangeRatesImport"]["imported"], json!({ "added": 1, "replaced": 1, "unchanged": 0 }));
    stage.shop().refund(day(9), &charge, 5_000);
    stage.deliver(Version::Endive).await;
    let last = entries(&stage).await.pop().unwrap();
    assert_eq!(last, json!(["-10.00", "-11.00", "1.1", "2025-01-03", "bank"]));
    stage.finish().await;
}

#[tokio::test]
async fn mo_2_balances_are_shown_in_the_program_s_currency_and_a_payout_empties_both() {
    let stage = in_dollars(no_hold()).await;
    stage.rates("2025-01-03,EUR,USD,1.10\n2025-01-03,GBP,USD,1.25").await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    for currency in ["eur", "gbp", "usd"] {
        stage.shop().pay(day(2), Bill::to(&ann).currency(currency).line(Line::of(10_000)));
    }
    stage.deliver(Version::Endive).await;
    // 20.00 EUR = 22.00 USD, 20.00 GBP = 25.00 USD, and 20.00 USD.
    let found = balances(&stage).await;
    let money = |decimal: &str| json!({ "decimal": decimal });
    let own = |currency: &str, payable: &str, paid: &str| json!({ "currency": currency, "payable": money(payable), "paid": money(paid) });
    assert_eq!(found["balances"], json!([own("EUR", "20.00", "0.00"), own("GBP", "20.00", "0.00"), own("USD", "20.00", "0.00")]));
    let stated = |payable: &str, paid: &str| json!([{ "currency": "USD", "pending": money("0.00"), "held": money("0.00"), "payable": money(payable), "paid": money(paid) }]);
    assert_eq!(found["programBalances"], stated("67.00", "0.00"));
    let record = "mutation($input: PayoutRecordInput!) { payoutRecord(input: $input) { userErrors { message } } }";
    stage.ask(record, json!({ "input": { "partnerId": stage.ada.partner, "currency": "EUR" } })).await;
    let found = balances(&stage).await;
    assert_eq!(found["balances"][0], own("EUR", "0.00", "20.00"));
    assert_eq!(found["programBalances"], stated("45.00", "22.00"));
    stage.finish().await;
}

#[rstest]
#[case::five_dollars_on_euros("USD", 500, "eur", "1.25", 400)]
#[case::five_dollars_on_yen("USD", 500, "jpy", "0.0067", 746)]
#[tokio::test]
async fn mo_4_a_fixed_reward_in_another_currency_is_converted_by_the_purchase_s_day(
    #[case] of: &str,
    #[case] reward: i64,
    #[case] paid_in: &'static str,
    #[case] rate: &str,
    #[case] earned: i64,
) {
    // 5.00 USD at 1.25 USD a euro: 4.00 EUR. At 0.0067 USD a yen: 746.27 JPY, rounds to 746.
    let reward = Reward::Flat { amount: reward, currency: of.parse().unwrap(), per_unit: false };
    let stage = Stage::set(Setup { terms: Terms { reward, hold_days: 0, ..Terms::default() }, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.shop().pay(day(2), Bill::to(&ann).currency(paid_in).line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::AwaitingRate, 10_000, 0)]);
    stage.rates(&format!("2025-01-03,{},USD,{rate}", paid_in.to_uppercase())).await;
    stage.drain().await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, earned)]);
    stage.finish().await;
}

#[tokio::test]
async fn mo_2_a_currency_that_a_program_gets_later_counts_for_purchases_from_then_on_and_stays_once_used() {
    let stage = Stage::new().await;
    hundred_euros(&stage).await;
    let update =
        "mutation($input: ProgramUpdateInput!) { programUpdate(input: $input) { program { currency } userErrors { field code } } }";
    let done = stage.ask(update, json!({ "input": { "id": stage.program, "currency": "USD" } })).await;
    assert_eq!(done["programUpdate"]["program"]["currency"], "USD");
    stage.rates("2025-02-01,EUR,USD,1.10").await;
    let ann = stage.shop().customers.keys().next().unwrap().clone();
    stage.shop().pay(day(31), Bill::to(&ann).currency("eur").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    let amounts: Vec<Value> = entries(&stage).await.iter().map(|entry| json!([entry[0], entry[1]])).collect();
    assert_eq!(amounts, [json!(["20.00", null]), json!(["20.00", "22.00"])]);
    let done = stage.ask(update, json!({ "input": { "id": stage.program, "currency": "GBP" } })).await;
    assert_eq!(done["programUpdate"]["userErrors"], json!([{ "field": ["currency"], "code": "WRONG_STATE" }]));
    stage.finish().await;
}

#[tokio::test]
async fn rates_for_the_whole_instance_come_at_the_shell_and_a_merchant_s_own_go_before_them() {
    use tributary::service::exchange::{Import, import_for_all};
    let stage = in_dollars(no_hold()).await;
    let import = Import { csv: "2025-01-03,EUR,USD,1.50".into(), source: "ecb".into(), replace: false };
    import_for_all(stage.app.services(), &import).await.unwrap();
    stage.rates("2025-01-03,EUR,USD,1.10").await;
    hundred_euros(&stage).await;
    assert_eq!(entries(&stage).await, [json!(["20.00", "22.00", "1.1", "2025-01-03", "bank"])]);
    let found = stage.ask("{ exchangeRates(filter: { base: \"EUR\" }) { nodes { day rate source own } } }", json!({})).await;
    let rate = |rate: &str, source: &str, own: bool| json!({ "day": "2025-01-03", "rate": rate, "source": source, "own": own });
    let nodes = found["exchangeRates"]["nodes"].as_array().unwrap();
    assert!(nodes.contains(&rate("1.1", "bank", true)) && nodes.contains(&rate("1.5", "ecb", false)) && nodes.len() == 2, "{nodes:?}");
    stage.finish().await;
}
