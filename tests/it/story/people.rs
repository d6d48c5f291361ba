//! Who the customer is, and what makes somebody one: sign-ups told in any order, attempts that led to nothing, names that were wrong.

use chrono::Duration;
use entity::value::{DecisionReason, Duration as Lasting, LedgerAccount, Terms};
use rstest::rstest;
use serde_json::json;

use crate::support::stage::{Setup, Stage, day, no_hold};
use crate::support::stripe::{Bill, Cart, Event, Line, Version};

type Decided = (DecisionReason, i64, i64);
const EARNED: Decided = (DecisionReason::Commissioned, 10_000, 2_000);
const AMBIGUOUS: Decided = (DecisionReason::AmbiguousCustomer, 0, 0);
const ANN: &str = "ann@example.com";

/// A bill of 100.00 to a customer of Stripe's.
fn bill(customer: &str) -> Bill {
    Bill::to(customer).subscription("sub_1").line(Line::of(10_000))
}

/// Delivers these events in this order, each worked off before the next.
async fn tell(stage: &Stage, events: &[Event]) {
    for event in events.iter().filter(|event| event.exists_in(Version::Endive)) {
        assert_eq!(stage.send(event, Version::Endive).await, 200);
        stage.drain().await;
    }
}

#[rstest]
#[tokio::test]
async fn at_3_at_13_a_checkout_that_was_left_is_no_purchase_and_binds_nobody(#[values(true, false)] as_guest: bool) {
    let stage = Stage::new().await;
    let first = stage.click(stage.ada, day(0)).await;
    let cart = |customer: Option<&String>| Cart { customer: customer.filter(|_| !as_guest).cloned(), ..Cart::of(10_000).email(ANN) };
    let ann = {
        let mut shop = stage.shop();
        let ann = shop.customer(day(1), ANN, None);
        shop.abandon(day(1), cart(Some(&ann)).token(&first.token));
        ann
    };
    stage.deliver(Version::Endive).await;
    assert!(stage.books().await.purchases.is_empty() && stage.books().await.bindings.is_empty());
    let last = stage.click_again(&first, stage.bob, day(3)).await;
    stage.shop().checkout(day(4), cart(Some(&ann)).token(&last.token));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED]);
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (0, 2_000), "the last click");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn s_15_at_6_a_sign_up_of_the_page_and_one_of_the_server_add_up_in_any_order(#[values(true, false)] server_first: bool) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    for by_server in [server_first, !server_first] {
        let at = if by_server == server_first { day(1) } else { day(1) + Duration::seconds(5) };
        if by_server {
            stage.server_tells(json!({ "externalId": "user-1", "email": ANN }), at).await;
        } else {
            stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), at).await;
        }
    }
    let ann = stage.shop().customer(day(2), ANN, Some("user-1"));
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    assert_eq!(stage.books().await.customers[0].signed_up_at, Some(day(1)), "the earliest one");
    stage.finish().await;
}

#[rstest]
#[case(json!({ "externalId": "user-1" }))]
#[case(json!({ "externalId": "user-1", "email": ANN }))]
#[tokio::test]
async fn s_15_s_19_the_server_may_name_the_partner_after_the_page_told_of_the_sign_up(#[case] page: serde_json::Value) {
    let stage = Stage::new().await;
    stage.page_tells(page, day(1)).await;
    let partner = json!({ "linkCode": { "code": "ada" } });
    stage.server_tells(json!({ "externalId": "user-1", "email": ANN, "partner": partner }), day(1) + Duration::seconds(5)).await;
    let ann = stage.shop().customer(day(2), ANN, Some("user-1"));
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.finish().await;
}

#[tokio::test]
async fn s_15_a_later_call_that_gives_the_email_settles_what_a_guest_with_it_bought() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.shop().checkout(day(2), Cart::of(10_000).email(ANN));
    stage.deliver(Version::Endive).await;
    stage.page_tells(json!({ "externalId": "user-1", "token": click.token }), day(3)).await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::UnknownCustomer, 0, 0)]);
    stage.server_tells(json!({ "externalId": "user-1", "email": ANN }), day(3) + Duration::seconds(5)).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.finish().await;
}

