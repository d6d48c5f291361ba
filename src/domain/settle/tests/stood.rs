//! What was paid out before a click behind it was rejected (FR-5, AT-16).

use entity::value::{Attribution, Reward, TermsId};
use uuid::Uuid;

use super::*;
use crate::domain::person::TermsMove;
use crate::domain::testing::points;

fn partner_c() -> EnrollmentId {
    EnrollmentId::from_uuid(Uuid::from_u128(0xC))
}

/// A visitor who clicked for these partners, one a day, and signed up on day 4; they share alike in a purchase of 100.00 on day 5 that earns
/// 20.00.
fn shared(partners: &[EnrollmentId]) -> Scene {
    let mut scene = Scene::with(|t| t.attribution = Attribution::Linear);
    let mut c = scene.enrollment(partner_a()).clone();
    (c.id, c.partner) = (partner_c(), PartnerId::from_uuid(partner_c().uuid()));
    scene.world.enrollments.insert(c.id, c);
    for (n, who) in (1..).zip(partners) {
        scene.click(n, *who, day(i64::try_from(n).unwrap() - 1));
    }
    scene.signup(partners.len() as u128, day(4));
    scene.buys(&Book::of([("in_1", invoice(10_000, day(5)).into())]));
    scene
}

/// Who earns what of the first purchase, the winner first.
fn parts(scene: &Scene) -> Vec<(EnrollmentId, i64)> {
    scene.settle().decisions[0].commissions.iter().map(|one| (one.enrollment, one.amount)).collect()
}

#[test]
fn fr_5_at_16_a_paid_share_stands_when_its_click_is_rejected() {
    let (a, b) = (partner_a(), partner_b());
    for rejected in [1, 2] {
        let mut scene = shared(&[a, b]);
        assert_eq!(parts(&scene), [(b, 1_000), (a, 1_000)]);
        scene.pay_out(0, a, 1_000, day(40));
        scene.pay_out(0, b, 1_000, day(41));
        scene.reject_click_at(rejected, day(50));
        let mut both = parts(&scene);
        both.sort();
        assert_eq!(both, [(a, 1_000), (b, 1_000)], "click {rejected}");
        let decision = scene.settle().decisions.remove(0);
        assert_eq!((decision.reason, decision.base), (DecisionReason::Commissioned, 10_000));
        assert!(decision.steps.iter().any(|step| step.rule == "FR-5" && step.amount == Some(1_000)), "{:?}", decision.steps);
        let taken = |one: &&crate::domain::attribution::Candidate| one.reason.is_none() && one.weight.is_some();
        assert_eq!(decision.candidates.iter().filter(taken).count(), 1, "the one whose click was rejected: {:?}", decision.candidates);
    }
}

#[test]
fn fr_5_at_16_an_unpaid_share_goes_to_those_whose_clicks_count() {
    let (a, b) = (partner_a(), partner_b());
    let paid = |who, rejected| {
        let mut scene = shared(&[a, b]);
        scene.pay_out(0, who, 1_000, day(40));
        scene.reject_click_at(rejected, day(50));
        parts(&scene)
    };
    assert_eq!(paid(a, 1), [(b, 1_000), (a, 1_000)], "A was paid and keeps it: the rest is B's as before");
    assert_eq!(paid(b, 1), [(b, 2_000)], "A was not paid: B has all, and was paid half of it");
    assert_eq!(paid(b, 2), [(a, 1_000), (b, 1_000)]);
    assert_eq!(paid(a, 2), [(a, 2_000)]);
}

#[test]
fn fr_5_at_16_of_three_the_unpaid_part_falls_to_the_one_who_is_left() {
    // 20.00 in three parts: 6.67 for C, who won, 6.67 for A and 6.66 for B. A keeps 6.67; the other 13.33 are C's.
    let (a, b, c) = (partner_a(), partner_b(), partner_c());
    let mut scene = shared(&[a, b, c]);
    assert_eq!(parts(&scene), [(c, 667), (a, 667), (b, 666)]);
    scene.pay_out(0, a, 667, day(40));
    scene.reject_click_at(1, day(50));
    scene.reject_click_at(2, day(51));
    assert_eq!(parts(&scene), [(c, 1_333), (a, 667)]);
    scene.pay_out(0, b, 666, day(40));
    assert_eq!(parts(&scene), [(c, 667), (a, 667), (b, 666)], "B was paid as well");
    scene.reject_click_at(3, day(52));
    let mut left = parts(&scene);
    left.sort();
    assert_eq!(left, [(a, 667), (b, 666)], "nobody is left for C's part");
}

#[test]
fn fr_5_rf_7_what_goes_back_later_goes_back_of_what_stands_too() {
    // Half of the money goes back: 10.00 are left, 5.00 for each.
    let (a, b) = (partner_a(), partner_b());
    let mut scene = shared(&[a, b]);
    let bill = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(5)) };
    let mut book = Book::of([("in_1", bill.into()), ("ch_1", charge(10_000, day(5)).into())]);
    book.tell("re_1", refund("ch_1", 5_000, day(60)));
    scene.buys(&book);
    scene.pay_out(0, a, 1_000, day(40));
    scene.reject_click_at(1, day(50));
    assert_eq!(parts(&scene), [(b, 500), (a, 500)]);
    let of_a = scene.settle().decisions[0].commissions[1].clone();
    assert_eq!((of_a.state, of_a.earned), (CommissionState::Paid, 1_000));
}

#[test]
fn fr_5_a_click_that_did_not_count_when_it_was_paid_counts_for_nothing_later() {
    let (a, b) = (partner_a(), partner_b());
    let mut scene = shared(&[a, a, b]);
    scene.reject_click_at(1, day(3));
    assert_eq!(parts(&scene), [(b, 1_000), (a, 1_000)]);
    scene.pay_out(0, a, 1_000, day(40));
    assert_eq!(parts(&scene), [(b, 1_000), (a, 1_000)], "it was rejected before");
    let mut scene = shared(&[a, a, b]);
    scene.person.touches[0].click.as_mut().unwrap().bot = true;
    scene.pay_out(0, a, 1_000, day(40));
    scene.reject_click_at(1, day(50));
    assert_eq!(parts(&scene), [(b, 1_000), (a, 1_000)], "a machine's never counted");
}

#[test]
fn fr_5_co_1_a_paid_renewal_stands_under_the_terms_that_its_binding_was_moved_to() {
    let mut scene = Scene::bound_to_a(|_| {});
    let mut moved = version(day(-1000), &entity::value::Terms { reward: Reward::Percent { rate: points(3_000) }, ..Default::default() });
    moved.id = TermsId::from_uuid(Uuid::from_u128(3));
    scene.enrollment(partner_a()).moves.push(TermsMove { from: None, to: moved.clone(), at: day(30) });
    scene.buys(&Book::of([("in_1", invoice(10_000, day(5)).into()), ("in_2", invoice(10_000, day(40)).into())]));
    let earned = |scene: &Scene| scene.settle().commissions().map(|one| (one.terms == moved.id, one.amount)).collect::<Vec<_>>();
    assert_eq!(earned(&scene), [(false, 2_000), (true, 3_000)]);
    scene.pay_out(1, partner_a(), 3_000, day(80));
    scene.reject_click_at(1, day(90));
    assert_eq!(earned(&scene), [(true, 3_000)], "the first was not paid out");
    scene.by_hand(partner_b(), day(1));
    let winners: Vec<_> = scene.settle().decisions.iter().map(|one| one.winner.unwrap().enrollment).collect();
    assert_eq!(winners, [partner_b(); 2], "a word by hand takes also what was paid (AT-15)");
}
