//! What somebody who is nobody to the merchant can do on a page, and what they cannot (SN-4, RF-1).

use chrono::Duration;
use entity::value::{CommissionState, DecisionReason};
use rstest::rstest;
use serde_json::json;

use crate::support::stage::{Stage, day};
use crate::support::stripe::{Bill, Cart, Line, Version};

type Decided = (DecisionReason, i64, i64);
const EARNED: Decided = (DecisionReason::Commissioned, 10_000, 2_000);
const UNKNOWN: Decided = (DecisionReason::UnknownCustomer, 0, 0);
const ANN: &str = "ann@example.com";
const EVE: &str = "eve@example.com";

fn bill(customer: &str) -> Bill {
    Bill::to(customer).line(Line::of(10_000))
}

#[rstest]
#[tokio::test]
async fn sn_4_rf_1_a_strangers_email_that_is_added_to_an_id_takes_nothing_back(
    #[values(false, true)] with_a_click: bool,
    #[values(false, true)] email_was_known: bool,
) {
    let stage = Stage::new().await;
    stage.shop().checkout(day(0), Cart::of(10_000).email(EVE));
    let click = stage.click(stage.ada, day(5)).await;
    let known = email_was_known.then_some(ANN);
    stage.page_tells(json!({ "externalId": "user-1", "email": known, "token": click.token }), day(6)).await;
    let ann = stage.shop().customer(day(7), ANN, Some("user-1"));
    stage.shop().pay(day(7), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [UNKNOWN, EARNED]);
    assert!(stage.pay_out(stage.ada).await);
    let token = if with_a_click { Some(stage.click(stage.bob, day(8)).await.token) } else { None };
    stage.page_tells(json!({ "externalId": "user-1", "email": EVE, "token": token }), day(8)).await;
    stage.shop().pay(day(40), bill(&ann));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [UNKNOWN, EARNED, EARNED]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Paid, 2_000), (CommissionState::Approved, 2_000)]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn sn_4_a_partner_cannot_claim_buyers_for_an_account_of_their_own(#[values(false, true)] with_a_click: bool) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "ada-alt", "email": "ada@alt.example", "token": click.token }), day(1)).await;
    let eve = stage.shop().customer(day(5), EVE, None);
    stage.shop().pay(day(5), bill(&eve));
    stage.deliver(Version::Endive).await;
    let token = with_a_click.then_some(&click.token);
    stage.page_tells(json!({ "externalId": "ada-alt", "email": EVE, "token": token }), day(6)).await;
    assert_eq!(stage.books().await.decided(), [UNKNOWN]);
    stage.finish().await;
}

#[tokio::test]
async fn sn_4_a_partner_cannot_claim_a_buyer_for_an_account_that_is_made_up_for_it() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    let eve = stage.shop().customer(day(5), EVE, None);
    stage.shop().pay(day(5), bill(&eve));
    stage.deliver(Version::Endive).await;
    stage.page_tells(json!({ "externalId": "made-up", "email": EVE, "token": click.token }), day(6)).await;
    stage.page_tells(json!({ "email": EVE, "token": click.token }), day(6)).await;
    stage.shop().pay(day(7), bill(&eve));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert!(books.decided().iter().all(|one| one.2 == 0), "{:?}", books.decided());
    assert_eq!(books.owed(stage.ada), 0);
    stage.finish().await;
}

#[tokio::test]
async fn fr_1_sn_4_a_stranger_on_a_page_puts_nobody_s_commission_on_hold() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": "ada@partner.example", "token": click.token }), day(1)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    let ann = stage.shop().customer(day(2), ANN, Some("user-1"));
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    assert_eq!(books.customers[0].email.as_deref(), Some(ANN), "Stripe's word goes before a page's");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn in_6_a_customer_is_called_what_those_say_who_are_believed_in_any_order(#[values(false, true)] page_first: bool) {
    let stage = Stage::new().await;
    for by_page in [page_first, !page_first] {
        let (name, at) = if by_page == page_first { ("Somebody", day(1)) } else { ("Ann Example", day(2)) };
        let name = if by_page { "Nobody" } else { name };
        let told = json!({ "externalId": "user-1", "email": ANN, "name": name });
        if by_page { stage.page_tells(told, at).await } else { stage.server_tells(told, at).await }
    }
    let called = stage.books().await.customers[0].name.clone();
    assert_eq!(called.as_deref(), Some(if page_first { "Ann Example" } else { "Somebody" }), "never what the page said");
    stage.finish().await;
}

