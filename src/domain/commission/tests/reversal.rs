//! What is left after money went back (RF, DP).

use entity::value::{Duration, FlatRefund};

use super::*;
use crate::domain::fact::{CreditNote, Dispute, DisputeStatus, LineCredit, Refund, RefundStatus};
use crate::domain::testing::scene::{Scene, earns, partner_a};

/// E1: 100.00 and 20.00 tax, paid by charge `ch_1`.
fn e1() -> Book {
    let bill = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(1)).with_tax(2_000) };
    Book::of([("in_1", bill.into()), ("ch_1", charge(12_000, day(1)).into())])
}

fn amount(book: &Book) -> i64 {
    earned(book, &Terms::default()).amount
}

#[test]
fn rf_4_a_refund_scales_the_base_e9_e10() {
    let mut book = e1();
    book.tell("re_1", refund("ch_1", 3_000, day(2)));
    assert_eq!(money(&book), (7_500, 1_500));
    book.tell("re_2", refund("ch_1", 9_000, day(3)));
    let earned = earned(&book, &Terms::default());
    assert_eq!((earned.reason, earned.base, earned.amount, earned.counts), (DecisionReason::Commissioned, 0, 0, true));
}

#[test]
fn rf_1_never_more_goes_back_than_was_collected() {
    let mut book = Book::of([("in_1", Invoice { paid: 6_000, ..invoice(12_000, day(1)) }.into())]);
    book.tell("cn_1", CreditNote { refunded: 0, out_of_band: 9_000, ..note("in_1", 9_000, day(2)) });
    assert_eq!(money(&book), (0, 0));
}

#[test]
fn rf_1_a_refund_may_come_before_the_invoice_e21() {
    let mut book = Book::of([("re_1", refund("ch_1", 3_000, day(2)).into())]);
    for (id, fact) in e1().0 {
        book.tell(&id, fact);
    }
    assert_eq!(amount(&book), 1_500);
}

#[test]
fn rf_3_a_failed_refund_gives_the_commission_back() {
    let mut book = e1();
    book.tell("re_1", refund("ch_1", 12_000, day(2)));
    assert_eq!(amount(&book), 0);
    book.tell("re_1", Refund { status: RefundStatus::Failed, stamp: stamp(day(4), 2), ..refund("ch_1", 12_000, day(2)) });
    assert_eq!(amount(&book), 2_000);
}

/// Two lines at 50 % and 20 %, 60.00 each, and 20.00 tax on 120.00.
fn two_rates() -> (Book, Terms) {
    let lines = vec![priced("il_1", 6_000, "price_half"), line("il_2", 6_000)];
    let bill = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(0, day(1)).with_lines(lines).with_tax(2_400) };
    let terms = terms(|t| t.products = vec![rule("price_half", ProductEffect::Rate { rate: points(5_000) })]);
    (Book::of([("in_1", bill.into()), ("ch_1", charge(14_400, day(1)).into())]), terms)
}

fn named(amount: i64, line: &str, net: i64) -> CreditNote {
    CreditNote { lines: vec![LineCredit { line: line.to_owned(), net }], ..note("in_1", amount, day(2)) }
}

#[test]
fn rf_5_a_note_that_names_lines_reduces_those() {
    let (mut book, terms) = two_rates();
    assert_eq!(earned(&book, &terms).amount, 3_000 + 1_200);
    book.tell("re_1", refund("ch_1", 3_600, day(2)));
    assert_eq!(earned(&book, &terms).amount, 2_250 + 900, "pro rata while no note names lines");
    book.tell("cn_1", named(3_600, "il_1", 3_000));
    let part = earned(&book, &terms);
    assert_eq!((part.base, part.amount), (9_000, 1_500 + 1_200));
    book.tell("cn_2", named(3_600, "il_1", 3_000)).tell("re_2", refund("ch_1", 3_600, day(3)));
    assert_eq!(earned(&book, &terms).amount, 1_200, "the whole first line");
    book.tell("re_3", refund("ch_1", 3_600, day(4)));
    assert_eq!(earned(&book, &terms).amount, 600, "what no note explains comes off pro rata");
    book.tell("re_4", refund("ch_1", 3_600, day(5)));
    assert_eq!(earned(&book, &terms).amount, 0);
}

