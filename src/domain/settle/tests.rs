//! A person settled as a whole: holds, states, due times, and histories over several purchases.

mod any_order;
mod example;
mod history;
mod lead;
mod stated;
mod stood;
mod teller;
mod wide;

use std::collections::BTreeMap;

use chrono::Duration;
use entity::value::{CandidateKind, EnrollmentEnd, OutOfBand};

use super::*;
use crate::domain::fact::{
    Charge, ChargeStatus, Checkout, CheckoutMode, CheckoutPayment, Dispute, DisputeStatus, Fact, Intent, IntentStatus, Invoice, Persona,
    Refund, RefundStatus,
};
use crate::domain::person::Standing;
use crate::domain::testing::facts::*;
use crate::domain::testing::scene::*;
use crate::domain::testing::{currency, day, minute};

/// E1, paid on day 5 by charge `ch_1`.
fn e1() -> Book {
    let bill = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(5)).with_tax(2_000) };
    Book::of([("in_1", bill.into()), ("ch_1", charge(12_000, day(5)).into())])
}

/// State, holds and amount of the only commission at that time, and what is due next.
fn at_time(scene: &mut Scene, book: &Book, now: DateTime<Utc>) -> (CommissionState, Vec<HoldReason>, i64, Option<DateTime<Utc>>) {
    scene.now = now;
    let settlement = scene.buys(book).settle();
    let commission = settlement.decisions[0].commissions[0].clone();
    (commission.state, commission.holds, commission.amount, settlement.due)
}

#[test]
fn lc_a_commission_is_approved_when_its_hold_is_over() {
    let mut scene = Scene::bound_to_a(|_| {});
    let due = day(35);
    assert_eq!(at_time(&mut scene, &e1(), day(5)), (CommissionState::Pending, vec![], 2_000, Some(due)));
    assert_eq!(at_time(&mut scene, &e1(), due - Duration::seconds(1)).0, CommissionState::Pending);
    assert_eq!(at_time(&mut scene, &e1(), due), (CommissionState::Approved, vec![], 2_000, None));
    let mut scene = Scene::bound_to_a(|t| t.hold_days = 0);
    assert_eq!(at_time(&mut scene, &e1(), day(5)).0, CommissionState::Approved);
}

#[test]
fn lc_approval_by_hand_does_not_wait() {
    let mut scene = Scene::bound_to_a(|_| {});
    scene.now = day(6);
    let standing = |approved, rejected, paid: bool| {
        BTreeMap::from([(partner_a(), Standing { approved, rejected, paid: paid.then_some(2_000), ..Standing::default() })])
    };
    let mut settled = |book: &Book, standing| {
        scene.buys(book).person.purchases[0].standing = standing;
        let decision = scene.settle().decisions.remove(0);
        (decision.reason, decision.commissions.first().map(|c| (c.state, c.amount)).unwrap())
    };
    let commissioned = DecisionReason::Commissioned;
    assert_eq!(settled(&e1(), standing(true, false, false)), (commissioned, (CommissionState::Approved, 2_000)));
    let rejected = (DecisionReason::FraudRejected, (CommissionState::Rejected, 0));
    assert_eq!(settled(&e1(), standing(true, true, false)), rejected);
    assert_eq!(settled(&e1(), standing(false, false, true)), (commissioned, (CommissionState::Paid, 2_000)));
    let mut refunded = e1();
    refunded.tell("re_1", refund("ch_1", 12_000, day(6)));
    assert_eq!(settled(&refunded, standing(true, false, true)), (commissioned, (CommissionState::Paid, 0)), "a paid one stays paid");
    assert_eq!(settled(&refunded, standing(true, false, false)), (commissioned, (CommissionState::Reversed, 0)));
}

#[test]
fn dp_1_a_dispute_holds_and_its_end_releases_e13() {
    let mut scene = Scene::bound_to_a(|_| {});
    let mut book = e1();
    let open = dispute("ch_1", 12_000, day(7));
    book.tell("dp_1", open.clone());
    assert_eq!(at_time(&mut scene, &book, day(50)), (CommissionState::Held, vec![HoldReason::Dispute], 2_000, None));
    let mut lost = book.clone();
    lost.tell("dp_1", open.clone().then(DisputeStatus::Lost, day(20)));
    assert_eq!(at_time(&mut scene, &lost, day(50)), (CommissionState::Reversed, vec![], 0, None));
    for status in [DisputeStatus::Won, DisputeStatus::Prevented, DisputeStatus::InquiryClosed] {
        let mut over = book.clone();
        over.tell("dp_1", open.clone().then(status, day(20)));
        assert_eq!(at_time(&mut scene, &over, day(50)), (CommissionState::Approved, vec![], 2_000, None));
    }
    book.tell("dp_1", open.then(DisputeStatus::Unknown, day(20)));
    assert_eq!(at_time(&mut scene, &book, day(50)).0, CommissionState::Held, "hold and show");
}

