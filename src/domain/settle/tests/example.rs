//! Worked examples over several objects or purchases (section 3.19).

use super::*;

/// The four events of a first subscription payment in old shape (links told) or new shape (links only with read access).
fn subscription_start(old_shape: bool) -> [(&'static str, Fact); 4] {
    let session = Checkout { mode: CheckoutMode::Subscription, invoice: Some("in_1".into()), ..checkout(10_000, day(5)) };
    let mut bill = invoice(10_000, day(5));
    let mut pay = Intent { charges: ["ch_1".to_owned()].into(), ..intent(10_000, day(5)) };
    let mut take = charge_of("pi_1", 10_000, day(5));
    if old_shape {
        bill.payments = ["pi_1".to_owned()].into();
        pay.invoice.known = Some("in_1".into());
        take.invoice.known = Some("in_1".into());
    }
    [("cs_1", session.into()), ("in_1", bill.into()), ("pi_1", pay.into()), ("ch_1", take.into())]
}

/// All orders of four things.
fn orders() -> Vec<[usize; 4]> {
    let all = (0..256).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3]);
    all.filter(|order| (0..4).all(|n| order.contains(&n))).collect()
}

#[test]
fn e20_all_orders_each_twice_with_and_without_read_access() {
    assert_eq!(orders().len(), 24);
    for (old_shape, read_access) in [(true, false), (false, true), (false, false)] {
        for order in orders() {
            let events = subscription_start(old_shape);
            let mut book = Book::default();
            for n in order.iter().chain(&order) {
                let (id, fact) = events[*n].clone();
                book.tell(id, fact);
                if read_access && id != "cs_1" {
                    book.tell("ip_1", collection("in_1", "pi_1", 10_000, day(5)));
                }
            }
            let outcomes = Scene::bound_to_a(|_| {}).outcomes(&book);
            let commissions: Vec<_> = outcomes.iter().filter(|o| o.1.is_some()).collect();
            assert_eq!(commissions, [&earns(partner_a(), 2_000)], "{order:?} {old_shape} {read_access}");
            assert_eq!(outcomes.len(), if old_shape || read_access { 1 } else { 2 });
        }
    }
}

#[test]
fn e28_a_payment_link_without_customer_and_invoice() {
    let guest = Persona { client_reference: Some("clk_1".into()), email: Some("g@example.com".into()), ..Persona::default() };
    let session = Checkout { persona: guest, intent: Some("pi_1".into()), ..checkout(10_000, day(5)) };
    let nobody = Persona::default();
    let mut book = Book::of([
        ("cs_1", session.into()),
        ("pi_1", Intent { persona: nobody.clone(), ..intent(10_000, day(5)) }.into()),
        ("ch_1", Charge { persona: nobody, ..charge_of("pi_1", 10_000, day(5)) }.into()),
    ]);
    let mut scene = Scene::new();
    scene.click(1, partner_a(), day(1));
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 2_000)]);
    book.tell("re_1", refund("ch_1", 10_000, day(9)));
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 0)]);
}

#[test]
fn e32_a_bank_debit_counts_when_its_money_comes() {
    let waiting = Checkout { payment: CheckoutPayment::Unpaid, paid_at: None, ..checkout(10_000, day(5)) };
    let session = Checkout { intent: Some("pi_1".into()), stamp: stamp(day(5), 1), ..waiting };
    let processing = Intent { status: IntentStatus::Processing, received: 0, succeeded_at: None, ..intent(10_000, day(5)) };
    let pending =
        Charge { status: ChargeStatus::Pending, captured: 0, captured_at: None, waited: true, ..charge_of("pi_1", 10_000, day(5)) };
    let mut book = Book::of([("cs_1", session.clone().into()), ("pi_1", processing.into()), ("ch_1", pending.into())]);
    let mut scene = Scene::bound_to_a(|_| {});
    assert_eq!(scene.outcomes(&book), [(DecisionReason::PaymentNotPaid, None, 0)]);
    let paid = Checkout { payment: CheckoutPayment::Paid, paid_at: Some(day(7)), stamp: stamp(day(7), 3), ..session };
    book.tell("cs_1", paid).tell("pi_1", intent(10_000, day(7)));
    book.tell("ch_1", Charge { created_at: day(5), ..charge_of("pi_1", 10_000, day(7)) });
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 2_000)]);
    assert_eq!(scene.person.purchases[0].state.at, Some(day(7)));
    assert_eq!(scene.settle().decisions[0].commissions[0].release_at, day(37));
}

#[test]
fn e4_a_free_month_by_a_partners_code_binds_and_the_next_month_earns() {
    let mut scene = Scene::new();
    scene.code("promo_b", partner_b(), 0, None);
    let free = invoice(0, day(1)).with_codes(&["promo_b"]);
    let book = Book::of([("in_1", free.into()), ("in_2", invoice(10_000, day(31)).into())]);
    let zero = (DecisionReason::ZeroAmount, Some(partner_b()), 0);
    assert_eq!(scene.outcomes(&book), [zero, earns(partner_b(), 2_000)]);
}

#[test]
fn when_the_winner_changes_the_former_one_is_due_nothing() {
    let mut scene = Scene::bound_to_a(|_| {});
    let before = scene.buys(&e1()).settle().decisions;
    assert_eq!(outcome(&before[0]), earns(partner_a(), 2_000));
    scene.by_hand(partner_b(), day(4));
    scene.person.purchases[0].standing.insert(partner_a(), Standing { approved: true, paid: Some(2_000), ..Standing::default() });
    let after = scene.settle().decisions.remove(0);
    assert_eq!(outcome(&after), earns(partner_b(), 2_000), "there is one commission, and it is B's");
    assert_eq!(after.commissions[0].state, CommissionState::Approved, "what was paid to A says nothing of B");
    let kinds: Vec<_> = after.candidates.iter().map(|c| (c.kind, c.enrollment)).collect();
    assert_eq!(kinds[..2], [(CandidateKind::Manual, Some(partner_b())), (CandidateKind::Binding, Some(partner_b()))]);
}

#[test]
fn at_14_a_ban_stops_what_comes_after_it_and_leaves_what_was_before() {
    let mut scene = Scene::bound_to_a(|_| {});
    let mut book = e1();
    book.tell("in_2", invoice(10_000, day(40)));
    scene.end(partner_a(), day(20), EnrollmentEnd::Banned);
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 2_000), (DecisionReason::EnrollmentInactive, None, 0)]);
}
