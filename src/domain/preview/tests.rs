//! Terms in words and in examples.

use entity::value::{
    BasisPoints, Cap, CapScope, Condition, ConditionalReward, DecisionReason, Duration, LeadEvent, LeadReward, Period, ProductEffect,
    ProductMatch, ProductRule, Reward, RewardStep, SecondLevel, Terms, TierEffect, TierLevel, TierMetric, Tiers,
};

use super::*;
use crate::domain::commission::Parties;
use crate::domain::fact::Metadata;
use crate::domain::testing::{currency, day, points};

fn flat(amount: i64) -> Reward {
    Reward::Flat { amount, currency: currency("EUR"), per_unit: false }
}

fn percent(rate: u32) -> Reward {
    Reward::Percent { rate: points(rate) }
}

/// What is said of changed terms and not of the default ones.
fn said(change: impl FnOnce(&mut Terms)) -> Vec<String> {
    let mut terms = Terms::default();
    change(&mut terms);
    let usual = sentences(&Terms::default());
    sentences(&terms).into_iter().filter(|sentence| !usual.contains(sentence)).collect()
}

#[test]
fn the_default_is_told_in_full() {
    let told = sentences(&Terms::default());
    let expected = [
        "A purchase earns the partner 20 % of what was paid for it, without tax.",
        "A customer's payments earn without end.",
        "Tax, discounts and what was not really paid earn nothing; what is refunded or lost in a dispute is taken back in proportion.",
        "Shipping earns nothing.",
        "Money that was paid in another way earns, and waits until somebody has looked at it.",
        "A click counts for 60 days, and the last one decides.",
        "Who brought a purchase is looked for in this order: a partner named on the payment, an entry by hand, a partner's code, the partner \
         who has the customer, the click that a checkout carries, the click of the sign-up and at last the same e-mail address.",
        "A partner's code takes over a customer who has not bought yet.",
        "Only customers who had bought nothing before count.",
        "A purchase waits 7 days for a sign-up that is told late.",
        "A commission can be paid 30 days after the purchase.",
    ];
    assert_eq!(told, expected);
}

#[test]
fn rewards_by_number_products_and_conditions_are_told() {
    let told = said(|t| {
        t.reward = percent(1_000);
        (t.first, t.renewal) = (Some(flat(500)), Some(percent(500)));
        t.steps = vec![RewardStep { from: 4, reward: percent(100) }];
        t.duration = Duration::Months { n: 12 };
        let rule = |matches, key: Option<&str>, id: &str, effect| ProductRule {
            matches,
            key: key.map(Into::into),
            id: id.into(),
            effect,
            priority: 0,
        };
        t.products = vec![
            rule(ProductMatch::LookupKey, None, "pro", ProductEffect::Rate { rate: points(5_000) }),
            rule(ProductMatch::Metadata, Some("line"), "gift", ProductEffect::Exclude),
        ];
        let either = Condition::Any {
            of: vec![Condition::CustomerCountry { values: vec!["DE".into(), "AT".into()] }, Condition::PurchaseFirst { is: true }],
        };
        let amount = Condition::PurchaseAmount { currency: currency("EUR"), from: Some(10_000), below: None };
        let when = Condition::All { of: vec![either, amount, Condition::None { of: vec![Condition::CustomerNew { is: false }] }] };
        t.conditional = vec![ConditionalReward { id: "big".into(), priority: 2, when, reward: flat(2_000) }];
    });
    let expected = [
        "A purchase earns the partner 10 % of what was paid for it, without tax.",
        "The first payment of a customer earns 5.00 EUR instead.",
        "Each payment after the first earns 5 % of what was paid for it, without tax instead.",
        "From payment 4 on it is 1 % of what was paid for it, without tax.",
        "A customer's payments earn for 12 months from the first one on.",
        "Lines whose price has the lookup key pro earn 50 % of what was paid for them, without tax.",
        "Lines of products with the metadata line=gift earn nothing.",
        "\"big\" (priority 2): if (the customer's country is DE or AT or it is the customer's first payment) and the purchase is worth at least \
         100.00 EUR without tax and none of this holds: the customer had bought before the partner brought them, it earns 20.00 EUR instead.",
        "A rule about products goes before a condition, unless the condition has the greater priority.",
        "A fixed sum is taken back when everything was refunded.",
    ];
    assert_eq!(told, expected);
}