/// State, amount, and what of it is pending and held.
fn placed(scene: &Scene) -> (CommissionState, i64, i64, i64) {
    let commission = &scene.settle().decisions[0].commissions[0];
    (commission.state, commission.amount, commission.pending, commission.held)
}

#[test]
fn dp_1_only_the_disputed_share_is_held() {
    let mut scene = Scene::bound_to_a(|_| {});
    let mut book = e1();
    book.tell("dp_1", dispute("ch_1", 3_000, day(7)));
    scene.buys(&book).now = day(34);
    assert_eq!(placed(&scene), (CommissionState::Held, 2_000, 2_000, 500));
    assert_eq!(scene.settle().due, Some(day(35)), "then the rest is released");
    scene.now = day(35);
    assert_eq!(placed(&scene), (CommissionState::Held, 2_000, 500, 500));
    assert!(scene.settle().decisions[0].steps.iter().any(|step| step.rule == "DP-1" && step.amount == Some(500)));
    scene.person.purchases[0].standing.insert(partner_a(), Standing { paid: Some(1_500), ..Standing::default() });
    assert_eq!(placed(&scene), (CommissionState::Held, 2_000, 500, 500));
    scene.person.purchases[0].standing.insert(partner_a(), Standing { paid: Some(2_000), ..Standing::default() });
    assert_eq!(placed(&scene), (CommissionState::Paid, 2_000, 0, 0), "what was paid is not held");
}

#[test]
fn dp_1_a_dispute_behind_the_claw_back_limit_or_below_a_flat_reward_takes_nothing() {
    let mut book = e1();
    book.tell("dp_1", dispute("ch_1", 3_000, day(70)));
    let mut scene = Scene::bound_to_a(|t| t.clawback_days = Some(60));
    scene.buys(&book).now = day(80);
    assert_eq!(placed(&scene), (CommissionState::Held, 2_000, 0, 0));
    let flat = entity::value::Reward::Flat { amount: 700, currency: currency("USD"), per_unit: false };
    let mut scene = Scene::bound_to_a(|t| t.reward = flat);
    scene.buys(&book).now = day(80);
    assert_eq!(placed(&scene), (CommissionState::Held, 700, 0, 0), "only a full refund takes it back (RF-6)");
    book.tell("dp_2", dispute("ch_1", 9_000, day(71)));
    scene.buys(&book);
    assert_eq!(placed(&scene), (CommissionState::Held, 700, 700, 700));
}

#[test]
fn lc_what_never_earned_anything_is_not_shown_as_reversed() {
    let mut scene = Scene::bound_to_a(|t| t.duration = entity::value::Duration::FirstOnly);
    let mut book = e1();
    book.tell("in_2", invoice(10_000, day(6)));
    let settlement = scene.buys(&book).settle();
    assert_eq!(outcome(&settlement.decisions[1]), (DecisionReason::FirstOnly, Some(partner_a()), 0));
    assert_eq!(settlement.decisions[1].commissions, []);
    let stored = BTreeMap::from([(partner_a(), Standing::default())]);
    scene.person.purchases.iter_mut().for_each(|p| p.standing = stored.clone());
    assert_eq!(scene.settle().decisions[1].commissions[0].state, CommissionState::Reversed, "it had earned before more was known");
    let mut gone = e1();
    gone.tell("re_1", refund("ch_1", 12_000, day(6)));
    let commission = scene.buys(&gone).settle().decisions.remove(0).commissions.remove(0);
    assert_eq!(
        (commission.state, commission.earned, commission.amount),
        (CommissionState::Reversed, 2_000, 0),
        "it was earned, and went back"
    );
}

#[test]
fn dp_1_inquiries_hold_only_if_so_set() {
    let mut book = e1();
    book.tell("dp_1", Dispute { status: DisputeStatus::Inquiry, ..dispute("ch_1", 12_000, day(7)) });
    assert_eq!(at_time(&mut Scene::bound_to_a(|_| {}), &book, day(50)).0, CommissionState::Approved);
    assert_eq!(at_time(&mut Scene::bound_to_a(|t| t.hold_inquiries = true), &book, day(50)).1, [HoldReason::Dispute]);
}

#[test]
fn rf_2_a_pending_refund_holds() {
    let mut scene = Scene::bound_to_a(|_| {});
    let mut book = e1();
    book.tell("re_1", Refund { status: RefundStatus::Pending, stamp: stamp(day(7), 0), ..refund("ch_1", 3_000, day(7)) });
    assert_eq!(at_time(&mut scene, &book, day(50)), (CommissionState::Held, vec![HoldReason::RefundPending], 2_000, None));
    assert_eq!(placed(&scene), (CommissionState::Held, 2_000, 500, 500), "the matching part");
    book.tell("re_1", refund("ch_1", 3_000, day(7)));
    assert_eq!(at_time(&mut scene, &book, day(50)), (CommissionState::Approved, vec![], 1_500, None));
}

