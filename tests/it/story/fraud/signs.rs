//! What is looked for: one story for each sign.

use entity::value::{CommissionState, HoldReason};
use entity::{inbox_event, purchase_card, snapshot};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::json;

use super::{ADA, HELD, PASSWORD, cases, holds, open, portal, sale};
use crate::support::stage::{Stage, day};
use crate::support::stripe::{Cart, Version};

#[rstest]
#[case::before_the_partner_s_own(true)]
#[case::after_the_partner_s_own(false)]
#[tokio::test]
async fn fr_1_a_card_of_the_partner_s_own_purchases_holds_in_whatever_order(#[case] sale_first: bool) {
    let stage = Stage::new().await;
    stage.shop().card = Some("Xt5EWLLDS7FJjR1c".to_owned());
    let own = |stage: &Stage| drop(stage.shop().checkout(day(2), Cart::of(500).email(ADA)));
    if !sale_first {
        own(&stage);
        stage.deliver(Version::Endive).await;
    }
    sale(&stage, "sister@mail.example").await;
    if sale_first {
        assert_eq!(cases(&stage).await, []);
        own(&stage);
        stage.deliver(Version::Endive).await;
    }
    assert_eq!(cases(&stage).await, open(100, &["SAME_CARD"]));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(HELD, 2_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn s14_no_fingerprint_is_ever_stored() {
    let stage = Stage::new().await;
    stage.shop().card = Some("Xt5EWLLDS7FJjR1c".to_owned());
    sale(&stage, "ann@mail.example").await;
    let db = stage.app.services().db.read();
    let events = inbox_event::Entity::find().all(db).await.unwrap();
    assert!(events.iter().any(|event| String::from_utf8_lossy(&event.body).contains("\"fingerprint\": \"kh_")));
    let snapshots = snapshot::Entity::find().all(db).await.unwrap();
    let cards = purchase_card::Entity::find().all(db).await.unwrap();
    assert!(cards.len() == 1 && cards[0].card.starts_with("kh_"), "{cards:?}");
    for body in events.iter().map(|event| &event.body).chain(snapshots.iter().map(|row| &row.body)) {
        assert!(!String::from_utf8_lossy(body).contains("Xt5EWLLDS7FJjR1c"));
    }
    stage.finish().await;
}

#[tokio::test]
async fn fr_1_weaker_signs_are_noted_and_hold_when_they_add_up() {
    let stage = Stage::new().await;
    sale(&stage, "ben@partner.example").await;
    assert_eq!(cases(&stage).await, [("NOTED".to_owned(), 50, vec!["SAME_DOMAIN".to_owned()])]);
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.fraud(json!({ "holdScore": 50 })).await;
    stage.drain().await;
    assert_eq!(cases(&stage).await, open(50, &["SAME_DOMAIN"]));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(HELD, 2_000)]);
    stage.fraud(json!({ "sharedDomains": ["partner.example"] })).await;
    stage.drain().await;
    assert_eq!(cases(&stage).await[0].0, "CLOSED");
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn fr_1_an_address_at_which_the_partner_signs_in_within_24_hours_is_a_sign_also_afterwards() {
    let stage = Stage::new().await;
    portal(&stage, day(-2)).await;
    sale(&stage, "ann@mail.example").await;
    assert_eq!(cases(&stage).await, [], "two days before");
    stage.app.clock.set(day(3));
    stage.sign_in(ADA, PASSWORD).await;
    stage.drain().await;
    assert_eq!(cases(&stage).await, [], "three days after");
    let click = stage.click(stage.ada, day(4)).await;
    stage.shop().checkout(day(4), Cart::of(5_000).email("bea@mail.example").token(&click.token));
    stage.deliver(Version::Endive).await;
    stage.app.clock.set(day(4) + chrono::Duration::hours(23));
    stage.sign_in(ADA, PASSWORD).await;
    stage.drain().await;
    assert_eq!(cases(&stage).await, [("NOTED".to_owned(), 25, vec!["SAME_ADDRESS".to_owned()])]);
    stage.finish().await;
}

#[tokio::test]
async fn fr_2_paid_advertising_holds_where_a_program_forbids_it() {
    let stage = Stage::new().await;
    let click = stage.click_from(stage.ada, day(0), ("msclkid=7&utm_source=x", "https://search.example/", "203.0.113.7")).await;
    stage.shop().checkout(day(3), Cart::of(10_000).email("ann@mail.example").token(&click.token));
    stage.deliver(Version::Endive).await;
    assert_eq!(cases(&stage).await, [], "nothing forbids it yet");
    stage.fraud(json!({ "signals": ["PAID_AD"], "allowedAds": ["GCLID"] })).await;
    stage.drain().await;
    assert_eq!(cases(&stage).await, open(100, &["PAID_AD"]));
    assert_eq!(holds(&stage).await, [HoldReason::Fraud]);
    stage.finish().await;
}

#[tokio::test]
async fn fr_3_a_banned_place_and_a_throw_away_address_hold() {
    let stage = Stage::new().await;
    stage.fraud(json!({ "bannedReferrers": ["coupons.example"], "disposableDomains": ["throw.example"] })).await;
    let click = stage.click_from(stage.ada, day(0), ("", "https://www.coupons.example/page", "203.0.113.7")).await;
    stage.shop().checkout(day(3), Cart::of(10_000).email("x@throw.example").token(&click.token));
    stage.deliver(Version::Endive).await;
    assert_eq!(cases(&stage).await, open(150, &["BANNED_REFERRER", "DISPOSABLE_EMAIL"]));
    stage.finish().await;
}

#[tokio::test]
async fn fr_3_too_many_visitors_from_one_address_are_a_sign_from_the_first_too_many_on() {
    let stage = Stage::new().await;
    stage.fraud(json!({ "visitorsPerAddress": 2, "holdScore": 50 })).await;
    let mut clicks = Vec::new();
    for minute in 0..4 {
        let from = if minute == 2 { "203.0.113.8" } else { "203.0.113.7" };
        clicks.push(stage.click_from(stage.ada, day(0) + chrono::Duration::minutes(minute), ("", "", from)).await);
    }
    for (index, click) in clicks.iter().enumerate() {
        let email = format!("buyer{index}@mail{index}.example");
        stage.shop().checkout(day(1), Cart::of(10_000).email(&email).token(&click.token));
    }
    stage.deliver(Version::Endive).await;
    let states: Vec<CommissionState> = stage.books().await.commissions_of(stage.ada).into_iter().map(|(state, _)| state).collect();
    assert_eq!(states.iter().filter(|state| **state == HELD).count(), 1, "the third visitor of one address: {states:?}");
    assert_eq!(cases(&stage).await, open(50, &["VELOCITY"]));
    stage.finish().await;
}

#[rstest]
#[case::refunds_first(true)]
#[case::refunds_last(false)]
#[tokio::test]
async fn fr_3_a_rate_of_refunds_is_judged_at_the_time_of_the_purchase_in_whatever_order(#[case] refunds_first: bool) {
    let stage = Stage::new().await;
    stage.fraud(json!({ "signals": ["REFUND_RATE"], "refundMinimum": 3, "refundShare": 5_000, "holdScore": 50 })).await;
    let mut charges = Vec::new();
    for number in 0..4 {
        let click = stage.click(stage.ada, day(number)).await;
        let cart = Cart::of(10_000).email(&format!("buyer{number}@mail.example")).token(&click.token);
        charges.push(stage.shop().checkout(day(number), cart).1);
    }
    let sales = stage.shop().news();
    for charge in &charges[..2] {
        stage.shop().refund(day(2) + chrono::Duration::hours(1), charge, 10_000);
    }
    let refunds = stage.shop().news();
    let told = if refunds_first { [refunds, sales] } else { [sales, refunds] };
    for event in told.iter().flatten() {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
    }
    stage.drain().await;
    // Before the fourth sale three had been brought, and money of two of them had gone back: 67 %. Before the third it was none of two.
    let earned = stage.books().await.commissions_of(stage.ada).into_iter().filter(|(_, amount)| *amount > 0);
    assert_eq!(earned.collect::<Vec<_>>(), [(CommissionState::Approved, 2_000), (HELD, 2_000)]);
    assert_eq!(cases(&stage).await, open(50, &["REFUND_RATE"]));
    stage.finish().await;
}

#[tokio::test]
async fn fr_3_a_second_account_of_one_payee_is_found_and_the_first_one_is_left_alone() {
    let stage = Stage::new().await;
    let update = "mutation($input: PartnerUpdateInput!) { partnerUpdate(input: $input) { userErrors { field } } }";
    for (partner, account) in [(stage.ada.partner, "DE02 1203 0000 0000 2020 51"), (stage.bob.partner, "de02120300000000202051")] {
        stage.ask(update, json!({ "input": { "id": partner, "payoutDestination": account } })).await;
    }
    for affiliate in [stage.ada, stage.bob] {
        let click = stage.click(affiliate, day(0)).await;
        let email = format!("ann@{}.example", affiliate.code);
        stage.shop().checkout(day(3), Cart::of(10_000).email(&email).token(&click.token));
    }
    stage.deliver(Version::Endive).await;
    assert_eq!(cases(&stage).await, open(100, &["DUPLICATE_PARTNER"]));
    // Both were added at one instant; then the smaller id is the older one.
    let (first, second) = if stage.ada.partner < stage.bob.partner { (stage.ada, stage.bob) } else { (stage.bob, stage.ada) };
    let books = stage.books().await;
    assert_eq!(books.commissions_of(second), [(HELD, 2_000)]);
    assert_eq!(books.commissions_of(first), [(CommissionState::Approved, 2_000)]);
    stage.ask(update, json!({ "input": { "id": first.partner, "payoutDestination": null } })).await;
    stage.drain().await;
    assert_eq!(stage.books().await.commissions_of(second), [(CommissionState::Approved, 2_000)], "it is the only one now");
    stage.finish().await;
}