#[tokio::test]
async fn s_19_at_13_a_partner_whom_the_server_names_after_the_purchase_earns_as_in_e34() {
    let stage = Stage::new().await;
    let ann = stage.shop().customer(day(2), ANN, None);
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [(DecisionReason::UnknownCustomer, 0, 0)]);
    let partner = json!({ "linkCode": { "code": "ada" } });
    stage.server_tells(json!({ "externalId": "user-1", "email": ANN, "partner": partner }), day(2) + Duration::minutes(5)).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    assert_eq!(stage.books().await.owed(stage.ada), 2_000);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn id_1_id_4_a_sign_up_by_email_alone_and_the_merchants_id_of_the_same_email_are_one_person(#[values(true, false)] by_stripe: bool) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "email": ANN, "token": click.token }), day(1)).await;
    let ann = stage.shop().customer(day(2), ANN, by_stripe.then_some("user-1"));
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED]);
    stage.server_tells(json!({ "externalId": "user-1", "email": ANN }), day(3)).await;
    stage.shop().pay(day(4), bill(&ann));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED; 2]);
    assert_eq!(books.entries_of(stage.ada), [2_000, 2_000], "nothing was taken back in between");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn id_4_rf_1_sn_4_a_stranger_who_signs_up_with_the_email_takes_nothing_back(#[values(true, false)] with_a_click: bool) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    let ann = stage.shop().customer(day(2), ANN, None);
    stage.shop().pay(day(2), bill(&ann));
    stage.deliver(Version::Endive).await;
    assert!(stage.pay_out(stage.ada).await);
    let token = if with_a_click { Some(stage.click(stage.bob, day(3)).await.token) } else { None };
    stage.page_tells(json!({ "externalId": "stranger", "email": ANN, "token": token }), day(3)).await;
    stage.shop().pay(day(4), bill(&ann));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED; 2], "nobody takes an e-mail that is somebody's by showing a click");
    assert_eq!(books.balance(stage.ada.partner, LedgerAccount::PartnerPayable), EARNED.2);
    assert_eq!(books.owed(stage.bob), 0);
    stage.finish().await;
}

#[tokio::test]
async fn id_4_a_second_customer_with_the_email_is_settled_together_with_those_who_had_it() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    let ann = stage.shop().customer(day(5), ANN, None);
    stage.shop().pay(day(5), bill(&ann));
    stage.deliver(Version::Endive).await;
    let minutes = Duration::minutes(50);
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(5) + minutes).await;
    assert_eq!(stage.books().await.decided(), [EARNED], "the buyer's own settling is not waited for");
    stage.shop().pay(day(8), bill(&ann));
    stage.deliver(Version::Endive).await;
    stage.server_tells(json!({ "externalId": "user-2", "email": ANN }), day(7)).await;
    assert_eq!(stage.books().await.decided(), [EARNED, AMBIGUOUS], "told late, but true before the second purchase");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn id_6_rf_1_in_6_an_id_that_was_corrected_is_taken_back_in_any_order(
    #[values([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0])] order: [usize; 3],
    #[values(false, true)] is_somebody_elses: bool,
) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    if is_somebody_elses {
        let click = stage.click(stage.bob, day(0)).await;
        stage.page_tells(json!({ "externalId": "user-typo", "email": "eve@example.com", "token": click.token }), day(1)).await;
    }
    let parts: [Vec<Event>; 3] = {
        let mut shop = stage.shop();
        let ann = shop.customer(day(2), ANN, Some("user-typo"));
        let created = shop.news();
        shop.pay(day(3), bill(&ann));
        let paid = shop.news();
        shop.rename(day(4), &ann, "user-1");
        [created, paid, shop.news()]
    };
    for part in order {
        tell(&stage, &parts[part]).await;
    }
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED]);
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (2_000, 0));
    let live = books.customers.iter().filter(|customer| customer.merged_into.is_none()).count();
    assert_eq!(live, if is_somebody_elses { 2 } else { 1 });
    stage.finish().await;
}

