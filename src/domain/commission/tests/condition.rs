//! Conditional rewards (CO-8).

use entity::value::{Condition, ConditionalReward, PartnerGroupId};

use super::*;
use crate::domain::testing::scene::{Scene, partner_a};

fn one(id: &str, priority: i16, when: Condition, rate: u32) -> ConditionalReward {
    ConditionalReward { id: id.into(), priority, when, reward: percent(rate) }
}

fn country(code: &str) -> Condition {
    Condition::CustomerCountry { values: vec![code.into()] }
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// A purchase of 100.00 by a subscription, with a note, of one line with everything that can be asked.
fn full() -> PurchaseState {
    let line = Line {
        product: Some("prod_1".into()),
        lookup_key: Some("pro_monthly".into()),
        metadata: [("line".to_owned(), "pro".to_owned())].into(),
        ..priced("il_1", 10_000, "price_1")
    };
    let mut bill = Invoice { subscription: Some("sub_1".into()), ..invoice(0, day(1)).with_lines(vec![line]) };
    bill.persona.metadata = [("campaign".to_owned(), "spring".to_owned())].into();
    billed(bill).purchase()
}

/// Whether a condition holds for that purchase, where everything is known of who buys and who earns.
fn holds(when: Condition) -> bool {
    let note = |key: &str, value: &str| Metadata::from([(key.to_owned(), value.to_owned())]);
    let (customer, partner) = (note("plan", "pro"), note("level", "gold"));
    let parties = Parties {
        country: Some("DE"),
        is_new: true,
        customer_metadata: Some(&customer),
        partner: Some(PartnerId::from_uuid(uuid::Uuid::from_u128(1))),
        group: Some(PartnerGroupId::from_uuid(uuid::Uuid::from_u128(2))),
        partner_metadata: Some(&partner),
    };
    let (state, terms) = (full(), terms(|t| t.conditional = vec![one("a", 0, when, 100)]));
    earn(&Case { parties, ..case(&state, &terms) }, &mut Steps::default()).unwrap().amount == 100
}

#[test]
fn co_8_customers_are_asked_for_country_news_and_notes() {
    assert!(holds(country("DE")) && !holds(country("US")));
    assert!(holds(Condition::CustomerNew { is: true }) && !holds(Condition::CustomerNew { is: false }));
    let noted = |key: &str, value: &str| Condition::CustomerMetadata { key: key.into(), values: texts(&["x", value]) };
    assert!(holds(noted("plan", "pro")) && !holds(noted("plan", "Pro")) && !holds(noted("level", "pro")));
}

#[test]
fn co_8_partners_are_asked_for_id_group_and_notes() {
    let partner = |n| Condition::Partner { values: vec![PartnerId::from_uuid(uuid::Uuid::from_u128(n))] };
    assert!(holds(partner(1)) && !holds(partner(2)));
    let group = |n| Condition::PartnerGroup { values: vec![PartnerGroupId::from_uuid(uuid::Uuid::from_u128(n))] };
    assert!(holds(group(2)) && !holds(group(1)));
    let noted = |value: &str| Condition::PartnerMetadata { key: "level".into(), values: texts(&[value]) };
    assert!(holds(noted("gold")) && !holds(noted("silver")));
}

#[test]
fn co_8_purchases_are_asked_for_amount_currency_place_kind_and_notes() {
    let amount = |from, below| Condition::PurchaseAmount { currency: currency("USD"), from, below };
    assert!(holds(amount(Some(10_000), Some(10_001))) && !holds(amount(Some(10_001), None)) && !holds(amount(None, Some(10_000))));
    assert!(!holds(Condition::PurchaseAmount { currency: currency("EUR"), from: Some(0), below: None }));
    assert!(holds(Condition::PurchaseCurrency { values: vec![currency("EUR"), currency("USD")] }));
    assert!(!holds(Condition::PurchaseCurrency { values: vec![currency("EUR")] }));
    assert!(holds(Condition::PurchaseFirst { is: true }) && !holds(Condition::PurchaseFirst { is: false }));
    assert!(holds(Condition::PurchaseSubscription { is: true }) && !holds(Condition::PurchaseSubscription { is: false }));
    let noted = |value: &str| Condition::PurchaseMetadata { key: "campaign".into(), values: texts(&[value]) };
    assert!(holds(noted("spring")) && !holds(noted("fall")));
}

#[test]
fn co_8_lines_are_asked_for_price_product_lookup_key_and_notes() {
    assert!(holds(Condition::Price { values: texts(&["price_1"]) }) && !holds(Condition::Price { values: texts(&["price_2"]) }));
    assert!(holds(Condition::Product { values: texts(&["prod_1"]) }) && !holds(Condition::Product { values: texts(&["price_1"]) }));
    assert!(holds(Condition::LookupKey { values: texts(&["pro_monthly"]) }) && !holds(Condition::LookupKey { values: texts(&["pro"]) }));
    let noted = |value: &str| Condition::ProductMetadata { key: "line".into(), values: texts(&[value]) };
    assert!(holds(noted("pro")) && !holds(noted("basic")));
}

#[test]
fn co_8_groups_mean_all_any_and_none() {
    let (yes, no) = (|| country("DE"), || country("US"));
    assert!(holds(Condition::All { of: vec![yes(), yes()] }) && !holds(Condition::All { of: vec![yes(), no()] }));
    assert!(holds(Condition::Any { of: vec![no(), yes()] }) && !holds(Condition::Any { of: vec![no(), no()] }));
    assert!(holds(Condition::None { of: vec![no(), no()] }) && !holds(Condition::None { of: vec![no(), yes()] }));
    let tree = Condition::All { of: vec![Condition::Any { of: vec![no(), yes()] }, Condition::None { of: vec![no()] }] };
    assert!(holds(tree));
}

#[test]
fn co_8_what_is_not_known_equals_nothing() {
    let told = |when| earned(&billed(invoice(10_000, day(1))), &terms(|t| t.conditional = vec![one("a", 0, when, 100)])).amount == 100;
    assert!(!told(country("DE")) && told(Condition::None { of: vec![country("DE")] }));
    assert!(!told(Condition::CustomerMetadata { key: "plan".into(), values: texts(&["pro"]) }));
    assert!(!told(Condition::Product { values: texts(&["prod_1"]) }));
}

/// What decides the full purchase when all of these hold.
fn decided(conditional: Vec<ConditionalReward>, products: Vec<ProductRule>) -> i64 {
    let (state, terms) = (full(), terms(|t| (t.conditional, t.products) = (conditional, products)));
    earn(&case(&state, &terms), &mut Steps::default()).unwrap().amount
}

#[test]
fn co_8_priority_then_the_most_specific_then_the_smaller_id() {
    let usd = || Condition::PurchaseCurrency { values: vec![currency("USD")] };
    let both = || Condition::All { of: vec![usd(), Condition::PurchaseFirst { is: true }] };
    assert_eq!(decided(vec![one("b", 0, usd(), 100), one("a", 0, usd(), 200)], vec![]), 200);
    assert_eq!(decided(vec![one("a", 0, usd(), 100), one("b", 0, both(), 200)], vec![]), 200);
    assert_eq!(decided(vec![one("a", 0, both(), 100), one("b", 1, usd(), 200)], vec![]), 200);
    let either = Condition::Any { of: vec![both(), usd()] };
    assert_eq!(decided(vec![one("b", 0, either, 100), one("c", 0, both(), 200)], vec![]), 200, "of alternatives the least counts");
}

#[test]
fn co_8_a_product_rule_goes_first_unless_the_priority_is_greater_ba_6() {
    let all = || Condition::PurchaseCurrency { values: vec![currency("USD")] };
    let product = || vec![rule("price_1", ProductEffect::Rate { rate: points(1_000) })];
    assert_eq!(decided(vec![one("a", 0, all(), 200)], product()), 1_000);
    assert_eq!(decided(vec![one("a", 1, all(), 200)], product()), 200);
    let excluded = vec![ProductRule { priority: 1, ..rule("price_1", ProductEffect::Exclude) }];
    assert_eq!(decided(vec![one("a", 1, all(), 200)], excluded), 0);
}

#[test]
fn co_8_a_condition_on_products_decides_their_lines_only() {
    let when = Condition::Price { values: texts(&["price_b"]) };
    let fixed = ConditionalReward { reward: flat(700, false), ..one("a", 0, when, 0) };
    let lines = vec![priced("il_1", 1_000, "price_b"), priced("il_2", 1_000, "price_b"), line("il_3", 1_000)];
    let book = billed(invoice(0, day(1)).with_lines(lines));
    assert_eq!(earned(&book, &terms(|t| t.conditional = vec![fixed])).amount, 700 + 200, "once, and 20 % of the rest");
}

#[test]
fn co_8_a_conditional_reward_goes_before_the_number_of_the_payment_co_5() {
    let book = billed(invoice(10_000, day(1)));
    let terms = terms(|t| {
        t.first = Some(percent(5_000));
        t.conditional = vec![one("a", 0, Condition::PurchaseFirst { is: true }, 100)];
    });
    assert_eq!(earned(&book, &terms).amount, 100);
}

#[test]
fn co_8_a_customer_is_new_who_had_bought_nothing_before_the_partner_came() {
    let outcomes = |before: bool| {
        let mut scene = Scene::with(|t| {
            t.new_customers_only = false;
            t.conditional = vec![one("new", 0, Condition::CustomerNew { is: true }, 5_000)];
        });
        scene.click(1, partner_a(), day(10));
        scene.signup(1, day(10));
        let mut book = Book::of([("in_2", invoice(10_000, day(20)).into()), ("in_3", invoice(10_000, day(30)).into())]);
        if before {
            book.tell("in_1", invoice(10_000, day(1)));
        }
        scene.outcomes(&book).into_iter().map(|(_, _, amount)| amount).collect::<Vec<_>>()
    };
    assert_eq!(outcomes(false), [5_000, 5_000]);
    assert_eq!(outcomes(true), [0, 2_000, 2_000]);
}

#[test]
fn co_8_the_payments_address_goes_before_the_customers() {
    let amount = |told: Option<&str>| {
        let mut scene = Scene::bound_to_a(|t| t.conditional = vec![one("de", 0, country("DE"), 100)]);
        scene.buyer.country = Some("DE".to_owned());
        let mut bill = invoice(10_000, day(1));
        bill.persona.country = told.map(str::to_owned);
        scene.outcomes(&Book::of([("in_1", bill.into())]))[0].2
    };
    assert_eq!((amount(None), amount(Some("DE")), amount(Some("US"))), (100, 100, 2_000));
}
