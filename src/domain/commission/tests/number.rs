//! Rewards by the number of the payment (CO-5).

use entity::value::{Duration, RewardStep};

use super::*;
use crate::domain::testing::scene::Scene;

/// The amounts of invoices of 100.00 on days 1, 2, 3 and so on.
fn amounts(count: i64, change: impl FnOnce(&mut Terms)) -> Vec<i64> {
    let mut book = Book::default();
    for n in 1..=count {
        book.tell(&format!("in_{n}"), invoice(10_000, day(n)));
    }
    Scene::bound_to_a(change).outcomes(&book).into_iter().map(|(_, _, amount)| amount).collect()
}

fn from(from: u16, rate: u32) -> RewardStep {
    RewardStep { from, reward: percent(rate) }
}

#[test]
fn co_5_the_first_payment_and_renewals_differ() {
    assert_eq!(amounts(3, |t| t.first = Some(percent(5_000))), [5_000, 2_000, 2_000]);
    assert_eq!(amounts(3, |t| t.renewal = Some(percent(1_000))), [2_000, 1_000, 1_000]);
    assert_eq!(amounts(3, |t| (t.first, t.renewal) = (Some(flat(700, false)), Some(percent(100)))), [700, 100, 100]);
}

#[test]
fn co_5_steps_begin_with_their_payment() {
    let steps = || vec![from(3, 1_000), from(4, 500)];
    assert_eq!(amounts(5, |t| t.steps = steps()), [2_000, 2_000, 1_000, 500, 500]);
    assert_eq!(amounts(4, |t| (t.renewal, t.steps) = (Some(percent(1_500)), steps())), [2_000, 1_500, 1_000, 500]);
}

#[test]
fn co_5_what_takes_no_place_has_no_number() {
    let mut book = Book::of([("in_0", invoice(0, day(1)).into())]);
    book.tell("in_1", invoice(10_000, day(2))).tell("in_2", invoice(10_000, day(3)));
    let outcomes = Scene::bound_to_a(|t| t.first = Some(percent(5_000))).outcomes(&book);
    assert_eq!(outcomes.into_iter().map(|(_, _, amount)| amount).collect::<Vec<_>>(), [0, 5_000, 2_000]);
}

#[test]
fn co_5_a_refunded_first_payment_leaves_its_number_rf_10() {
    let first = Invoice { payments: ["ch_1".to_owned()].into(), ..invoice(10_000, day(1)) };
    let mut book = Book::of([("in_1", first.into()), ("ch_1", charge(10_000, day(1)).into())]);
    book.tell("re_1", refund("ch_1", 10_000, day(5))).tell("in_2", invoice(10_000, day(4))).tell("in_3", invoice(10_000, day(6)));
    let outcomes = Scene::bound_to_a(|t| t.first = Some(percent(5_000))).outcomes(&book);
    let amounts: Vec<_> = outcomes.into_iter().map(|(_, _, amount)| amount).collect();
    assert_eq!(amounts, [0, 2_000, 2_000], "the second was renewal before the refund, and holds the first place after it");
}

#[test]
fn co_5_numbers_go_with_the_duration() {
    let outcomes = amounts(4, |t| (t.duration, t.steps) = (Duration::Payments { n: 3 }, vec![from(3, 100)]));
    assert_eq!(outcomes, [2_000, 2_000, 100, 0]);
}

#[test]
fn co_5_the_steps_say_which_payment_it_was() {
    let terms = terms(|t| t.first = Some(flat(700, true)));
    let mut steps = Steps::default();
    earn(&case(&billed(invoice(10_000, day(1))).purchase(), &terms), &mut steps).unwrap();
    let told: Vec<_> = steps.into_vec().into_iter().filter(|step| step.rule == "CO-5").map(|step| step.text).collect();
    assert_eq!(told, ["payment 1 earns 7.00 USD for each unit"]);
}