#[tokio::test]
async fn id_4_without_e_mail_matching_customers_with_one_email_are_not_mixed() {
    let stage = Stage::set(Setup { terms: Terms { email_match: false, ..no_hold() }, ..Setup::default() }).await;
    let code = stage.code_of(stage.bob, "BOB25", day(0)).await;
    let click = stage.click(stage.ada, day(3)).await;
    {
        let mut shop = stage.shop();
        let existing = shop.customer(day(1), ANN, None);
        shop.pay(day(1), bill(&existing));
        let ann = shop.customer(day(2), ANN, None);
        shop.pay(day(2), bill(&ann).discount(&code));
        let other = shop.customer(day(5), ANN, None);
        shop.store_card(day(5), Cart::default().customer(&other).email(ANN).token(&click.token));
        shop.pay(day(12), bill(&other));
        shop.pay(day(33), bill(&ann));
    }
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(DecisionReason::UnknownCustomer, 0, 0), EARNED, EARNED, EARNED]);
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (2_000, 4_000));
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn id_2_id_5_a_guest_who_carries_the_click_of_a_sign_up_is_that_person(#[values(true, false)] guest_told_first: bool) {
    let terms = Terms { duration: Lasting::FirstOnly, ..no_hold() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": click.token }), day(1)).await;
    let ann = stage.shop().customer(day(1), ANN, Some("user-1"));
    stage.shop().pay(day(2), bill(&ann));
    let known = stage.shop().news();
    stage.shop().checkout(day(3), Cart::of(10_000).email("ann@work.example").token(&click.token));
    let guest = stage.shop().news();
    let parts = if guest_told_first { [guest, known] } else { [known, guest] };
    for part in parts {
        tell(&stage, &part).await;
    }
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED, (DecisionReason::FirstOnly, 10_000, 0)]);
    stage.finish().await;
}

#[tokio::test]
async fn id_6_a_click_in_a_shared_link_does_not_make_two_customers_of_stripe_one() {
    let terms = Terms { duration: Lasting::FirstOnly, ..no_hold() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    let click = stage.click(stage.ada, day(0)).await;
    for (at, email) in [(1, ANN), (2, "eve@example.com")] {
        let mut shop = stage.shop();
        let buyer = shop.customer(day(at), email, None);
        shop.checkout(day(at), Cart::of(10_000).email(email).customer(&buyer).token(&click.token));
    }
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.decided(), [EARNED; 2]);
    stage.finish().await;
}

#[tokio::test]
async fn id_7_of_two_who_turn_out_to_be_one_the_older_binding_stays_and_both_are_settled_anew() {
    let stage = Stage::new().await;
    let first = stage.click(stage.ada, day(0)).await;
    stage.page_tells(json!({ "externalId": "user-1", "email": ANN, "token": first.token }), day(1)).await;
    let second = stage.click(stage.bob, day(2)).await;
    let ann = stage.shop().customer(day(3), "ann@work.example", None);
    stage.shop().checkout(day(3), Cart::of(10_000).email("ann@work.example").customer(&ann).token(&second.token));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.bob), 2_000, "two people so far");
    stage.shop().rename(day(4), &ann, "user-1");
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED]);
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (2_000, 0));
    let loser = stage.bob.enrollment.to_string();
    assert!(books.decision().candidates.as_array().unwrap().iter().any(|candidate| candidate["enrollment"] == loser.as_str()));
    assert_eq!(books.customers.iter().filter(|customer| customer.merged_into.is_some()).count(), 1);
    stage.finish().await;
}
