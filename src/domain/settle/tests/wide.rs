//! What reaches beyond one person: caps, levels, second levels (CO-6, CO-7, CO-11).

use entity::value::{
    BasisPoints, Cap, CapScope, CommissionKind, LeadEvent, LeadReward, Period as Calendar, Reward, SecondLevel, Span, TermsId, TierEffect,
    TierLevel, TierMetric, TierPeriodId, Tiers,
};

use super::*;
use crate::domain::exchange::Rates;
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Recruiter, Signup};
use crate::domain::tally::{Measure, Owner, Place, Stretch, Tally};

fn usd(scope: CapScope, period: Calendar, amount: i64) -> Cap {
    Cap { scope, period: Some(period), amount, currency: currency("USD") }
}

/// 30 % from `from` on.
fn tiers(metric: TierMetric, effect: TierEffect, from: i64) -> Tiers {
    let currency = matches!(metric, TierMetric::Revenue | TierMetric::Commission).then(|| currency("USD"));
    let reward = Reward::Percent { rate: BasisPoints::new(3_000).unwrap() };
    Tiers { metric, currency, period: Calendar::Month, effect, levels: vec![TierLevel { from, reward }] }
}

/// Settles with sums that others made: `sum` gives them by tally.
fn settled(scene: &mut Scene, sum: impl Fn(&Tally) -> i64) -> Settlement {
    scene.world.sums.clear();
    let asked = scene.settle().asked;
    scene.world.sums = asked.into_iter().map(|key| (sum(&key.0), key)).map(|(sum, key)| (key, sum)).collect();
    scene.settle()
}

fn amounts(settlement: &Settlement) -> Vec<i64> {
    settlement.decisions.iter().map(Decision::amount).collect()
}

/// Two purchases of 100.00 each, on days 5 and 6.
fn two() -> Book {
    let mut book = e1();
    book.tell("in_2", invoice(10_000, day(6)));
    book
}

#[test]
fn co_6_what_others_used_of_the_budget_is_not_left() {
    // 100.00 a month for all, of which others used 70.00 before: 20.00, then 10.00.
    let mut scene = Scene::bound_to_a(|t| t.caps = vec![usd(CapScope::Program, Calendar::Month, 10_000)]);
    scene.buys(&two());
    let settlement = settled(&mut scene, |_| 7_000);
    assert_eq!(amounts(&settlement), [2_000, 1_000]);
    let bounds: Vec<_> = settlement.entries.iter().map(|entry| (entry.amount, entry.bounds.low, entry.bounds.most)).collect();
    assert_eq!(bounds, [(2_000, None, Some(10_000)), (2_000, Some(9_000), None)], "all that came counts, not only what passed");
    let none = settled(&mut scene, |_| 10_000);
    assert_eq!(none.decisions.iter().map(|one| one.reason).collect::<Vec<_>>(), [DecisionReason::CapReached; 2]);
    assert_eq!(settlement.asked.iter().filter(|(tally, _)| matches!(tally.owner, Owner::Program(_))).count(), 2);
}

#[test]
fn co_6_leads_stand_in_the_order_of_time_too() {
    // 21.00 a year for the partner: 5.00 for the lead on day 0, 16.00 of the 20.00 on day 5, nothing on day 6.
    let mut scene = Scene::bound_to_a(|t| {
        t.caps = vec![usd(CapScope::Partner, Calendar::Year, 2_100)];
        t.lead = Some(LeadReward { on: LeadEvent::Signup, amount: 500, currency: currency("USD") });
    });
    scene.buys(&two());
    let settlement = settled(&mut scene, |_| 0);
    assert_eq!((settlement.leads[0].amount, amounts(&settlement)), (500, vec![1_600, 0]));
    scene.person.signups.push(Signup { customer: customer(2), at: minute(5, 1), told_by_server_at: None });
    assert_eq!(settled(&mut scene, |_| 0).leads.len(), 1);
}

