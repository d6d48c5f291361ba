//! The first week: the ways in which a buyer is led to a partner, or to nobody.

use anyhow::Result;

use super::goods::{PACKAGE, TEMPLATE, WEEKLY, discounted, package, period, taxed_package};
use super::{BEN25, FREEWEEK};
use crate::demo::shop::Shop;
use crate::demo::stripe::{Bill, Buyer, Discount, Line, Payment, Session, Shape, Subscription, Tax};

pub(super) async fn play(shop: &mut Shop) -> Result<()> {
    shop.at(1, 9).await?;
    emil_subscribes(shop).await?;
    shop.at(1, 11).await?;
    carla_hears_twice(shop).await?;
    shop.at(1, 14).await?;
    dmitri_pays_inclusive_tax(shop).await?;
    shop.at(3, 11).await?;
    frida_follows_a_payment_link(shop).await?;
    shop.at(3, 15).await?;
    kira_tries(shop).await?;
    shop.at(4, 10).await?;
    hana_types_a_code(shop).await?;
    shop.at(5, 9).await?;
    iris_changes_sides(shop).await?;
    shop.at(5, 16).await?;
    jonas_pays_nothing(shop).await?;
    shop.at(6, 12).await?;
    strangers_buy(shop).await?;
    shop.at(7, 10).await?;
    nils_buys_unreferred(shop).await
}

/// A weekly subscription by Checkout, in the oldest shape.
async fn emil_subscribes(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Emil", "ana", Shape::Old).await?;
    shop.say("Emil clicks Ana's link, signs up and subscribes at 50 a week (2020-08-27)");
    let subscription = Subscription { buyer: buyer.clone(), price: WEEKLY, started: shop.now(), trial_days: 0 };
    let bill = period("Emil1", &subscription, "subscription_create", 50_00, shop.now());
    let session = Session {
        subscription: Some(subscription.id()),
        invoice: Some(bill.id()),
        intent: None,
        ..Session::payment("Emil1", Some(buyer.clone()), &buyer, 50_00, shop.now())
    };
    let mut events = shop.stripe.subscribed(Shape::Old, &subscription);
    events.extend(shop.stripe.invoice_paid(Shape::Old, &bill));
    events.extend(shop.stripe.checked_out(Shape::Old, &session));
    shop.tell(&events).await
}

/// E1, and every event of it twice: the second time in the opposite order.
async fn carla_hears_twice(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Carla", "ana", Shape::Acacia).await?;
    shop.say("Carla clicks Ana's link, signs up and pays 100 + 20 tax; Stripe delivers every event twice (acacia)");
    let bill = taxed_package("Carla", &buyer, shop.now());
    let mut events = shop.stripe.invoice_paid(Shape::Acacia, &bill);
    shop.tell(&events).await?;
    events.reverse();
    shop.tell_again(&events).await
}

/// E2, the payment told before the invoice.
async fn dmitri_pays_inclusive_tax(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Dmitri", "ben", Shape::Endive).await?;
    shop.say("Dmitri clicks Ben's link, signs up and pays 120 with 20 tax inside; the charge is told first (endive)");
    let line = Line { tax: Tax::Within(20_00), ..Line::new("Full package", PACKAGE, 120_00) };
    let bill = Bill { lines: vec![line], ..package("Dmitri", &buyer, shop.now()) };
    let mut events = shop.stripe.invoice_paid(Shape::Endive, &bill);
    events.reverse();
    shop.tell(&events).await
}

/// A payment link that carries the visitor's token; the buyer stays a guest.
async fn frida_follows_a_payment_link(shop: &mut Shop) -> Result<()> {
    let token = shop.click("ana").await?;
    shop.later(12).await?;
    shop.say("Frida clicks Ana's link and pays 100 by a payment link, as a guest (basil)");
    let typed = Buyer::new("Frida");
    let session = Session { reference: Some(token), ..Session::payment("Frida", None, &typed, 100_00, shop.now()) };
    let payment = guest_payment("Frida", &typed, 100_00, shop);
    shop.bought_by_link(Shape::Basil, &session, payment).await
}

fn guest_payment(name: &str, typed: &Buyer, amount: i64, shop: &Shop) -> Payment {
    Payment {
        name: name.to_owned(),
        amount,
        currency: "usd",
        buyer: None,
        email: Some(typed.email()),
        invoice: None,
        at: shop.now(),
        refunds: Vec::new(),
    }
}

