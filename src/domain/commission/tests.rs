//! What a purchase earns (BA-3 to BA-10, CO, RF, MO), without anyone who earns it.

mod cap;
mod condition;
mod number;
mod product;
mod reversal;
mod time;

use chrono::{DateTime, Utc};
use entity::value::{AccrueOn, ProductEffect, ProductMatch, ProductRule, Reward};

use super::*;
use crate::domain::fact::{Charge, Checkout, Invoice, Line, Running};
use crate::domain::testing::facts::*;
use crate::domain::testing::{currency, day, points};

/// A first purchase, of whose parties nothing is known.
fn case<'a>(state: &'a PurchaseState, terms: &'a Terms) -> Case<'a> {
    Case { state, terms, earlier: &[], parties: Parties::default() }
}

/// What the only purchase of the book earns as a first one.
fn earned(book: &Book, terms: &Terms) -> Earned {
    earn(&case(&book.purchase(), terms), &mut Steps::default()).unwrap()
}

/// Base and commission under the default terms of 20 %.
fn money(book: &Book) -> (i64, i64) {
    let earned = earned(book, &Terms::default());
    (earned.base, earned.amount)
}

fn billed(invoice: Invoice) -> Book {
    Book::of([("in_1", invoice.into())])
}

fn terms(change: impl FnOnce(&mut Terms)) -> Terms {
    let mut terms = Terms::default();
    change(&mut terms);
    terms
}

fn percent(n: u32) -> Reward {
    Reward::Percent { rate: points(n) }
}

fn flat(amount: i64, per_unit: bool) -> Reward {
    Reward::Flat { amount, currency: currency("USD"), per_unit }
}

fn rule(id: &str, effect: ProductEffect) -> ProductRule {
    ProductRule { matches: ProductMatch::Price, key: None, id: id.to_owned(), effect, priority: 0 }
}

fn priced(id: &str, amount: i64, price: &str) -> Line {
    Line { price: Some(price.to_owned()), ..line(id, amount) }
}

#[test]
fn e1_exclusive_tax_earns_nothing() {
    assert_eq!(money(&billed(invoice(10_000, day(1)).with_tax(2_000))), (10_000, 2_000));
}

#[test]
fn e2_inclusive_tax_earns_nothing() {
    let mut bill = invoice(10_000, day(1)).with_tax(2_000);
    bill.lines.list = vec![Line { inclusive_tax: 2_000, ..line("il_1", 12_000) }];
    assert_eq!(money(&billed(bill)), (10_000, 2_000));
}

#[test]
fn e3_a_discount_lowers_the_base() {
    let bill = invoice(0, day(1)).with_lines(vec![Line { discounts: 2_500, pretax_credits: 2_500, ..line("il_1", 10_000) }]);
    assert_eq!(money(&billed(bill.with_tax(1_500))), (7_500, 1_500));
}

#[test]
fn e6_an_upgrade_earns_on_the_difference() {
    let bill = invoice(0, day(1)).with_lines(vec![Line { proration: true, ..line("il_1", -5_000) }, line("il_2", 9_000)]);
    assert_eq!(money(&billed(bill)), (4_000, 800));
}

#[test]
fn e16_currencies_with_no_and_with_three_decimals() {
    let in_currency = |total, code, rate| {
        let book = billed(Invoice { currency: currency(code), ..invoice(total, day(1)) });
        earned(&book, &terms(|t| t.reward = percent(rate))).amount
    };
    assert_eq!(in_currency(1_000, "JPY", 2_000), 200);
    assert_eq!(in_currency(10_000, "KWD", 1_250), 1_250);
}

#[test]
fn e17_equal_rates_are_added_before_they_are_rounded() {
    let bill = invoice(0, day(1)).with_lines(vec![line("il_1", 3_333), line("il_2", 3_333), line("il_3", 3_333)]);
    assert_eq!(money(&billed(bill)), (9_999, 2_000));
}

#[test]
fn e38_an_overpaid_part_earns_nothing() {
    let bill = Invoice { paid: 15_000, overpaid: 5_000, ..invoice(10_000, day(1)) };
    assert_eq!(money(&billed(bill)), (10_000, 2_000));
}

