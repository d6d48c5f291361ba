//! S10: a shop's business in words that are the same whoever tells.

use chrono::Duration;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Cart, Line, Version};

const SOURCE: &str = "id sourceId sourceCreatedAt sourceModifiedAt createdAt modifiedAt raw";

/// Sales of some days, with a refund, a dispute and a payout, all pulled.
async fn shop(on_servers: bool) -> Stage {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    {
        let mut shop = stage.shop();
        shop.product(day(0), "Tea", 900, None);
        let ann = shop.customer(day(1), "ann@example.com", None);
        let invoice = shop.pay(day(2), Bill::to(&ann).line(Line::of(10_000)));
        let charge = shop.charge_of(&invoice);
        shop.refund(day(3), &charge, 2_500);
        let (_, disputed) = shop.checkout(day(4), Cart::of(8_000).customer(&ann));
        let dispute = shop.dispute(day(5), &disputed);
        shop.dispute_withdrawn(day(5), &dispute);
        shop.pay(day(6), Bill::to(&ann).currency("eur").line(Line::of(3_000)));
        shop.decline(day(7), 500, Some(&ann));
        shop.pay_out(day(8), 5_000);
        drop(shop.news());
    }
    stage.app.clock.set(day(30));
    stage.pull_all().await;
    stage
}

async fn nodes(stage: &Stage, field: &str, arguments: &str, fields: &str) -> Vec<Value> {
    let document = format!("{{ {field}({arguments}) {{ nodes {{ {fields} }} }} }}");
    stage.ask(&document, json!({})).await[field]["nodes"].as_array().unwrap().clone()
}

