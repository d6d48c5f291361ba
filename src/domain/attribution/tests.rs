//! Who brought a purchase (AT). Each test settles a whole person, as that is how claims meet their history.

mod code;
mod kin;
mod person;

use chrono::Duration;
use entity::value::{Absence, CandidateKind, CouponOverride, DecisionReason, EnrollmentEnd, Span, TouchModel};

use super::*;
use crate::domain::fact::{Checkout, CheckoutPayment, Fact, Invoice, InvoiceStatus, Persona};
use crate::domain::testing::facts::*;
use crate::domain::testing::scene::*;
use crate::domain::testing::{at, day, minute};

/// A paid invoice of 100.00 on that day.
fn bill(n: i64) -> Book {
    Book::of([("in_1", invoice(10_000, day(n)).into())])
}

/// Two paid invoices of 100.00, the first one with these codes.
fn bills(first: (i64, &[&str]), second: (i64, &[&str])) -> Book {
    let one = |(n, codes): (i64, &[&str])| -> Fact { invoice(10_000, day(n)).with_codes(codes).into() };
    Book::of([("in_1", one(first)), ("in_2", one(second))])
}

/// A paid checkout whose client reference is this text.
fn link(text: &str, n: i64) -> Book {
    let named = Persona { client_reference: Some(text.to_owned()), ..persona() };
    Book::of([("cs_1", Checkout { persona: named, ..checkout(10_000, day(n)) }.into())])
}

const NOBODY: Option<EnrollmentId> = None;

#[test]
fn at_2_the_windows_upper_bound_is_excluded_e24() {
    let bound = |signup: &str| {
        let mut scene = Scene::with(|t| t.window_days = 30);
        scene.click(1, partner_a(), at("2025-01-01T00:00:00Z"));
        scene.signup(1, at(signup));
        (scene.settle().bindings.len(), scene.outcomes(&bill(60))[0])
    };
    assert_eq!(bound("2025-01-30T23:59:59.999Z"), (1, earns(partner_a(), 2_000)));
    assert_eq!(bound("2025-01-31T00:00:00Z"), (0, (DecisionReason::OutsideWindow, NOBODY, 0)));
    assert_eq!(bound("2025-01-01T00:00:00Z"), (1, earns(partner_a(), 2_000)), "the lower bound is included");
}

#[test]
fn at_4_the_window_is_sixty_days_unless_the_terms_say_otherwise() {
    let outcome = |signup: i64| {
        let mut scene = Scene::new();
        scene.click(1, partner_a(), day(0));
        scene.signup(1, day(signup));
        scene.outcomes(&bill(70))[0].0
    };
    assert_eq!((outcome(59), outcome(60)), (DecisionReason::Commissioned, DecisionReason::OutsideWindow));
}

#[test]
fn at_2_without_a_sign_up_the_first_purchase_is_the_conversion() {
    let outcome = |n| {
        let mut scene = Scene::with(|t| t.window_days = 30);
        scene.click(1, partner_a(), day(0));
        scene.outcomes(&link("clk_1", n))[0]
    };
    assert_eq!(outcome(29), earns(partner_a(), 2_000));
    assert_eq!(outcome(30), (DecisionReason::OutsideWindow, NOBODY, 0));
}

#[test]
fn at_2_with_a_sign_up_the_purchase_may_come_any_time_later() {
    assert_eq!(Scene::bound_to_a(|_| {}).outcomes(&bill(900)), [earns(partner_a(), 2_000)]);
}

#[test]
fn at_2_a_click_after_the_sign_up_brought_nobody() {
    let mut scene = Scene::new();
    scene.organic_signup(day(0));
    scene.click(1, partner_a(), day(1));
    assert_eq!(scene.outcomes(&link("clk_1", 2))[0].1, NOBODY);
    scene.signup(1, day(2));
    assert_eq!(scene.outcomes(&bill(3))[0].1, NOBODY, "a second sign-up call is no second conversion");
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(0));
    scene.organic_signup(day(1));
    scene.signup(1, minute(1, 1));
    assert_eq!(scene.outcomes(&bill(3)), [earns(partner_a(), 2_000)], "the second call only names the click");
}

