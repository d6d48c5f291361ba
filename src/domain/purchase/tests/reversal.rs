//! What went back of a purchase's money (RF, DP).

use super::*;

/// Each return with its kind, in order of time.
fn back(state: &PurchaseState) -> Vec<(ReturnKind, i64)> {
    state.returned.iter().map(|r| (r.kind, r.amount)).collect()
}

fn at_risk(state: &PurchaseState) -> Vec<(RiskKind, i64)> {
    state.at_risk.iter().map(|r| (r.kind, r.amount)).collect()
}

fn charged(amount: i64) -> Book {
    Book::of([("ch_1", charge(amount, day(1)).into())])
}

#[test]
fn rf_2_only_refunds_that_succeeded_count() {
    let mut book = charged(10_000);
    book.tell("re_1", refund("ch_1", 1_000, day(2)));
    book.tell("re_2", Refund { status: RefundStatus::Pending, ..refund("ch_1", 2_000, day(3)) });
    book.tell("re_3", Refund { status: RefundStatus::Failed, ..refund("ch_1", 4_000, day(4)) });
    let state = book.purchase();
    assert_eq!((back(&state), at_risk(&state)), (vec![(ReturnKind::Refund, 1_000)], vec![(RiskKind::Refund, 2_000)]));
}

#[test]
fn rf_2_the_running_total_tells_of_refunds_that_nobody_told() {
    let mut book = charged(10_000);
    book.tell("ch_1", charge(10_000, day(1)).refunded(3_000, day(2)));
    assert_eq!(back(&book.purchase()), [(ReturnKind::RunningTotal, 3_000)]);
    book.tell("re_1", refund("ch_1", 3_000, day(2)));
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000)], "the same money, now told by its refund");
    book.tell("ch_1", charge(10_000, day(1)).refunded(5_000, day(3)));
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000), (ReturnKind::RunningTotal, 2_000)]);
}

#[test]
fn rf_9_each_part_of_a_running_total_is_dated_by_its_first_telling() {
    let parts = |book: &Book| book.purchase().returned.into_iter().map(|r| (r.amount, r.at)).collect::<Vec<_>>();
    let taken = charge(10_000, day(1));
    let tellings = [(3_000, 2), (3_000, 7), (5_000, 9), (5_000, 4)].map(|(total, n)| taken.clone().refunded(total, day(n)));
    let mut book = Book::default();
    for telling in &tellings {
        book.tell("ch_1", telling.clone());
    }
    let mut backwards = Book::default();
    for telling in tellings.iter().rev() {
        backwards.tell("ch_1", telling.clone());
    }
    assert_eq!(parts(&book), [(3_000, day(2)), (2_000, day(4))]);
    assert_eq!(parts(&backwards), parts(&book));
    book.tell("re_2", refund("ch_1", 2_000, day(4)));
    assert_eq!(parts(&book), [(3_000, day(2)), (2_000, day(4))], "one of the two is told now");
    book.tell("re_1", refund("ch_1", 3_000, day(2)));
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000), (ReturnKind::Refund, 2_000)]);
}

#[test]
fn rf_9_the_charges_of_one_payment_count_together() {
    let mut book = Book::of([("pi_1", intent(10_000, day(1)).into())]);
    book.tell("ch_1", charge_of("pi_1", 4_000, day(1)).refunded(1_000, day(2)));
    book.tell("ch_2", charge_of("pi_1", 6_000, day(1)).refunded(2_000, day(3)));
    book.tell("re_1", Refund { charge: None, intent: Some("pi_1".into()), ..refund("", 1_500, day(3)) });
    let parts: Vec<_> = book.purchase().returned.into_iter().map(|r| (r.kind, r.amount, r.at)).collect();
    let (total, refund) = (ReturnKind::RunningTotal, ReturnKind::Refund);
    assert_eq!(parts, [(total, 1_000, day(2)), (total, 500, day(3)), (refund, 1_500, day(3))]);
}

