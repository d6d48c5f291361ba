//! Each fault by its path.

use serde_json::json;

use super::{Terms, TermsErrorCode};
use crate::value::{
    BasisPoints, CandidateKind, Cap, CapScope, Condition, ConditionalReward, Currency, Duration, FlatRefund, LeadEvent, LeadReward,
    PartnerId, Period, ProductEffect, ProductMatch, ProductRule, Reward, RewardStep, SecondLevel, TierEffect, TierLevel, TierMetric, Tiers,
};

fn faults(change: impl FnOnce(&mut Terms)) -> Vec<(String, TermsErrorCode)> {
    let mut terms = Terms::default();
    change(&mut terms);
    terms.check().into_iter().map(|fault| (fault.path, fault.code)).collect()
}

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn flat(amount: i64) -> Reward {
    Reward::Flat { amount, currency: usd(), per_unit: false }
}

fn step(from: u16) -> RewardStep {
    RewardStep { from, reward: flat(1) }
}

fn when(id: &str, when: Condition) -> ConditionalReward {
    ConditionalReward { id: id.into(), priority: 0, when, reward: flat(1) }
}

fn cap(scope: CapScope, period: Option<Period>) -> Cap {
    Cap { scope, period, amount: 1, currency: usd() }
}

fn tiers(levels: &[i64]) -> Tiers {
    let levels = levels.iter().map(|from| TierLevel { from: *from, reward: flat(1) }).collect();
    Tiers { metric: TierMetric::Purchases, currency: None, period: Period::Month, effect: TierEffect::Future, levels }
}

fn one(path: &str, code: TermsErrorCode) -> Vec<(String, TermsErrorCode)> {
    vec![(path.to_owned(), code)]
}

fn rule(id: &str) -> ProductRule {
    ProductRule { matches: ProductMatch::Price, key: None, id: id.into(), effect: ProductEffect::Exclude, priority: 0 }
}

#[test]
fn an_empty_object_is_the_default() {
    let terms: Terms = serde_json::from_value(json!({})).unwrap();
    assert_eq!(terms, Terms::default());
    assert_eq!(terms.check(), []);
    assert_eq!(terms.reward, Reward::Percent { rate: BasisPoints::new(2000).unwrap() });
    assert_eq!(terms.candidate_order[0], CandidateKind::Metadata);
    assert_eq!((terms.window_days, terms.hold_days, terms.late_binding_days), (60, 30, 7));
}

#[test]
fn json_is_camel_case_and_comes_back() {
    let terms = Terms {
        reward: Reward::Flat { amount: 500, currency: "EUR".parse().unwrap(), per_unit: true },
        duration: Duration::Months { n: 12 },
        products: vec![ProductRule { effect: ProductEffect::Rate { rate: BasisPoints::ONE }, ..rule("price_1") }],
        flat_refund: FlatRefund::AboveShare { share: BasisPoints::new(5000).unwrap() },
        clawback_days: Some(90),
        ..Terms::default()
    };
    let json = serde_json::to_value(&terms).unwrap();
    assert_eq!(json["reward"], json!({ "kind": "FLAT", "amount": 500, "currency": "EUR", "perUnit": true }));
    assert_eq!(json["duration"], json!({ "kind": "MONTHS", "n": 12 }));
    assert_eq!(json["products"][0]["effect"], json!({ "kind": "RATE", "rate": 10_000 }));
    assert_eq!(json["flatRefund"], json!({ "kind": "ABOVE_SHARE", "share": 5000 }));
    assert_eq!(json["couponOverride"], "WHILE_LEAD");
    assert_eq!(serde_json::from_value::<Terms>(json).unwrap(), terms);
    assert_eq!(terms.check(), []);
}