#[rstest]
#[tokio::test]
async fn s10_the_six_kinds_have_their_shape(#[values(false, true)] on_servers: bool) {
    let stage = shop(on_servers).await;
    let companies =
        "{ commerceCompanies { name legalName registrationNumber phones webLinks baseCurrency addresses { kind line1 city country }
        balances { available { amount currency } pending { amount } reserved { amount } } sourceId raw } }";
    let company = stage.ask(companies, json!({})).await["commerceCompanies"][0].clone();
    assert_eq!((&company["legalName"], &company["baseCurrency"]), (&json!("Example Shop Ltd."), &json!("USD")));
    assert_eq!(company["addresses"][0]["city"], "Springfield");
    let currencies: Vec<_> = company["balances"].as_array().unwrap().iter().map(|of| of["available"]["currency"].clone()).collect();
    assert_eq!(currencies, ["EUR", "USD"]);
    let customers = nodes(&stage, "commerceCustomers", "first: 5", &format!("{SOURCE} status name email defaultCurrency note")).await;
    assert_eq!((&customers[0]["email"], &customers[0]["status"]), (&json!("ann@example.com"), &json!("ACTIVE")));
    let raw: Value = serde_json::from_str(customers[0]["raw"].as_str().unwrap()).unwrap();
    assert_eq!((&raw["object"], &raw["id"]), (&json!("customer"), &customers[0]["sourceId"]));
    let fields = "status totalAmount { amount currency } reason dueAt paymentId transactionIds";
    let disputes = nodes(&stage, "commerceDisputes", "first: 5", fields).await;
    assert_eq!((&disputes[0]["status"], &disputes[0]["totalAmount"]["amount"]), (&json!("EVIDENCE_REQUIRED"), &json!("8000")));
    assert_eq!((&disputes[0]["reason"], disputes[0]["transactionIds"].as_array().unwrap().len()), (&json!("fraudulent"), 1));
    let fields = "status amount { amount currency decimal } method provider refundOf sourceId sourceCreatedAt";
    let payments = nodes(&stage, "commercePayments", "first: 20, orderBy: OLDEST", fields).await;
    let shown: Vec<_> = payments.iter().map(|of| (of["amount"]["amount"].as_str().unwrap(), of["status"].as_str().unwrap())).collect();
    assert_eq!(shown, [("10000", "PAID"), ("-2500", "PAID"), ("8000", "PAID"), ("3000", "PAID"), ("500", "PENDING")]);
    assert_eq!(payments[1]["refundOf"], payments[0]["sourceId"], "a refund is a payment of its own");
    assert_eq!((&payments[0]["method"], &payments[0]["provider"]), (&json!("card"), &json!("visa")));
    let fields = "name status isGiftCard isShippingRequired variants { sku status prices { currency amount { amount } } }";
    let products = nodes(&stage, "commerceProducts", "first: 5", fields).await;
    assert_eq!((&products[0]["name"], &products[0]["variants"][0]["prices"][0]["amount"]["amount"]), (&json!("Tea"), &json!("900")));
    let fields = "type subType totalAmount { amount currency } fee { amount } net { amount } reference availableAt";
    let moved = nodes(&stage, "commerceTransactions", "first: 20, orderBy: OLDEST", fields).await;
    let kinds: Vec<_> = moved.iter().map(|of| of["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["PAYMENT", "REFUND", "PAYMENT", "REFUND", "PAYMENT", "PAYOUT"]);
    assert_eq!((&moved[0]["totalAmount"]["amount"], &moved[0]["fee"]["amount"]), (&json!("10000"), &json!("320")));
    assert_eq!((&moved[5]["totalAmount"]["amount"], &moved[5]["subType"]), (&json!("-5000"), &json!("payout")));
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn s10_lists_are_filtered_ordered_and_paged(#[values(false, true)] on_servers: bool) {
    let stage = shop(on_servers).await;
    let amounts = async |arguments: &str| -> Vec<String> {
        let found = nodes(&stage, "commercePayments", arguments, "amount { amount }").await;
        found.iter().map(|of| of["amount"]["amount"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(amounts("first: 2").await, ["500", "3000"], "the newest first");
    assert_eq!(amounts("filter: { currency: [\"EUR\"] }").await, ["3000"]);
    assert_eq!(amounts("status: [PENDING]").await, ["500"]);
    let span = format!("filter: {{ from: \"{}\", to: \"{}\" }}", day(3).to_rfc3339(), (day(4) + Duration::hours(1)).to_rfc3339());
    assert_eq!(amounts(&span).await, ["8000", "-2500"]);
    assert_eq!(amounts("filter: { sourceId: \"none\" }").await, Vec::<String>::new());
    let mut seen = Vec::new();
    let mut after = Value::Null;
    for _ in 0..5 {
        let document = "query($after: String) { commercePayments(first: 1, after: $after, orderBy: OLDEST) {
            nodes { amount { amount } } pageInfo { hasNextPage endCursor } } }";
        let page = stage.ask(document, json!({ "after": after })).await["commercePayments"].clone();
        seen.push(page["nodes"][0]["amount"]["amount"].as_str().unwrap().to_owned());
        after = page["pageInfo"]["endCursor"].clone();
        assert_eq!(page["pageInfo"]["hasNextPage"], json!(seen.len() < 5));
    }
    assert_eq!(seen, ["10000", "-2500", "8000", "3000", "500"]);
    let types = nodes(&stage, "commerceTransactions", "type: [PAYOUT, REFUND]", "type").await;
    assert_eq!(types.len(), 3);
    stage.finish().await;
}

#[tokio::test]
async fn s10_deliveries_keep_it_new() {
    let stage = shop(false).await;
    let before = nodes(&stage, "commerceDisputes", "first: 1", "id sourceId status sourceModifiedAt createdAt").await[0].clone();
    stage.shop().dispute_closed(day(31), before["sourceId"].as_str().unwrap(), "lost");
    stage.deliver(Version::Endive).await;
    let after = nodes(&stage, "commerceDisputes", "first: 1", "id status sourceModifiedAt createdAt").await[0].clone();
    assert_eq!((&after["id"], &after["status"], &after["createdAt"]), (&before["id"], &json!("LOST"), &before["createdAt"]));
    assert_ne!(after["sourceModifiedAt"], before["sourceModifiedAt"]);
    stage.finish().await;
}