#[tokio::test]
async fn fr_1_fr_2_only_the_click_that_brought_the_customer_is_looked_at() {
    let stage = Stage::new().await;
    stage.fraud(json!({ "signals": ["PAID_AD"] })).await;
    let first = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": first.token }), day(1)).await;
    let ann = stage.shop().customer(day(2), ANN, Some("user-1"));
    let stranger = stage.click_from(stage.ada, day(1), ("gclid=1", "https://search.example/", "203.0.113.7")).await;
    stage.page_tells(json!({ "externalId": "user-1", "token": stranger.token }), day(1)).await;
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.finish().await;
}

#[rstest]
#[case::at_once(&[(true, true)])]
#[case::click_first(&[(false, true), (true, true)])]
#[case::email_first(&[(true, false), (true, true)])]
#[tokio::test]
async fn id_4_what_the_page_says_of_ones_own_sign_up_ties_what_one_buys_by_email(#[case] calls: &[(bool, bool)]) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    for (seconds, (email, token)) in (0..).zip(calls) {
        let (email, token) = (email.then_some(ANN), token.then_some(&click.token));
        stage.page_tells(json!({ "externalId": "user-1", "email": email, "token": token }), day(1) + Duration::seconds(seconds)).await;
    }
    let ann = stage.shop().customer(day(2), ANN, None);
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn rf_1_a_crowd_with_the_email_takes_nothing_back(#[values(false, true)] by_server: bool) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    let ann = stage.shop().customer(day(2), ANN, None);
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    for n in 0..55 {
        let (who, at) = (json!({ "externalId": format!("crowd-{n}"), "email": ANN }), day(3) + Duration::minutes(n));
        if by_server {
            stage.server_tells(who, at).await;
        } else {
            stage.page_tells(who, at).await;
        }
    }
    stage.shop().pay(day(40), bill(&ann));
    stage.deliver(Version::Endive).await;
    let second = if by_server { (DecisionReason::AmbiguousCustomer, 0, 0) } else { EARNED };
    assert_eq!(stage.books().await.decided(), [EARNED, second]);
    stage.finish().await;
}

#[tokio::test]
async fn at_2_sn_4_a_stranger_who_signs_up_with_the_email_before_the_click_is_no_conversion() {
    let stage = Stage::new().await;
    stage.page_tells(json!({ "email": ANN }), day(0)).await;
    let click = stage.click(stage.ada, day(1)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(2)).await;
    let ann = stage.shop().customer(day(3), ANN, Some("user-1"));
    stage.shop().pay(day(3), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.finish().await;
}

#[tokio::test]
async fn at_2_sn_4_a_stranger_who_tells_of_the_id_before_the_click_is_no_conversion_where_the_server_tells_as_well() {
    let stage = Stage::new().await;
    stage.page_tells(json!({ "externalId": "user-1" }), day(0)).await;
    let click = stage.click(stage.ada, day(1)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(2)).await;
    stage.server_tells(json!({ "externalId": "user-1", "email": ANN }), day(2) + Duration::seconds(5)).await;
    let ann = stage.shop().customer(day(3), ANN, Some("user-1"));
    stage.shop().pay(day(3), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.finish().await;
}

#[tokio::test]
async fn id_4_sn_4_a_stranger_who_was_quicker_with_the_email_does_not_make_it_ambiguous() {
    let stage = Stage::new().await;
    stage.page_tells(json!({ "externalId": "stranger", "email": ANN }), day(0)).await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    let ann = stage.shop().customer(day(2), ANN, None);
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.finish().await;
}

#[tokio::test]
async fn at_13_sn_4_an_old_click_that_a_page_names_for_somebodys_id_takes_nothing() {
    let stage = Stage::new().await;
    let click = stage.click(stage.bob, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-5", "email": ANN }), day(1)).await;
    let ann = stage.shop().customer(day(3), ANN, Some("user-5"));
    stage.shop().pay(day(3), bill(&ann));
    stage.deliver(Version::Endive).await;
    stage.page_tells(json!({ "externalId": "user-5", "token": click.token }), day(300)).await;
    stage.shop().pay(day(310), bill(&ann));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert!(books.decided().iter().all(|(reason, ..)| *reason != DecisionReason::Commissioned), "{:?}", books.decided());
    assert_eq!(books.owed(stage.bob), 0);
    stage.finish().await;
}