#[test]
fn each_fault_is_named() {
    use TermsErrorCode::{Duplicate, OutOfRange, Required, UnknownCurrency};
    assert_eq!(faults(|t| t.window_days = 0), one("windowDays", OutOfRange));
    assert_eq!(faults(|t| t.window_days = 366), one("windowDays", OutOfRange));
    assert_eq!(faults(|t| t.hold_days = 121), one("holdDays", OutOfRange));
    assert_eq!(faults(|t| t.late_binding_days = 91), one("lateBindingDays", OutOfRange));
    assert_eq!(faults(|t| t.clawback_days = Some(0)), one("clawbackDays", OutOfRange));
    assert_eq!(faults(|t| t.duration = Duration::Months { n: 0 }), one("duration.n", OutOfRange));
    assert_eq!(faults(|t| t.duration = Duration::Payments { n: 0 }), one("duration.n", OutOfRange));
    assert_eq!(faults(|t| t.candidate_order.clear()), one("candidateOrder", Required));
    assert_eq!(faults(|t| t.candidate_order.push(CandidateKind::Email)), one("candidateOrder.7", Duplicate));
    assert_eq!(faults(|t| t.products = vec![rule(" ")]), one("products.0.id", Required));
    assert_eq!(faults(|t| t.products = vec![rule("a"), rule("a")]), one("products.1.id", Duplicate));
    assert_eq!(faults(|t| t.products = vec![rule(&"a".repeat(256))]), one("products.0.id", OutOfRange));
    assert_eq!(faults(|t| t.flat_refund = FlatRefund::AboveShare { share: BasisPoints::ONE }), one("flatRefund.share", OutOfRange));
    let flat = Reward::Flat { amount: 0, currency: Currency::UNKNOWN, per_unit: false };
    let two = vec![("reward.amount".to_owned(), OutOfRange), ("reward.currency".to_owned(), UnknownCurrency)];
    assert_eq!(faults(|t| t.reward = flat), two);
}

#[test]
fn a_rule_of_an_older_version_is_still_read() {
    let stored = json!({ "products": [{ "matches": "PRICE", "id": "price_1", "effect": { "kind": "EXCLUDE" } }], "secondLevel": null });
    let terms: Terms = serde_json::from_value(stored).unwrap();
    assert_eq!(terms, Terms { products: vec![rule("price_1")], ..Terms::default() });
}

#[test]
fn every_rule_comes_back_from_json() {
    let parts = vec![
        Condition::CustomerNew { is: true },
        Condition::PurchaseAmount { currency: usd(), from: Some(100), below: None },
        Condition::None { of: vec![Condition::Partner { values: vec![PartnerId::new()] }] },
    ];
    let terms = Terms {
        first: Some(flat(500)),
        renewal: Some(Reward::default()),
        steps: vec![step(4)],
        products: vec![ProductRule {
            matches: ProductMatch::Metadata,
            key: Some("line".into()),
            effect: ProductEffect::PerUnit { amount: 5, currency: usd() },
            priority: 3,
            ..rule("pro")
        }],
        conditional: vec![when("vip", Condition::All { of: parts })],
        caps: vec![cap(CapScope::Purchase, None), cap(CapScope::Program, Some(Period::Month))],
        tiers: Some(tiers(&[1, 5])),
        lead: Some(LeadReward { on: LeadEvent::Signup, amount: 100, currency: usd() }),
        second_level: Some(SecondLevel { share: BasisPoints::ONE }),
        ..Terms::default()
    };
    let json = serde_json::to_value(&terms).unwrap();
    assert_eq!(json["conditional"][0]["when"]["of"][0], json!({ "kind": "CUSTOMER_NEW", "is": true }));
    assert_eq!(json["tiers"]["levels"][1]["from"], 5);
    assert_eq!(json["products"][0]["effect"], json!({ "kind": "PER_UNIT", "amount": 5, "currency": "USD" }));
    assert_eq!(serde_json::from_value::<Terms>(json).unwrap(), terms);
    assert_eq!(faults(|t| *t = terms), []);
}

