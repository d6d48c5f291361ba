//! S21, CS-3 to CS-6: coupons and codes are made for partners, are theirs, come back as events without an effect, and are followed.

use chrono::Duration;
use entity::purchase;
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::super::text;
use super::{ACCOUNT, Ground, ground, ground_with};
use crate::support::stripe::{Bill, Discount, Key, Line};

const CODE: &str =
    "{ promotionCodes(first: 9) { nodes { stripeId code active drift assignedFrom assignedTo enrollment { id } madeBy { id } } } }";

impl Ground {
    async fn codes(&self) -> Vec<Value> {
        self.ask(CODE, json!({})).await["promotionCodes"]["nodes"].as_array().unwrap().clone()
    }

    async fn coupons(&self) -> Vec<Value> {
        let document = "{ coupons(first: 9) { nodes { stripeId name drift enrollment { id } madeBy { id kind } } } }";
        self.ask(document, json!({})).await["coupons"]["nodes"].as_array().unwrap().clone()
    }

    /// The use of a code that stands at Stripe.
    fn used(&self, stripe_id: &str) -> Discount {
        let mut shop = self.shop.lock().unwrap();
        let code = shop.codes.get(stripe_id).unwrap().clone();
        shop.discount(&code)
    }

    /// Somebody new buys with a code.
    fn buy(&self, name: &str, discount: &Discount) {
        let mut shop = self.shop.lock().unwrap();
        let now = self.app.clock.now();
        let buyer = shop.customer(now, &format!("{name}@example.com"), None);
        shop.pay(now, Bill::to(&buyer).line(Line::of(10_000)).discount(discount));
    }

    /// Why each purchase earns, the oldest first.
    async fn decided(&self) -> Vec<String> {
        let document = "{ purchases(first: 9) { nodes { purchasedAt decision { reason enrollment { id } } } } }";
        let mut rows = self.ask(document, json!({})).await["purchases"]["nodes"].as_array().unwrap().clone();
        rows.sort_by_key(|row| text(&row["purchasedAt"]));
        rows.iter().map(|row| text(&row["decision"]["reason"])).collect()
    }
}

/// Made, mapped, verified; it earns from its first second, and when Stripe tells of it nothing changes.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s21_cs_3_a_code_is_made_for_a_partner_and_its_own_events_change_nothing(#[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let coupon = ground.quarter().await;
    let made = ground.code(&coupon, "ADA25").await;
    assert_eq!((&made["status"], &made["subject"], &made["reason"]), (&json!("VERIFIED"), &json!("ADA25"), &Value::Null), "{made:#}");
    let seen = ground.codes().await;
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0]["stripeId"], &seen[0]["code"]), (&made["stripeId"], &json!("ADA25")));
    assert_eq!(seen[0]["enrollment"]["id"], json!(ground.merchant.enrollment));
    assert_eq!((&seen[0]["madeBy"]["id"], &seen[0]["drift"]), (&made["id"], &json!([])));
    assert_eq!(ground.coupons().await[0]["madeBy"]["kind"], "COUPON");
    // Somebody buys in the very same second.
    let discount = ground.used(&text(&made["stripeId"]));
    ground.buy("ann", &discount);
    ground.deliver().await;
    assert_eq!(ground.decided().await, ["COMMISSIONED"]);
    assert_eq!(ground.codes().await, seen, "what we made ourselves comes back without an effect");
    assert_eq!((ground.posts("/v1/coupons").len(), ground.posts("/v1/promotion_codes").len()), (1, 1));
    // Asked for twice with one key, it is made once.
    let input = json!({ "enrollmentId": ground.merchant.enrollment, "coupon": { "stripeId": coupon }, "idempotencyKey": "k1" });
    let first = ground.write("promotionCodeCreate", "PromotionCodeCreateInput", input.clone()).await;
    let again = ground.write("promotionCodeCreate", "PromotionCodeCreateInput", input).await;
    assert_eq!((&first["id"], &again["status"]), (&again["id"], &json!("VERIFIED")));
    assert_eq!(ground.codes_at_stripe().len(), 2);
}

