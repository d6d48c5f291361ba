//! Partners' codes against bindings (AT-6, AT-8 to AT-10).

use entity::value::{HoldReason, Reward, Span, Terms, TwoCodes};

use super::*;
use crate::domain::fact::{Code, Told};
use crate::domain::testing::points;

/// Bound to A; B has a code.
fn scene(rule: CouponOverride) -> Scene {
    let mut scene = Scene::bound_to_a(|t| t.coupon_override = rule);
    scene.code("promo_b", partner_b(), 0, None);
    scene
}

const CODE: &[&str] = &["promo_b"];

#[test]
fn at_6_a_code_wins_while_the_binding_is_a_lead_e22() {
    let mut scene = scene(CouponOverride::WhileLead);
    assert_eq!(scene.outcomes(&bills((5, CODE), (6, &[]))), [earns(partner_b(), 2_000); 2]);
    let bindings = scene.settle().bindings;
    assert_eq!((bindings[0].enrollment, bindings[0].ended_at), (partner_a(), Some(day(5))));
    assert_eq!((bindings[1].enrollment, bindings[1].ended_at, bindings[1].stage), (partner_b(), None, BindingStage::Customer));
    let loser = &scene.settle().decisions[0].candidates[1];
    assert_eq!((loser.enrollment, loser.verdict), (Some(partner_a()), Verdict::Lost));
}

#[test]
fn at_6_never_keeps_the_binding_e22() {
    let mut scene = scene(CouponOverride::Never);
    assert_eq!(scene.outcomes(&bills((5, CODE), (6, &[]))), [earns(partner_a(), 2_000); 2]);
}

#[test]
fn at_6_this_purchase_does_not_rebind() {
    let mut scene = scene(CouponOverride::ThisPurchase);
    let (a, b) = (earns(partner_a(), 2_000), earns(partner_b(), 2_000));
    assert_eq!(scene.outcomes(&bills((5, CODE), (6, &[]))), [b, a]);
    assert_eq!(scene.outcomes(&bills((5, &[]), (6, CODE))), [a, b], "for customers too");
    assert_eq!(scene.settle().bindings.len(), 1);
}

#[test]
fn at_6_whoever_is_unbound_is_bound_by_the_code_under_every_rule() {
    for rule in [CouponOverride::Never, CouponOverride::WhileLead, CouponOverride::ThisPurchase] {
        let mut scene = Scene::with(|t| t.coupon_override = rule);
        scene.code("promo_b", partner_b(), 0, None);
        assert_eq!(scene.outcomes(&bills((5, CODE), (6, &[]))), [earns(partner_b(), 2_000); 2]);
        let existing = scene.outcomes(&bills((5, &[]), (6, CODE)))[1];
        assert_eq!(existing, (DecisionReason::ExistingCustomer, NOBODY, 0), "{rule}: AT-11 holds for codes");
    }
}

#[test]
fn at_8_a_mapping_is_judged_when_the_discount_was_applied() {
    let mut scene = Scene::new();
    scene.code("promo_b", partner_b(), 3, Some(5));
    let applied = |n: i64, paid: i64| {
        let made = Invoice { created_at: day(n), ..invoice(10_000, day(paid)).with_codes(CODE) };
        Book::of([("in_1", made.into())])
    };
    let inactive = (DecisionReason::CodeInactive, NOBODY, 0);
    assert_eq!(scene.outcomes(&applied(2, 4)), [inactive]);
    assert_eq!(scene.outcomes(&applied(3, 4)), [earns(partner_b(), 2_000)]);
    assert_eq!(scene.outcomes(&applied(4, 9)), [earns(partner_b(), 2_000)], "paid after the mapping ended");
    assert_eq!(scene.outcomes(&applied(5, 9)), [inactive], "the upper bound is excluded");
}

#[test]
fn cs_5_a_code_that_is_switched_off_is_nobodys_until_it_is_switched_on() {
    let mut scene = Scene::new();
    scene.code("promo_b", partner_b(), 0, None);
    scene.world.codes[0].inactive = vec![Span { from: day(2), to: Some(day(4)) }];
    let outcome = |scene: &mut Scene, n| scene.outcomes(&Book::of([("in_1", invoice(10_000, day(n)).with_codes(CODE).into())]))[0];
    for (n, expected) in [(1, earns(partner_b(), 2_000)), (2, (DecisionReason::CodeInactive, NOBODY, 0)), (4, earns(partner_b(), 2_000))] {
        assert_eq!(outcome(&mut scene, n), expected, "day {n}");
    }
}

#[test]
fn cs_8_a_coupon_without_a_promotion_code_may_be_a_partners() {
    let mut scene = Scene::new();
    scene.code("promo_b", partner_b(), 0, None);
    scene.world.codes[0].code = Code { promotion_code: None, coupon: Some("TEN".into()) };
    let with = |code: Code| {
        let bill = invoice(10_000, day(5));
        Book::of([("in_1", Invoice { codes: Told::whole(bill.stamp, vec![code]), ..bill }.into())])
    };
    let coupon = |id: &str| Code { promotion_code: None, coupon: Some(id.into()) };
    assert_eq!(scene.outcomes(&with(coupon("TEN"))), [earns(partner_b(), 2_000)]);
    assert_eq!(scene.outcomes(&with(coupon("OTHER")))[0].1, NOBODY);
}

