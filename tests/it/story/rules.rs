//! Worked examples of the rules of terms. The arithmetic stands with each example and was done by hand; amounts are in cents of US dollars.

use chrono::{DateTime, Duration, Utc};
use entity::value::DecisionReason::{self, CapReached, Commissioned, DurationEnded};
use fake_stripe::Address;
use serde_json::{Value, json};

use super::terms::{bill, done, pay, percent, program, version, with};
use crate::support::stage::{Stage, day};
use crate::support::stripe::{Bill, Line, Version};

/// Reason, base and amount.
type Decided = (DecisionReason, i64, i64);

/// A line of this amount at this price.
fn line(amount: i64, price: &str) -> Line {
    Line { price: price.to_owned(), product: format!("prod_of_{price}"), ..Line::of(amount) }
}

/// What Ada's customer brings by these bills, a day apart.
async fn story(terms: Value, bills: impl Fn(&str) -> Vec<Bill>) -> Vec<Decided> {
    let stage = with(terms, false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    for (number, bill) in (2_i64..).zip(bills(&ann)) {
        pay(&stage, day(number), bill).await;
    }
    let decided = stage.books().await.decided();
    let sum: i64 = decided.iter().map(|(_, _, amount)| amount).sum();
    assert_eq!(stage.books().await.owed(stage.ada), sum);
    stage.finish().await;
    decided
}

/// Pays, and gives the charge.
async fn charged(stage: &Stage, at: DateTime<Utc>, bill: Bill) -> String {
    let invoice = stage.shop().pay(at, bill);
    stage.deliver(Version::Endive).await;
    stage.shop().charge_of(&invoice)
}

async fn refund(stage: &Stage, at: DateTime<Utc>, charge: &str, amount: i64) {
    stage.shop().refund(at, charge, amount);
    stage.deliver(Version::Endive).await;
}

fn conditional(id: &str, priority: i16, when: &Value, rate: u32) -> Value {
    json!({ "id": id, "priority": priority, "when": when, "reward": percent(rate) })
}

fn subscribed(is: bool) -> Value {
    json!({ "kind": "PURCHASE_SUBSCRIPTION", "is": is })
}

/// W1. `PAYMENTS(2)` at 20 %: 100.00 -> 20.00, 80.00 -> 16.00, the third is past the end.
#[tokio::test]
async fn w1_co_3_two_payments_earn_and_the_third_does_not() {
    let terms = json!({ "duration": { "kind": "PAYMENTS", "n": 2 } });
    let bills = |ann: &str| vec![bill(ann), Bill::to(ann).subscription("sub_1").line(Line::of(8_000)), bill(ann)];
    let decided = story(terms, bills).await;
    assert_eq!(decided, [(Commissioned, 10_000, 2_000), (Commissioned, 8_000, 1_600), (DurationEnded, 10_000, 0)]);
}

/// W2. `PAYMENTS(2)`, and the first payment goes back in full before the third: 20.00 - 20.00, 20.00, and the third takes the free place
/// (RF-10): 20.00. The fourth finds two places taken.
#[tokio::test]
async fn w2_co_3_a_payment_that_went_back_in_full_leaves_its_place() {
    let stage = with(json!({ "duration": { "kind": "PAYMENTS", "n": 2 } }), false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let first = charged(&stage, day(2), bill(&ann)).await;
    pay(&stage, day(32), bill(&ann)).await;
    refund(&stage, day(40), &first, 10_000).await;
    pay(&stage, day(62), bill(&ann)).await;
    pay(&stage, day(92), bill(&ann)).await;
    let books = stage.books().await;
    let expected = [(Commissioned, 0, 0), (Commissioned, 10_000, 2_000), (Commissioned, 10_000, 2_000), (DurationEnded, 10_000, 0)];
    assert_eq!(books.decided(), expected);
    assert_eq!(books.entries_of(stage.ada), [2_000, 2_000, -2_000, 2_000]);
    stage.finish().await;
}

/// W3. `MONTHS(1)` from 31 January 10:00: it ends on 28 February 10:00, that instant not included. Leaving and coming back with another
/// subscription does not start it again (CO-4).
#[tokio::test]
async fn w3_co_3_co_4_a_month_is_cut_at_its_end_and_belongs_to_the_binding() {
    let stage = with(json!({ "duration": { "kind": "MONTHS", "n": 1 } }), false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let ten = |number: i64| day(number) + Duration::hours(10);
    for at in [ten(30), ten(58) - Duration::seconds(1), ten(58)] {
        pay(&stage, at, bill(&ann)).await;
    }
    pay(&stage, ten(90), Bill::to(&ann).subscription("sub_2").line(Line::of(10_000))).await;
    let earned = (Commissioned, 10_000, 2_000);
    let ended = (DurationEnded, 10_000, 0);
    assert_eq!(stage.books().await.decided(), [earned, earned, ended, ended]);
    stage.finish().await;
}

/// W4. First payment 50 %, then 10 %; the first of 100.00 goes back in full, so the next one of 80.00 is the first again: 50.00 - 50.00,
/// 40.00, and 10 % of 80.00 = 8.00 after it.
#[tokio::test]
async fn w4_co_5_after_a_full_refund_the_next_payment_is_the_first() {
    let stage = with(json!({ "first": percent(5_000), "renewal": percent(1_000) }), false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let first = charged(&stage, day(2), bill(&ann)).await;
    refund(&stage, day(3), &first, 10_000).await;
    let eighty = || Bill::to(&ann).subscription("sub_1").line(Line::of(8_000));
    pay(&stage, day(4), eighty()).await;
    pay(&stage, day(5), eighty()).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(Commissioned, 0, 0), (Commissioned, 8_000, 4_000), (Commissioned, 8_000, 800)]);
    assert_eq!(books.entries_of(stage.ada), [5_000, -5_000, 4_000, 800]);
    stage.finish().await;
}

/// W5. First 30 %, renewals 15 %, on 90.00 and 18.00 tax: base 108.00 x 90/108 = 90.00; 27.00, then 13.50.
#[tokio::test]
async fn w5_co_5_rates_by_number_are_of_what_is_without_tax() {
    let taxed = |ann: &str| Bill::to(ann).subscription("sub_1").line(Line::of(9_000).tax(1_800));
    let decided = story(json!({ "first": percent(3_000), "renewal": percent(1_500) }), |ann| vec![taxed(ann), taxed(ann)]).await;
    assert_eq!(decided, [(Commissioned, 9_000, 2_700), (Commissioned, 9_000, 1_350)]);
}

/// W6. Cap of 15.00 for a purchase: 20 % of 100.00 = 20.00 -> 15.00. 30.00 go back: 20 % of 70.00 = 14.00, below the cap. 70.00 more: 0.
#[tokio::test]
async fn w6_co_6_a_refund_counts_before_the_cap() {
    let stage = with(json!({ "caps": [{ "scope": "PURCHASE", "amount": "1500", "currency": "USD" }] }), false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let charge = charged(&stage, day(2), bill(&ann)).await;
    assert_eq!(stage.books().await.owed(stage.ada), 1_500);
    refund(&stage, day(3), &charge, 3_000).await;
    assert_eq!(stage.books().await.decided(), [(Commissioned, 7_000, 1_400)]);
    refund(&stage, day(4), &charge, 7_000).await;
    assert_eq!(stage.books().await.entries_of(stage.ada), [1_500, -100, -1_400]);
    stage.finish().await;
}

/// W7. Cap of 30.00 for a customer: 20.00, 10.00 of 20.00, 0. Half of the first goes back: it earns 10.00, so the second has room for all of
/// its 20.00: 10.00 + 20.00 + 0 = 30.00.
#[tokio::test]
async fn w7_co_6_what_goes_back_makes_room_under_the_cap_of_a_customer() {
    let stage = with(json!({ "caps": [{ "scope": "CUSTOMER", "amount": "3000", "currency": "USD" }] }), false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let first = charged(&stage, day(2), bill(&ann)).await;
    pay(&stage, day(3), bill(&ann)).await;
    pay(&stage, day(4), bill(&ann)).await;
    let third = (CapReached, 10_000, 0);
    assert_eq!(stage.books().await.decided(), [(Commissioned, 10_000, 2_000), (Commissioned, 10_000, 1_000), third]);
    refund(&stage, day(5), &first, 5_000).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(Commissioned, 5_000, 1_000), (Commissioned, 10_000, 2_000), third]);
    assert_eq!(books.owed(stage.ada), 3_000);
    stage.finish().await;
}

/// W8. Two conditions hold for a subscription of 100.00: 12.5 % of priority 5 goes before 30 % of priority 0: 12.50. Without a subscription
/// only the other: 30.00. Below 50.00 none: 20 % of 49.99 = 9.998 -> 10.00.
#[tokio::test]
async fn w8_co_8_the_greater_priority_decides_and_not_the_greater_rate() {
    let large = json!({ "kind": "PURCHASE_AMOUNT", "currency": "USD", "from": "5000" });
    let terms = json!({ "conditional": [conditional("large", 0, &large, 3_000), conditional("plan", 5, &subscribed(true), 1_250)] });
    let once = |ann: &str, amount| Bill::to(ann).line(Line::of(amount));
    let decided = story(terms, |ann| vec![bill(ann), once(ann, 10_000), once(ann, 4_999)]).await;
    assert_eq!(decided, [(Commissioned, 10_000, 1_250), (Commissioned, 10_000, 3_000), (Commissioned, 4_999, 1_000)]);
}

/// W9. Equal priority: two conditions together are more specific than one, 40 % before 60 %: 40.00. Where only the single ones hold, both
/// say one thing, and the smaller id decides: 25 % of 100.00 = 25.00.
#[tokio::test]
async fn w9_co_8_then_the_more_specific_and_then_the_smaller_id_decides() {
    let noted = json!({ "kind": "PURCHASE_METADATA", "key": "campaign", "values": ["spring"] });
    let both = json!({ "kind": "ALL", "of": [subscribed(true), noted] });
    let terms = json!({ "conditional": [
        conditional("b", 0, &subscribed(true), 6_000), conditional("a", 0, &subscribed(true), 2_500), conditional("z", 0, &both, 4_000)
    ] });
    let decided = story(terms, |ann| vec![bill(ann).metadata("campaign", "spring"), bill(ann)]).await;
    assert_eq!(decided, [(Commissioned, 10_000, 4_000), (Commissioned, 10_000, 2_500)]);
}

/// W10. 35 % in Germany. Known on day 2 to live there: 35.00. Moved to France on day 5, bought on day 6: 20.00. The first stays.
#[tokio::test]
async fn w10_co_8_a_condition_asks_where_the_customer_lived_at_the_purchase() {
    let german = json!({ "kind": "CUSTOMER_COUNTRY", "values": ["DE"] });
    let stage = with(json!({ "conditional": [conditional("german", 0, &german, 3_500)] }), false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let moves = |at: DateTime<Utc>, country: &str| {
        let address = Address { country: Some(country.to_owned()), ..Address::default() };
        stage.shop().change_customer(at, &ann, |customer| customer.address = Some(address));
    };
    moves(day(1) + Duration::hours(1), "DE");
    pay(&stage, day(2), bill(&ann)).await;
    moves(day(5), "FR");
    pay(&stage, day(6), bill(&ann)).await;
    assert_eq!(stage.books().await.decided(), [(Commissioned, 10_000, 3_500), (Commissioned, 10_000, 2_000)]);
    stage.finish().await;
}

/// W11. A plan of 100.00 at 20 %, an add-on of 40.00 at 5 %, a set-up fee of 50.00 that is excluded: base 140.00, 20.00 + 2.00 = 22.00.
/// A quarter of the 190.00 goes back: base 105.00, 15.00 + 1.50 = 16.50.
#[tokio::test]
async fn w11_ba_6_an_excluded_product_earns_nothing_and_a_refund_takes_its_share_of_the_rest() {
    let addon = json!({ "matches": "PRICE", "id": "price_addon", "effect": "RATE", "rate": 500 });
    let setup = json!({ "matches": "PRODUCT", "id": "prod_of_price_setup", "effect": "EXCLUDE" });
    let stage = with(json!({ "products": [addon, setup] }), false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let all = bill(&ann).line(line(4_000, "price_addon")).line(line(5_000, "price_setup"));
    let charge = charged(&stage, day(2), all).await;
    assert_eq!(stage.books().await.decided(), [(Commissioned, 14_000, 2_200)]);
    refund(&stage, day(3), &charge, 4_750).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(Commissioned, 10_500, 1_650)]);
    assert_eq!(books.entries_of(stage.ada), [2_200, -550]);
    stage.finish().await;
}

/// W12. Both rules match a line of 60.00: that for its product at 10 % has priority 5 and goes before that for its price at 50 %: 6.00. With
/// equal priorities the price goes first: 30.00.
#[tokio::test]
async fn w12_ba_6_priority_goes_before_the_kind_of_match() {
    let rules = |priority: i16| {
        let product = json!({ "matches": "PRODUCT", "id": "prod_of_price_x", "effect": "RATE", "rate": 1_000, "priority": priority });
        json!({ "products": [product, { "matches": "PRICE", "id": "price_x", "effect": "RATE", "rate": 5_000 }] })
    };
    let bills = |ann: &str| vec![Bill::to(ann).line(line(6_000, "price_x"))];
    assert_eq!(story(rules(5), bills).await, [(Commissioned, 6_000, 600)]);
    assert_eq!(story(rules(0), bills).await, [(Commissioned, 6_000, 3_000)]);
}

/// W13. A seat earns 3.00 each: a plan of 100.00 at 20 % and two seats of 10.00: 20.00 + 2 x 3.00 = 26.00 of a base of 120.00.
#[tokio::test]
async fn w13_ba_7_a_sum_for_each_unit_stands_beside_a_share() {
    let seats = json!({ "matches": "PRICE", "id": "price_seat", "effect": "PER_UNIT", "amount": "300", "currency": "USD" });
    let seat = || line(1_000, "price_seat");
    let decided = story(json!({ "products": [seats] }), |ann| vec![bill(ann).line(seat()).line(seat())]).await;
    assert_eq!(decided, [(Commissioned, 12_000, 2_600)]);
}

/// W14. A rule for a product and a condition hold for one line of 100.00. At equal priority the product decides: 5 % = 5.00; with a greater
/// one the condition: 30 % = 30.00.
#[tokio::test]
async fn w14_co_8_a_condition_goes_before_a_product_only_by_a_greater_priority() {
    let terms = |priority: i16| {
        let rule = json!({ "matches": "PRICE", "id": "price_plan", "effect": "RATE", "rate": 500 });
        json!({ "products": [rule], "conditional": [conditional("plan", priority, &subscribed(true), 3_000)] })
    };
    assert_eq!(story(terms(0), |ann| vec![bill(ann)]).await, [(Commissioned, 10_000, 500)]);
    assert_eq!(story(terms(1), |ann| vec![bill(ann)]).await, [(Commissioned, 10_000, 3_000)]);
}

/// W15. Three lines of 33.33, at 20 % by a product rule, by a condition and by the reward: one group of 99.99 x 20 % = 19.998 -> 20.00, not
/// 3 x 6.67 = 20.01.
#[tokio::test]
async fn w15_co_2_equal_rates_are_rounded_once_whichever_rule_gave_them() {
    let rule = json!({ "matches": "PRICE", "id": "price_a", "effect": "RATE", "rate": 2_000 });
    let when = json!({ "kind": "PRICE", "values": ["price_b"] });
    let terms = json!({ "products": [rule], "conditional": [conditional("b", 0, &when, 2_000)] });
    let third = |price: &str| line(3_333, price);
    let decided = story(terms, |ann| vec![Bill::to(ann).line(third("price_a")).line(third("price_b")).line(third("price_c"))]).await;
    assert_eq!(decided, [(Commissioned, 9_999, 2_000)]);
}

/// W16. 20 % for all; Ada has 30 % of her own from day 10 on. Ann signed up on day 1, Ben on day 12. On day 30 all move to 15 %. Each buys for
/// 100.00 on day 29: 20.00 and 30.00; and on day 31: 15.00 and 15.00.
#[tokio::test]
async fn w16_co_1_a_binding_keeps_its_version_until_it_is_moved() {
    let stage = Stage::new().await;
    let own = version(&stage, json!({ "reward": percent(3_000) }), "ASSIGNED").await;
    let less = version(&stage, json!({ "reward": percent(1_500) }), "ASSIGNED").await;
    let id = program(&stage).await["id"].clone();
    let give = json!({ "programId": id, "enrollmentId": stage.ada.enrollment, "termsId": own, "effectiveFrom": day(10) });
    done(&stage, "termsAssign", "enrollment", "{ id }", give).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let click = stage.click(stage.ada, day(11)).await;
    stage.sign_up("user-2", "ben@example.com", Some(&click), day(12)).await;
    let ben = stage.shop().customer(day(12), "ben@example.com", Some("user-2"));
    let input = json!({ "programId": id, "termsId": less, "effectiveFrom": day(30) });
    done(&stage, "termsMove", "moved", "{ id }", input).await;
    for (number, customer) in [(29, &ann), (29, &ben), (31, &ann), (31, &ben)] {
        pay(&stage, day(number), bill(customer)).await;
    }
    let books = stage.books().await;
    let amounts: Vec<i64> = books.decided().into_iter().map(|(_, _, amount)| amount).collect();
    let (mut before, after) = (amounts[..2].to_vec(), &amounts[2..]);
    before.sort_unstable();
    assert_eq!((before, after), (vec![2_000, 3_000], &[1_500, 1_500][..]));
    stage.finish().await;
}

/// W17. 12.5 % for yen: 12.5 % of 1010 JPY = 126.25 -> 126. Dollars keep 20 % of 10.10 = 2.02, and the cap of 1.00 USD leaves 1.00 of it,
/// not of the yen.
#[tokio::test]
async fn w17_co_8_co_6_a_condition_and_a_cap_mind_the_currency() {
    let yen = json!({ "kind": "PURCHASE_CURRENCY", "values": ["JPY"] });
    let terms = json!({
        "conditional": [conditional("yen", 0, &yen, 1_250)], "caps": [{ "scope": "PURCHASE", "amount": "100", "currency": "USD" }]
    });
    let ten = |ann: &str| Bill::to(ann).line(Line::of(1_010));
    let stage = with(terms, false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    pay(&stage, day(2), ten(&ann).currency("jpy")).await;
    pay(&stage, day(3), ten(&ann)).await;
    assert_eq!(stage.books().await.decided(), [(Commissioned, 1_010, 126), (Commissioned, 1_010, 100)]);
    stage.finish().await;
}