#[test]
fn ba_3_balance_and_partial_payments_take_their_share_of_the_tax() {
    assert_eq!(money(&billed(Invoice { paid: 9_000, ..invoice(10_000, day(1)).with_tax(2_000) })), (7_500, 1_500));
}

#[test]
fn ba_3_money_paid_outside_counts_unless_the_terms_leave_it_out() {
    let part = billed(Invoice { off_platform: 5_000, ..invoice(20_000, day(1)) });
    let all = billed(Invoice { out_of_band: true, ..invoice(20_000, day(1)) });
    for rule in [OutOfBand::Hold, OutOfBand::Include] {
        let terms = terms(|t| t.out_of_band = rule);
        assert_eq!((earned(&part, &terms).amount, earned(&all, &terms).amount), (4_000, 4_000));
    }
    let excluded = terms(|t| t.out_of_band = OutOfBand::Exclude);
    assert_eq!(earned(&part, &excluded).amount, 3_000);
    let nothing = earned(&all, &excluded);
    assert_eq!((nothing.reason, nothing.amount, nothing.counts), (DecisionReason::OutOfBand, 0, false));
}

#[test]
fn ba_4_each_line_uses_its_own_rate_and_the_sum_is_floored_at_zero() {
    let products = vec![rule("price_half", ProductEffect::Rate { rate: points(5_000) })];
    let terms = terms(|t| t.products = products);
    let bill = |old, new| billed(invoice(0, day(1)).with_lines(vec![priced("il_1", old, "price_half"), line("il_2", new)]));
    assert_eq!(earned(&bill(-1_000, 9_000), &terms).amount, 1_800 - 500);
    let mut steps = Steps::default();
    let clamped = earn(&case(&bill(-5_000, 9_000).purchase(), &terms), &mut steps).unwrap();
    assert_eq!((clamped.base, clamped.amount, clamped.counts), (4_000, 0, true));
    let recorded = steps.into_vec();
    assert!(recorded.iter().any(|step| step.rule == "BA-4" && step.amount == Some(1_800 - 2_500)), "{recorded:?}");
}

#[test]
fn ba_5_nothing_billed_is_no_first_purchase_e4_e5() {
    let free = billed(invoice(0, day(1)).with_lines(vec![Line { discounts: 10_000, ..line("il_1", 10_000) }]));
    let trial = billed(invoice(0, day(1)));
    let credit = billed(invoice(0, day(1)).with_lines(vec![line("il_1", -5_000), line("il_2", 2_000)]));
    for book in [free, trial, credit] {
        let earned = earned(&book, &Terms::default());
        assert_eq!((earned.reason, earned.base, earned.amount, earned.counts), (DecisionReason::ZeroAmount, 0, 0, false));
    }
}

#[test]
fn ba_1_shipping_counts_only_where_the_terms_say_so() {
    let mut bill = invoice(10_000, day(1));
    (bill.total, bill.total_excluding_tax, bill.shipping, bill.paid) = (11_000, 11_000, 1_000, 11_000);
    let book = billed(bill);
    assert_eq!(money(&book), (10_000, 2_000));
    assert_eq!(earned(&book, &terms(|t| t.include_shipping = true)).amount, 2_200);
}

#[test]
fn ba_7_a_flat_reward_once_per_purchase_or_per_unit() {
    let lines = vec![
        Line { quantity: 3, ..line("il_1", 9_000) },
        Line { quantity: 2, ..line("il_2", 1_000) },
        Line { quantity: 1, proration: true, ..line("il_3", 500) },
    ];
    let book = billed(invoice(0, day(1)).with_lines(lines));
    assert_eq!(earned(&book, &terms(|t| t.reward = flat(700, false))).amount, 700);
    assert_eq!(earned(&book, &terms(|t| t.reward = flat(700, true))).amount, 3_500, "a change within a period is no unit");
}

#[test]
fn ba_7_a_flat_reward_may_exceed_the_base_unless_capped() {
    let book = billed(invoice(500, day(1)));
    assert_eq!(earned(&book, &terms(|t| t.reward = flat(700, false))).amount, 700);
    let capped = terms(|t| (t.reward, t.cap_at_base) = (flat(700, false), true));
    assert_eq!(earned(&book, &capped).amount, 500);
}

