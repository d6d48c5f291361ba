//! CN-1, S11, S14, S9: a connection keeps its id and history through every change of access, stops when access is gone, and never mixes modes.

use chrono::Duration;
use rstest::rstest;
use serde_json::json;

use super::pages::CALLBACK;
use super::{ACCOUNT, Ground, signed, text};
use crate::support::stripe::{App, Bill, Key, Line, Platform, Shop};

const KEY: &str = "rk_test_51Habcdefghijwxyz";

async fn ground(on_servers: bool) -> Ground {
    let ground = if on_servers { Ground::platform_on_servers().await } else { Ground::platform().await };
    ground.stripe.platform(Platform::new(CALLBACK, ACCOUNT));
    ground.stripe.key(KEY, Key::of(ACCOUNT, false));
    ground.platform_endpoint();
    ground
}

/// A paid bill, told by the connection's own address or by the platform's.
fn pay(ground: &Ground) {
    let mut shop = ground.shop.lock().unwrap();
    let now = ground.app.clock.now();
    let ann = shop.customer(now, "ann@example.com", Some("user-1"));
    shop.pay(now, Bill::to(&ann).line(Line::of(10_000)));
}

/// S11: key, then OAuth, then the app, then a key again: one connection, and what was bought is counted once.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s_11_another_way_keeps_id_and_history(#[case] on_servers: bool) {
    let ground = ground(on_servers).await;
    let id = ground.link(KEY).await;
    pay(&ground);
    ground.deliver_to(&id).await;
    assert_eq!(ground.purchases().await, 1);
    assert_eq!(ground.come_back(json!({ "method": "OAUTH" })).await, id);
    // The platform's endpoint tells what the connection's own told before.
    ground.deliver().await;
    assert_eq!(ground.purchases().await, 1);
    ground.app.clock.advance(Duration::seconds(5));
    pay(&ground);
    ground.deliver().await;
    assert_eq!(ground.purchases().await, 2);
    ground.stripe.app(App::new(CALLBACK, ACCOUNT, false));
    assert_eq!(ground.come_back(json!({ "method": "APP" })).await, id);
    let key = ground.change("stripeConnectionUpdate", json!({ "id": id, "key": KEY }), "id method status keyLastFour").await;
    assert_eq!(key, json!({ "id": id, "method": "API_KEY", "status": "LINKED", "keyLastFour": "wxyz" }));
    assert_eq!((ground.connections("id").await.len(), ground.purchases().await), (1, 2));
}

/// S14: the merchant takes the access back in Stripe's dashboard.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s_14_access_that_was_taken_back_stops_all_and_keeps_history(#[case] on_servers: bool) {
    let ground = ground(on_servers).await;
    let id = ground.come_back(json!({ "method": "OAUTH" })).await;
    pay(&ground);
    ground.deliver().await;
    ground.app.clock.advance(Duration::minutes(5));
    ground.shop.lock().unwrap().now = Some(ground.app.clock.now());
    ground.stripe.disconnect(ACCOUNT, false);
    ground.deliver().await;
    let seen = ground.see(&id, "status statusReason").await;
    assert_eq!(seen["status"], "DEAUTHORIZED");
    let before = ground.stripe.log().len();
    // What still comes has no effect and asks nothing; history answers.
    pay(&ground);
    ground.post_event("evt_late").await;
    assert_eq!(ground.event("evt_late").await, "IGNORED");
    ground.wait(Duration::days(2)).await;
    assert_eq!((ground.asked(before), ground.purchases().await), (Vec::new(), 1));
    // Linked again, what had been left aside is worked off.
    assert_eq!(ground.come_back(json!({ "method": "OAUTH" })).await, id);
    ground.app.drain().await;
    assert_eq!(ground.event("evt_late").await, "DONE");
}

/// S14: news of an access of before ends nothing: Stripe delivers late, and again.
#[tokio::test]
async fn s_14_late_news_of_an_older_access_ends_nothing() {
    let ground = ground(false).await;
    let id = ground.come_back(json!({ "method": "OAUTH" })).await;
    ground.app.clock.advance(Duration::minutes(1));
    ground.shop.lock().unwrap().now = Some(ground.app.clock.now());
    ground.stripe.disconnect(ACCOUNT, false);
    ground.app.clock.advance(Duration::hours(1));
    assert_eq!(ground.come_back(json!({ "method": "OAUTH" })).await, id);
    ground.deliver().await;
    assert_eq!(ground.see(&id, "status").await["status"], "LINKED");
    // A pasted key has nothing to do with the platform's access.
    ground.change("stripeConnectionUpdate", json!({ "id": id, "key": KEY }), "id").await;
    ground.app.clock.advance(Duration::hours(1));
    ground.shop.lock().unwrap().now = Some(ground.app.clock.now());
    ground.stripe.disconnect(ACCOUNT, false);
    ground.deliver().await;
    assert_eq!(ground.see(&id, "status").await["status"], "LINKED");
}