#[test]
fn co_5_steps_rise_and_are_used() {
    use TermsErrorCode::{Invalid, OutOfRange};
    assert_eq!(faults(|t| t.first = Some(flat(0))), one("first.amount", OutOfRange));
    assert_eq!(faults(|t| t.steps = vec![step(1)]), one("steps.0.from", OutOfRange));
    assert_eq!(faults(|t| t.steps = vec![step(3), step(3)]), one("steps.1.from", Invalid));
    assert_eq!(faults(|t| (t.renewal, t.steps) = (Some(flat(1)), vec![step(2)])), one("renewal", Invalid));
    assert_eq!(faults(|t| (t.renewal, t.duration) = (Some(flat(1)), Duration::FirstOnly)), one("renewal", Invalid));
    assert_eq!(faults(|t| (t.steps, t.duration) = (vec![step(4)], Duration::Payments { n: 3 })), one("steps.0.from", Invalid));
    assert_eq!(faults(|t| (t.steps, t.duration) = (vec![step(3)], Duration::Payments { n: 3 })), []);
}

#[test]
fn ba_6_product_rules_name_what_they_compare() {
    use TermsErrorCode::{Invalid, OutOfRange, Required};
    let metadata = |key: Option<&str>| ProductRule { matches: ProductMatch::Metadata, key: key.map(Into::into), ..rule("pro") };
    assert_eq!(faults(|t| t.products = vec![metadata(Some("line"))]), []);
    assert_eq!(faults(|t| t.products = vec![metadata(None)]), one("products.0.key", Required));
    assert_eq!(faults(|t| t.products = vec![metadata(Some(&"k".repeat(41)))]), one("products.0.key", OutOfRange));
    assert_eq!(faults(|t| t.products = vec![ProductRule { key: Some("line".into()), ..rule("a") }]), one("products.0.key", Invalid));
    assert_eq!(faults(|t| t.products = vec![ProductRule { priority: 1001, ..rule("a") }]), one("products.0.priority", OutOfRange));
    let effect = ProductEffect::PerUnit { amount: 0, currency: usd() };
    assert_eq!(faults(|t| t.products = vec![ProductRule { effect, ..rule("a") }]), one("products.0.amount", OutOfRange));
}

#[test]
fn co_8_conditions_can_be_judged() {
    use TermsErrorCode::{Duplicate, Invalid, OutOfRange, Required, UnknownCurrency};
    let told = |condition: Condition| faults(|t| t.conditional = vec![when("a", condition)]);
    let country = |code: &str| Condition::CustomerCountry { values: vec![code.into()] };
    assert_eq!(told(country("DE")), []);
    assert_eq!(told(country("de")), one("conditional.0.when.values.0", Invalid));
    assert_eq!(told(Condition::Any { of: vec![] }), one("conditional.0.when.of", Required));
    assert_eq!(told(Condition::Any { of: vec![country("DE"), country("D")] }), one("conditional.0.when.of.1.values.0", Invalid));
    assert_eq!(told(Condition::Price { values: vec![] }), one("conditional.0.when.values", Required));
    assert_eq!(told(Condition::Price { values: vec!["a".into(), "a".into()] }), one("conditional.0.when.values.1", Duplicate));
    let metadata = Condition::PartnerMetadata { key: String::new(), values: vec!["x".into()] };
    assert_eq!(told(metadata), one("conditional.0.when.key", Required));
    let amount = |from, below| Condition::PurchaseAmount { currency: usd(), from, below };
    assert_eq!(told(amount(None, None)), one("conditional.0.when.from", Required));
    assert_eq!(told(amount(Some(5), Some(5))), one("conditional.0.when.below", OutOfRange));
    let unknown = Condition::PurchaseCurrency { values: vec![Currency::UNKNOWN] };
    assert_eq!(told(unknown), one("conditional.0.when.values.0", UnknownCurrency));
    let deep = (0..5).fold(country("DE"), |inner, _| Condition::All { of: vec![inner] });
    assert_eq!(told(deep.clone()), []);
    assert_eq!(told(Condition::All { of: vec![deep] }), one("conditional.0.when.of.0.of.0.of.0.of.0.of.0", OutOfRange));
    assert_eq!(told(Condition::Any { of: vec![country("DE"); 50] }), one("conditional.0.when", OutOfRange));
    let named = |ids: [&str; 2]| faults(|t| t.conditional = ids.map(|id| when(id, country("DE"))).to_vec());
    assert_eq!(named(["a", "a"]), one("conditional.1.id", Duplicate));
    assert_eq!(named(["a", "b c"]), one("conditional.1.id", Invalid));
}