#[test]
fn at_2_a_late_sign_up_names_no_click_that_came_after_the_purchase() {
    let mut scene = Scene::with(|t| t.new_customers_only = false);
    scene.click(1, partner_a(), day(2));
    scene.signup(1, day(3));
    assert_eq!(scene.outcomes(&bill(1)), [(DecisionReason::ExistingCustomer, NOBODY, 0)]);
    assert_eq!(scene.outcomes(&bill(4)), [earns(partner_a(), 2_000)]);
}

#[test]
fn at_2_the_enrollment_must_be_approved_at_the_touch() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.enrollment(partner_a()).approved_at = Some(minute(0, 1));
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::EnrollmentInactive, NOBODY, 0)]);
    scene.enrollment(partner_a()).approved_at = None;
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::EnrollmentInactive, NOBODY, 0)]);
    scene.enrollment(partner_a()).approved_at = Some(day(0));
    assert_eq!(scene.outcomes(&bill(5)), [earns(partner_a(), 2_000)]);
}

#[test]
fn at_2_the_program_must_be_active_at_the_purchase() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.enrollment(partner_a()).pauses.push(Span { from: day(5), to: Some(day(8)) });
    assert_eq!(scene.outcomes(&bill(4)), [earns(partner_a(), 2_000)]);
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::ProgramInactive, NOBODY, 0)]);
    assert_eq!(scene.outcomes(&bill(7)), [(DecisionReason::ProgramInactive, NOBODY, 0)], "also after the pause");
    assert_eq!(scene.outcomes(&bill(8)), [earns(partner_a(), 2_000)]);
}

#[test]
fn at_2_a_touch_while_the_program_is_paused_does_not_count() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.enrollment(partner_a()).pauses.push(Span { from: day(0), to: Some(day(2)) });
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::ProgramInactive, NOBODY, 0)]);
}

#[test]
fn at_14_a_ban_that_was_lifted_still_bars_what_was_bought_meanwhile() {
    let mut scene = Scene::bound_to_a(|_| {});
    let banned = Absence { span: Span { from: day(3), to: Some(day(6)) }, kind: EnrollmentEnd::Banned };
    scene.enrollment(partner_a()).absences.push(banned);
    assert_eq!(scene.outcomes(&bill(2)), [earns(partner_a(), 2_000)]);
    assert_eq!(scene.outcomes(&bill(3)), [(DecisionReason::EnrollmentInactive, NOBODY, 0)]);
    assert_eq!(scene.outcomes(&bill(6)), [earns(partner_a(), 2_000)]);
}

#[test]
fn at_2_rejected_clicks_do_not_count() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.reject_click(1);
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::FraudRejected, NOBODY, 0)]);
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(0));
    scene.click(2, partner_b(), day(1));
    scene.signup(2, day(2));
    scene.reject_click(2);
    assert_eq!(scene.outcomes(&bill(5)), [earns(partner_a(), 2_000)], "the click before it takes its place");
}

#[test]
fn at_3_the_last_eligible_click_wins_or_the_first_by_option() {
    let winner = |model, second: i64| {
        let mut scene = Scene::with(|t| t.touch_model = model);
        scene.click(1, partner_a(), day(0));
        scene.click(2, partner_b(), day(second));
        scene.signup(2, day(9));
        scene.outcomes(&bill(10))[0].1
    };
    assert_eq!(winner(TouchModel::Last, 1), Some(partner_b()));
    assert_eq!(winner(TouchModel::First, 1), Some(partner_a()));
    assert_eq!(winner(TouchModel::Last, 0), Some(partner_b()), "of one instant the greater id is the last");
    assert_eq!(winner(TouchModel::First, 0), Some(partner_a()));
}

#[test]
fn at_5_a_binding_is_sticky() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.click(2, partner_b(), day(1));
    scene.signup(2, day(2));
    let outcomes = scene.outcomes(&link("clk_2", 5));
    assert_eq!(outcomes, [earns(partner_a(), 2_000)]);
    assert_eq!(scene.settle().bindings.len(), 1);
}