/// CN-1: leaving by the merchant's own wish gives the access back where Stripe allows it, and says what else is to be done where not.
#[tokio::test]
async fn cn_1_unlinking_revokes_at_stripe_where_that_is_possible() {
    let ground = ground(false).await;
    let id = ground.come_back(json!({ "method": "OAUTH" })).await;
    let off = ground.change("stripeConnectionUnlink", json!({ "id": id }), "id status statusReason").await;
    assert_eq!(off, json!({ "id": id, "status": "UNLINKED", "statusReason": null }));
    assert_eq!(ground.asked(0).iter().filter(|asked| *asked == "/oauth/deauthorize").count(), 1);
    assert_eq!(ground.come_back(json!({ "method": "OAUTH" })).await, id, "and back");
    // Stripe is away: the merchant leaves all the same, and hears what is left to do.
    ground.stripe.fail_next(&[503]);
    let off = ground.change("stripeConnectionUnlink", json!({ "id": id }), "status statusReason").await;
    assert!(off["status"] == "UNLINKED" && text(&off["statusReason"]).contains("Installed extensions"), "{off}");
    ground.stripe.app(App::new(CALLBACK, ACCOUNT, false));
    assert_eq!(ground.come_back(json!({ "method": "APP" })).await, id);
    let off = ground.change("stripeConnectionUnlink", json!({ "id": id }), "statusReason").await;
    assert!(text(&off["statusReason"]).contains("uninstall the app"), "{off}");
    // An account that was proved before is not mixed with another's, even after a time apart.
    ground.stripe.add(Shop::of("acct_1Other", false));
    ground.stripe.key("rk_test_of_another_account", Key::of("acct_1Other", false));
    let (code, message) = ground.refused("stripeConnectionUpdate", json!({ "id": id, "key": "rk_test_of_another_account" })).await;
    assert!(code == "NOT_ALLOWED" && message.contains(ACCOUNT), "{message}");
}

/// S9: both modes of one account at once, with the same ids at Stripe.
#[tokio::test]
async fn s_9_test_and_live_stand_side_by_side() {
    let ground = ground(false).await;
    ground.stripe.add(Shop::of(ACCOUNT, true));
    let live_key = KEY.replace("test", "live");
    ground.stripe.key(&live_key, Key::of(ACCOUNT, true));
    let test = ground.link(KEY).await;
    let document = "mutation($input: StripeConnectionCreateInput!) { stripeConnectionCreate(input: $input) {
        stripeConnection { id account mode } userErrors { code } } }";
    let input = json!({ "input": { "name": "Stripe", "key": live_key } });
    let made = ground.app.graphql(document).bearer(&ground.merchant.token).mode("live").variables(input).data().await;
    let live = made["stripeConnectionCreate"]["stripeConnection"].clone();
    assert_eq!((&live["account"], &live["mode"]), (&json!(ACCOUNT), &json!("LIVE")));
    let body = |livemode: bool, id: &str| {
        json!({ "id": id, "object": "event", "type": "invoice.paid", "created": ground.app.clock.now().timestamp(), "livemode": livemode,
            "data": { "object": { "id": "in_1", "object": "invoice", "status": "paid", "currency": "usd", "total": 5_000, "amount_paid": 5_000,
                "customer": "cus_1", "created": ground.app.clock.now().timestamp(),
                "lines": { "object": "list", "has_more": false, "data": [] } } } })
        .to_string()
        .into_bytes()
    };
    for (id, livemode) in [(test.as_str(), false), (live["id"].as_str().unwrap(), true)] {
        let (path, secret) = ground.own_endpoint(id, livemode).await;
        for (mode, event) in [(livemode, "evt_1"), (!livemode, "evt_2")] {
            let body = body(mode, event);
            let header = signed(&ground.app, &body, &secret);
            assert_eq!(ground.app.post(&path).header("stripe-signature", header).body(body).send().await.unwrap().status(), 200);
        }
    }
    ground.app.drain().await;
    for mode in ["test", "live"] {
        let document = "{ purchases(first: 5) { nodes { key total { amount } } } inboxEvents(first: 9) { nodes { status } } }";
        let seen = ground.app.graphql(document).bearer(&ground.merchant.token).mode(mode).data().await;
        assert_eq!(seen["purchases"]["nodes"], json!([{ "key": "invoice:in_1", "total": { "amount": "5000" } }]), "{mode}: {seen:#}");
        let mut states: Vec<_> = seen["inboxEvents"]["nodes"].as_array().unwrap().iter().map(|row| text(&row["status"])).collect();
        states.sort();
        assert_eq!(states, ["DONE", "IGNORED"], "{mode}: what is of the other mode has no effect (IN-3)");
    }
}
