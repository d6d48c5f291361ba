//! Terms at work: rewards by number, conditions, caps, groups of partners, and bindings that move to another version.

use chrono::{DateTime, Utc};
use entity::value::{DecisionReason, Terms};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::books::Books;
use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

/// Calls a mutation that must not be refused, and gives its object.
pub(super) async fn done(stage: &Stage, mutation: &str, object: &str, fields: &str, input: Value) -> Value {
    let (first, rest) = mutation.split_at(1);
    let document = format!(
        "mutation($input: {}{rest}Input!) {{ done: {mutation}(input: $input) {{ {object} {fields} userErrors {{ field message }} }} }}",
        first.to_uppercase()
    );
    let answer = stage.ask(&document, json!({ "input": input })).await;
    assert_eq!(answer["done"]["userErrors"], json!([]), "{mutation}");
    answer["done"][object].clone()
}

pub(super) async fn program(stage: &Stage) -> Value {
    let query = "query($id: ID!) { enrollment(id: $id) { program { id terms { id } } } }";
    stage.ask(query, json!({ "id": stage.ada.enrollment })).await["enrollment"]["program"].clone()
}

/// Terms for everybody from now on; or with an audience of their own.
pub(super) async fn version(stage: &Stage, terms: Value, audience: &str) -> Value {
    let input = json!({ "programId": program(stage).await["id"], "terms": terms, "audience": audience });
    done(stage, "termsCreate", "terms", "{ id }", input).await["id"].clone()
}

pub(super) fn percent(rate: u32) -> Value {
    json!({ "kind": "PERCENT", "rate": rate })
}

/// A bill of 100.00.
pub(super) fn bill(customer: &str) -> Bill {
    Bill::to(customer).subscription("sub_1").line(Line::of(10_000))
}

/// A stage whose rules are changed before anybody comes.
pub(super) async fn with(terms: Value, on_servers: bool) -> Stage {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    version(&stage, terms, "PROGRAM").await;
    stage
}

pub(super) async fn pay(stage: &Stage, at: DateTime<Utc>, bill: Bill) {
    stage.shop().pay(at, bill);
    stage.deliver(Version::Endive).await;
}

/// The texts of one rule's steps, with their amounts, of the newest decision.
fn steps(books: &Books, rule: &str) -> Vec<(String, Option<i64>)> {
    let last = books.purchases.last().map(|purchase| &books.decisions[&purchase.id]).unwrap();
    let all = last.steps.as_array().unwrap().iter().filter(|step| step["rule"] == rule);
    all.map(|step| (step["text"].as_str().unwrap().to_owned(), step["amount"].as_i64())).collect()
}