#[test]
fn rf_5_a_note_on_excluded_lines_takes_nothing() {
    let (mut book, mut terms) = two_rates();
    terms.products = vec![rule("price_half", ProductEffect::Exclude)];
    book.tell("re_1", refund("ch_1", 7_200, day(2))).tell("cn_1", named(7_200, "il_1", 6_000));
    assert_eq!(earned(&book, &terms).amount, 1_200);
}

#[test]
fn rf_5_a_note_before_payment_reduces_the_lines_that_it_names() {
    let (_, terms) = two_rates();
    let lines = vec![priced("il_1", 6_000, "price_half"), line("il_2", 6_000)];
    let bill = Invoice { paid: 7_200, ..invoice(0, day(1)).with_lines(lines).with_tax(2_400) };
    let mut book = Book::of([("in_1", bill.into())]);
    let before = CreditNote { refunded: 0, before_payment: 7_200, ..named(7_200, "il_1", 6_000) };
    book.tell("cn_1", CreditNote { lines: Vec::new(), stamp: stamp(day(0), 0), ..before.clone() });
    assert_eq!(earned(&book, &terms).amount, 1_500 + 600, "without lines, pro rata");
    book.tell("cn_1", before);
    assert_eq!(earned(&book, &terms).amount, 1_200);
}

#[test]
fn rf_5_a_note_outside_counts_like_a_refund() {
    let mut book = e1();
    book.tell("cn_1", CreditNote { refunded: 0, out_of_band: 3_000, ..note("in_1", 3_000, day(2)) });
    assert_eq!(amount(&book), 1_500);
}

#[test]
fn rf_6_flat_rewards_fall_on_full_refund_or_above_a_share() {
    let reward = |back: i64, rule| {
        let mut book = e1();
        book.tell("re_1", refund("ch_1", back, day(2)));
        let earned = earned(&book, &terms(|t| (t.reward, t.flat_refund) = (flat(700, false), rule)));
        (earned.amount, earned.reason)
    };
    let (stays, falls) = ((700, DecisionReason::Commissioned), (0, DecisionReason::Commissioned));
    assert_eq!((reward(11_999, FlatRefund::OnFull), reward(12_000, FlatRefund::OnFull)), (stays, falls));
    let above = FlatRefund::AboveShare { share: points(5_000) };
    assert_eq!((reward(6_000, above), reward(6_001, above), reward(12_000, above)), (stays, falls, falls));
}

#[test]
fn rf_9_what_goes_back_too_late_does_not_count() {
    let limited = terms(|t| t.clawback_days = Some(30));
    let left = |n: i64| {
        let mut book = e1();
        book.tell("re_1", refund("ch_1", 3_000, day(2)));
        book.tell("re_2", refund("ch_1", 9_000, day(n)));
        let mut steps = Steps::default();
        let earned = earn(&case(&book.purchase(), &limited), &mut steps).unwrap();
        (earned.amount, steps.into_vec().iter().any(|step| step.rule == "RF-9"))
    };
    assert_eq!(left(30), (0, false));
    assert_eq!(left(31), (1_500, true), "the decision says so");
}