/// The event may be there before the answer is taken in: then the code is known, and nobody's, until it is.
#[tokio::test]
async fn s21_an_event_that_is_faster_than_the_answer_changes_nothing_either() {
    let (ground, _) = ground(false).await;
    let coupon = ground.quarter().await;
    // The code is made, and reading it back fails.
    ground.stripe.fault(crate::support::stripe::Fault::once(super::faults::status(500, None)).on("/v1/promotion_codes/promo_"));
    let made = ground.code(&coupon, "ADA25").await;
    assert_eq!((&made["status"], &made["reason"]), (&json!("WRITTEN"), &json!("STRIPE_UNREACHABLE")));
    let discount = ground.used(&text(&made["stripeId"]));
    ground.buy("ann", &discount);
    ground.deliver().await;
    assert_eq!(ground.codes().await[0]["enrollment"], Value::Null);
    assert_ne!(ground.decided().await, ["COMMISSIONED"]);
    ground.later(Duration::seconds(10)).await;
    assert_eq!(ground.written(&text(&made["id"])).await["status"], "VERIFIED");
    assert_eq!(ground.codes().await[0]["enrollment"]["id"], json!(ground.merchant.enrollment));
    assert_eq!(ground.decided().await, ["COMMISSIONED"], "what was bought meanwhile is hers too");
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn cs_3_a_code_that_is_taken_gets_a_suffix_and_the_same_words_may_come_again_later(#[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let coupon = ground.quarter().await;
    let now = ground.app.clock.now();
    ground.shop.lock().unwrap().promotion_code(now, "ada25");
    let made = ground.code(&coupon, "ADA25").await;
    assert_eq!((&made["status"], &made["subject"]), (&json!("VERIFIED"), &json!("ADA25")), "{made:#}");
    assert_eq!(ground.codes_at_stripe(), ["ADA25-2", "ada25"]);
    // An inactive one of before is in nobody's way.
    let old = ground.shop.lock().unwrap().promotion_code(now, "SUMMER").id;
    ground.shop.lock().unwrap().change_promotion_code(now, &old, |code| code.active = false);
    ground.code(&coupon, "SUMMER").await;
    assert_eq!(ground.codes_at_stripe(), ["ADA25-2", "SUMMER", "ada25"]);
}

/// A deleted coupon, one that is not there, and an id that is taken each have their word.
#[tokio::test]
async fn cs_3_what_cannot_be_made_says_why_and_can_be_tried_again() {
    let (ground, _) = ground(false).await;
    let made = ground.code("nosuchcoupon", "ADA25").await;
    assert_eq!((&made["status"], &made["reason"], &made["retried"]), (&json!("FAILED"), &json!("COUPON_UNUSABLE"), &json!(false)));
    let coupon = json!({ "stripeId": "QUARTER", "off": { "rate": 2500 } });
    let first = ground.write("couponCreate", "CouponCreateInput", coupon.clone()).await;
    assert_eq!((&first["status"], &first["stripeId"]), (&json!("VERIFIED"), &json!("QUARTER")));
    let second = ground.write("couponCreate", "CouponCreateInput", coupon).await;
    assert_eq!((&second["status"], &second["reason"]), (&json!("FAILED"), &json!("NAME_TAKEN")));
    // The coupon appears, and the code that failed is made.
    let now = ground.app.clock.now();
    let quarter = crate::support::stripe::Coupon::quarter("nosuchcoupon".into(), now);
    ground.shop.lock().unwrap().add_coupon(quarter);
    let again = ground.write("stripeWriteRetry", "StripeWriteInput", json!({ "id": made["id"] })).await;
    assert_eq!((&again["id"], &again["status"], &again["reason"]), (&made["id"], &json!("VERIFIED"), &Value::Null), "{again:#}");
    let (code, _) = ground.write_refused("stripeWriteRetry", "StripeWriteInput", json!({ "id": made["id"] })).await;
    assert_eq!(code, "WRONG_STATE");
    ground.deliver().await;
    ground.shop.lock().unwrap().delete_coupon(now + Duration::seconds(1), "QUARTER");
    ground.deliver().await;
    let (code, message) = ground.write_refused("promotionCodeCreate", "PromotionCodeCreateInput", ground.ada("QUARTER", "X")).await;
    assert!(code == "WRONG_STATE" && message.contains("deleted"), "{message}");
}

/// CS-4: a changed discount is a new coupon with new codes, and the old codes stay mapped for their time.
#[tokio::test]
async fn cs_4_a_changed_discount_is_a_new_coupon_and_old_codes_keep_their_time() {
    let (ground, _) = ground(false).await;
    let old = ground.quarter().await;
    let first = ground.code(&old, "ADA25").await;
    let discount = ground.used(&text(&first["stripeId"]));
    ground.buy("ann", &discount);
    ground.later(Duration::minutes(1)).await;
    ground.deliver().await;
    let new = ground.write("couponCreate", "CouponCreateInput", json!({ "name": "Half", "off": { "rate": 5000 } })).await;
    let second = ground.code(&text(&new["stripeId"]), "ADA50").await;
    assert_eq!(second["status"], "VERIFIED");
    let now = ground.app.clock.now();
    ground.shop.lock().unwrap().switch_code(now, &discount, false);
    ground.deliver().await;
    ground.later(Duration::minutes(1)).await;
    let discount = ground.used(&text(&second["stripeId"]));
    ground.buy("ben", &discount);
    ground.deliver().await;
    assert_eq!(ground.decided().await, ["COMMISSIONED", "COMMISSIONED"]);
    let enrollments: Vec<Value> = ground.codes().await.iter().map(|code| code["enrollment"]["id"].clone()).collect();
    assert_eq!(enrollments, [json!(ground.merchant.enrollment), json!(ground.merchant.enrollment)]);
}

/// CS-5: what somebody changes at Stripe shows on the code and the coupon.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn cs_5_s21_drift_shows_what_was_switched_off_deleted_and_renamed_at_stripe(#[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let coupon = ground.quarter().await;
    let made = ground.code(&coupon, "ADA25").await;
    ground.deliver().await;
    assert_eq!((&ground.coupons().await[0]["drift"], &ground.codes().await[0]["drift"]), (&json!([]), &json!([])));
    ground.later(Duration::minutes(1)).await;
    let now = ground.app.clock.now();
    {
        let mut shop = ground.shop.lock().unwrap();
        let mut renamed = shop.coupons.get(&coupon).unwrap().clone();
        renamed.name = Some("Enemies".into());
        shop.change_coupon(now, renamed);
        shop.change_promotion_code(now, made["stripeId"].as_str().unwrap(), |code| code.active = false);
    }
    ground.deliver().await;
    assert_eq!((&ground.coupons().await[0]["drift"], &ground.codes().await[0]["drift"]), (&json!(["RENAMED"]), &json!(["INACTIVE"])));
    let checked = ground.write("stripeWriteCheck", "StripeWriteInput", json!({ "id": made["id"] })).await;
    assert_eq!((&checked["status"], &checked["reason"]), (&json!("FAILED"), &json!("CHANGED_ELSEWHERE")));
    ground.shop.lock().unwrap().delete_coupon(now + Duration::seconds(1), &coupon);
    ground.deliver().await;
    assert_eq!(ground.codes().await[0]["drift"], json!(["INACTIVE", "COUPON_DELETED"]));
}