#[test]
fn at_8_a_checkout_that_ends_after_its_money_came_is_no_later_touch() {
    let mut scene = Scene::new();
    scene.code("promo_b", partner_b(), 0, None);
    let mut session = Checkout { invoice: Some("in_1".into()), ..checkout(10_000, minute(5, 1)) };
    session.codes = Told::whole(session.stamp, vec![promotion("promo_b")]);
    let book = Book::of([("in_1", invoice(10_000, day(5)).into()), ("cs_1", session.into())]);
    assert_eq!(scene.outcomes(&book), [earns(partner_b(), 2_000)]);
}

#[test]
fn at_9_of_two_codes_the_first_in_the_sources_order_wins() {
    let mut scene = Scene::new();
    scene.code("promo_a", partner_a(), 0, None);
    scene.code("promo_b", partner_b(), 0, None);
    assert_eq!(scene.outcomes(&bills((5, &["promo_b", "promo_a"]), (6, &[])))[0], earns(partner_b(), 2_000));
    assert_eq!(scene.outcomes(&bills((5, &["promo_a", "promo_b"]), (6, &[])))[0], earns(partner_a(), 2_000));
}

#[test]
fn at_9_the_code_of_the_bound_partner_keeps_its_place() {
    let mut scene = scene(CouponOverride::WhileLead);
    scene.code("promo_a", partner_a(), 0, None);
    assert_eq!(scene.outcomes(&bills((5, &["promo_a", "promo_b"]), (6, &[])))[0], earns(partner_a(), 2_000));
    assert_eq!(scene.outcomes(&bills((5, &["promo_b", "promo_a"]), (6, &[])))[0], earns(partner_b(), 2_000));
}

#[test]
fn at_9_or_a_person_looks_at_it() {
    let mut scene = Scene::with(|t| t.two_codes = TwoCodes::Review);
    scene.code("promo_a", partner_a(), 0, None);
    scene.code("promo_b", partner_b(), 0, None);
    let held = |scene: &mut Scene, codes: &[&str]| {
        scene.outcomes(&bills((5, codes), (6, &[])));
        scene.settle().decisions[0].commissions[0].clone().holds
    };
    assert_eq!(held(&mut scene, &["promo_b", "promo_a"]), [HoldReason::Review]);
    assert_eq!(held(&mut scene, &["promo_b"]), []);
}

#[test]
fn at_10_a_code_that_repeats_never_rebinds() {
    let mut scene = scene(CouponOverride::WhileLead);
    assert_eq!(scene.outcomes(&bills((5, &[]), (6, CODE))), [earns(partner_a(), 2_000); 2], "a customer of A");
    scene.by_hand(partner_a(), day(6));
    scene.end(partner_a(), day(7), EnrollmentEnd::Banned);
    let outcomes = scene.outcomes(&bills((5, CODE), (8, CODE)));
    assert_eq!((outcomes[0].1, outcomes[1].1), (Some(partner_b()), NOBODY), "moved by hand to A, the code does not fetch them back");
}

#[test]
fn at_10_who_bought_without_a_reward_is_a_customer_all_the_same() {
    let mut scene = scene(CouponOverride::WhileLead);
    let skipped = Persona { skip: true, ..persona() };
    let first = Invoice { persona: skipped, ..invoice(10_000, day(5)).with_codes(CODE) };
    let book = Book::of([("in_1", first.into()), ("in_2", invoice(10_000, day(6)).with_codes(CODE).into())]);
    assert_eq!(scene.outcomes(&book), [(DecisionReason::SkippedByMerchant, NOBODY, 0), earns(partner_a(), 2_000)]);
}

#[test]
fn co_1_an_entry_by_hand_for_the_bound_partner_leaves_the_bindings_terms() {
    let mut scene = Scene::bound_to_a(|_| {});
    let newer = Terms { reward: Reward::Percent { rate: points(5_000) }, ..Terms::default() };
    scene.enrollment(partner_a()).terms.push(version(day(3), &newer));
    scene.by_hand(partner_a(), day(4));
    assert_eq!(scene.outcomes(&bill(5)), [earns(partner_a(), 2_000)]);
}

#[test]
fn co_1_a_code_of_the_bound_partner_leaves_the_bindings_terms() {
    for rule in [CouponOverride::Never, CouponOverride::WhileLead, CouponOverride::ThisPurchase] {
        let mut scene = scene(rule);
        scene.code("promo_a", partner_a(), 0, None);
        let mut newer = Terms { coupon_override: rule, ..Terms::default() };
        newer.reward = Reward::Percent { rate: points(5_000) };
        let later = version(day(3), &newer);
        scene.enrollment(partner_a()).terms.push(later);
        assert_eq!(scene.outcomes(&bills((5, &["promo_a"]), (6, &[])))[0], earns(partner_a(), 2_000), "{rule}");
    }
}
