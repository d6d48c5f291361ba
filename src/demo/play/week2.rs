//! The second week: money that goes back, in parts, in full, by dispute and before its time; and other currencies.

use anyhow::Result;

use super::goods::{PACKAGE, TEMPLATE, WEEKLY, WEEKLY_LARGE, WORKSHOP, package, period, taxed_package};
use crate::demo::expected::Figures;
use crate::demo::shop::Shop;
use crate::demo::stripe::{Bill, Buyer, DisputeStage, Line, Payment, Session, Shape, Subscription};

pub(super) async fn play(shop: &mut Shop) -> Result<()> {
    shop.at(8, 9).await?;
    emil_renews(shop, "Emil2", WEEKLY, 50_00).await?;
    shop.at(8, 10).await?;
    olga_and_pavel_buy(shop).await?;
    shop.at(9, 13).await?;
    quinn_buys(shop).await?;
    shop.at(10, 9).await?;
    emil_upgrades(shop).await?;
    shop.at(10, 10).await?;
    shop.say("Olga gets 30 of her 120 back");
    shop.refunded("Olga", 30_00).await?;
    shop.at(10, 12).await?;
    rosa_buys(shop).await?;
    shop.at(11, 10).await?;
    pavel_gets_some_back(shop).await?;
    shop.at(11, 15).await?;
    sven_buys_three_things(shop).await?;
    shop.at(12, 10).await?;
    far_away_currencies(shop).await?;
    shop.at(12, 16).await?;
    jonas_pays_in_full(shop).await?;
    shop.at(12, 18).await?;
    quinn_disputes(shop).await?;
    shop.at(13, 9).await?;
    shop.say("Pavel gets the other 90 back");
    shop.refunded("Pavel", 90_00).await?;
    shop.at(13, 12).await?;
    viktor_in_the_wrong_order(shop).await?;
    shop.at(14, 10).await?;
    wanda_signs_up_late(shop).await?;
    shop.at(14, 14).await?;
    nils_comes_back(shop).await
}

fn emil(shop: &Shop, price: &'static str) -> Subscription {
    Subscription { buyer: Buyer::with_account("Emil"), price, started: shop.now(), trial_days: 0 }
}

/// A renewal of Emil's plan.
pub(super) async fn emil_renews(shop: &mut Shop, name: &str, price: &'static str, amount: i64) -> Result<()> {
    shop.say(&format!("Emil's plan renews at {}", amount / 100));
    let bill = period(name, &emil(shop, price), "subscription_cycle", amount, shop.now());
    shop.invoice_paid(Shape::Old, &bill).await
}

/// E6: what was not used of the smaller plan against the larger one.
async fn emil_upgrades(shop: &mut Shop) -> Result<()> {
    shop.say("Emil upgrades: 50 unused go off the 90 of the larger plan");
    let unused = Line { proration: true, ..Line::new("Unused time on Lumen, weekly", WEEKLY, -50_00) };
    let rest = Line { proration: true, ..Line::new("Remaining time on Lumen, weekly, large", WEEKLY_LARGE, 90_00) };
    let bill = period("Emil3", &emil(shop, WEEKLY_LARGE), "subscription_update", 0, shop.now());
    let bill = Bill { lines: vec![unused, rest], ..bill };
    shop.invoice_paid(Shape::Old, &bill).await
}

/// The beginnings of E9 and E10.
async fn olga_and_pavel_buy(shop: &mut Shop) -> Result<()> {
    let olga = shop.referred("Olga", "ben", Shape::Acacia).await?;
    shop.say("Olga clicks Ben's link, signs up and pays 100 + 20 tax (acacia)");
    let bill = taxed_package("Olga", &olga, shop.now());
    shop.invoice_paid(Shape::Acacia, &bill).await?;
    shop.later(60).await?;
    let pavel = shop.referred("Pavel", "ana", Shape::Old).await?;
    shop.say("Pavel clicks Ana's link, signs up and pays 100 + 20 tax (2020-08-27)");
    let bill = taxed_package("Pavel", &pavel, shop.now());
    shop.invoice_paid(Shape::Old, &bill).await
}

async fn quinn_buys(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Quinn", "ana", Shape::Basil).await?;
    shop.say("Quinn clicks Ana's link, signs up and pays 100 + 20 tax (basil)");
    let bill = taxed_package("Quinn", &buyer, shop.now());
    shop.invoice_paid(Shape::Basil, &bill).await
}

async fn rosa_buys(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Rosa", "ben", Shape::Old).await?;
    shop.say("Rosa clicks Ben's link, signs up and pays 100 (2020-08-27)");
    let bill = package("Rosa", &buyer, shop.now());
    shop.invoice_paid(Shape::Old, &bill).await
}

