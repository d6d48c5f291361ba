//! Made-up histories of one person: what happened, and every telling of it.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::teller::Teller;
use super::*;
use crate::domain::testing::points;
use entity::value::{
    AccrueOn, Attribution, Cap, CapScope, Condition, ConditionalReward, CouponOverride, Duration as Lasting, LeadEvent, LeadReward, Period,
    ProductEffect, ProductMatch, ProductRule, Reward, RewardStep, SecondLevel, Terms, TierEffect, TierLevel, TierMetric, Tiers, TouchModel,
};

/// How a purchase was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// An invoice, its intent and charge; the session may be told as well.
    Subscription,
    /// A session in payment mode.
    PaymentLink,
    /// An intent of which nobody says whether an invoice stands behind it.
    Bare,
    /// A charge without intent.
    Legacy,
    /// An invoice that was marked as paid.
    Outside,
}

/// What went back of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Back {
    Nothing,
    Part,
    /// In two parts.
    All,
    /// A part, which failed later.
    Failed,
    Pending,
    /// A part, by a credit note that names a line.
    Credited,
    DisputeOpen,
    DisputeLost,
    DisputeWon,
    /// A part is refunded, then all is disputed and lost.
    RefundAndDispute,
}

/// One purchase of a history.
#[derive(Clone, Debug)]
pub struct Plan {
    pub way: Way,
    pub back: Back,
    pub day: i64,
    pub amounts: Vec<i64>,
    pub tax: i64,
    pub codes: Vec<&'static str>,
    pub reference: Option<u8>,
    pub other_customer: bool,
}

fn plan() -> impl Strategy<Value = Plan> {
    let ways = select(vec![Way::Subscription, Way::Subscription, Way::PaymentLink, Way::Bare, Way::Legacy, Way::Outside]);
    let backs = select(vec![
        Back::Nothing,
        Back::Nothing,
        Back::Part,
        Back::All,
        Back::Failed,
        Back::Pending,
        Back::Credited,
        Back::DisputeOpen,
        Back::DisputeLost,
        Back::DisputeWon,
        Back::RefundAndDispute,
    ]);
    let codes = select(vec![vec![], vec![], vec!["promo_a"], vec!["promo_b"], vec!["promo_b", "promo_a"]]);
    let amounts = prop_oneof![
        3 => prop::collection::vec(0..20_000_i64, 1..4),
        1 => (1..9_000_i64, 1..20_000_i64).prop_map(|(old, new)| vec![-old, new]),
    ];
    let reference = prop::option::of(0..4_u8);
    (ways, backs, 1..120_i64, amounts, 0..3_000_i64, codes, reference, prop::bool::weighted(0.15)).prop_map(
        |(way, back, day, amounts, tax, codes, reference, other_customer)| Plan {
            way,
            back,
            day,
            amounts,
            tax,
            codes,
            reference,
            other_customer,
        },
    )
}

/// Something told by the outside or by our own pages.
#[derive(Clone, Debug)]
pub enum Telling {
    Fact(String, Box<Fact>),
    Click(u8, EnrollmentId, DateTime<Utc>),
    Signup(u8, DateTime<Utc>),
    /// A subscription begins with a trial.
    Trial(DateTime<Utc>),
    /// To whom, from when on, and when it was said.
    Hand(EnrollmentId, DateTime<Utc>, DateTime<Utc>),
}

/// A person's whole history.
#[derive(Clone, Debug)]
pub struct History {
    pub terms: Terms,
    pub tellings: Vec<Telling>,
    /// Refunds that give all money of all purchases back.
    pub refunds: Vec<Telling>,
}

fn terms() -> impl Strategy<Value = Terms> {
    let durations = select(vec![Lasting::Lifetime, Lasting::FirstOnly, Lasting::Payments { n: 2 }, Lasting::Months { n: 1 }]);
    let rules = select(CouponOverride::ALL.to_vec());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let models = (select(TouchModel::ALL.to_vec()), select(Attribution::ALL.to_vec()));
    (durations, rules, models, select(AccrueOn::ALL.to_vec()), flags, rewards(), beyond()).prop_map(
        |(
            duration,
            coupon_override,
            (touch_model, attribution),
            accrue_on,
            (new_customers_only, email_match, include_shipping),
            rewards,
            beyond,
        )| Terms {
            duration,
            coupon_override,
            touch_model,
            attribution,
            accrue_on,
            new_customers_only,
            email_match,
            include_shipping,
            caps: rewards.caps.iter().chain(&beyond.caps).copied().collect(),
            tiers: beyond.tiers,
            lead: beyond.lead,
            second_level: beyond.second_level,
            ..rewards
        },
    )
}

