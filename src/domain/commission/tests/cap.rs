//! Caps for a purchase and for a customer (CO-6).

use entity::value::{Cap, CapScope};

use super::*;
use crate::domain::testing::scene::{Outcome, Scene, earns, partner_a};

fn cap(scope: CapScope, amount: i64) -> Cap {
    Cap { scope, period: None, amount, currency: currency("USD") }
}

/// Invoices of 100.00 on days 1, 2 and 3, the first of which was paid by `ch_1`.
fn three() -> Book {
    let first = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(1)) };
    let mut book = Book::of([("in_1", first.into()), ("ch_1", charge(10_000, day(1)).into())]);
    book.tell("in_2", invoice(10_000, day(2))).tell("in_3", invoice(10_000, day(3)));
    book
}

fn outcomes(book: &Book, caps: &[Cap]) -> Vec<Outcome> {
    Scene::bound_to_a(|t| t.caps = caps.to_vec()).outcomes(book)
}

fn nothing_left() -> Outcome {
    (DecisionReason::CapReached, Some(partner_a()), 0)
}

#[test]
fn co_6_a_purchase_earns_no_more_than_its_cap() {
    let capped = |amount| earned(&billed(invoice(10_000, day(1))), &terms(|t| t.caps = vec![cap(CapScope::Purchase, amount)])).amount;
    assert_eq!((capped(1_999), capped(2_000), capped(2_001)), (1_999, 2_000, 2_000));
}

#[test]
fn co_6_a_cap_binds_its_own_currency() {
    let euros = Cap { currency: currency("EUR"), ..cap(CapScope::Purchase, 1) };
    let terms = terms(|t| t.caps = vec![euros, cap(CapScope::Purchase, 500)]);
    assert_eq!(earned(&billed(invoice(10_000, day(1))), &terms).amount, 500);
    assert_eq!(earned(&billed(Invoice { currency: currency("EUR"), ..invoice(10_000, day(1)) }), &terms).amount, 1);
}

#[test]
fn co_6_a_customer_earns_a_partner_no_more_than_the_cap_in_order_of_time() {
    let all = outcomes(&three(), &[cap(CapScope::Customer, 3_000)]);
    assert_eq!(all, [earns(partner_a(), 2_000), earns(partner_a(), 1_000), nothing_left()]);
}

#[test]
fn co_6_what_is_taken_back_makes_room() {
    let mut book = three();
    book.tell("re_1", refund("ch_1", 5_000, day(9)));
    let all = outcomes(&book, &[cap(CapScope::Customer, 3_000)]);
    assert_eq!(all, [earns(partner_a(), 1_000), earns(partner_a(), 2_000), nothing_left()]);
}

#[test]
fn co_6_what_was_rejected_makes_room() {
    let mut scene = Scene::bound_to_a(|t| t.caps = vec![cap(CapScope::Customer, 3_000)]);
    scene.buys(&three());
    let rejected = crate::domain::person::Standing { rejected: true, ..Default::default() };
    let first = scene.person.purchases.iter_mut().find(|p| p.state.key.object == "in_1").unwrap();
    first.standing.insert(partner_a(), rejected);
    let amounts: Vec<_> = scene.settle().decisions.iter().map(|d| d.amount()).collect();
    assert_eq!(amounts, [0, 2_000, 1_000]);
}

#[test]
fn co_6_a_purchase_is_capped_before_its_customer() {
    let all = outcomes(&three(), &[cap(CapScope::Customer, 2_500), cap(CapScope::Purchase, 1_000)]);
    assert_eq!(all, [earns(partner_a(), 1_000), earns(partner_a(), 1_000), earns(partner_a(), 500)]);
}

#[test]
fn co_6_the_steps_show_the_amount_before_and_after_each_cap() {
    let terms = terms(|t| t.caps = vec![cap(CapScope::Customer, 2_500), cap(CapScope::Purchase, 1_500)]);
    let earlier = [Earlier { at: day(0), returned_at: None, amount: 2_000, currency: currency("USD") }];
    let (state, mut steps) = (billed(invoice(10_000, day(1))).purchase(), Steps::default());
    let earned = earn(&Case { earlier: &earlier, ..case(&state, &terms) }, &mut steps).unwrap();
    assert_eq!(earned.amount, 500);
    let steps = steps.into_vec();
    let cut = [("the cap of 15.00 USD for a purchase", 500), ("the cap of 25.00 USD for a customer", 1_000)];
    assert_eq!(cuts(&steps), cut.map(|(cap, cut)| (cap.to_owned(), cut)), "and how much each cut");
    let capped: Vec<_> = steps.iter().filter(|step| step.rule == "CO-6").cloned().collect();
    assert_eq!(cuts(&capped[..3]), [("the cap of 15.00 USD for a purchase".to_owned(), 500)], "what did not come to an end cuts nothing");
    let told: Vec<_> = steps.into_iter().filter(|step| step.rule == "CO-6").map(|step| (step.text, step.amount)).collect();
    let expected = [
        ("before the cap of 15.00 USD for a purchase", 2_000),
        ("after it; 0.00 USD of it was earned before", 1_500),
        ("before the cap of 25.00 USD for a customer", 1_500),
        ("after it; 20.00 USD of it was earned before", 500),
    ];
    assert_eq!(told, expected.map(|(text, amount)| (text.to_owned(), Some(amount))));
}