#[test]
fn rf_2_refunds_are_found_by_intent_as_well() {
    let mut book = Book::of([("pi_1", intent(10_000, day(1)).into())]);
    book.tell("ch_1", charge_of("pi_1", 10_000, day(1)).refunded(3_000, day(2)));
    book.tell("re_1", Refund { charge: None, intent: Some("pi_1".into()), ..refund("", 3_000, day(2)) });
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000)]);
}

#[test]
fn rf_3_a_refund_that_failed_does_not_count_again() {
    let mut book = charged(10_000);
    book.tell("ch_1", charge(10_000, day(1)).refunded(3_000, day(2)));
    book.tell("re_1", refund("ch_1", 3_000, day(2)));
    book.tell("re_1", Refund { status: RefundStatus::Failed, stamp: stamp(day(5), 2), ..refund("ch_1", 3_000, day(2)) });
    assert_eq!(back(&book.purchase()), [], "nor does the running total bring it back");
}

#[test]
fn rf_2_rf_3_a_failed_refund_hides_no_later_one_that_only_the_running_total_tells() {
    let failed = |amount| Refund { status: RefundStatus::Failed, stamp: stamp(day(5), 2), ..refund("ch_1", amount, day(2)) };
    let total = |total, n| charge(10_000, day(1)).refunded(total, day(n));
    let mut book = charged(10_000);
    book.tell("ch_1", total(3_000, 2)).tell("re_1", failed(3_000)).tell("ch_1", total(5_000, 7));
    assert_eq!(back(&book.purchase()), [(ReturnKind::RunningTotal, 5_000)], "30.00 came back, then 50.00 went");
    let mut less = charged(10_000);
    less.tell("ch_1", total(2_000, 7)).tell("re_1", failed(3_000)).tell("ch_1", total(3_000, 2));
    assert_eq!(back(&less.purchase()), [(ReturnKind::RunningTotal, 2_000)], "also where it is less, in whatever order");
    assert_eq!(less.purchase().returned[0].at, day(7));
    less.tell("re_2", refund("ch_1", 2_000, day(7)));
    assert_eq!(back(&less.purchase()), [(ReturnKind::Refund, 2_000)]);
    let mut gone = charged(10_000);
    gone.tell("ch_1", total(3_000, 2)).tell("ch_1", total(0, 5));
    assert_eq!(back(&gone.purchase()), [], "one that nobody told failed too");
}

#[test]
fn rf_5_a_credit_note_with_a_refund_counts_once() {
    let bill = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(1)) };
    let mut book = charged(10_000);
    book.tell("in_1", bill).tell("re_1", refund("ch_1", 3_000, day(2)));
    book.tell("cn_1", note("in_1", 3_000, day(2)));
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000)]);
    book.tell("cn_2", CreditNote { refunded: 0, out_of_band: 2_000, ..note("in_1", 2_000, day(3)) });
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000), (ReturnKind::OutOfBandCredit, 2_000)]);
    book.tell("cn_2", CreditNote { void: true, stamp: stamp(day(4), 2), ..note("in_1", 2_000, day(3)) });
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000)], "a void note is none");
    book.tell("cn_3", CreditNote { refunded: 0, ..note("in_1", 2_000, day(5)) });
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000)], "what went to the balance changes nothing now");
}

#[test]
fn rf_5_lines_that_a_note_names_wait_for_its_money() {
    let bill = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(1)) };
    let named = vec![LineCredit { line: "il_1".into(), net: 3_000 }];
    let mut book = charged(10_000);
    book.tell("in_1", bill).tell("cn_1", CreditNote { lines: named, ..note("in_1", 3_000, day(2)) });
    assert_eq!((book.purchase().credits.len(), book.purchase().credited), (0, 0), "the refund is not told yet");
    book.tell("re_1", refund("ch_1", 3_000, day(2)));
    assert_eq!((book.purchase().credits.len(), book.purchase().credited), (1, 3_000));
    book.tell("re_1", Refund { status: RefundStatus::Failed, stamp: stamp(day(3), 2), ..refund("ch_1", 3_000, day(2)) });
    assert_eq!((book.purchase().credits.len(), book.purchase().credited), (0, 0));
}