#[rstest]
#[tokio::test]
async fn co_5_the_first_payment_renewals_and_later_ones_earn_differently(#[values(false, true)] on_servers: bool) {
    let steps_from_3 = json!([{ "from": 3, "reward": { "kind": "FLAT", "amount": "100", "currency": "USD" } }]);
    let stage = with(json!({ "first": percent(5_000), "renewal": percent(1_000), "steps": steps_from_3 }), on_servers).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    for month in 0..4 {
        pay(&stage, day(2 + 30 * month), bill(&ann)).await;
    }
    let books = stage.books().await;
    let amounts: Vec<i64> = books.decided().into_iter().map(|(_, _, amount)| amount).collect();
    assert_eq!(amounts, [5_000, 1_000, 100, 100]);
    assert_eq!(steps(&books, "CO-5"), [("payment 4 earns 1.00 USD".to_owned(), None)]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn co_6_caps_of_a_purchase_and_a_customer_are_shown_before_and_after(#[values(false, true)] on_servers: bool) {
    let cap = |scope: &str, amount: &str| json!({ "scope": scope, "amount": amount, "currency": "USD" });
    let stage = with(json!({ "caps": [cap("CUSTOMER", "2500"), cap("PURCHASE", "1500")] }), on_servers).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    for number in 0..3 {
        pay(&stage, day(2 + number), bill(&ann)).await;
    }
    let books = stage.books().await;
    let expected = [(EARNED, 10_000, 1_500), (EARNED, 10_000, 1_000), (DecisionReason::CapReached, 10_000, 0)];
    assert_eq!(books.decided(), expected);
    assert_eq!(books.owed(stage.ada), 2_500);
    let shown: Vec<Option<i64>> = steps(&books, "CO-6").into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(shown, [Some(2_000), Some(1_500), Some(1_500), Some(0)]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn co_8_a_condition_on_the_purchase_and_the_partner_chooses_another_reward(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    let noted = json!({ "kind": "PURCHASE_METADATA", "key": "campaign", "values": ["spring"] });
    let partner = json!({ "kind": "PARTNER", "values": [stage.ada.partner] });
    let both = json!({ "id": "both", "when": { "kind": "ALL", "of": [noted, partner] }, "reward": percent(5_000) });
    let one = json!({ "id": "a-note", "when": noted, "reward": percent(100) });
    version(&stage, json!({ "conditional": [one, both] }), "PROGRAM").await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let mut spring = bill(&ann);
    spring.metadata.insert("campaign".to_owned(), "spring".to_owned());
    pay(&stage, day(2), bill(&ann)).await;
    pay(&stage, day(3), spring).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000), (EARNED, 10_000, 5_000)]);
    assert_eq!(steps(&books, "CO-8"), [("1 line by the conditional reward both: 50 %".to_owned(), None)]);
    stage.finish().await;
}

#[tokio::test]
async fn co_8_notes_on_a_partner_hold_from_when_they_are_made() {
    let stage = Stage::new().await;
    let gold = json!({ "kind": "PARTNER_METADATA", "key": "level", "values": ["gold"] });
    version(&stage, json!({ "conditional": [{ "id": "gold", "when": gold, "reward": percent(5_000) }] }), "PROGRAM").await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    pay(&stage, day(2), bill(&ann)).await;
    stage.app.clock.set(day(10));
    let input = json!({ "id": stage.ada.partner, "metadata": { "level": "gold" } });
    done(&stage, "partnerUpdate", "partner", "{ id }", input).await;
    pay(&stage, day(12), bill(&ann)).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000), (EARNED, 10_000, 5_000)]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn co_1_terms_of_a_group_hold_for_who_is_bound_while_the_partner_is_in_it(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    let group = done(&stage, "partnerGroupCreate", "group", "{ id }", json!({ "name": "Gold" })).await["id"].clone();
    let better = version(&stage, json!({ "reward": percent(4_000) }), "ASSIGNED").await;
    let input = json!({ "programId": program(&stage).await["id"], "groupId": group, "termsId": better });
    done(&stage, "termsAssign", "groupTerms", "{ given { effectiveFrom } }", input).await;
    let put = |group: Value| json!({ "partnerId": stage.ada.partner, "groupId": group });

    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.app.clock.set(day(10));
    done(&stage, "partnerSetGroup", "partner", "{ id }", put(group.clone())).await;
    let click = stage.click(stage.ada, day(11)).await;
    stage.sign_up("user-2", "ben@example.com", Some(&click), day(12)).await;
    let ben = stage.shop().customer(day(12), "ben@example.com", Some("user-2"));
    stage.app.clock.set(day(20));
    done(&stage, "partnerSetGroup", "partner", "{ id }", put(Value::Null)).await;
    pay(&stage, day(21), bill(&ann)).await;
    pay(&stage, day(22), bill(&ben)).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000), (EARNED, 10_000, 4_000)], "each keeps the terms of the sign-up");

    let asked = "query($id: ID!, $then: DateTime!) { enrollment(id: $id) { terms { source } then: terms(asOf: $then) { source terms { id audience } } } }";
    let seen = stage.ask(asked, json!({ "id": stage.ada.enrollment, "then": day(15) })).await;
    let then = json!({ "source": "GROUP", "terms": { "id": better, "audience": "ASSIGNED" } });
    assert_eq!(seen["enrollment"], json!({ "terms": { "source": "PROGRAM" }, "then": then }));
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn co_1_bindings_move_to_another_version_at_a_time_and_not_before(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { terms: Terms { window_days: 90, ..no_hold() }, on_servers, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    pay(&stage, day(2), bill(&ann)).await;
    let old = program(&stage).await;
    let new = version(&stage, json!({ "reward": percent(1_000) }), "PROGRAM").await;
    pay(&stage, day(3), bill(&ann)).await;

    let input = json!({ "programId": old["id"], "termsId": new, "fromTermsId": old["terms"]["id"], "effectiveFrom": day(20) });
    let preview = "query($input: TermsMoveInput!) { termsMovePreview(input: $input) {
        effect { effectiveFrom bindings byVersion { bindings terms { id } } } userErrors { field } } }";
    let seen = stage.ask(preview, json!({ "input": input })).await;
    let effect = &seen["termsMovePreview"]["effect"];
    assert_eq!(effect["bindings"], 1);
    assert_eq!(effect["byVersion"], json!([{ "bindings": 1, "terms": { "id": old["terms"]["id"] } }]));
    let before = stage.books().await;
    done(&stage, "termsMove", "moved", "{ id }", input).await;
    stage.drain().await;
    assert_eq!(stage.books().await.entries.len(), before.entries.len(), "what was earned stays");

    pay(&stage, day(19), bill(&ann)).await;
    stage.wait_until(day(20)).await;
    let moved = stage.books().await;
    assert_eq!(moved.bindings.iter().map(|row| json!(row.terms_id)).collect::<Vec<_>>(), [new], "the binding shows its version");
    pay(&stage, day(21), bill(&ann)).await;
    let amounts: Vec<i64> = stage.books().await.decided().into_iter().map(|(_, _, amount)| amount).collect();
    assert_eq!(amounts, [2_000, 2_000, 2_000, 1_000]);
    stage.finish().await;
}

