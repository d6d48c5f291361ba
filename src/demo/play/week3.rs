//! The rest of the month: slow money, a dispute that is won and one that is lost, and what does not belong here at all.

use anyhow::Result;

use super::goods::{WEEKLY, WEEKLY_LARGE, period};
use super::week2::emil_renews;
use crate::demo::expected::Figures;
use crate::demo::shop::Shop;
use crate::demo::stripe::{Buyer, DisputeStage, Payment, Session, Shape, Subscription};

pub(super) async fn play(shop: &mut Shop) -> Result<()> {
    shop.at(15, 9).await?;
    emil_renews(shop, "Emil4", WEEKLY_LARGE, 90_00).await?;
    shop.at(15, 10).await?;
    let session = xenia_pays_by_bank(shop).await?;
    shop.at(15, 14).await?;
    rosa_disputes(shop).await?;
    shop.at(17, 10).await?;
    xenias_money_comes(shop, session).await?;
    shop.at(17, 15).await?;
    kiras_trial_ends(shop).await?;
    shop.at(18, 12).await?;
    gus_buys(shop).await?;
    shop.at(20, 9).await?;
    a_test_event_goes_astray(shop).await?;
    shop.at(21, 11).await?;
    gus_gets_all_back(shop).await?;
    shop.at(22, 9).await?;
    emil_renews(shop, "Emil5", WEEKLY_LARGE, 90_00).await?;
    shop.at(22, 14).await?;
    shop.say("Rosa's bank gives the money back: the dispute is won");
    shop.disputed("Rosa", DisputeStage::Won).await?;
    shop.at(24, 10).await?;
    shop.say("Quinn's dispute is lost");
    shop.disputed("Quinn", DisputeStage::Lost).await
}

/// The first half of E32: a checkout that is completed while the money is on its way.
async fn xenia_pays_by_bank(shop: &mut Shop) -> Result<Session> {
    let token = shop.click("ben").await?;
    shop.later(10).await?;
    shop.say("Xenia clicks Ben's link and pays 100 by bank debit, which takes days (endive)");
    let typed = Buyer::new("Xenia");
    let session = Session { reference: Some(token), paid: false, ..Session::payment("Xenia", None, &typed, 100_00, shop.now()) };
    let events = shop.stripe.checked_out(Shape::Endive, &session);
    shop.tell(&events).await?;
    shop.now_earns("intent:pi_1DemoXenia", Figures::Nobody("PAYMENT_NOT_PAID"), "E32, while the money is on its way").await?;
    Ok(session)
}

/// The second half of E32.
async fn xenias_money_comes(shop: &mut Shop, session: Session) -> Result<()> {
    shop.say("Xenia's money has come");
    let session = Session { paid: true, ..session };
    let mut events = shop.stripe.money_came(Shape::Endive, &session, shop.now());
    events.extend(shop.stripe.paid(Shape::Endive, guest_payment("Xenia", shop)));
    shop.tell(&events).await
}

fn guest_payment(name: &'static str, shop: &Shop) -> Payment {
    Payment {
        name: name.to_owned(),
        amount: 100_00,
        currency: "usd",
        buyer: None,
        email: Some(Buyer::new(name).email()),
        invoice: None,
        at: shop.now(),
        refunds: Vec::new(),
    }
}

/// DP-1 and DP-2: held, then gone; it comes back a week later (DP-4).
async fn rosa_disputes(shop: &mut Shop) -> Result<()> {
    const KEY: &str = "invoice:in_1DemoRosa";
    shop.say("Rosa's bank disputes the payment");
    shop.disputed("Rosa", DisputeStage::Opened).await?;
    shop.now_earns(KEY, Figures::Earns("Ben", "20.00", "HELD"), "while it is open").await?;
    shop.later(90).await?;
    shop.say("Stripe gives Rosa's bank the money");
    shop.disputed("Rosa", DisputeStage::Withdrawn).await?;
    shop.now_earns(KEY, Figures::Earns("Ben", "0.00", "REVERSED"), "while the money is away").await
}

/// The second half of E5.
async fn kiras_trial_ends(shop: &mut Shop) -> Result<()> {
    shop.say("Kira's trial is over; she pays 100");
    let subscription = Subscription { buyer: Buyer::with_account("Kira"), price: WEEKLY, started: shop.now(), trial_days: 0 };
    let bill = period("Kira2", &subscription, "subscription_cycle", 100_00, shop.now());
    shop.invoice_paid(Shape::Endive, &bill).await
}

/// The first half of E28: the token stands behind a reference of the shop's own (AT-12).
async fn gus_buys(shop: &mut Shop) -> Result<()> {
    let token = shop.click("ben").await?;
    shop.later(10).await?;
    shop.say("Gus clicks Ben's link and pays 100 by a buy button whose reference is the shop's own, with the token behind it (endive)");
    let reference = Some(format!("cart-7781_{token}"));
    let session = Session { reference, ..Session::payment("Gus", None, &Buyer::new("Gus"), 100_00, shop.now()) };
    let payment = guest_payment("Gus", shop);
    shop.bought_by_link(Shape::Endive, &session, payment).await?;
    shop.now_earns("intent:pi_1DemoGus", Figures::Earns("Ben", "20.00", "PENDING"), "E28, for now").await
}

/// The second half of E28, told twice.
async fn gus_gets_all_back(shop: &mut Shop) -> Result<()> {
    shop.say("Gus gets all of his 100 back; Stripe delivers it twice");
    let events = shop.stripe.refunded("Gus", 100_00, shop.now())?;
    shop.tell(&events).await?;
    shop.tell_again(&events).await
}

/// E35: an app that is installed in both modes gets test events on its live address too.
async fn a_test_event_goes_astray(shop: &mut Shop) -> Result<()> {
    shop.say("E35: a test-mode payment is delivered to the live address");
    let payment = guest_payment("Test", shop);
    let events = shop.stripe.test_mode_payment(Shape::Endive, &payment);
    shop.tell(&events).await
}
