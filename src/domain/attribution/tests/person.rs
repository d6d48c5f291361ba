//! Who the person was before, and what became of the partner (AT-11 to AT-17, ID).

use super::*;

#[test]
fn at_11_a_person_who_bought_before_the_touch_is_not_bound() {
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(3));
    scene.signup(1, day(4));
    let existing = (DecisionReason::ExistingCustomer, NOBODY, 0);
    assert_eq!(scene.outcomes(&bills((1, &[]), (9, &[]))), [existing, existing]);
    assert_eq!(scene.settle().bindings, []);
    let outside = Invoice { out_of_band: true, ..invoice(10_000, day(1)) };
    let book = Book::of([("in_1", outside.into()), ("in_2", invoice(10_000, day(9)).into())]);
    assert_eq!(scene.outcomes(&book)[1], existing, "money paid outside was a purchase as well");
    let free = Book::of([("in_1", invoice(0, day(1)).into()), ("in_2", invoice(10_000, day(9)).into())]);
    assert_eq!(scene.outcomes(&free)[1], earns(partner_a(), 2_000), "a purchase of nothing was none");
}

#[test]
fn at_11_a_program_may_take_existing_customers() {
    let mut scene = Scene::with(|t| t.new_customers_only = false);
    scene.click(1, partner_a(), day(3));
    scene.signup(1, day(4));
    assert_eq!(scene.outcomes(&bills((1, &[]), (9, &[])))[1], earns(partner_a(), 2_000));
}

#[test]
fn at_12_an_unknown_token_is_no_error() {
    let mut scene = Scene::bound_to_a(|_| {});
    assert_eq!(scene.outcomes(&link("merchants-own-value", 5)), [earns(partner_a(), 2_000)]);
}

#[test]
fn at_13_a_session_binds_before_any_money_comes() {
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(0));
    let click = scene.person.touches[0].click;
    scene.touch(TouchKind::ClientReference, "cs_1", day(1)).click = click;
    let bindings = scene.settle().bindings;
    assert_eq!((bindings.len(), bindings[0].at, bindings[0].stage), (1, day(1), BindingStage::Lead));
}

#[test]
fn at_3_at_13_a_checkout_that_was_left_is_no_purchase_and_binds_nobody() {
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(0));
    scene.click(2, partner_b(), day(2));
    let named = Persona { client_reference: Some("clk_1".into()), ..persona() };
    let left =
        Checkout { payment: CheckoutPayment::Unpaid, completed: false, completed_at: None, paid_at: None, ..checkout(10_000, day(1)) };
    let mut book = link("clk_2", 3);
    assert_eq!(scene.outcomes(book.tell("cs_0", Checkout { persona: named, ..left })), [earns(partner_b(), 2_000)], "the last click");
    assert_eq!(scene.settle().bindings.len(), 1);
}

#[test]
fn at_13_a_payment_that_did_not_come_binds_nobody() {
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(0));
    scene.click(2, partner_b(), day(2));
    let named = Persona { client_reference: Some("clk_1".into()), ..persona() };
    let open = Invoice { status: InvoiceStatus::Open, paid: 0, paid_at: None, persona: named, ..invoice(10_000, day(1)) };
    let outcomes = scene.outcomes(link("clk_2", 3).tell("in_1", open));
    assert_eq!(outcomes[1], earns(partner_b(), 2_000), "{outcomes:?}");
}

#[test]
fn at_13_a_sign_up_may_come_late_e34() {
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(0));
    assert_eq!(scene.outcomes(&bill(1)), [(DecisionReason::UnknownCustomer, NOBODY, 0)]);
    scene.signup(1, minute(1, 5));
    assert_eq!(scene.outcomes(&bill(1)), [earns(partner_a(), 2_000)]);
    assert_eq!(scene.outcomes(&bills((1, &[]), (9, &[])))[1], earns(partner_a(), 2_000));
}

#[test]
fn at_13_but_not_too_late() {
    let outcome = |signup: chrono::DateTime<Utc>| {
        let mut scene = Scene::new();
        scene.click(1, partner_a(), day(0));
        scene.signup(1, signup);
        scene.outcomes(&bills((1, &[]), (30, &[])))
    };
    assert_eq!(outcome(day(8)), [earns(partner_a(), 2_000); 2]);
    let late = outcome(day(8) + Duration::seconds(1));
    assert_eq!(late[0], (DecisionReason::UnknownCustomer, NOBODY, 0));
    assert_eq!(late[1], earns(partner_a(), 2_000), "what comes after the sign-up earns");
}