#[test]
fn co_6_what_may_go_back_of_a_capped_amount_is_what_the_cap_would_not_give_back() {
    // Of 20.00 a cap of 15.00 leaves 15.00. Half of the purchase is disputed: without it 10.00 would be left, so 5.00 are at risk.
    let mut scene = Scene::bound_to_a(|t| t.caps = vec![usd(CapScope::Partner, Calendar::Month, 1_500)]);
    let mut book = e1();
    book.tell("dp_1", dispute("ch_1", 6_000, day(7)));
    scene.buys(&book).now = day(60);
    let commission = settled(&mut scene, |_| 0).decisions.remove(0).commissions.remove(0);
    assert_eq!((commission.earned, commission.amount, commission.at_risk, commission.held), (1_500, 1_500, 500, 500));
}

#[test]
fn co_7_what_others_bought_before_decides_the_level() {
    let mut scene = Scene::bound_to_a(|t| t.tiers = Some(tiers(TierMetric::Revenue, TierEffect::Future, 15_000)));
    scene.buys(&two());
    assert_eq!(amounts(&settled(&mut scene, |_| 0)), [2_000, 2_000], "100.00 before the second");
    assert_eq!(amounts(&settled(&mut scene, |_| 5_000)), [2_000, 3_000]);
    let all = settled(&mut scene, |_| 15_000);
    assert_eq!(amounts(&all), [3_000, 3_000]);
    assert_eq!(all.entries.iter().map(|entry| (entry.amount, entry.bounds.low)).collect::<Vec<_>>(), [(10_000, Some(15_000)); 2]);
    assert!(all.decisions[0].steps.iter().any(|step| step.rule == "CO-7" && step.text.ends_with("the level from 150.00 USD")));
}

#[test]
fn co_7_a_customer_is_new_once_and_what_is_paid_back_does_not_count() {
    let sums = |scene: &mut Scene| {
        let settlement = settled(scene, |_| 0);
        settlement.entries.iter().map(|entry| entry.amount).filter(|amount| *amount != 0).count()
    };
    let mut scene = Scene::bound_to_a(|t| t.tiers = Some(tiers(TierMetric::Customers, TierEffect::Future, 2)));
    scene.buys(&two());
    assert_eq!(sums(&mut scene), 1);
    let mut gone = two();
    gone.tell("re_1", refund("ch_1", 12_000, day(7)));
    scene.buys(&gone);
    let settlement = settled(&mut scene, |_| 0);
    let counted: Vec<i64> = settlement.entries.iter().map(|entry| entry.amount).collect();
    assert_eq!(counted, [0, 1], "the second purchase is the first that is left");
}

