//! Who brought a purchase (AT). Each test settles a whole person, as that is how claims meet their history.

mod code;
mod kin;
mod late;
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
    let first = Invoice { persona: named, ..invoice(10_000, day(5)) };
    let book = Book::of([("in_1", first.into()), ("in_2", invoice(10_000, day(6)).into())]);
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
fn at_15_a_word_covers_the_future_a_part_of_the_past_or_all_of_it() {
    let mut book = bills((5, &[]), (15, &[]));
    book.tell("in_3", invoice(10_000, day(25)));
    let (a, b) = (Some(partner_a()), Some(partner_b()));
    let start = DateTime::UNIX_EPOCH;
    let moved = |words: &[(EnrollmentId, DateTime<Utc>, i64)], approved: i64| {
        let mut scene = Scene::bound_to_a(|_| {});
        scene.enrollment(partner_b()).approved_at = Some(day(approved));
        for (who, from, said) in words {
            scene.reassign(*who, *from, day(*said));
        }
        let outcomes: Vec<_> = scene.outcomes(&book).iter().map(|outcome| outcome.1).collect();
        (outcomes, scene.settle().bindings)
    };
    assert_eq!(moved(&[(partner_b(), day(20), 20)], 0).0, [a, a, b]);
    assert_eq!(moved(&[(partner_b(), day(10), 20)], 0).0, [a, b, b]);
    let (all, bindings) = moved(&[(partner_b(), start, 20)], 18);
    assert_eq!(all, [b, b, b], "approved by then is enough");
    assert_eq!((bindings.len(), bindings[0].at), (1, day(0)), "the person's first moment is early enough");
    assert_eq!(moved(&[(partner_b(), start, 20)], 22).0, [a, a, b], "not approved yet: from the approval on");
    let words = [(partner_b(), start, 20), (partner_a(), day(10), 21), (partner_b(), day(12), 19)];
    assert_eq!(moved(&words, 0).0, [b, a, a], "of two that cover a purchase the one said last counts");
    let turned = [words[2], words[1], words[0]];
    assert_eq!(moved(&turned, 0), moved(&words, 0));
}

#[test]
fn at_15_nobody_is_given_what_was_bought_while_they_were_shut_out() {
    let mut scene = Scene::bound_to_a(|_| {});
    let banned = Absence { span: Span { from: day(3), to: Some(day(6)) }, kind: EnrollmentEnd::Banned };
    scene.enrollment(partner_b()).absences.push(banned);
    scene.reassign(partner_b(), DateTime::UNIX_EPOCH, day(20));
    let winners: Vec<_> = scene.outcomes(&bills((5, &[]), (7, &[]))).iter().map(|outcome| outcome.1).collect();
    assert_eq!(winners, [NOBODY, Some(partner_b())], "and those whom they were taken from do not keep it");
}

/// Who earns what of each purchase, the winner first.
fn parts(scene: &mut Scene, book: &Book) -> Vec<Vec<(EnrollmentId, i64)>> {
    let decisions = scene.buys(book).settle().decisions;
    decisions.iter().map(|d| d.commissions.iter().map(|c| (c.enrollment, c.amount)).collect()).collect()
}

/// A visitor who clicked for A, B, A and B again, and signed up then.
fn four_clicks(attribution: entity::value::Attribution) -> Scene {
    let mut scene = Scene::with(|t| t.attribution = attribution);
    for (n, who) in [partner_a(), partner_b(), partner_a(), partner_b()].into_iter().enumerate() {
        scene.click(1 + n as u128, who, day(-3 + i64::try_from(n).unwrap()));
    }
    scene.signup(4, day(1));
    scene
}

#[test]
fn at_16_clicks_share_by_their_weights() {
    let mut book = bill(5);
    book.tell("in_2", invoice(10_003, day(40)));
    let (a, b) = (partner_a(), partner_b());
    let mut linear = four_clicks(entity::value::Attribution::Linear);
    assert_eq!(
        parts(&mut linear, &book),
        [[(b, 1_000), (a, 1_000)], [(b, 1_001), (a, 1_000)]],
        "20.01: the winner has the cent that is left"
    );
    let mut by_place = four_clicks(entity::value::Attribution::PositionBased);
    assert_eq!(parts(&mut by_place, &book)[0], [(b, 1_000), (a, 1_000)], "4 + 1 of 10 each");
    by_place.click(5, a, day(0) + Duration::minutes(1));
    by_place.signup(5, day(1));
    assert_eq!(parts(&mut by_place, &book)[0], [(a, 1_733), (b, 267)], "A's ends and middle are 13 of 15");
    let weights = |decision: &crate::domain::settle::Decision| -> Vec<_> {
        decision.candidates.iter().filter_map(|c| Some((c.kind, c.verdict, c.enrollment?, c.weight?))).collect()
    };
    let bound = [(CandidateKind::Binding, Verdict::Won, a, (13, 15)), (CandidateKind::Binding, Verdict::Shared, b, (2, 15))];
    assert_eq!(weights(&by_place.settle().decisions[1]), bound);
    by_place.person.signups.clear();
    by_place.person.touches.retain(|touch| touch.kind == TouchKind::Click);
    by_place.signup(5, day(6));
    assert_eq!(parts(&mut by_place, &bill(5)), [[(a, 1_733), (b, 267)]], "a late sign-up");
    let shown = [(Verdict::Won, a, 6), (Verdict::Shared, b, 1), (Verdict::Shared, a, 1), (Verdict::Shared, b, 1), (Verdict::Shared, a, 6)];
    let shown = shown.map(|(verdict, who, weight)| (CandidateKind::Signup, verdict, who, (weight, 15)));
    assert_eq!(weights(&by_place.settle().decisions[0]), shown, "the candidates say who has which part");
    let mut alone = four_clicks(entity::value::Attribution::LastOrFirst);
    assert_eq!(parts(&mut alone, &book)[0], [(b, 2_000)]);
}

#[test]
fn at_16_whoever_is_named_has_the_purchase_alone_and_whoever_is_out_has_no_part() {
    let (a, b) = (partner_a(), partner_b());
    let mut scene = four_clicks(entity::value::Attribution::Linear);
    scene.code("promo_a", a, 0, None);
    let named = Persona { partner_key: Some("key_a".into()), ..persona() };
    let mut book = bills((5, &["promo_a"]), (6, &[]));
    book.tell("in_3", Invoice { persona: named, ..invoice(10_000, day(7)) });
    assert_eq!(parts(&mut scene, &book), [[(a, 2_000)], [(a, 2_000)], [(a, 2_000)]], "the code re-binds, to A alone");
    let mut scene = four_clicks(entity::value::Attribution::Linear);
    scene.end(a, day(6), EnrollmentEnd::Banned);
    let book = bills((5, &[]), (7, &[]));
    assert_eq!(parts(&mut scene, &book), [vec![(b, 1_000), (a, 1_000)], vec![(b, 2_000)]]);
    let mut scene = four_clicks(entity::value::Attribution::Linear);
    scene.enrollment(a).program = entity::value::ProgramId::from_uuid(uuid::Uuid::from_u128(2));
    assert_eq!(parts(&mut scene, &book)[0], [(b, 2_000)], "partners of another program are not asked");
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