#[test]
fn sl_6_money_paid_outside_is_held_until_a_hand_approves() {
    let book = Book::of([("in_1", Invoice { out_of_band: true, ..invoice(10_000, day(5)) }.into())]);
    let mut scene = Scene::bound_to_a(|_| {});
    assert_eq!(at_time(&mut scene, &book, day(50)), (CommissionState::Held, vec![HoldReason::OutOfBand], 2_000, None));
    scene.person.purchases[0].standing.insert(partner_a(), Standing { approved: true, ..Standing::default() });
    assert_eq!(scene.settle().decisions[0].commissions[0].state, CommissionState::Approved);
    let mut scene = Scene::bound_to_a(|t| t.out_of_band = OutOfBand::Include);
    assert_eq!(at_time(&mut scene, &book, day(50)).0, CommissionState::Approved);
}

#[test]
fn ba_2_lines_that_do_not_add_up_are_held_for_review() {
    let mut bill = invoice(10_000, day(5));
    bill.lines.list[0].amount = 9_000;
    let book = Book::of([("in_1", bill.into())]);
    assert_eq!(at_time(&mut Scene::bound_to_a(|_| {}), &book, day(50)), (CommissionState::Held, vec![HoldReason::Review], 2_000, None));
}

#[test]
fn mo_4_without_a_rate_it_is_held() {
    let reward = entity::value::Reward::Flat { amount: 700, currency: currency("EUR"), per_unit: false };
    let mut scene = Scene::bound_to_a(|t| t.reward = reward);
    assert_eq!(at_time(&mut scene, &e1(), day(50)), (CommissionState::Held, vec![HoldReason::AwaitingRate], 0, None));
}

#[test]
fn sl_8_a_provisional_payment_waits_and_then_counts() {
    let book = Book::of([("pi_1", intent(10_000, day(5)).into())]);
    let mut scene = Scene::bound_to_a(|_| {});
    scene.buys(&book).now = minute(5, 10) - Duration::seconds(1);
    let settlement = scene.settle();
    assert_eq!((settlement.decisions[0].reason, settlement.due), (DecisionReason::Provisional, Some(minute(5, 10))));
    scene.now = minute(5, 10);
    let settlement = scene.settle();
    assert_eq!((outcome(&settlement.decisions[0]), settlement.due), (earns(partner_a(), 2_000), Some(day(35))));
}

#[test]
fn sl_8_the_same_money_is_never_counted_twice() {
    let mut scene = Scene::bound_to_a(|_| {});
    let mut book = Book::of([("pi_1", intent(10_000, day(5)).into()), ("in_1", invoice(10_000, day(5)).into())]);
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 2_000), (DecisionReason::Review, None, 0)]);
    let mut apart = book.clone();
    apart.tell("pi_1", Intent { invoice: no_invoice(), ..intent(10_000, day(5)) });
    assert_eq!(scene.outcomes(&apart), [earns(partner_a(), 2_000); 2], "told that no invoice stands behind it");
    apart.tell("ip_1", collection("in_1", "pi_1", 10_000, day(5)));
    assert_eq!(scene.outcomes(&apart), [earns(partner_a(), 2_000)], "and then that one does");
    book.tell("ip_1", collection("in_1", "pi_1", 10_000, day(5)));
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 2_000)]);
    book.tell("pi_2", intent(4_000, day(6)));
    assert_eq!(scene.outcomes(&book)[1], earns(partner_a(), 800), "another amount is other money");
}

#[test]
fn in_8_a_refund_without_its_payment_earns_nothing() {
    let mut book = Book::of([("re_1", refund("ch_1", 3_000, day(2)).into())]);
    let mut scene = Scene::bound_to_a(|_| {});
    let mut settled = |book: &Book, now| {
        scene.now = now;
        let settlement = scene.buys(book).settle();
        (outcome(&settlement.decisions[0]), settlement.due)
    };
    let waits = (DecisionReason::PendingParent, None, 0);
    assert_eq!(settled(&book, day(2)), (waits, Some(minute(2, 10))), "then the parent is asked for");
    assert_eq!(settled(&book, minute(2, 10)), (waits, Some(day(5))));
    assert_eq!(settled(&book, day(5) - Duration::seconds(1)), (waits, Some(day(5))));
    assert_eq!(settled(&book, day(5)), ((DecisionReason::Orphan, None, 0), None));
    book.tell("ch_1", charge(12_000, day(1)));
    assert_eq!(settled(&book, day(6)).0, earns(partner_a(), 1_800), "it is never too late");
}