#[test]
fn co_8_what_must_be_so_at_the_least_is_the_specificity() {
    let new = || Condition::CustomerNew { is: true };
    let all = |n| Condition::All { of: vec![new(); n] };
    assert_eq!(new().specificity(), 1);
    assert_eq!(all(3).specificity(), 3);
    assert_eq!(Condition::Any { of: vec![all(3), all(2)] }.specificity(), 2);
    assert_eq!(Condition::None { of: vec![new(), all(4)] }.specificity(), 2);
}

#[test]
fn co_6_caps_have_a_period_where_they_need_one() {
    use TermsErrorCode::{Duplicate, Invalid, OutOfRange, Required};
    assert_eq!(faults(|t| t.caps = vec![cap(CapScope::Customer, None), cap(CapScope::Partner, Some(Period::Day))]), []);
    assert_eq!(faults(|t| t.caps = vec![cap(CapScope::Customer, Some(Period::Day))]), one("caps.0.period", Invalid));
    assert_eq!(faults(|t| t.caps = vec![cap(CapScope::Program, None)]), one("caps.0.period", Required));
    assert_eq!(faults(|t| t.caps = vec![cap(CapScope::Purchase, None); 2]), one("caps.1", Duplicate));
    assert_eq!(faults(|t| t.caps = vec![Cap { amount: 0, ..cap(CapScope::Purchase, None) }]), one("caps.0.amount", OutOfRange));
}

#[test]
fn co_7_levels_rise_and_name_a_currency_for_money() {
    use TermsErrorCode::{Invalid, OutOfRange, Required};
    let told = |tiers: Tiers| faults(|t| t.tiers = Some(tiers));
    assert_eq!(told(tiers(&[1, 5])), []);
    assert_eq!(told(tiers(&[])), one("tiers.levels", Required));
    assert_eq!(told(tiers(&[0])), one("tiers.levels.0.from", OutOfRange));
    assert_eq!(told(tiers(&[5, 5])), one("tiers.levels.1.from", Invalid));
    assert_eq!(told(Tiers { metric: TierMetric::Revenue, ..tiers(&[1]) }), one("tiers.currency", Required));
    assert_eq!(told(Tiers { currency: Some(usd()), ..tiers(&[1]) }), one("tiers.currency", Invalid));
    assert_eq!(told(Tiers { period: Period::Week, ..tiers(&[1]) }), one("tiers.period", OutOfRange));
    let endless = Tiers { period: Period::Lifetime, effect: TierEffect::Retroactive, ..tiers(&[1]) };
    assert_eq!(told(endless), one("tiers.effect", Invalid));
}

#[test]
fn co_10_co_11_leads_and_second_levels_have_bounds() {
    use TermsErrorCode::OutOfRange;
    let lead = LeadReward { on: LeadEvent::Trial, amount: 0, currency: usd() };
    assert_eq!(faults(|t| t.lead = Some(lead)), one("lead.amount", OutOfRange));
    for points in [0, 10_001] {
        let share = BasisPoints::new(points).unwrap();
        assert_eq!(faults(|t| t.second_level = Some(SecondLevel { share })), one("secondLevel.share", OutOfRange));
    }
}
