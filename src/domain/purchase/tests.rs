//! What a purchase is: its money, its lines and its references (BA, SL).

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
    let part = Charge { captured: 7_000, refunded: 3_000, waited: true, captured_at: Some(day(2)), ..charge(10_000, day(1)) };
    let state = Book::of([("ch_1", part.clone().into())]).purchase();
    assert_eq!((state.total, state.collected, state.at), (10_000, 7_000, Some(day(2))));
    assert_eq!((state.returned.len(), flags(&state)), (0, vec![Flag::UnderCaptured]));
    let taken = Charge { intent: Some("pi_1".into()), ..part.clone() };
    let both = Book::of([("ch_1", taken.into()), ("pi_1", Intent { received: 7_000, ..intent(10_000, day(2)) }.into())]).purchase();
    assert_eq!((both.total, both.collected), (10_000, 7_000), "intent and charge tell of the same money");
    let state = Book::of([("ch_1", Charge { refunded: 5_000, ..part }.into())]).purchase();
    assert_eq!(state.returned[0].amount, 2_000, "what the running total holds beyond the released rest");
}

#[test]
fn sl_1_the_strongest_reference_is_the_key() {
    let mut book = Book::default();
    let linked = Checkout { intent: Some("pi_1".into()), ..checkout(10_000, day(1)) };
    assert_eq!(book.tell("cs_1", checkout(10_000, day(1))).purchase().key.to_string(), "checkout:cs_1");
    assert_eq!(book.tell("cs_1", linked).purchase().key.to_string(), "intent:pi_1", "an intent that was only named");
    assert_eq!(book.tell("ch_1", charge_of("pi_1", 10_000, day(1))).purchase().key.to_string(), "intent:pi_1");
    book.tell("ip_1", collection("in_1", "pi_1", 10_000, day(1)));
    assert_eq!(book.purchase().key.to_string(), "invoice:in_1");
    assert_eq!(book.purchase().status, PurchaseStatus::PendingParent, "the invoice says what is owed, and is not known yet");
    assert_eq!(book.tell("in_1", invoice(10_000, day(1))).purchase().status, PurchaseStatus::Paid);
}

#[test]
fn sl_5_collected_is_the_sum_of_the_payments_that_succeeded() {
    let open = Invoice { status: InvoiceStatus::Open, paid: 0, paid_at: None, ..invoice(20_000, day(0)) };
    let mut book = Book::of([("in_1", open.into()), ("ip_1", collection("in_1", "pi_1", 5_000, day(1)).into())]);
    let canceled = Collection { status: CollectionStatus::Canceled, ..collection("in_1", "pi_3", 7_000, day(1)) };
    let state = book.tell("ip_3", canceled).purchase();
    assert_eq!((state.status, state.at, state.collected), (PurchaseStatus::Unpaid, Some(day(1)), 5_000));
    book.tell("ip_2", collection("in_1", "pi_2", 15_000, day(2)));
    let state = book.tell("in_1", invoice(20_000, day(2))).purchase();
    assert_eq!((state.status, state.at, state.collected), (PurchaseStatus::Paid, Some(day(2)), 20_000));
}

#[test]
fn sl_6_money_paid_outside_is_kept_apart() {
    let marked = Invoice { out_of_band: true, ..invoice(20_000, day(1)) };
    let money = |state: &PurchaseState| (state.collected, state.off_platform, flags(state));
    assert_eq!(money(&invoiced(marked.clone())), (0, 20_000, vec![Flag::OutOfBand]));
    let no_amount = Invoice { paid: 0, ..marked.clone() };
    assert_eq!(money(&invoiced(no_amount)), (0, 20_000, vec![Flag::OutOfBand]), "marked as paid without an amount");
    let part = Invoice { off_platform: 5_000, ..invoice(20_000, day(1)) };
    assert_eq!(money(&invoiced(part)), (15_000, 5_000, vec![Flag::OutOfBand]));
    let card = collection("in_1", "pi_1", 5_000, day(1));
    for off_platform in [0, 20_000] {
        let rest = Invoice { off_platform, ..marked.clone() };
        let state = Book::of([("in_1", rest.into()), ("ip_1", card.clone().into())]).purchase();
        assert_eq!(money(&state), (5_000, 15_000, vec![Flag::OutOfBand]), "the card's part came this way");
    }
}

#[test]
fn sl_7_the_time_is_when_the_money_succeeded() {
    let told_late = Charge { stamp: stamp(day(9), 2), captured_at: Some(day(9)), ..charge(10_000, day(1)) };
    assert_eq!(Book::of([("ch_1", told_late.into())]).purchase().at, Some(day(1)));
    let slow = Charge { waited: true, captured_at: Some(day(3)), ..charge(10_000, day(1)) };
    assert_eq!(Book::of([("ch_1", slow.into())]).purchase().at, Some(day(3)));
    assert_eq!(invoiced(Invoice { stamp: stamp(day(9), 5), ..invoice(10_000, day(1)) }).at, Some(day(1)));
}

