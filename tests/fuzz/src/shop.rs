//! What happened in a shop: a few purchases of every kind, in the bodies of every version.

use std::sync::OnceLock;

use chrono::{DateTime, Duration, TimeZone, Utc};
use fake_stripe::{Bill, Cart, Event, Line, Shop, Version};
use serde_json::Value;

/// The start of the history and a number of days.
pub fn day(number: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap() + Duration::days(number)
}

fn history() -> Vec<Event> {
    let mut shop = Shop::new(true);
    let buyer = shop.customer(day(1), "buyer@example.com", Some("user-1"));
    let code = shop.promotion_code(day(1), "BOB25");
    let discount = shop.discount(&code);
    let bill = |line: Line| Bill::to(&buyer).subscription("sub_1").line(line);
    let cart = || Cart::of(10_000).email("buyer@example.com");
    let (_, first) = shop.subscribe(day(2), cart().token("clk_1"), bill(Line::of(10_000).tax(2_000)));
    let renewal = shop.pay(day(33), bill(Line::of(10_000).off(2_500).tax(1_500)).discount(&discount));
    let upgrade = shop.pay(day(40), bill(Line::of(-5_000).proration()).line(Line::of(9_000).proration()));
    let inclusive = shop.pay(day(41), bill(Line::of(12_000).including_tax(2_000)).line(Line::of(333)));
    let parts = shop.bill(day(42), Bill::to(&buyer).line(Line::of(20_000)));
    shop.pay_part(day(43), &parts, 5_000);
    shop.pay_part(day(44), &parts, 15_000);
    shop.pay_by_transfer(day(45), Bill::to(&buyer).line(Line::of(10_000)), 15_000);
    let (_, single) = shop.checkout(day(50), cart().discount(&discount, 1_000));
    let (session, _) = shop.checkout_by_debit(day(51), cart().on_payment("tributary_partner", "key_b"));
    shop.debit_succeeds(day(53), &session);
    shop.take(day(54), 4_200, None, &Default::default());
    shop.decline(day(55), 4_300, Some(&buyer));
    shop.abandon(day(55), cart());
    let charges = [&first, &renewal, &upgrade, &inclusive].map(|invoice| shop.charge_of(invoice));
    let part = shop.refund(day(56), &charges[0], 3_000);
    shop.credit(day(56), &first, 3_000, Some(&part));
    shop.refund(day(57), &charges[1], 9_000);
    let slow = shop.refund_slowly(day(58), &charges[3], 4_000);
    shop.refund_ends(day(59), &slow, "failed");
    let note = shop.credit(day(60), &inclusive, 1_000, None);
    shop.void_credit(day(61), &note);
    let lost = shop.dispute(day(62), &single);
    shop.dispute_withdrawn(day(62), &lost);
    shop.dispute_closed(day(80), &lost, "lost");
    let won = shop.dispute(day(63), &charges[2]);
    shop.dispute_withdrawn(day(63), &won);
    shop.dispute_reinstated(day(82), &won);
    shop.dispute_closed(day(82), &won, "won");
    shop.end_subscription(day(90), "sub_1");
    shop.switch_code(day(91), &discount, false);
    shop.delete_customer(day(92), &buyer);
    shop.news()
}

/// The bodies of a version, in the order in which things happened.
pub fn bodies(version: usize) -> &'static [Value] {
    static BODIES: OnceLock<Vec<Vec<Value>>> = OnceLock::new();
    let all = BODIES.get_or_init(|| {
        let events = history();
        let shown = |version: Version| events.iter().filter(|event| event.exists_in(version)).map(|event| event.shown(version)).collect();
        Version::ALL.into_iter().map(shown).collect()
    });
    &all[version % all.len()]
}