#[test]
fn dp_1_an_open_dispute_only_holds() {
    let mut book = charged(10_000);
    let state = book.tell("dp_1", dispute("ch_1", 4_000, day(2))).purchase();
    assert_eq!((back(&state), at_risk(&state)), (vec![], vec![(RiskKind::Dispute, 4_000)]));
    book.tell("dp_1", dispute("ch_1", 4_000, day(2)).then(DisputeStatus::Inquiry, day(3)));
    assert_eq!(at_risk(&book.purchase()), [(RiskKind::Inquiry, 4_000)]);
}

#[test]
fn dp_2_what_counts_by_state() {
    let with = |status: DisputeStatus, withdrawn: bool, reinstated: i64| {
        let told = Dispute { withdrawn, reinstated, gone_at: withdrawn.then(|| day(2)), ..dispute("ch_1", 4_000, day(2)) };
        let mut book = charged(10_000);
        let state = book.tell("dp_1", told.then(status, day(3))).purchase();
        (state.returned.iter().map(|r| r.amount).sum::<i64>(), state.at_risk.iter().map(|r| r.amount).sum::<i64>())
    };
    assert_eq!(with(DisputeStatus::Lost, false, 0), (4_000, 0));
    assert_eq!(with(DisputeStatus::Lost, true, 0), (4_000, 0), "lost and withdrawn is one loss");
    assert_eq!(with(DisputeStatus::Open, true, 0), (4_000, 0), "withdrawn and not reinstated");
    assert_eq!(with(DisputeStatus::Open, true, 4_000), (0, 0), "reinstated");
    assert_eq!(with(DisputeStatus::Won, true, 0), (0, 0), "won, its reinstatement not told yet");
    assert_eq!(with(DisputeStatus::Won, true, 4_000), (0, 0));
    assert_eq!(with(DisputeStatus::InquiryClosed, false, 0), (0, 0));
    assert_eq!(with(DisputeStatus::Prevented, false, 0), (0, 0));
    assert_eq!(with(DisputeStatus::Unknown, false, 0), (0, 4_000), "hold and show");
    assert_eq!(with(DisputeStatus::Unknown, true, 0), (4_000, 0));
}

#[test]
fn dp_3_one_charge_never_gives_back_more_than_it_took() {
    let mut book = Book::of([
        ("in_1", invoice(20_000, day(1)).into()),
        ("ip_1", collection("in_1", "pi_1", 5_000, day(1)).into()),
        ("ip_2", collection("in_1", "pi_2", 15_000, day(1)).into()),
        ("ch_1", charge_of("pi_1", 5_000, day(1)).into()),
        ("ch_2", charge_of("pi_2", 15_000, day(1)).into()),
    ]);
    book.tell("re_1", refund("ch_1", 3_000, day(2)));
    book.tell("dp_1", dispute("ch_1", 5_000, day(3)).then(DisputeStatus::Lost, day(9)));
    assert_eq!(back(&book.purchase()), [(ReturnKind::Refund, 3_000), (ReturnKind::Dispute, 2_000)]);
    book.tell("dp_2", dispute("ch_1", 5_000, day(9)));
    assert_eq!(at_risk(&book.purchase()), [], "nothing is left of it to be at risk");
    book.tell("re_2", refund("ch_2", 1_000, day(10)));
    assert_eq!(back(&book.purchase()).len(), 3, "the other payment has its own limit");
    assert_eq!(book.purchase().returned.iter().map(|r| r.amount).sum::<i64>(), 6_000);
}
