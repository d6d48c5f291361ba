//! How long a binding earns (CO-3, CO-4, RF-10).

use entity::value::Duration;

use super::*;
use crate::domain::testing::at;
use crate::domain::testing::scene::{Outcome, Scene, earns, partner_a};

/// The decisions about invoices of 100.00 at these times, for a person bound to A.
fn outcomes(duration: Duration, times: &[DateTime<Utc>]) -> Vec<Outcome> {
    let mut book = Book::default();
    for (n, time) in times.iter().enumerate() {
        book.tell(&format!("in_{n}"), invoice(10_000, *time));
    }
    Scene::bound_to_a(|t| t.duration = duration).outcomes(&book)
}

fn nothing(reason: DecisionReason) -> Outcome {
    (reason, Some(partner_a()), 0)
}

const ENDED: DecisionReason = DecisionReason::DurationEnded;

#[test]
fn co_3_months_are_calendar_months_clamped_to_their_end_e23() {
    let first = at("2025-01-31T10:00:00Z");
    let one = |second: &str| outcomes(Duration::Months { n: 1 }, &[first, at(second)])[1];
    assert_eq!(one("2025-02-28T09:59:59Z"), earns(partner_a(), 2_000));
    assert_eq!(one("2025-02-28T10:00:00Z"), nothing(ENDED));
}

#[test]
fn co_3_an_annual_invoice_is_one_payment_e30() {
    let (first, second) = (at("2025-02-01T10:00:00Z"), at("2026-02-01T10:00:00Z"));
    let earns = earns(partner_a(), 2_000);
    assert_eq!(outcomes(Duration::Payments { n: 12 }, &[first, second]), [earns, earns]);
    assert_eq!(outcomes(Duration::Months { n: 12 }, &[first, second]), [earns, nothing(ENDED)]);
}

#[test]
fn co_3_payments_and_the_first_one_only() {
    let times = [day(1), day(2), day(3)];
    let earns = earns(partner_a(), 2_000);
    assert_eq!(outcomes(Duration::Lifetime, &times), [earns; 3]);
    assert_eq!(outcomes(Duration::Payments { n: 2 }, &times), [earns, earns, nothing(ENDED)]);
    let only = nothing(DecisionReason::FirstOnly);
    assert_eq!(outcomes(Duration::FirstOnly, &times), [earns, only, only]);
}

#[test]
fn co_3_purchases_of_nothing_start_no_clock_e4_e5() {
    let mut book = Book::of([("in_0", invoice(0, day(1)).into()), ("in_1", invoice(10_000, day(40)).into())]);
    let zero = nothing(DecisionReason::ZeroAmount);
    let mut scene = Scene::bound_to_a(|t| t.duration = Duration::FirstOnly);
    assert_eq!(scene.outcomes(&book), [zero, earns(partner_a(), 2_000)]);
    let mut scene = Scene::bound_to_a(|t| t.duration = Duration::Months { n: 1 });
    book.tell("in_2", invoice(10_000, day(60)));
    assert_eq!(scene.outcomes(&book)[2], earns(partner_a(), 2_000), "the clock starts at the first payment");
}

#[test]
fn co_3_excluded_products_start_no_clock() {
    let mut scene = Scene::bound_to_a(|t| {
        (t.duration, t.products) = (Duration::FirstOnly, vec![rule("price_gift", ProductEffect::Exclude)]);
    });
    let gift = invoice(0, day(1)).with_lines(vec![priced("il_1", 10_000, "price_gift")]);
    let book = Book::of([("in_1", gift.into()), ("in_2", invoice(10_000, day(2)).into())]);
    assert_eq!(scene.outcomes(&book), [nothing(DecisionReason::ExcludedProduct), earns(partner_a(), 2_000)]);
}

#[test]
fn co_4_the_clock_belongs_to_the_binding_not_to_a_subscription() {
    let of = |id: &str, n| Invoice { subscription: Some(id.into()), ..invoice(10_000, day(n)) };
    let book = Book::of([("in_1", of("sub_1", 1).into()), ("in_2", of("sub_2", 200).into())]);
    let mut scene = Scene::bound_to_a(|t| t.duration = Duration::Months { n: 3 });
    assert_eq!(scene.outcomes(&book)[1], nothing(ENDED));
}

/// A first invoice refunded on that day, and two more on days 10 and 20.
fn refunded_first(duration: Duration, on: i64) -> Vec<Outcome> {
    let first = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(1)) };
    let mut book = Book::of([("in_1", first.into()), ("ch_1", charge(10_000, day(1)).into())]);
    book.tell("in_2", invoice(10_000, day(10))).tell("in_3", invoice(10_000, day(20)));
    book.tell("re_1", refund("ch_1", 4_000, day(2))).tell("re_2", refund("ch_1", 6_000, day(on)));
    Scene::bound_to_a(|t| t.duration = duration).outcomes(&book)
}

#[test]
fn rf_10_a_fully_refunded_first_purchase_frees_its_place_for_later_ones() {
    let (gone, earns, only) = (earns(partner_a(), 0), earns(partner_a(), 2_000), nothing(DecisionReason::FirstOnly));
    assert_eq!(refunded_first(Duration::FirstOnly, 5), [gone, earns, only]);
    assert_eq!(refunded_first(Duration::FirstOnly, 15), [gone, only, earns], "the second came before the refund and was no first one");
    assert_eq!(refunded_first(Duration::Payments { n: 1 }, 15), [gone, nothing(ENDED), earns]);
    assert_eq!(refunded_first(Duration::Payments { n: 1 }, 25), [gone, nothing(ENDED), nothing(ENDED)]);
}

#[test]
fn rf_10_a_part_refund_frees_nothing_also_of_money_paid_outside() {
    let outside = Invoice { out_of_band: true, ..invoice(10_000, day(1)) };
    let mut book = Book::of([("in_1", outside.into()), ("in_2", invoice(10_000, day(10)).into())]);
    book.tell("cn_1", crate::domain::fact::CreditNote { refunded: 0, out_of_band: 100, ..note("in_1", 100, day(2)) });
    let mut scene = Scene::bound_to_a(|t| t.duration = Duration::FirstOnly);
    assert_eq!(scene.outcomes(&book), [earns(partner_a(), 1_980), nothing(DecisionReason::FirstOnly)]);
}
