//! S4: each kind of trouble has its word; what passes is tried again, what does not waits for somebody, and exactly one thing is made.

use std::time::Duration as Lasting;

use chrono::Duration;
use entity::outbox_message;
use rstest::rstest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tributary::service::stripe_write::{TOPIC, carry};

use super::super::text;
use super::{Ground, ground};
use crate::support::stripe::{Fault, Trouble};

/// Trouble that is an answer of this status.
pub fn status(status: u16, retry_after: Option<u64>) -> Trouble {
    Trouble::Status { status, should_retry: None, retry_after }
}

/// Hits the first time that a code is made: the request before looks whether it is there.
fn on_making(trouble: Trouble) -> Fault {
    Fault::once(trouble).on("/v1/promotion_codes").every(2)
}

/// The answer breaks off, comes as a page of something in between, or too late: the code is there, and stays the only one.
#[rstest]
#[case(Trouble::Cut, false)]
#[case(Trouble::Cut, true)]
#[case(Trouble::Garbage, false)]
#[case(Trouble::Garbage, true)]
#[tokio::test]
async fn s4_cs_3_a_connection_cut_after_the_code_was_made_leaves_exactly_one(#[case] trouble: Trouble, #[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let coupon = ground.quarter().await;
    ground.stripe.fault(on_making(trouble));
    let made = ground.code(&coupon, "ADA25").await;
    assert_eq!((&made["status"], &made["reason"], &made["retried"]), (&json!("PENDING"), &json!("STRIPE_UNREACHABLE"), &json!(true)));
    assert!(text(&made["advice"]).starts_with("wait"), "{made:#}");
    assert_eq!(ground.codes_at_stripe(), ["ADA25"], "it is there already");
    ground.later(Duration::seconds(10)).await;
    let made = ground.written(&text(&made["id"])).await;
    assert_eq!((&made["status"], &made["attempts"]), (&json!("VERIFIED"), &json!(2)), "{made:#}");
    assert_eq!((ground.codes_at_stripe().len(), ground.posts("/v1/promotion_codes").len()), (1, 1));
}

/// The worker dies after Stripe made it and before it noted so.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s4_cs_3_a_worker_that_dies_between_call_and_record_leaves_exactly_one(#[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let coupon = ground.quarter().await;
    ground.stripe.fault(on_making(Trouble::Slow(Lasting::from_secs(30))));
    let asked = ground.ask_to_write("promotionCodeCreate", "PromotionCodeCreateInput", ground.ada(&coupon, "ADA25")).await;
    let id = text(&asked["stripeWrite"]["id"]);
    let payload = json!({ "write": id });
    let made = async {
        while ground.codes_at_stripe().is_empty() {
            tokio::time::sleep(Lasting::from_millis(5)).await;
        }
    };
    tokio::select! {
        ended = carry(ground.app.services(), &payload) => panic!("Stripe answered: {ended:?}"),
        () = made => {}
    }
    let seen = ground.written(&id).await;
    assert_eq!((&seen["status"], &seen["stripeId"]), (&json!("PENDING"), &Value::Null), "nobody noted it");
    // While the dead one's time is not over, nobody else begins.
    ground.later(Duration::seconds(30)).await;
    assert_eq!(ground.posts("/v1/promotion_codes").len(), 1);
    ground.later(Duration::minutes(2)).await;
    assert_eq!(ground.written(&id).await["status"], "VERIFIED");
    assert_eq!((ground.codes_at_stripe().len(), ground.posts("/v1/promotion_codes").len()), (1, 1));
}

/// Too many calls: it is waited as long as Stripe asks, and the key stays.
#[tokio::test]
async fn s4_too_many_calls_are_waited_out_as_long_as_stripe_asks() {
    let (ground, _) = ground(false).await;
    let coupon = ground.quarter().await;
    ground.stripe.fault(on_making(status(429, Some(60))));
    let made = ground.code(&coupon, "ADA25").await;
    assert_eq!((&made["status"], &made["reason"]), (&json!("PENDING"), &json!("RATE_LIMITED")));
    let asked = ground.stripe.log().len();
    ground.later(Duration::seconds(59)).await;
    assert_eq!(ground.stripe.log().len(), asked, "nobody asks before");
    ground.later(Duration::seconds(2)).await;
    assert_eq!(ground.written(&text(&made["id"])).await["status"], "VERIFIED");
    let keys = ground.posts("/v1/promotion_codes");
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
}

