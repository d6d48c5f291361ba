//! Several customers of one person: what an e-mail, and what a click ties together (ID-2, ID-4), and partners named by a server (AT-13).

use entity::value::Duration as Lasting;

use super::*;
use crate::domain::testing::facts::stamp;

const AMBIGUOUS: Outcome = (DecisionReason::AmbiguousCustomer, NOBODY, 0);
const CODE: &[&str] = &["promo_b"];

/// A paid invoice of 100.00 of the other customer.
fn of_other(n: i64) -> Invoice {
    let other = Persona { buyer: Some("cus_2".into()), ..Persona::default() };
    Invoice { persona: other, stamp: stamp(day(n), 6), ..invoice(10_000, day(n)) }
}

/// A checkout of the other customer that only stores a card, with click `n`.
fn card_of_other(scene: &mut Scene, n: usize, at: i64) {
    let click = scene.person.touches.iter().filter_map(|t| t.click).nth(n - 1);
    let touch = scene.touch(TouchKind::Signup, "card", day(at));
    (touch.click, touch.customer) = (click, customer(2));
}

#[test]
fn id_4_without_e_mail_matching_each_customer_has_a_binding_of_its_own() {
    let mut scene = Scene::with(|t| t.email_match = false);
    scene.code("promo_b", partner_b(), 0, None);
    scene.click(1, partner_a(), day(3));
    card_of_other(&mut scene, 1, 5);
    let book = Book::of([
        ("in_1", invoice(10_000, day(1)).with_codes(CODE).into()),
        ("in_2", of_other(12).into()),
        ("in_3", invoice(10_000, day(21)).into()),
    ]);
    assert_eq!(scene.outcomes(&book), [earns(partner_b(), 2_000), earns(partner_a(), 2_000), earns(partner_b(), 2_000)]);
    let bindings = scene.settle().bindings;
    let owners: Vec<_> = bindings.iter().map(|b| (b.owner, b.enrollment, b.ended_at, b.stage)).collect();
    let stage = BindingStage::Customer;
    assert_eq!(owners, [(customer(1), partner_b(), None, stage), (customer(2), partner_a(), None, stage)]);
}

#[test]
fn id_4_at_11_without_e_mail_matching_another_customers_purchase_is_none_of_this_one() {
    let outcome = |matches: bool| {
        let mut scene = Scene::with(|t| t.email_match = matches);
        scene.code("promo_b", partner_b(), 0, None);
        let book = Book::of([("in_1", invoice(10_000, day(1)).into()), ("in_2", of_other(2).with_codes(CODE).into())]);
        scene.outcomes(&book)[1]
    };
    assert_eq!(outcome(false), earns(partner_b(), 2_000));
    assert_eq!(outcome(true), (DecisionReason::ExistingCustomer, NOBODY, 0));
}

#[test]
fn id_4_co_3_the_duration_is_per_customer_where_the_email_ties_nobody() {
    let outcomes = |change: &dyn Fn(&mut Scene)| {
        let mut scene = Scene::with(|t| (t.email_match, t.duration) = (false, Lasting::FirstOnly));
        scene.code("promo_b", partner_b(), 0, None);
        change(&mut scene);
        let book = Book::of([
            ("in_1", invoice(10_000, day(1)).with_codes(CODE).into()),
            ("in_2", of_other(2).with_codes(CODE).into()),
            ("in_3", of_other(3).into()),
        ]);
        scene.outcomes(&book).iter().map(|outcome| outcome.0).collect::<Vec<_>>()
    };
    let (earned, first_only) = (DecisionReason::Commissioned, DecisionReason::FirstOnly);
    assert_eq!(outcomes(&|_| {}), [earned, earned, first_only]);
    let same = |scene: &mut Scene| {
        scene.person.same.insert(customer(2), customer(1));
    };
    assert_eq!(outcomes(&same), [earned, first_only, first_only], "by a click they are one, whatever the terms (ID-2)");
}

#[test]
fn id_4_from_when_the_email_leads_to_others_only_own_evidence_counts() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.person.doubtful.insert(customer(2), day(6));
    scene.code("promo_b", partner_b(), 0, None);
    let book = Book::of([("in_1", of_other(5).into()), ("in_2", of_other(6).into()), ("in_3", invoice(10_000, day(9)).into())]);
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 2_000), AMBIGUOUS, earns(partner_a(), 2_000)]);
    let book = Book::of([("in_2", of_other(6).into()), ("in_3", of_other(7).with_codes(CODE).into())]);
    assert_eq!(scene.outcomes(&book)[0], AMBIGUOUS);
    let first = Book::of([("in_3", of_other(7).with_codes(CODE).into()), ("in_4", of_other(8).into())]);
    assert_eq!(scene.outcomes(&first), [earns(partner_b(), 2_000); 2], "its own code");
    let mut organic = Scene::new();
    organic.organic_signup(day(0));
    organic.person.doubtful.insert(customer(2), day(6));
    assert_eq!(organic.outcomes(&Book::of([("in_1", of_other(7).into())])), [AMBIGUOUS]);
}

/// A person of whom the server says on that day who brought them.
fn named(scene: &mut Scene, who: EnrollmentId, n: i64) {
    scene.touch(TouchKind::Signup, &format!("server {n}"), day(n)).enrollment = Some(who);
    scene.organic_signup(day(n));
}

#[test]
fn at_13_s_19_a_partner_whom_the_server_names_counts_for_purchases_shortly_before() {
    let mut scene = Scene::new();
    assert_eq!(scene.outcomes(&bill(3)), [(DecisionReason::UnknownCustomer, NOBODY, 0)]);
    named(&mut scene, partner_a(), 4);
    assert_eq!(scene.outcomes(&bills((3, &[]), (9, &[]))), [earns(partner_a(), 2_000); 2]);
    assert_eq!(scene.settle().decisions[0].candidates[0].kind, CandidateKind::Signup);
    let late = |n: i64| {
        let mut scene = Scene::new();
        named(&mut scene, partner_a(), n);
        scene.outcomes(&bills((3, &[]), (30, &[])))
    };
    assert_eq!(late(10), [earns(partner_a(), 2_000); 2], "seven days");
    let too_late = late(11);
    assert_eq!(too_late[0], (DecisionReason::UnknownCustomer, NOBODY, 0));
    assert_eq!(too_late[1], (DecisionReason::ExistingCustomer, NOBODY, 0), "AT-11: had bought long before");
}

#[test]
fn at_6_a_partner_whom_the_server_names_is_sign_up_evidence_and_no_assignment_by_hand() {
    let mut scene = Scene::bound_to_a(|_| {});
    named(&mut scene, partner_b(), 2);
    assert_eq!(scene.outcomes(&bill(5)), [earns(partner_a(), 2_000)], "AT-5: the page had named a click before");
    let mut scene = Scene::new();
    scene.organic_signup(day(0));
    named(&mut scene, partner_b(), 2);
    assert_eq!(scene.outcomes(&bill(5)), [earns(partner_b(), 2_000)], "S15: the page had named nobody");
    scene.end(partner_b(), day(1), EnrollmentEnd::Banned);
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::EnrollmentInactive, NOBODY, 0)]);
}