#[test]
fn sl_7_a_payment_under_way_has_no_time() {
    let waiting = Checkout { payment: CheckoutPayment::Unpaid, paid_at: None, ..checkout(10_000, day(1)) };
    let processing = Intent { status: IntentStatus::Processing, received: 0, succeeded_at: None, ..intent(10_000, day(1)) };
    let linked = Checkout { intent: Some("pi_1".into()), ..waiting };
    let mut book = Book::of([("cs_1", linked.clone().into()), ("pi_1", processing.into())]);
    let state = book.purchase();
    assert_eq!((state.status, state.at, state.collected), (PurchaseStatus::Unpaid, None, 0));
    let failed = Checkout { payment: CheckoutPayment::Failed, stamp: stamp(day(3), 4), ..linked };
    assert_eq!(book.tell("cs_1", failed).purchase().status, PurchaseStatus::Failed);
}

#[test]
fn sl_8_a_payment_is_provisional_until_it_is_known_to_have_no_invoice() {
    let status = |facts: &[(&str, Fact)]| {
        let mut book = Book::default();
        for (id, fact) in facts {
            book.tell(id, fact.clone());
        }
        book.purchase().status
    };
    let (pay, take) = (intent(10_000, day(1)), charge_of("pi_1", 10_000, day(1)));
    assert_eq!(status(&[("pi_1", pay.clone().into())]), PurchaseStatus::Provisional);
    assert_eq!(status(&[("pi_1", pay.clone().into()), ("ch_1", take.clone().into())]), PurchaseStatus::Provisional);
    let stated = Charge { invoice: no_invoice(), ..take };
    assert_eq!(status(&[("pi_1", pay.clone().into()), ("ch_1", stated.into())]), PurchaseStatus::Paid, "an older body says so");
    let session = Checkout { intent: Some("pi_1".into()), ..checkout(10_000, day(1)) };
    assert_eq!(status(&[("pi_1", pay.into()), ("cs_1", session.into())]), PurchaseStatus::Paid, "a session in payment mode");
}

#[test]
fn sl_8_purchases_that_turn_out_to_share_a_reference_become_one() {
    let mut book = Book::of([("in_1", invoice(10_000, day(1)).into()), ("ch_1", charge_of("pi_1", 10_000, day(1)).into())]);
    assert_eq!(book.purchases().len(), 2);
    book.tell("ip_1", collection("in_1", "pi_1", 10_000, day(1)));
    let state = book.purchase();
    assert_eq!((state.key.to_string(), state.collected), ("invoice:in_1".to_owned(), 10_000));
    assert!(state.payment_known);
}

#[test]
fn in_8_what_speaks_of_an_unknown_payment_waits_for_it() {
    let mut book = Book::of([("re_1", refund("ch_1", 3_000, day(2)).into())]);
    let state = book.purchase();
    assert_eq!((state.key.to_string(), state.status), ("charge:ch_1".to_owned(), PurchaseStatus::PendingParent));
    let state = book.tell("ch_1", charge(10_000, day(1))).purchase();
    assert_eq!((state.status, state.collected, state.returned[0].amount), (PurchaseStatus::Paid, 10_000, 3_000));
}

#[test]
fn id_2_payment_and_checkout_speak_before_the_subscription() {
    let named = |id: &str| Persona { external_id: Some(id.into()), ..persona() };
    let bill = Invoice { persona: named("of invoice"), subscription_persona: named("of subscription"), ..invoice(10_000, day(1)) };
    let session = Checkout { persona: named("of session"), invoice: Some("in_1".into()), ..checkout(10_000, day(1)) };
    let state = Book::of([("in_1", bill.into()), ("cs_1", session.into())]).purchase();
    assert_eq!(state.payer.external_ids, ["of session", "of invoice", "of subscription"]);
}

#[test]
fn id_8_only_a_payment_without_a_customer_has_a_guest() {
    let guest = Persona { email: Some("a@example.com".into()), ..Persona::default() };
    let session = Checkout { persona: guest, intent: Some("pi_1".into()), ..checkout(10_000, day(1)) };
    let mut book = Book::of([("cs_1", session.into())]);
    assert_eq!(book.purchase().payer.guests, ["pi_1", "cs_1"]);
    assert_eq!(book.tell("pi_1", intent(10_000, day(1))).purchase().payer.guests, [""; 0]);
}

#[test]
fn at_8_discounts_were_applied_at_the_checkout_or_when_the_invoice_was_made() {
    let bill = Invoice { created_at: day(1), ..invoice(10_000, day(31)) };
    let mut book = Book::of([("in_1", bill.into())]);
    assert_eq!(book.purchase().discounted_at, Some(day(1)));
    let session = Checkout { invoice: Some("in_1".into()), completed_at: Some(minute(1, 3)), ..checkout(10_000, day(1)) };
    assert_eq!(book.tell("cs_1", session).purchase().discounted_at, Some(day(1) + Duration::minutes(3)));
}

#[test]
fn at_9_codes_keep_the_sources_order_and_stand_once() {
    let bill = invoice(10_000, day(1)).with_codes(&["promo_b", "promo_a"]);
    let mut session = Checkout { invoice: Some("in_1".into()), ..checkout(10_000, day(1)) };
    session.codes = Told::whole(session.stamp, vec![promotion("promo_b")]);
    let state = Book::of([("in_1", bill.into()), ("cs_1", session.into())]).purchase();
    assert_eq!(state.codes, [promotion("promo_b"), promotion("promo_a")]);
}
