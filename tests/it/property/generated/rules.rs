//! Made-up terms.

use entity::value::{
    AccrueOn, Attribution, BasisPoints, Cap, CapScope, Condition, ConditionalReward, CouponOverride, Currency, Duration, FlatRefund,
    LeadEvent, LeadReward, OutOfBand, Period, ProductEffect, ProductMatch, ProductRule, Reward, RewardStep, SecondLevel, Terms, TierEffect,
    TierLevel, TierMetric, Tiers, TouchModel, TwoCodes,
};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

fn currency(random: &mut StdRng) -> Currency {
    ["USD", "EUR", "JPY"].choose(random).unwrap().parse().unwrap()
}

fn percent(random: &mut StdRng) -> Reward {
    Reward::Percent { rate: BasisPoints::new(random.random_range(1..=10_000)).unwrap() }
}

fn reward(random: &mut StdRng) -> Reward {
    if random.random_bool(0.8) {
        return percent(random);
    }
    Reward::Flat { amount: random.random_range(1..1_000), currency: currency(random), per_unit: random.random_bool(0.3) }
}

fn sometimes<T>(random: &mut StdRng, what: impl FnOnce(&mut StdRng) -> T) -> Option<T> {
    if random.random_bool(0.25) { Some(what(random)) } else { None }
}

fn condition(random: &mut StdRng) -> Condition {
    match random.random_range(0..6) {
        0 => Condition::PurchaseFirst { is: random.random_bool(0.5) },
        1 => Condition::PurchaseSubscription { is: random.random_bool(0.5) },
        2 => Condition::CustomerNew { is: random.random_bool(0.5) },
        3 => Condition::PurchaseAmount { currency: currency(random), from: Some(random.random_range(0..8_000)), below: None },
        4 => Condition::Price { values: vec!["price_extra".to_owned()] },
        _ => Condition::None { of: vec![Condition::PurchaseCurrency { values: vec![currency(random)] }] },
    }
}

fn product(random: &mut StdRng) -> ProductRule {
    let effect = match random.random_range(0..3) {
        0 => ProductEffect::Exclude,
        1 => ProductEffect::PerUnit { amount: random.random_range(1..500), currency: currency(random) },
        _ => ProductEffect::Rate { rate: BasisPoints::new(random.random_range(0..=10_000)).unwrap() },
    };
    ProductRule { matches: ProductMatch::Price, key: None, id: "price_extra".to_owned(), effect, priority: 0 }
}

fn period(random: &mut StdRng) -> Period {
    *[Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year, Period::Lifetime].choose(random).unwrap()
}

fn tiers(random: &mut StdRng) -> Tiers {
    let metric = *TierMetric::ALL.choose(random).unwrap();
    let of_money = matches!(metric, TierMetric::Revenue | TierMetric::Commission);
    let (first, more) = (random.random_range(1..4), random.random_range(1..4));
    let from = |step: i64| if of_money { step * 3_000 } else { step };
    let levels =
        vec![TierLevel { from: from(first), reward: reward(random) }, TierLevel { from: from(first + more), reward: percent(random) }];
    let effect = *TierEffect::ALL.choose(random).unwrap();
    let period = *[Period::Month, Period::Month, Period::Quarter, Period::Year, Period::Lifetime].choose(random).unwrap();
    Tiers { metric, currency: of_money.then(|| currency(random)), period, effect, levels }
}

/// Rules of any kind: the first ones made that could be stored.
pub fn terms(random: &mut StdRng) -> Terms {
    loop {
        let terms = any(random);
        if terms.check().is_empty() {
            return terms;
        }
    }
}

fn any(random: &mut StdRng) -> Terms {
    let n = random.random_range(1..4);
    let cap = |random: &mut StdRng, scope| Cap { scope, period: None, amount: random.random_range(100..5_000), currency: currency(random) };
    let purchase = sometimes(random, |random| cap(random, CapScope::Purchase));
    let customer = sometimes(random, |random| cap(random, CapScope::Customer));
    let partner = sometimes(random, |random| Cap { period: Some(period(random)), ..cap(random, CapScope::Partner) });
    let program = sometimes(random, |random| Cap { period: Some(period(random)), ..cap(random, CapScope::Program) });
    let conditional = sometimes(random, |random| ConditionalReward {
        id: "one".to_owned(),
        priority: 0,
        when: condition(random),
        reward: reward(random),
    });
    Terms {
        reward: reward(random),
        first: sometimes(random, reward),
        renewal: sometimes(random, reward),
        steps: sometimes(random, |random| RewardStep { from: 3, reward: percent(random) }).into_iter().collect(),
        duration: *[Duration::Lifetime, Duration::Lifetime, Duration::FirstOnly, Duration::Payments { n }, Duration::Months { n }]
            .choose(random)
            .unwrap(),
        window_days: *[7, 30, 90, 365].choose(random).unwrap(),
        touch_model: *TouchModel::ALL.choose(random).unwrap(),
        attribution: *Attribution::ALL.choose(random).unwrap(),
        coupon_override: *CouponOverride::ALL.choose(random).unwrap(),
        hold_days: random.random_range(0..=120),
        new_customers_only: random.random_bool(0.3),
        email_match: random.random_bool(0.7),
        products: sometimes(random, product).into_iter().collect(),
        conditional: conditional.into_iter().collect(),
        caps: purchase.into_iter().chain(customer).chain(partner).chain(program).collect(),
        tiers: sometimes(random, tiers),
        lead: sometimes(random, |random| LeadReward {
            on: *LeadEvent::ALL.choose(random).unwrap(),
            amount: random.random_range(1..1_000),
            currency: currency(random),
        }),
        second_level: sometimes(random, |random| SecondLevel { share: BasisPoints::new(random.random_range(1..=5_000)).unwrap() }),
        accrue_on: *AccrueOn::ALL.choose(random).unwrap(),
        out_of_band: *OutOfBand::ALL.choose(random).unwrap(),
        flat_refund: *[FlatRefund::OnFull, FlatRefund::AboveShare { share: BasisPoints::new(5_000).unwrap() }].choose(random).unwrap(),
        cap_at_base: random.random_bool(0.5),
        two_codes: *TwoCodes::ALL.choose(random).unwrap(),
        hold_inquiries: random.random_bool(0.5),
        late_binding_days: random.random_range(0..=90),
        clawback_days: random.random_bool(0.1).then(|| random.random_range(1..60)),
        pays_after_archive: random.random_bool(0.5),
        ..Terms::default()
    }
}