/// Stripe keeps its own faults under a key, so the next attempt has another one.
#[tokio::test]
async fn s4_after_a_fault_of_stripes_the_next_attempt_has_another_key() {
    let (ground, _) = ground(false).await;
    let coupon = ground.quarter().await;
    ground.stripe.fault(on_making(status(500, None)));
    let made = ground.code(&coupon, "ADA25").await;
    assert_eq!((&made["status"], &made["reason"]), (&json!("PENDING"), &json!("STRIPE_UNREACHABLE")));
    ground.later(Duration::seconds(10)).await;
    assert_eq!(ground.written(&text(&made["id"])).await["status"], "VERIFIED");
    let keys = ground.posts("/v1/promotion_codes");
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
    assert_eq!(ground.codes_at_stripe(), ["ADA25"]);
}

/// A right that is taken away, and a key that is revoked: both are said, and mended by a retry.
#[tokio::test]
async fn s4_a_missing_right_and_an_ended_key_wait_for_somebody() {
    let (ground, connection) = ground(false).await;
    let coupon = ground.quarter().await;
    ground.stripe.forbid("/v1/promotion_codes");
    let made = ground.code(&coupon, "ADA25").await;
    assert_eq!((&made["status"], &made["reason"], &made["retried"]), (&json!("FAILED"), &json!("PERMISSION_MISSING"), &json!(false)));
    ground.later(Duration::days(1)).await;
    assert_eq!(ground.codes_at_stripe().len(), 0, "nobody tries by himself");
    ground.stripe.allow("/v1/promotion_codes");
    let again = ground.write("stripeWriteRetry", "StripeWriteInput", json!({ "id": made["id"] })).await;
    assert_eq!(again["status"], "VERIFIED");
    ground.stripe.revoke(super::KEY);
    let ended = ground.code(&coupon, "LATER").await;
    assert_eq!((&ended["status"], &ended["reason"]), (&json!("FAILED"), &json!("CONNECTION_ENDED")));
    assert_eq!(ground.see(&connection, "status").await["status"], "DEAUTHORIZED", "S14");
    let (code, _) = ground.write_refused("couponCreate", "CouponCreateInput", json!({ "off": { "rate": 2500 } })).await;
    assert_eq!(code, "NOT_FOUND", "no account is linked any more");
}

/// Trouble that does not end is given up within a day, and the message with it.
#[tokio::test]
async fn s4_trouble_without_an_end_is_given_up() {
    let (ground, _) = ground(false).await;
    let coupon = ground.quarter().await;
    ground.stripe.fault(Fault::once(status(503, None)).on("/v1/promotion_codes").times(1_000));
    let made = ground.code(&coupon, "ADA25").await;
    for _ in 0..24 {
        ground.later(Duration::hours(1)).await;
    }
    let seen = ground.written(&text(&made["id"])).await;
    assert_eq!((&seen["status"], &seen["reason"], &seen["attempts"]), (&json!("FAILED"), &json!("STRIPE_UNREACHABLE"), &json!(20)));
    assert_eq!(ground.messages().await, Vec::<String>::new());
    ground.stripe.calm();
    let again = ground.write("stripeWriteRetry", "StripeWriteInput", json!({ "id": made["id"] })).await;
    assert_eq!(again["status"], "VERIFIED");
}

impl Ground {
    /// What the outbox still owes to Stripe.
    async fn messages(&self) -> Vec<String> {
        let owed = outbox_message::Entity::find().filter(outbox_message::Column::Topic.eq(TOPIC));
        let rows = owed.all(self.app.services().db.read()).await.unwrap();
        rows.into_iter().filter(|row| row.finished_at.is_none()).map(|row| row.key).collect()
    }
}