#[test]
fn at_5_a_lead_becomes_a_customer_by_a_purchase_with_a_base_above_zero() {
    let mut scene = Scene::bound_to_a(|_| {});
    let stage = |scene: &mut Scene, book: &Book| scene.buys(book).settle().bindings[0].stage;
    assert_eq!(stage(&mut scene, &Book::default()), BindingStage::Lead);
    assert_eq!(stage(&mut scene, &Book::of([("in_1", invoice(0, day(1)).into())])), BindingStage::Lead);
    assert_eq!(stage(&mut scene, &bill(1)), BindingStage::Customer);
}

#[test]
fn at_6_metadata_wins_this_purchase_only() {
    let mut scene = Scene::bound_to_a(|_| {});
    let named = Persona { partner_key: Some("key_b".into()), ..persona() };
    let mut book = bills((5, &[]), (6, &[]));
    book.tell("in_1", Invoice { persona: named, ..invoice(10_000, day(5)) });
    assert_eq!(scene.outcomes(&book), [earns(partner_b(), 2_000), earns(partner_a(), 2_000)]);
    assert_eq!(scene.settle().bindings.len(), 1);
    let unknown = Persona { partner_key: Some("key_nobody".into()), ..persona() };
    let book = Book::of([("in_1", Invoice { persona: unknown, ..invoice(10_000, day(5)) }.into())]);
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 2_000)], "an unknown key is no error");
}

#[test]
fn at_6_the_order_is_data() {
    let mut scene = Scene::bound_to_a(|t| t.candidate_order = vec![CandidateKind::Binding, CandidateKind::Coupon, CandidateKind::Signup]);
    scene.code("promo_b", partner_b(), 0, None);
    scene.by_hand(partner_b(), day(1));
    assert_eq!(scene.outcomes(&bills((5, &["promo_b"]), (6, &[])))[0], earns(partner_a(), 2_000));
    let decision = &scene.settle().decisions[0];
    let kinds: Vec<_> = decision.candidates.iter().map(|c| c.kind).collect();
    assert_eq!(kinds, [CandidateKind::Binding, CandidateKind::Coupon, CandidateKind::Signup], "a kind left out is not asked");
}

#[test]
fn at_6_a_hand_moves_the_person_from_then_on() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.by_hand(partner_b(), day(6));
    let bindings = scene.settle().bindings;
    assert_eq!((bindings[0].ended_at, bindings[1].enrollment), (Some(day(6)), partner_b()), "before any purchase follows");
    assert_eq!(scene.outcomes(&bills((5, &[]), (7, &[]))), [earns(partner_a(), 2_000), earns(partner_b(), 2_000)]);
    let bindings = scene.settle().bindings;
    assert_eq!(bindings[1].stage, BindingStage::Customer, "whoever bought stays a customer");
    scene.by_hand(partner_a(), day(8));
    scene.end(partner_a(), day(9), EnrollmentEnd::Banned);
    assert_eq!(scene.outcomes(&bill(10))[0].1, NOBODY, "an earlier assignment does not come back");
}

#[test]
fn at_7_every_candidate_is_listed_with_verdict_and_reason() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.click(2, partner_b(), day(1));
    scene.code("promo_b", partner_b(), 0, None);
    let book = bills((5, &["promo_b"]), (6, &["promo_b"]));
    scene.buys(&book);
    let decision = &scene.settle().decisions[0];
    let shown: Vec<_> = decision.candidates.iter().map(|c| (c.kind, c.enrollment, c.verdict, c.reason)).collect();
    let (a, b) = (Some(partner_a()), Some(partner_b()));
    assert_eq!(
        shown,
        [
            (CandidateKind::Coupon, b, Verdict::Won, None),
            (CandidateKind::Binding, a, Verdict::Lost, None),
            (CandidateKind::Signup, b, Verdict::Ineligible, Some(DecisionReason::ExistingCustomer)),
            (CandidateKind::Signup, a, Verdict::Ineligible, Some(DecisionReason::ExistingCustomer)),
        ]
    );
    assert!(decision.candidates.iter().all(|c| !c.note.is_empty() && c.at <= day(5)));
    assert!(decision.candidates[1].note.contains("before it in the order"), "{}", decision.candidates[1].note);
}