#[test]
fn co_7_the_end_of_a_period_adds_what_the_level_would_have_given() {
    // 100.00 twice are 20.00 each, by the level 30.00: 10.00 each on top.
    let mut scene = Scene::bound_to_a(|t| t.tiers = Some(tiers(TierMetric::Revenue, TierEffect::Retroactive, 25_000)));
    scene.buys(&two());
    let settlement = settled(&mut scene, |_| 0);
    assert_eq!(amounts(&settlement), [2_000, 2_000]);
    let uplifts = settlement.entries.iter().filter(|entry| matches!(entry.tally.measure, Measure::Uplift { level: 0, .. }));
    assert_eq!(uplifts.map(|entry| entry.amount).collect::<Vec<_>>(), [1_000, 1_000]);

    let terms: TermsId = settlement.decisions[0].winner.unwrap().terms;
    let from = Stretch::of(Calendar::Month, day(5));
    let id = TierPeriodId::from_uuid(uuid::Uuid::from_u128(7));
    let period = Period { id, enrollment: partner_a(), terms, currency: currency("USD"), from: from.from(), to: from.to().unwrap() };
    let mut at_end = |sold: i64, now: DateTime<Utc>| {
        scene.world.sums.clear();
        let none = BTreeMap::new();
        let asked = settle_period(&period, &scene.world, &none, &Rates::none(), now).asked;
        let sum = |tally: &Tally| if matches!(tally.measure, Measure::Metric(_)) { sold } else { 2_000 };
        scene.world.sums = asked.into_iter().map(|key| (sum(&key.0), key)).map(|(sum, key)| (key, sum)).collect();
        let again = settle_period(&period, &scene.world, &none, &Rates::none(), now).asked;
        scene.world.sums.extend(again.into_iter().map(|key| (sum(&key.0), key)).map(|(sum, key)| (key, sum)));
        let settled = settle_period(&period, &scene.world, &none, &Rates::none(), now);
        (settled.commissions.first().map(|one| (one.amount, one.origin, one.state)), settled.due)
    };
    let origin = Origin::first(By::TierPeriod(id));
    assert_eq!(at_end(24_999, period.to), (None, None));
    assert_eq!(at_end(25_000, period.to - Duration::seconds(1)), (None, Some(period.to)));
    let held_until = period.to + Duration::days(30);
    assert_eq!(at_end(25_000, period.to), (Some((2_000, origin, CommissionState::Pending)), Some(held_until)));
    assert_eq!(at_end(25_000, held_until), (Some((2_000, origin, CommissionState::Approved)), None));
}

#[test]
fn co_11_a_recruiter_has_a_share_of_what_the_partner_earns() {
    // 10 % of 20.00; of 15.00 when a quarter went back; half up.
    let mut scene = Scene::bound_to_a(|t| t.second_level = Some(SecondLevel { share: BasisPoints::new(1_000).unwrap() }));
    scene.enrollment(partner_a()).recruiters = vec![Recruiter { by: partner_b(), when: Span { from: day(0), to: Some(day(6)) } }];
    let mut book = two();
    let second = |scene: &Scene| -> Vec<_> {
        let all = scene.settle().second_level;
        all.into_iter().map(|one| (one.enrollment, one.origin.kind(), one.earned, one.amount, one.state)).collect()
    };
    let (kind, approved) = (CommissionKind::SecondLevel, CommissionState::Approved);
    scene.buys(&book);
    assert_eq!(second(&scene), [(partner_b(), kind, 200, 200, approved)], "only while it counts");
    book.tell("re_1", refund("ch_1", 3_000, day(7)));
    scene.buys(&book);
    assert_eq!(second(&scene), [(partner_b(), kind, 200, 150, approved)]);
    book.tell("dp_1", dispute("ch_1", 9_000, day(8)));
    scene.buys(&book);
    assert_eq!(
        second(&scene),
        [(partner_b(), kind, 200, 150, CommissionState::Held)],
        "what may go back of the one may go back of the other"
    );
    scene.end(partner_b(), day(4), EnrollmentEnd::Banned);
    assert_eq!(second(&scene), []);
}

#[test]
fn co_11_a_rejected_second_level_leaves_the_first_as_it_is() {
    let mut scene = Scene::bound_to_a(|t| t.second_level = Some(SecondLevel { share: BasisPoints::new(1_000).unwrap() }));
    scene.enrollment(partner_a()).recruiters = vec![Recruiter { by: partner_b(), when: Span { from: day(0), to: None } }];
    scene.buys(&e1());
    let origin = Origin::first(By::Purchase(scene.person.purchases[0].id)).second(partner_a());
    scene.person.standing.insert((partner_b(), origin), Standing { rejected: true, ..Standing::default() });
    let settlement = scene.settle();
    assert_eq!((settlement.second_level[0].amount, settlement.second_level[0].state), (0, CommissionState::Rejected));
    assert_eq!(amounts(&settlement), [2_000]);
}

#[test]
fn co_6_places_of_one_purchase_are_apart() {
    let place = Place::lead(day(1), None, customer(1));
    assert!(place.first_level(partner_b()) < place.second_level(partner_a(), partner_b()));
}
