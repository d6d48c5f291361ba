//! What a purchase is: its money, its lines and its references (BA, SL).

mod reference;
mod reversal;

use chrono::Duration;
use entity::value::PurchaseStatus;

use super::*;
use crate::domain::fact::*;
use crate::domain::testing::facts::*;
use crate::domain::testing::{currency, day, minute};

fn nets(state: &PurchaseState) -> Vec<i64> {
    state.lines.iter().map(|line| line.net).collect()
}

fn flags(state: &PurchaseState) -> Vec<Flag> {
    state.flags.iter().copied().collect()
}

fn invoiced(invoice: Invoice) -> PurchaseState {
    Book::of([("in_1", invoice.into())]).purchase()
}

#[test]
fn ba_1_exclusive_tax_is_no_part_of_a_line() {
    let state = invoiced(invoice(10_000, day(1)).with_tax(2_000));
    assert_eq!((state.total, state.collected, nets(&state)), (12_000, 12_000, vec![10_000]));
}

#[test]
fn ba_1_inclusive_tax_comes_off() {
    let lines = vec![Line { inclusive_tax: 2_000, ..line("il_1", 12_000) }];
    let mut bill = invoice(12_000, day(1)).with_lines(lines);
    (bill.total, bill.paid) = (12_000, 12_000);
    let state = invoiced(bill);
    assert_eq!((state.total, nets(&state), flags(&state)), (12_000, vec![10_000], vec![]));
}

#[test]
fn ba_1_pretax_credits_contain_the_discounts() {
    let line = |discounts, pretax_credits| Line { discounts, pretax_credits, ..line("il_1", 10_000) }.net();
    assert_eq!(line(2_500, 0), 7_500, "older bodies");
    assert_eq!(line(2_500, 2_500), 7_500, "both told: counted once");
    assert_eq!(line(2_500, 4_000), 6_000, "a credit grant beside the discount");
    assert_eq!(line(0, 1_500), 8_500);
    let given_back = Line { discounts: -500, ..super::tests::line("il_1", -5_000) };
    assert_eq!(given_back.net(), -4_500, "a discounted line that is given back");
}

#[test]
fn ba_1_shipping_is_kept_apart() {
    let mut bill = invoice(10_000, day(1));
    (bill.total, bill.total_excluding_tax, bill.shipping, bill.paid) = (11_000, 11_000, 1_000, 11_000);
    let state = invoiced(bill);
    assert_eq!((state.net_total(), state.shipping, flags(&state)), (10_000, 1_000, vec![]));
    let state = Book::of([("cs_1", Checkout { total: 12_700, tax: 1_700, shipping: 1_000, ..checkout(0, day(1)) }.into())]).purchase();
    assert_eq!((state.net_total(), state.shipping, state.total), (10_000, 1_000, 12_700));
}

#[test]
fn ba_1_older_bodies_discount_the_invoice_and_not_its_lines() {
    let mut bill = invoice(0, day(1)).with_lines(vec![line("il_1", 6_000), line("il_2", 4_000)]);
    (bill.total, bill.total_excluding_tax, bill.discount_total) = (7_500, 7_500, 2_500);
    assert_eq!(nets(&invoiced(bill)), [4_500, 3_000]);
}

#[test]
fn ba_2_a_unit_per_line_is_spread_and_more_is_for_review() {
    let off_by = |difference: i64| {
        let mut bill = invoice(0, day(1)).with_lines(vec![line("il_1", 3_000), line("il_2", 2_000), line("il_3", 1_000)]);
        bill.total_excluding_tax += difference;
        invoiced(bill)
    };
    let state = off_by(-3);
    assert_eq!((nets(&state), flags(&state)), (vec![2_998, 1_999, 1_000], vec![]));
    assert_eq!(nets(&off_by(2)), [3_001, 2_001, 1_000]);
    let state = off_by(4);
    assert_eq!((nets(&state), flags(&state)), (vec![6_004], vec![Flag::NetMismatch]));
}

/// No such bill is real, and none may stop the worker: the rest lies beyond 64 bits, or the line that takes the last unit does.
#[test]
fn ba_2_lines_at_the_edge_of_64_bits_are_for_review_and_no_panic() {
    let of = |amounts: &[i64], expected: i64| {
        let mut bill = invoice(0, day(1));
        bill.lines.list = amounts.iter().map(|amount| line("il_1", *amount)).collect();
        (bill.total, bill.total_excluding_tax) = (expected, expected);
        invoiced(bill)
    };
    let state = of(&[1], i64::MIN);
    assert_eq!((nets(&state), flags(&state)), (vec![i64::MIN], vec![Flag::NetMismatch]));
    let state = of(&[i64::MIN], i64::MIN + 1);
    assert_eq!((nets(&state), flags(&state)), (vec![i64::MIN + 1], vec![]));
}

