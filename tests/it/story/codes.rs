//! The life of a partner's code: switched off and on, its coupon deleted, told in any order.

use chrono::{DateTime, Utc};
use entity::value::DecisionReason;
use rstest::rstest;

use crate::support::stage::{Stage, day};
use crate::support::stripe::{Bill, Discount, Event, Line, Version};

const EARNED: (DecisionReason, i64, i64) = (DecisionReason::Commissioned, 10_000, 2_000);
const NOT_THEIRS: (DecisionReason, i64, i64) = (DecisionReason::CodeInactive, 0, 0);

/// Somebody new who uses the code.
fn use_code(stage: &Stage, at: DateTime<Utc>, code: &Discount) {
    let mut shop = stage.shop();
    let buyer = shop.customer(at, &format!("{}@example.com", at.timestamp()), None);
    shop.pay(at, Bill::to(&buyer).subscription("sub_1").line(Line::of(10_000)).discount(code));
}

/// Delivers these events in this order, each worked off before the next.
async fn tell(stage: &Stage, events: impl IntoIterator<Item = &Event>, version: Version) {
    for event in events.into_iter().filter(|event| event.exists_in(version)) {
        assert_eq!(stage.send(event, version).await, 200);
        stage.drain().await;
    }
    stage.wait_until(day(30)).await;
}

#[derive(Clone, Copy, Debug)]
enum Order {
    AsItHappened,
    Backwards,
    /// The first is told when everything else is settled.
    FirstLast,
}

#[rstest]
#[tokio::test]
async fn cs_5_at_8_in_6_a_code_is_nobodys_while_it_is_switched_off_in_whatever_order_that_is_told(
    #[values(Order::AsItHappened, Order::Backwards, Order::FirstLast)] order: Order,
    #[values(Version::Old, Version::Endive)] version: Version,
) {
    let stage = Stage::new().await;
    let code = stage.code_of(stage.bob, "BOB25", day(0)).await;
    use_code(&stage, day(1), &code);
    let bought = stage.shop().news();
    stage.shop().switch_code(day(2), &code, false);
    let mut news = stage.shop().news();
    stage.shop().switch_code(day(4), &code, true);
    for at in [3, 5] {
        use_code(&stage, day(at), &code);
    }
    news.extend(bought);
    news.extend(stage.shop().news());
    match order {
        Order::AsItHappened => news.sort_by_key(|event| event.at),
        Order::Backwards => news.sort_by_key(|event| std::cmp::Reverse(event.at)),
        Order::FirstLast => news.rotate_left(1),
    }
    tell(&stage, &news, version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED, NOT_THEIRS, EARNED], "{order:?}");
    assert_eq!(books.owed(stage.bob), 4_000);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn cs_5_a_deleted_coupon_ends_all_of_its_codes_from_then_on(#[values(true, false)] told_late: bool) {
    let stage = Stage::new().await;
    let code = stage.code_of(stage.bob, "BOB25", day(0)).await;
    use_code(&stage, day(1), &code);
    stage.shop().delete_coupon(day(2), &code.coupon.id);
    // Bills of old versions show the whole coupon, which says nothing of its end.
    for at in [3, 5] {
        use_code(&stage, day(at), &code);
    }
    let mut news = stage.shop().news();
    if told_late {
        news.sort_by_key(|event| event.kind == "coupon.deleted");
    }
    tell(&stage, &news, Version::Old).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [EARNED, NOT_THEIRS, NOT_THEIRS]);
    assert_eq!(books.owed(stage.bob), 2_000);
    stage.finish().await;
}
