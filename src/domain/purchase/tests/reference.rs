//! Which objects are one purchase, when its money came, and what it says of its buyer (SL, IN-8, ID, AT).

use super::*;

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
fn sl_2_session_intent_and_charge_tell_of_one_purchase() {
    let session = Checkout { intent: Some("pi_1".into()), ..checkout(10_000, day(1)) };
    let told: [(&str, Fact); 3] =
        [("cs_1", session.into()), ("pi_1", intent(10_000, day(1)).into()), ("ch_1", charge_of("pi_1", 10_000, day(1)).into())];
    let state = Book::of(told).purchase();
    assert_eq!((state.status, state.total, state.collected), (PurchaseStatus::Paid, 10_000, 10_000), "counted once");
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