#[test]
fn ba_2_lines_that_are_not_whole_count_as_one() {
    let mut bill = invoice(10_000, day(1));
    bill.lines = Told::part(bill.stamp, vec![line("il_1", 4_000)]);
    let state = invoiced(bill);
    assert_eq!((nets(&state), flags(&state)), (vec![10_000], vec![Flag::LinesUnknown]));
}

#[test]
fn ba_3_customer_balance_is_not_money_received() {
    let state = invoiced(Invoice { paid: 9_000, ..invoice(10_000, day(1)).with_tax(2_000) });
    assert_eq!((state.total, state.collected, state.off_platform), (12_000, 9_000, 0));
}

#[test]
fn ba_3_an_overpaid_part_is_flagged_and_not_collected() {
    for (paid, overpaid) in [(10_000, 5_000), (15_000, 0), (15_000, 5_000)] {
        let state = invoiced(Invoice { paid, overpaid, ..invoice(10_000, day(1)) });
        assert_eq!((state.collected, flags(&state)), (10_000, vec![Flag::Overpaid]));
    }
}

#[test]
fn ba_4_proration_lines_keep_their_sign() {
    let credit = Line { proration: true, ..line("il_1", -5_000) };
    let state = invoiced(invoice(0, day(1)).with_lines(vec![credit, line("il_2", 9_000)]));
    assert_eq!((state.total, nets(&state)), (4_000, vec![-5_000, 9_000]));
}

#[test]
fn ba_5_a_negative_invoice_collects_nothing() {
    let state = invoiced(invoice(0, day(1)).with_lines(vec![line("il_1", -5_000), line("il_2", 2_000)]));
    assert_eq!((state.status, state.total, state.collected), (PurchaseStatus::Paid, -3_000, 0));
    assert_eq!(flags(&state), []);
}

#[test]
fn ba_8_a_payment_in_the_buyers_currency_counts_in_the_merchants() {
    let paid = Intent { currency: currency("EUR"), ..intent(9_000, day(1)) };
    let mut book = Book::of([
        ("cs_1", Checkout { intent: Some("pi_1".into()), ..checkout(10_000, day(1)) }.into()),
        ("pi_1", paid.into()),
        ("ch_1", Charge { currency: currency("EUR"), ..charge_of("pi_1", 9_000, day(1)) }.into()),
    ]);
    let state = book.purchase();
    assert_eq!((state.currency, state.total, state.collected), (currency("USD"), 10_000, 10_000));
    let back = |state: &PurchaseState| state.returned.iter().map(|r| r.amount).collect::<Vec<_>>();
    for (id, n) in [("re_1", 1), ("re_2", 2), ("re_3", 3)] {
        book.tell(id, Refund { currency: currency("EUR"), ..refund("ch_1", 3_000, day(1 + n)) });
    }
    assert_eq!(back(&book.purchase()), [3_333, 3_334, 3_333], "parts that are the whole in one currency are in the other");
}

#[test]
fn ba_9_the_released_rest_of_a_part_capture_is_no_refund() {
    let part =
        Charge { captured: 7_000, refunded: Running::to(3_000, day(2)), waited: true, captured_at: Some(day(2)), ..charge(10_000, day(1)) };
    let state = Book::of([("ch_1", part.clone().into())]).purchase();
    assert_eq!((state.total, state.collected, state.at), (10_000, 7_000, Some(day(2))));
    assert_eq!((state.returned.len(), flags(&state)), (0, vec![Flag::UnderCaptured]));
    let taken = Charge { intent: Some("pi_1".into()), ..part.clone() };
    let both = Book::of([("ch_1", taken.into()), ("pi_1", Intent { received: 7_000, ..intent(10_000, day(2)) }.into())]).purchase();
    assert_eq!((both.total, both.collected), (10_000, 7_000), "intent and charge tell of the same money");
    let state = Book::of([("ch_1", part.refunded(5_000, day(2)).into())]).purchase();
    assert_eq!(state.returned[0].amount, 2_000, "what the running total holds beyond the released rest");
}