#[tokio::test]
async fn own_terms_end_where_others_begin() {
    let stage = Stage::new().await;
    let own = version(&stage, json!({ "reward": percent(3_000) }), "ASSIGNED").await;
    let set = |terms: Value| json!({ "id": stage.ada.enrollment, "termsId": terms });
    let mut customers = Vec::new();
    for (number, terms) in [Value::Null, own, Value::Null].into_iter().enumerate() {
        let at = day(10 * i64::try_from(number).unwrap());
        stage.app.clock.set(at);
        done(&stage, "enrollmentSetTerms", "enrollment", "{ id }", set(terms)).await;
        let (id, email) = (format!("user-{number}"), format!("user{number}@example.com"));
        let click = stage.click(stage.ada, at).await;
        stage.sign_up(&id, &email, Some(&click), at).await;
        customers.push(stage.shop().customer(at, &email, Some(&id)));
    }
    for customer in &customers {
        pay(&stage, day(40), bill(customer)).await;
    }
    let mut amounts: Vec<i64> = stage.books().await.decided().into_iter().map(|(_, _, amount)| amount).collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [2_000, 2_000, 3_000]);
    stage.finish().await;
}

/// A price with a lookup key, of a product with a note on its line, that were there before the story began.
fn sold(stage: &Stage, price: &str, lookup_key: &str, line: &str) {
    let mut shop = stage.shop();
    let product = format!("prod_of_{price}");
    shop.known_price(price, &product, 10_000, true);
    shop.prices.get_mut(price).unwrap().lookup_key = Some(lookup_key.to_owned());
    shop.products.get_mut(&product).unwrap().metadata.insert("line".to_owned(), line.to_owned());
}

#[rstest]
#[tokio::test]
async fn ba_6_lookup_keys_and_notes_on_products_are_asked_of_stripe_once(#[values(false, true)] on_servers: bool) {
    let by_key = json!({ "matches": "LOOKUP_KEY", "id": "pro_monthly", "effect": "RATE", "rate": 5_000 });
    let by_note = json!({ "matches": "METADATA", "key": "line", "id": "gift", "effect": "EXCLUDE" });
    let stage = with(json!({ "products": [by_key, by_note] }), on_servers).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    for (price, key, line) in [("price_pro", "pro_monthly", "pro"), ("price_gift", "gift", "gift")] {
        sold(&stage, price, key, line);
    }
    let line = |price: &str| Line { price: price.to_owned(), product: format!("prod_of_{price}"), ..Line::of(10_000) };
    for number in 0..2 {
        let both = Bill::to(&ann).subscription("sub_1").line(line("price_pro")).line(line("price_gift"));
        pay(&stage, day(2 + number), both).await;
    }
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 5_000), (EARNED, 10_000, 5_000)]);
    let asked = stage.stripe.log().into_iter().filter(|path| path.contains("/v1/prices/")).count();
    assert_eq!(asked, 2, "each price once");
    stage.finish().await;
}

#[tokio::test]
async fn ba_6_a_price_that_is_told_late_still_decides_and_a_later_change_does_not() {
    let by_key = json!({ "matches": "LOOKUP_KEY", "id": "pro_monthly", "effect": "RATE", "rate": 5_000 });
    let stage = with(json!({ "products": [by_key] }), false).await;
    stage.stripe.forbid("/v1/prices");
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    pay(&stage, day(2), bill(&ann)).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 2_000)], "nobody knows the price");
    let tell = async |at: DateTime<Utc>, key: &str| {
        let price = json!({ "id": "price_plan", "object": "price", "product": "prod_plan", "lookup_key": key });
        let event = json!({
            "id": format!("evt_price_{key}"), "object": "event", "type": "price.updated", "created": at.timestamp(), "livemode": true,
            "data": { "object": price }
        });
        stage.app.clock.set(at);
        let body = event.to_string().into_bytes();
        assert_eq!(stage.post(&stage.signed(&body), body).await, 200);
        stage.drain().await;
    };
    tell(day(3), "pro_monthly").await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 5_000)]);
    tell(day(10), "other").await;
    pay(&stage, day(11), bill(&ann)).await;
    assert_eq!(stage.books().await.decided(), [(EARNED, 10_000, 5_000), (EARNED, 10_000, 2_000)]);
    stage.finish().await;
}