#[test]
fn ba_8_the_merchants_currency_counts() {
    let eur = Charge { currency: currency("EUR"), ..charge_of("pi_1", 9_000, day(1)) };
    let session = Checkout { intent: Some("pi_1".into()), ..checkout(10_000, day(1)) };
    let mut book = Book::of([("cs_1", session.into()), ("ch_1", eur.into())]);
    assert_eq!(money(&book), (10_000, 2_000));
    book.tell("re_1", refund("ch_1", 4_500, day(2)));
    assert_eq!(money(&book), (5_000, 1_000), "half of the buyer's money is half of the merchant's");
    book.tell("re_2", refund("ch_1", 4_500, day(3)));
    assert_eq!(money(&book), (0, 0));
}

#[test]
fn ba_9_what_was_captured_counts() {
    let part = Charge { captured: 7_000, refunded: Running::to(3_000, day(1)), waited: true, ..charge(10_000, day(1)) };
    assert_eq!(money(&Book::of([("ch_1", part.into())])), (7_000, 1_400));
}

#[test]
fn ba_10_a_fee_for_a_trial_is_a_purchase() {
    let fee = earned(&billed(invoice(100, day(1))), &Terms::default());
    assert_eq!((fee.amount, fee.counts), (20, true));
}

#[test]
fn co_2_each_rate_is_rounded_half_up_once() {
    let at_rate = |amount, rate| earned(&billed(invoice(amount, day(1))), &terms(|t| t.reward = percent(rate))).amount;
    assert_eq!((at_rate(2, 2_500), at_rate(1, 4_999), at_rate(1, 5_000), at_rate(333, 1_000)), (1, 0, 1, 33));
    let terms = terms(|t| t.products = vec![rule("price_b", ProductEffect::Rate { rate: points(1_000) })]);
    let lines = vec![line("il_1", 3), priced("il_2", 5, "price_b"), line("il_3", 4)];
    assert_eq!(earned(&billed(invoice(0, day(1)).with_lines(lines)), &terms).amount, 1 + 1, "1.4 and 0.5");
}

#[test]
fn co_9_less_than_half_a_unit_rounds_to_zero() {
    let earned = earned(&billed(invoice(2, day(1))), &Terms::default());
    assert_eq!((earned.reason, earned.amount, earned.counts), (DecisionReason::RoundsToZero, 0, true));
}

#[test]
fn mo_4_a_flat_reward_in_another_currency_waits_for_a_rate() {
    let book = billed(Invoice { currency: currency("EUR"), ..invoice(10_000, day(1)) });
    let earned = earned(&book, &terms(|t| t.reward = flat(700, false)));
    assert_eq!((earned.reason, earned.amount), (DecisionReason::AwaitingRate, 0));
}

#[test]
fn amounts_beyond_64_bits_are_an_error_and_no_panic() {
    let book = billed(invoice(i64::MAX, day(1)));
    let terms = terms(|t| t.reward = percent(100_000));
    assert_eq!(earn(&case(&book.purchase(), &terms), &mut Steps::default()), Err(MoneyError::Overflow));
    let most = 1_000_000_000_000;
    assert_eq!(money(&billed(invoice(most, day(1)))), (most, most / 5), "far above what Stripe takes");
}

#[test]
fn e27_partial_payments_by_the_accrual_rule() {
    use crate::domain::testing::scene::{Scene, earns, partner_a};
    let open = Invoice { status: crate::domain::fact::InvoiceStatus::Open, paid: 0, paid_at: None, ..invoice(20_000, day(5)) };
    let outcomes = |rule| {
        let mut scene = Scene::bound_to_a(|t| t.accrue_on = rule);
        let mut book = Book::of([("in_1", open.clone().into()), ("ip_1", collection("in_1", "pi_1", 5_000, day(6)).into())]);
        let first = scene.outcomes(&book)[0];
        book.tell("ip_2", collection("in_1", "pi_2", 15_000, day(7))).tell("in_1", invoice(20_000, day(7)));
        (first, scene.outcomes(&book)[0])
    };
    let not_paid = (DecisionReason::PaymentNotPaid, Some(partner_a()), 0);
    assert_eq!(outcomes(AccrueOn::Paid), (not_paid, earns(partner_a(), 4_000)));
    assert_eq!(outcomes(AccrueOn::EachPayment), (earns(partner_a(), 1_000), earns(partner_a(), 4_000)));
}