/// CS-6, S6: a key that may only read tracks codes, and making them is refused before Stripe is asked.
#[tokio::test]
async fn cs_6_s_6_a_connection_that_may_only_read_imports_and_makes_nothing() {
    let reads = tributary::stripe::permission::PERMISSIONS.iter().filter(|right| right.is_needed() && !right.writes());
    let (ground, connection) = ground_with(false, Key::of(ACCOUNT, false).only(reads.map(|right| right.name))).await;
    for (mutation, kind, input) in [
        ("couponCreate", "CouponCreateInput", json!({ "off": { "rate": 2500 } })),
        ("promotionCodeCreate", "PromotionCodeCreateInput", ground.ada("QUARTER", "ADA25")),
    ] {
        let (code, message) = ground.write_refused(mutation, kind, input).await;
        assert!(code == "CAPABILITY_MISSING" && message.contains("COUPON_WRITE") && message.contains("wxyz"), "{mutation}: {message}");
    }
    assert_eq!((ground.posts("/v1/coupons"), ground.posts("/v1/promotion_codes")), (Vec::new(), Vec::new()));
    // What the merchant makes by hand is followed, mapped, and earns.
    let now = ground.app.clock.now();
    let discount = {
        let mut shop = ground.shop.lock().unwrap();
        let code = shop.promotion_code(now, "ADA25");
        shop.discount(&code)
    };
    ground.deliver_to(&connection).await;
    let assign = "mutation($input: PromotionCodeAssignInput!) { promotionCodeAssign(input: $input) { userErrors { message } } }";
    let input = json!({ "promotionCode": { "code": "ada25" }, "enrollmentId": ground.merchant.enrollment });
    let done = ground.ask(assign, json!({ "input": input })).await;
    assert_eq!(done["promotionCodeAssign"]["userErrors"], json!([]));
    ground.later(Duration::minutes(1)).await;
    ground.buy("ann", &discount);
    ground.deliver_to(&connection).await;
    assert_eq!(purchase::Entity::find().all(ground.app.services().db.read()).await.unwrap().len(), 1);
    assert_eq!(ground.decided().await, ["COMMISSIONED"]);
}