#[test]
fn at_14_a_banned_partner_earns_nothing_further() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.end(partner_a(), day(6), EnrollmentEnd::Banned);
    let banned = (DecisionReason::EnrollmentInactive, NOBODY, 0);
    assert_eq!(scene.outcomes(&bills((5, &[]), (6, &[]))), [earns(partner_a(), 2_000), banned]);
}

#[test]
fn at_14_an_archived_partner_earns_on_unless_the_terms_say_otherwise() {
    let outcomes = |pays: bool| {
        let mut scene = Scene::bound_to_a(|t| t.pays_after_archive = pays);
        scene.end(partner_a(), day(6), EnrollmentEnd::Archived);
        scene.outcomes(&bills((5, &[]), (7, &[])))
    };
    assert_eq!(outcomes(true), [earns(partner_a(), 2_000); 2]);
    assert_eq!(outcomes(false), [earns(partner_a(), 2_000), (DecisionReason::EnrollmentInactive, NOBODY, 0)]);
}

#[test]
fn at_14_what_was_touched_before_the_archiving_earns_alike_with_and_without_a_sign_up() {
    let outcomes = |pays: bool, signed_up: bool| {
        let mut scene = Scene::with(|t| t.pays_after_archive = pays);
        scene.click(1, partner_a(), day(0));
        if signed_up {
            scene.signup(1, day(3));
        }
        scene.end(partner_a(), day(2), EnrollmentEnd::Archived);
        let mut book = link("clk_1", 5);
        scene.outcomes(book.tell("in_2", invoice(10_000, day(9)))).iter().map(|o| o.1).collect::<Vec<_>>()
    };
    for signed_up in [false, true] {
        assert_eq!(outcomes(true, signed_up), [Some(partner_a()); 2]);
        assert_eq!(outcomes(false, signed_up), [NOBODY; 2]);
    }
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(2));
    scene.end(partner_a(), day(2), EnrollmentEnd::Archived);
    assert_eq!(scene.outcomes(&link("clk_1", 5))[0].1, NOBODY, "no new touches");
}

#[test]
fn at_17_the_skip_flag_ends_it() {
    let mut scene = Scene::bound_to_a(|_| {});
    let skipped = Persona { skip: true, ..persona() };
    let book = Book::of([("in_1", Invoice { persona: skipped, ..invoice(10_000, day(5)) }.into())]);
    assert_eq!(scene.outcomes(&book), [(DecisionReason::SkippedByMerchant, NOBODY, 0)]);
}

#[test]
fn id_4_an_email_ties_only_where_the_program_allows_it() {
    let other = |mut book: Book| {
        let guest = Persona { buyer: Some("cus_2".into()), ..Persona::default() };
        book.tell("in_1", Invoice { persona: guest, stamp: stamp(day(6), 6), ..invoice(10_000, day(5)) });
        book
    };
    assert_eq!(Scene::bound_to_a(|_| {}).outcomes(&other(bill(5))), [earns(partner_a(), 2_000)]);
    let mut scene = Scene::bound_to_a(|t| t.email_match = false);
    assert_eq!(scene.outcomes(&other(bill(5))), [(DecisionReason::UnknownCustomer, NOBODY, 0)]);
    assert_eq!(scene.settle().decisions[0].candidates[0].kind, CandidateKind::Email);
    scene.code("promo_b", partner_b(), 0, None);
    let coded = other(Book::of([("in_1", invoice(10_000, day(5)).with_codes(&["promo_b"]).into())]));
    assert_eq!(scene.outcomes(&coded), [earns(partner_b(), 2_000)], "nor does that binding keep another partner out");
}

#[test]
fn id_4_and_id_6_what_is_not_clear_earns_nothing() {
    let mut scene = Scene::new();
    scene.person.ambiguous = true;
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::AmbiguousCustomer, NOBODY, 0)]);
    let mut scene = Scene::bound_to_a(|_| {});
    scene.buys(&bill(5)).person.purchases[0].conflict = true;
    assert_eq!(scene.settle().decisions[0].reason, DecisionReason::IdentityConflict);
    let mut scene = Scene::new();
    scene.organic_signup(day(0));
    assert_eq!(scene.outcomes(&bill(5)), [(DecisionReason::NoTouch, NOBODY, 0)]);
}