#[test]
fn limits_levels_and_what_comes_on_top_are_told() {
    let cap = |scope, period| Cap { scope, period, amount: 5_000, currency: currency("EUR") };
    let told = said(|t| {
        t.caps = vec![cap(CapScope::Customer, None), cap(CapScope::Program, Some(Period::Quarter))];
        let levels = vec![TierLevel { from: 10, reward: percent(3_000) }];
        let (metric, period, effect) = (TierMetric::Customers, Period::Month, TierEffect::Retroactive);
        t.tiers = Some(Tiers { metric, currency: None, period, effect, levels });
        t.lead = Some(LeadReward { on: LeadEvent::Trial, amount: 100, currency: currency("EUR") });
        t.second_level = Some(SecondLevel { share: BasisPoints::new(1_000).unwrap() });
    });
    let expected = [
        "A partner who brings 10 new customers in a calendar month earns 30 % of what was paid for it, without tax instead, for all of that \
         time, paid at its end.",
        "All purchases of one customer together never earn a partner more than 50.00 EUR.",
        "The program never pays more than 50.00 EUR in a quarter of the year.",
        "A customer who begins a trial earns 1.00 EUR, once.",
        "Whoever recruited the partner earns 10 % of what the partner earns, on top.",
    ];
    assert_eq!(told, expected);
}

fn sample(n: i64, amount: i64) -> Sample {
    Sample {
        at: day(n),
        amount,
        currency: currency("EUR"),
        quantity: 1,
        price: None,
        product: None,
        lookup_key: None,
        product_metadata: Metadata::new(),
        metadata: Metadata::new(),
        subscription: false,
        country: None,
    }
}

#[test]
fn samples_are_the_payments_of_one_customer() {
    let cap = Cap { scope: CapScope::Customer, period: None, amount: 7_000, currency: currency("EUR") };
    let when = Condition::CustomerCountry { values: vec!["DE".into()] };
    let terms = Terms {
        first: Some(percent(5_000)),
        caps: vec![cap],
        conditional: vec![ConditionalReward { id: "de".into(), priority: 0, when, reward: percent(1_000) }],
        duration: Duration::Payments { n: 4 },
        ..Terms::default()
    };
    let samples = [
        sample(0, 0),
        sample(1, 10_000),
        Sample { country: Some("DE".into()), ..sample(2, 10_000) },
        sample(3, 10_000),
        sample(4, 1),
        sample(5, 10_000),
    ];
    let worked = work(&terms, &samples, Parties::default());
    let told: Vec<_> = worked.iter().map(|one| (one.reason, one.base, one.amount)).collect();
    let expected = [
        (DecisionReason::ZeroAmount, 0, 0),
        (DecisionReason::Commissioned, 10_000, 5_000),
        (DecisionReason::Commissioned, 10_000, 1_000),
        (DecisionReason::Commissioned, 10_000, 1_000),
        (DecisionReason::RoundsToZero, 1, 0),
        (DecisionReason::DurationEnded, 10_000, 0),
    ];
    assert_eq!(told, expected);
    assert!(worked[3].steps.iter().any(|step| step.rule == "CO-6" && step.amount == Some(1_000)));
}

#[test]
fn amounts_beyond_64_bits_are_said_and_no_panic() {
    let terms = Terms { reward: percent(100_000), ..Terms::default() };
    assert_eq!(work(&terms, &[sample(0, i64::MAX)], Parties::default())[0].reason, DecisionReason::Review);
}