#[test]
fn rf_9_a_running_total_counts_from_its_first_telling_and_the_decision_says_so() {
    let limited = terms(|t| t.clawback_days = Some(30));
    let taken = charge(12_000, day(1));
    let tellings = [(3_000, 5), (12_000, 60), (3_000, 50), (12_000, 20)].map(|(total, n)| taken.clone().refunded(total, day(n)));
    let after = |tellings: &[Charge]| {
        let mut book = e1();
        for telling in tellings {
            book.tell("ch_1", telling.clone());
        }
        let mut steps = Steps::default();
        let amount = earn(&case(&book.purchase(), &limited), &mut steps).unwrap().amount;
        (amount, steps.into_vec().into_iter().filter(|step| step.rule == "RF-9").map(|step| step.text).collect::<Vec<_>>())
    };
    let (amount, told) = after(&tellings[..3]);
    assert_eq!((amount, told.len()), (1_500, 3), "the rest came too late: {told:?}");
    assert!(told[1].contains("dated by its first telling of 2025-01-06"), "{told:?}");
    assert_eq!(after(&tellings).0, 0, "an earlier telling of the same total shows up");
    let mut other = tellings.to_vec();
    other.rotate_left(2);
    assert_eq!(after(&other), after(&tellings));
}

#[test]
fn rf_6_rf_10_the_order_of_tellings_does_not_matter() {
    let tell = |order: [usize; 4]| {
        let first = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(12_000, day(1)) };
        let mut book = Book::of([("in_1", first.into()), ("in_2", invoice(12_000, day(10)).into())]);
        let tellings: [(&str, crate::domain::fact::Fact); 4] = [
            ("ch_1", charge(12_000, day(1)).refunded(12_000, day(15)).into()),
            ("re_1", refund("ch_1", 7_000, day(2)).into()),
            ("ch_1", charge(12_000, day(1)).refunded(12_000, day(5)).into()),
            ("ch_1", charge(12_000, day(1)).refunded(7_000, day(2)).into()),
        ];
        for n in order {
            book.tell(tellings[n].0, tellings[n].1.clone());
        }
        let rule = FlatRefund::AboveShare { share: points(6_000) };
        let mut scene = Scene::bound_to_a(|t| (t.reward, t.flat_refund, t.duration) = (flat(700, false), rule, Duration::FirstOnly));
        scene.outcomes(&book)
    };
    let expected = [earns(partner_a(), 0), earns(partner_a(), 700)];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]] {
        assert_eq!(tell(order), expected, "{order:?}");
    }
}

#[test]
fn rf_9_a_late_note_names_its_lines_in_vain() {
    let (mut book, mut terms) = two_rates();
    terms.clawback_days = Some(30);
    book.tell("re_1", refund("ch_1", 3_600, day(2))).tell("cn_1", named(3_600, "il_1", 3_000));
    book.tell("re_2", refund("ch_1", 3_600, day(50))).tell("cn_2", named(3_600, "il_1", 3_000));
    assert_eq!(earned(&book, &terms).amount, 1_500 + 1_200);
}

fn lost(book: &mut Book, amount: i64) {
    book.tell("dp_1", dispute("ch_1", amount, day(3)).then(DisputeStatus::Lost, day(9)));
}

#[test]
fn dp_2_a_lost_dispute_counts_e13() {
    let mut book = e1();
    book.tell("dp_1", dispute("ch_1", 12_000, day(3)));
    assert_eq!(amount(&book), 2_000, "open: only held");
    lost(&mut book, 12_000);
    assert_eq!(amount(&book), 0);
}

#[test]
fn dp_3_dispute_and_refund_together_take_the_collected_amount_at_most() {
    let mut book = e1();
    book.tell("re_1", refund("ch_1", 3_000, day(2)));
    lost(&mut book, 12_000);
    let state = book.purchase();
    assert_eq!((amount(&book), state.returned.iter().map(|r| r.amount).sum::<i64>()), (0, 12_000));
}

#[test]
fn dp_4_after_reinstatement_a_refund_starts_from_the_full_amount() {
    let mut book = e1();
    lost(&mut book, 12_000);
    let back = Dispute { reinstated: 12_000, ..dispute("ch_1", 12_000, day(3)).then(DisputeStatus::Won, day(20)) };
    book.tell("dp_1", back);
    assert_eq!(amount(&book), 2_000);
    book.tell("re_1", refund("ch_1", 3_000, day(21)));
    assert_eq!(amount(&book), 1_500);
}
