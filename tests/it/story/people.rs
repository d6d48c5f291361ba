//! Who the customer is, and what makes somebody one: sign-ups told in any order, attempts that led to nothing, names that were wrong.

use entity::value::DecisionReason;
use rstest::rstest;

use crate::support::stage::{Stage, day};
use crate::support::stripe::{Cart, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

#[rstest]
#[tokio::test]
async fn at_3_at_13_a_checkout_that_was_left_is_no_purchase_and_binds_nobody(#[values(true, false)] as_guest: bool) {
    let stage = Stage::new().await;
    let first = stage.click(stage.ada, day(0)).await;
    let cart =
        |customer: Option<&String>| Cart { customer: customer.filter(|_| !as_guest).cloned(), ..Cart::of(10_000).email("ann@example.com") };
    let ann = {
        let mut shop = stage.shop();
        let ann = shop.customer(day(1), "ann@example.com", None);
        shop.abandon(day(1), cart(Some(&ann)).token(&first.token));
        ann
    };
    stage.deliver(Version::Endive).await;
    assert!(stage.books().await.purchases.is_empty() && stage.books().await.bindings.is_empty());
    let last = stage.click_again(&first, stage.bob, day(3)).await;
    stage.shop().checkout(day(4), cart(Some(&ann)).token(&last.token));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000)]);
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (0, 2_000), "the last click");
    stage.finish().await;
}
