//! Commissions in the currency of their program, and under suspicion (MO-2 to MO-4, FR-4), where several share.

use entity::value::{Attribution, ExchangeRate, Signal};

use super::*;
use crate::domain::exchange::Quote;
use crate::domain::fraud::{Partner, Traits};

/// A visitor who clicked for A and then for B, who share alike, in a program of this currency.
fn two_clicks(program: Option<&str>) -> Scene {
    let mut scene = Scene::with(|t| t.attribution = Attribution::Linear);
    scene.click(1, partner_a(), day(-1));
    scene.click(2, partner_b(), day(0));
    scene.signup(2, day(1));
    for id in [partner_a(), partner_b()] {
        scene.enrollment(id).stated_in = program.map(|code| (currency(code), None));
    }
    scene
}

/// The person buys, and a rate from dollars to pounds is known.
fn at_rate(scene: &mut Scene, book: &Book, rate: &str) -> Decision {
    scene.buys(book);
    let quote = Quote { rate: ExchangeRate::from_decimal(rate).unwrap(), day: day(5).date_naive(), source: "bank".into() };
    scene.person.purchases[0].state.rates.add(currency("USD"), currency("GBP"), quote);
    scene.settle().decisions.remove(0)
}

/// Earned, amount and pending of each in pence.
fn pence(decision: &Decision) -> Vec<(EnrollmentId, [i64; 3])> {
    let target = |of: &Commission| {
        let target = of.stated.as_ref().unwrap().target(&of.target(), of.currency).unwrap();
        [target.earned, target.amount, target.pending]
    };
    decision.commissions.iter().map(|of| (of.enrollment, target(of))).collect()
}

#[test]
fn mo_2_each_part_of_those_who_share_is_converted() {
    // 100.03 x 20 % = 20.006, 20.01 USD: 10.01 for the winner and 10.00. At 0.79: 7.9079, 7.91 GBP, and 7.90.
    let book = Book::of([("in_1", invoice(10_003, day(5)).into())]);
    let decision = at_rate(&mut two_clicks(Some("GBP")), &book, "0.79");
    assert_eq!((decision.reason, decision.amount()), (DecisionReason::Commissioned, 2_001));
    assert_eq!(pence(&decision), [(partner_b(), [791, 791, 0]), (partner_a(), [790, 790, 0])]);
}

#[test]
fn mo_3_what_went_back_is_converted_by_the_rate_of_the_purchase() {
    // E1 with 30 of 120 gone: of 20.00 USD 15.00 are left. At 0.79: 15.80 GBP, and 11.85. Half of it each: 7.90 and 5.925, 5.93.
    let mut book = e1();
    book.tell("re_1", refund("ch_1", 3_000, day(6)));
    let decision = at_rate(&mut two_clicks(Some("GBP")), &book, "0.79");
    assert_eq!(decision.amount(), 1_500);
    assert_eq!(pence(&decision), [(partner_b(), [790, 593, 0]), (partner_a(), [790, 593, 0])]);
    let mut alone = Scene::bound_to_a(|_| {});
    alone.enrollment(partner_a()).stated_in = Some((currency("GBP"), None));
    assert_eq!(pence(&at_rate(&mut alone, &book, "0.79")), [(partner_a(), [1_580, 1_185, 0])]);
}

#[test]
fn mo_4_without_a_rate_every_part_waits_and_what_went_back_in_full_does_not() {
    let mut scene = two_clicks(Some("GBP"));
    let decision = scene.buys(&e1()).settle().decisions.remove(0);
    assert_eq!((decision.reason, decision.base, decision.amount()), (DecisionReason::AwaitingRate, 10_000, 0));
    for commission in &decision.commissions {
        assert_eq!((commission.state, &commission.holds[..]), (CommissionState::Held, &[HoldReason::AwaitingRate][..]));
        assert_eq!(commission.target(), Target::default());
        assert!(commission.is_to_be_kept());
    }
    assert_eq!(decision.commissions.len(), 2);
    assert!(decision.steps.iter().any(|step| step.rule == "MO-4" && step.text.contains("from USD to GBP")), "{:?}", decision.steps);
    let mut gone = e1();
    gone.tell("re_1", refund("ch_1", 12_000, day(6)));
    let decision = scene.buys(&gone).settle().decisions.remove(0);
    assert_eq!((decision.reason, decision.amount()), (DecisionReason::Commissioned, 0));
    assert!(decision.commissions.is_empty(), "nothing is nothing in every currency");
}

#[test]
fn mo_2_a_program_of_the_purchase_s_own_currency_needs_no_rate() {
    let mut scene = two_clicks(Some("USD"));
    let decision = scene.buys(&e1()).settle().decisions.remove(0);
    assert_eq!(pence(&decision), [(partner_b(), [1_000, 1_000, 0]), (partner_a(), [1_000, 1_000, 0])]);
    assert!(two_clicks(None).buys(&e1()).settle().decisions[0].commissions.iter().all(|of| of.stated.is_none()));
}

#[test]
fn fr_4_a_sign_against_one_of_those_who_share_holds_that_part_alone() {
    let mut scene = two_clicks(None);
    let emails = |text: &str| Traits { emails: [text.to_owned()].into(), ..Traits::default() };
    scene.world.watch.person = emails("ada@example.com");
    for (id, email) in [(partner_a(), "ada@example.com"), (partner_b(), "bob@example.org")] {
        let partner = scene.enrollment(id).partner;
        scene.world.watch.partners.insert(partner, Partner { traits: emails(email), ..Partner::default() });
    }
    let settled = |scene: &mut Scene| {
        let decision = scene.buys(&e1()).settle().decisions.remove(0);
        decision.commissions.iter().map(|of| (of.enrollment, of.state, of.held, of.holds.clone())).collect::<Vec<_>>()
    };
    let free = (partner_b(), CommissionState::Approved, 0, vec![]);
    assert_eq!(settled(&mut scene), [free.clone(), (partner_a(), CommissionState::Held, 1_000, vec![HoldReason::SelfReferral])]);
    let mut decided = |standing: Standing| {
        scene.buys(&e1()).person.purchases[0].standing = BTreeMap::from([(partner_a(), standing)]);
        let decision = scene.settle().decisions.remove(0);
        let of = decision.commissions[1].clone();
        (of.state, of.amount, of.evidence.len())
    };
    let released = Standing { released: [Signal::SameEmail].into(), ..Standing::default() };
    assert_eq!(decided(released), (CommissionState::Approved, 1_000, 1), "the evidence stays");
    let rejected = Standing { rejected: true, ..Standing::default() };
    assert_eq!(decided(rejected), (CommissionState::Rejected, 0, 1), "and B's part is B's");
}