/// E9 on the way to E10.
async fn pavel_gets_some_back(shop: &mut Shop) -> Result<()> {
    shop.say("Pavel gets 30 of his 120 back");
    shop.refunded("Pavel", 30_00).await?;
    shop.now_earns("invoice:in_1DemoPavel", Figures::Earns("Ana", "15.00", "PENDING"), "E9, for now").await
}

/// E17: lines of one rate are added before they are multiplied.
async fn sven_buys_three_things(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Sven", "ben", Shape::Endive).await?;
    shop.say("Sven clicks Ben's link, signs up and buys three things at 33.33 (endive)");
    let lines = ["Template A", "Template B", "Template C"].map(|text| Line::new(text, TEMPLATE, 33_33)).into();
    let bill = Bill { lines, ..package("Sven", &buyer, shop.now()) };
    shop.invoice_paid(Shape::Endive, &bill).await
}

/// E16: no decimals, and three of them.
async fn far_away_currencies(shop: &mut Shop) -> Result<()> {
    let tomo = shop.referred("Tomo", "ana", Shape::Acacia).await?;
    shop.say("Tomo clicks Ana's link, signs up and pays 1000 yen (acacia)");
    let bill = Bill { currency: "jpy", lines: vec![Line::new("Full package", PACKAGE, 1000)], ..package("Tomo", &tomo, shop.now()) };
    shop.invoice_paid(Shape::Acacia, &bill).await?;
    shop.later(60).await?;
    let uma = shop.referred("Uma", "ben", Shape::Endive).await?;
    shop.say("Uma clicks Ben's link, signs up and pays 10.000 Kuwaiti dinar for the workshop, whose rate is 12.5 % (endive)");
    let bill = Bill { currency: "kwd", lines: vec![Line::new("Workshop", WORKSHOP, 10_000)], ..package("Uma", &uma, shop.now()) };
    shop.invoice_paid(Shape::Endive, &bill).await
}

/// The second half of E4.
async fn jonas_pays_in_full(shop: &mut Shop) -> Result<()> {
    shop.say("Jonas's free week is over; he pays 100");
    let subscription = Subscription { buyer: Buyer::with_account("Jonas"), price: WEEKLY, started: shop.now(), trial_days: 0 };
    let bill = period("Jonas2", &subscription, "subscription_cycle", 100_00, shop.now());
    shop.invoice_paid(Shape::Basil, &bill).await
}

/// The first half of E13.
async fn quinn_disputes(shop: &mut Shop) -> Result<()> {
    shop.say("Quinn's bank disputes the payment");
    shop.disputed("Quinn", DisputeStage::Opened).await?;
    shop.now_earns("invoice:in_1DemoQuinn", Figures::Earns("Ana", "20.00", "HELD"), "E13, while it is open").await
}

/// E21: Stripe gives no order.
async fn viktor_in_the_wrong_order(shop: &mut Shop) -> Result<()> {
    let buyer = shop.referred("Viktor", "ana", Shape::Basil).await?;
    shop.say("Viktor clicks Ana's link, signs up, pays 100 + 20 tax and gets 30 back; the refund is told first (basil)");
    let bill = taxed_package("Viktor", &buyer, shop.now());
    let paid = shop.stripe.invoice_paid(Shape::Basil, &bill);
    let refunded = shop.stripe.refunded("Viktor", 30_00, shop.now())?;
    shop.tell(&refunded).await?;
    shop.settled().await?;
    shop.tell(&paid).await
}

/// E34: the shop tells of the sign-up after the money.
async fn wanda_signs_up_late(shop: &mut Shop) -> Result<()> {
    let token = shop.click("ana").await?;
    shop.later(10).await?;
    shop.say("Wanda clicks Ana's link and pays 100 before she has an account (acacia)");
    let buyer = Buyer::new("Wanda");
    let bill = package("Wanda", &buyer, shop.now());
    shop.invoice_paid(Shape::Acacia, &bill).await?;
    shop.now_earns("invoice:in_1DemoWanda", Figures::Nobody("UNKNOWN_CUSTOMER"), "E34, for now").await?;
    shop.later(5).await?;
    shop.say("Wanda signs up; the sign-up names the click");
    shop.sign_up(&buyer, Some(&token)).await
}

/// AT-11: who had bought before the click is no new customer.
async fn nils_comes_back(shop: &mut Shop) -> Result<()> {
    let token = shop.click("ben").await?;
    shop.later(10).await?;
    shop.say("Nils, who has bought before, clicks Ben's link and pays 40 by a payment link (2020-08-27)");
    let buyer = Buyer::new("Nils");
    let session = Session { reference: Some(token), ..Session::payment("Nils2", Some(buyer.clone()), &buyer, 40_00, shop.now()) };
    let payment = Payment {
        name: "Nils2".to_owned(),
        amount: 40_00,
        currency: "usd",
        buyer: Some(buyer),
        email: None,
        invoice: None,
        at: shop.now(),
        refunds: Vec::new(),
    };
    shop.bought_by_link(Shape::Old, &session, payment).await
}