/// Rules that reach beyond one person, and beyond purchases (CO-6, CO-7, CO-10, CO-11).
fn beyond() -> impl Strategy<Value = Terms> {
    let usd = currency("USD");
    let cap = move |scope| {
        let periods = select(vec![Period::Week, Period::Month, Period::Lifetime]);
        option::of((periods, 500..6_000_i64))
            .prop_map(move |cap| cap.map(|(period, amount)| Cap { scope, period: Some(period), amount, currency: usd }))
    };
    let levels = (1..4_i64).prop_map(|from| (from, Reward::Percent { rate: points(3_000) }));
    let tiers =
        (select(TierMetric::ALL.to_vec()), select(TierEffect::ALL.to_vec()), levels).prop_map(move |(metric, effect, (from, reward))| {
            let of_money = matches!(metric, TierMetric::Revenue | TierMetric::Commission);
            let from = if of_money { from * 2_000 } else { from };
            Tiers { metric, currency: of_money.then_some(usd), period: Period::Month, effect, levels: vec![TierLevel { from, reward }] }
        });
    let lead = select(LeadEvent::ALL.to_vec()).prop_map(move |on| LeadReward { on, amount: 700, currency: usd });
    let second = any::<bool>().prop_map(|second| second.then(|| SecondLevel { share: points(1_000) }));
    (cap(CapScope::Partner), cap(CapScope::Program), option::of(tiers), option::of(lead), second).prop_map(
        |(partner, program, tiers, lead, second_level)| {
            let caps = partner.into_iter().chain(program).collect();
            Terms { caps, tiers, lead, second_level, ..Terms::default() }
        },
    )
}

fn half() -> Reward {
    Reward::Percent { rate: points(5_000) }
}

/// Rules that change how much is earned: never more than half of what was bought.
fn rewards() -> impl Strategy<Value = Terms> {
    let when = select(vec![
        Condition::PurchaseFirst { is: true },
        Condition::PurchaseSubscription { is: false },
        Condition::Price { values: vec!["price_1".to_owned()] },
        Condition::PurchaseAmount { currency: currency("USD"), from: Some(5_000), below: None },
        Condition::Any { of: vec![Condition::CustomerNew { is: false }, Condition::PurchaseCurrency { values: vec![currency("USD")] }] },
    ]);
    let cap = |scope| Cap { scope, period: None, amount: 1_500, currency: currency("USD") };
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), option::of(when), any::<bool>()).prop_map(
        move |(own_rate, first, renewal, step, when, capped)| {
            let rule = ProductRule {
                matches: ProductMatch::Price,
                key: None,
                id: "price_half".to_owned(),
                effect: ProductEffect::Rate { rate: points(5_000) },
                priority: 0,
            };
            let one = |when| ConditionalReward { id: "one".to_owned(), priority: 0, when, reward: half() };
            Terms {
                products: Vec::from_iter(own_rate.then_some(rule)),
                first: first.then(half),
                renewal: renewal.then(|| Reward::Percent { rate: points(1_000) }),
                steps: Vec::from_iter(step.then(|| RewardStep { from: 3, reward: half() })),
                conditional: when.map(one).into_iter().collect(),
                caps: if capped { vec![cap(CapScope::Purchase), Cap { amount: 3_000, ..cap(CapScope::Customer) }] } else { Vec::new() },
                ..Terms::default()
            }
        },
    )
}

/// Three to five purchases (at least twelve facts), clicks of both partners, sign-ups on time or late, trials, and
/// sometimes a hand.
pub fn history() -> impl Strategy<Value = History> {
    let clicks = prop::collection::vec((any::<bool>(), 0..60_i64), 1..4);
    let signups = prop::collection::vec((0..4_u8, 0..125_i64), 0..3);
    let hands =
        prop::collection::vec((any::<bool>(), 0..125_i64, prop_oneof![Just(None), (0..125_i64).prop_map(Some), Just(Some(-10_000))]), 0..3);
    let trials = prop::collection::vec(0..125_i64, 0..3);
    (terms(), prop::collection::vec(plan(), 3..6), clicks, signups, trials, hands).prop_map(
        |(terms, plans, clicks, signups, trials, hands)| {
            let who = |a: bool| if a { partner_a() } else { partner_b() };
            let mut tellings = Vec::new();
            for ((n, (a, at)), number) in clicks.into_iter().enumerate().zip(0_u8..) {
                tellings.push(Telling::Click(number, who(a), minute(at, i64::try_from(n).unwrap())));
            }
            tellings.extend(signups.into_iter().map(|(click, at)| Telling::Signup(click, minute(at, 30))));
            tellings.extend(trials.into_iter().map(|at| Telling::Trial(minute(at, 20))));
            tellings.extend(hands.into_iter().map(|(a, said, back)| {
                let said = minute(said, 40);
                Telling::Hand(who(a), back.map_or(said, |back| day(back).min(said)), said)
            }));
            let mut refunds = Vec::new();
            for (n, plan) in plans.iter().enumerate() {
                let mut teller = Teller { n, plan, tellings: &mut tellings, refunds: &mut refunds };
                teller.purchase();
            }
            History { terms, tellings, refunds }
        },
    )
}

/// The same tellings in any order, some of them twice.
pub fn retold(tellings: Vec<Telling>) -> impl Strategy<Value = Vec<Telling>> {
    prop::collection::vec(any::<Index>(), 0..20).prop_flat_map(move |again| {
        let twice: Vec<Telling> = again.iter().map(|index| index.get(&tellings).clone()).collect();
        Just(tellings.iter().cloned().chain(twice).collect::<Vec<_>>()).prop_shuffle()
    })
}
