//! Which rule decides a line (BA-6).

use super::*;

#[test]
fn ba_6_the_price_is_named_before_the_product_and_the_first_match_decides() {
    let product = ProductRule { matches: ProductMatch::Product, ..rule("prod_1", ProductEffect::Exclude) };
    let products = vec![product, rule("price_1", ProductEffect::Rate { rate: points(1_000) }), rule("price_1", ProductEffect::Exclude)];
    let terms = terms(|t| t.products = products);
    let of = |price: &str, product: &str| {
        let line = Line { product: Some(product.to_owned()), ..priced("il_1", 10_000, price) };
        earned(&billed(invoice(0, day(1)).with_lines(vec![line])), &terms)
    };
    assert_eq!(of("price_1", "prod_1").amount, 1_000);
    assert_eq!(of("price_2", "prod_1").reason, DecisionReason::ExcludedProduct);
    assert_eq!(of("price_2", "prod_2").amount, 2_000, "no match uses the default rate");
}

#[test]
fn ba_6_excluded_products_have_no_net_and_start_no_clock() {
    let terms = terms(|t| t.products = vec![rule("price_gift", ProductEffect::Exclude)]);
    let bill = |lines| billed(invoice(0, day(1)).with_lines(lines));
    let part = earned(&bill(vec![priced("il_1", 6_000, "price_gift"), line("il_2", 4_000)]), &terms);
    assert_eq!((part.base, part.amount, part.counts), (4_000, 800, true));
    let all = earned(&bill(vec![priced("il_1", 6_000, "price_gift")]), &terms);
    assert_eq!((all.reason, all.base, all.amount, all.counts), (DecisionReason::ExcludedProduct, 0, 0, false));
}

/// A line of 100.00 with everything that rules can compare.
fn full() -> Line {
    Line {
        product: Some("prod_1".into()),
        lookup_key: Some("pro_monthly".into()),
        metadata: [("line".to_owned(), "pro".to_owned())].into(),
        ..priced("il_1", 10_000, "price_1")
    }
}

fn by(matches: ProductMatch, id: &str, rate: u32) -> ProductRule {
    let key = (matches == ProductMatch::Metadata).then(|| "line".to_owned());
    ProductRule { matches, key, ..rule(id, ProductEffect::Rate { rate: points(rate) }) }
}

fn all_kinds() -> Vec<ProductRule> {
    vec![
        by(ProductMatch::Metadata, "pro", 400),
        by(ProductMatch::LookupKey, "pro_monthly", 300),
        by(ProductMatch::Product, "prod_1", 200),
        by(ProductMatch::Price, "price_1", 100),
    ]
}

fn amount_of(line: Line, products: Vec<ProductRule>) -> i64 {
    earned(&billed(invoice(0, day(1)).with_lines(vec![line])), &terms(|t| t.products = products)).amount
}

#[test]
fn ba_6_price_then_product_then_lookup_key_then_metadata() {
    assert_eq!(amount_of(full(), all_kinds()), 100);
    assert_eq!(amount_of(Line { price: None, ..full() }, all_kinds()), 200);
    assert_eq!(amount_of(Line { price: None, product: None, ..full() }, all_kinds()), 300);
    assert_eq!(amount_of(Line { price: None, product: None, lookup_key: None, ..full() }, all_kinds()), 400);
    let other = [("line".to_owned(), "basic".to_owned())].into();
    assert_eq!(amount_of(Line { price: None, product: None, lookup_key: None, metadata: other, ..full() }, all_kinds()), 2_000);
}

#[test]
fn ba_6_the_greatest_priority_goes_before_the_kind() {
    let mut rules = all_kinds();
    rules[0].priority = 1;
    assert_eq!(amount_of(full(), rules.clone()), 400);
    rules[0].priority = -1;
    assert_eq!(amount_of(Line { price: None, product: None, ..full() }, rules), 300);
}

#[test]
fn ba_6_a_sum_for_each_unit_of_a_product() {
    let per_unit = |amount, code: &str| {
        let effect = ProductEffect::PerUnit { amount, currency: currency(code) };
        terms(|t| t.products = vec![rule("price_seat", effect)])
    };
    let seats = Line { quantity: 3, ..priced("il_1", 9_000, "price_seat") };
    let book = billed(invoice(0, day(1)).with_lines(vec![seats, line("il_2", 1_000)]));
    assert_eq!(earned(&book, &per_unit(150, "USD")).amount, 3 * 150 + 200);
    assert_eq!(earned(&book, &per_unit(150, "EUR")).reason, DecisionReason::AwaitingRate);
    let credit = Line { quantity: 1, proration: true, ..priced("il_1", -500, "price_seat") };
    let book = billed(invoice(0, day(1)).with_lines(vec![credit, line("il_2", 1_000)]));
    assert_eq!(earned(&book, &per_unit(150, "EUR")).amount, 200, "what earns nothing needs no rate");
}

#[test]
fn co_2_lines_with_one_rate_are_one_group_whichever_rule_gave_it() {
    let products = vec![rule("price_b", ProductEffect::Rate { rate: points(2_000) })];
    let book = billed(invoice(0, day(1)).with_lines(vec![line("il_1", 2), priced("il_2", 1, "price_b")]));
    assert_eq!(earned(&book, &terms(|t| t.products = products)).amount, 1, "0.6, and not 0.4 and 0.2");
}

#[test]
fn ba_6_the_steps_name_the_rule_and_how_many_lines_it_decided() {
    let terms = terms(|t| t.products = vec![rule("price_b", ProductEffect::Exclude)]);
    let lines = vec![priced("il_1", 5, "price_b"), line("il_2", 100), priced("il_3", 5, "price_b")];
    let mut steps = Steps::default();
    earn(&case(&billed(invoice(0, day(1)).with_lines(lines)).purchase(), &terms), &mut steps).unwrap();
    let told: Vec<_> = steps.into_vec().into_iter().filter(|step| step.rule == "BA-6").map(|step| step.text).collect();
    assert_eq!(told, ["2 lines by the rule for price price_b: excluded"]);
}