/// The first half of E5.
async fn kira_tries(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Kira", "ben", Shape::Endive).await?;
    shop.say("Kira clicks Ben's link, signs up and begins a trial of two weeks (endive)");
    let subscription = Subscription { buyer, price: WEEKLY, started: shop.now(), trial_days: 14 };
    let bill = period("Kira1", &subscription, "subscription_create", 0, shop.now());
    let mut events = shop.stripe.subscribed(Shape::Endive, &subscription);
    events.extend(shop.stripe.invoice_paid(Shape::Endive, &bill));
    shop.tell(&events).await
}

/// E3, by a partner's code and no click at all.
async fn hana_types_a_code(shop: &mut Shop) -> Result<()> {
    shop.say("Hana has never clicked; she types Ben's code: 100 - 25 %, + 15 tax (acacia)");
    let buyer = Buyer::new("Hana");
    let discount = Discount { code: BEN25, by: "Hana", at: shop.now() };
    let subscription = Subscription { buyer: buyer.clone(), price: WEEKLY, started: shop.now(), trial_days: 0 };
    let bill = period("Hana", &subscription, "subscription_create", 100_00, shop.now());
    let bill = discounted(bill, discount.clone(), 25_00, 15_00);
    let session = Session {
        subscription: Some(subscription.id()),
        invoice: Some(bill.id()),
        intent: None,
        discount: Some(discount),
        off: 25_00,
        tax: 15_00,
        ..Session::payment("Hana", Some(buyer.clone()), &buyer, 100_00, shop.now())
    };
    let mut events = shop.stripe.customer_made(Shape::Acacia, &buyer, shop.now());
    events.extend(shop.stripe.invoice_paid(Shape::Acacia, &bill));
    events.extend(shop.stripe.checked_out(Shape::Acacia, &session));
    shop.tell(&events).await
}

/// E22: bound to one partner as a lead, and brought to buy by another one's code. The event names the discount by a bare id.
async fn iris_changes_sides(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Iris", "ana", Shape::Endive).await?;
    shop.later(60).await?;
    shop.say("Iris signs up by Ana's link and then types Ben's code: 80 - 25 % (endive)");
    let discount = Discount { code: BEN25, by: "Iris", at: shop.now() };
    let lines = vec![Line::new("Templates", TEMPLATE, 80_00)];
    let bill = Bill { lines, ..package("Iris", &buyer, shop.now()) };
    let bill = discounted(bill, discount, 20_00, 0);
    shop.invoice_paid(Shape::Endive, &bill).await
}

/// The first half of E4.
async fn jonas_pays_nothing(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Jonas", "ana", Shape::Basil).await?;
    shop.say("Jonas clicks Ana's link, signs up and gets his first week free by a 100 % coupon (basil)");
    let discount = Discount { code: FREEWEEK, by: "Jonas", at: shop.now() };
    let subscription = Subscription { buyer, price: WEEKLY, started: shop.now(), trial_days: 0 };
    let bill = period("Jonas1", &subscription, "subscription_create", 100_00, shop.now());
    let bill = discounted(bill, discount, 100_00, 0);
    let mut events = shop.stripe.subscribed(Shape::Basil, &subscription);
    events.extend(shop.stripe.invoice_paid(Shape::Basil, &bill));
    shop.tell(&events).await
}

/// One of whom nobody knows anything, and one of whom everything is known but a partner.
async fn strangers_buy(shop: &mut Shop) -> Result<()> {
    shop.say("Liam pays 35 as a guest and leaves no trace of any partner (basil)");
    let typed = Buyer::new("Liam");
    let session = Session::payment("Liam", None, &typed, 35_00, shop.now());
    let payment = guest_payment("Liam", &typed, 35_00, shop);
    shop.bought_by_link(Shape::Basil, &session, payment).await?;
    shop.later(20).await?;
    shop.say("Mona signs up without any link and pays 60 (acacia)");
    let buyer = Buyer::with_account("Mona");
    shop.sign_up(&buyer, None).await?;
    let made = shop.stripe.customer_made(Shape::Acacia, &buyer, shop.now());
    shop.tell(&made).await?;
    shop.later(20).await?;
    let lines = vec![Line::new("Templates", TEMPLATE, 60_00)];
    let bill = Bill { lines, ..package("Mona", &buyer, shop.now()) };
    shop.invoice_paid(Shape::Acacia, &bill).await
}

/// A customer before any partner came.
async fn nils_buys_unreferred(shop: &mut Shop) -> Result<()> {
    shop.say("Nils buys for 40; no partner brought him (2020-08-27)");
    let buyer = Buyer::new("Nils");
    let session = Session::payment("Nils1", Some(buyer.clone()), &buyer, 40_00, shop.now());
    let payment = Payment { buyer: Some(buyer.clone()), ..guest_payment("Nils1", &buyer, 40_00, shop) };
    shop.bought_by_link(Shape::Old, &session, payment).await
}
