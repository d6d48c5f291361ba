//! CN-3: the doctor names each thing that is wrong with a connection, and the exact thing to do.

use std::collections::BTreeMap;

use chrono::{Duration, Utc};
use serde_json::{Value, json};

use super::pages::CALLBACK;
use super::{ACCOUNT, Ground, signed, text};
use crate::support::stripe::{Endpoint, Key, Platform};

const KEY: &str = "rk_test_51Habcdefghijwxyz";

/// A ground whose clock is the machine's, as the pretended Stripe's answers are dated by that.
async fn ground() -> Ground {
    let ground = Ground::platform().await;
    ground.app.clock.set(Utc::now());
    ground.stripe.set_now(ground.app.clock.now());
    ground.stripe.key(KEY, Key::of(ACCOUNT, false));
    ground
}

/// What the doctor finds: severity, message and fix, by code.
async fn findings(ground: &Ground, id: &str) -> BTreeMap<String, (String, String, String)> {
    let seen = ground.see(id, "doctor { code severity message fix }").await;
    let rows = seen["doctor"].as_array().unwrap().clone();
    let severities: Vec<String> = rows.iter().map(|row| text(&row["severity"])).collect();
    let rank = |severity: &String| ["ERROR", "WARNING", "NOTE"].iter().position(|known| known == severity).unwrap();
    assert!(severities.is_sorted_by_key(rank), "the gravest first: {severities:?}");
    let row = |row: &Value| (text(&row["code"]), (text(&row["severity"]), text(&row["message"]), text(&row["fix"])));
    rows.iter().map(row).collect()
}

/// The one finding there is.
async fn only(ground: &Ground, id: &str) -> (String, String, String, String) {
    let found = findings(ground, id).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    let (code, (severity, message, fix)) = found.into_iter().next().unwrap();
    (code, severity, message, fix)
}

async fn look(ground: &Ground, id: &str) {
    ground.change("stripeConnectionCheck", json!({ "id": id }), "id").await;
}

fn endpoint(id: &str, url: &str) -> Endpoint {
    Endpoint {
        id: id.into(),
        created: Utc::now(),
        url: url.into(),
        events: vec!["*".into()],
        version: None,
        version_name: Some("2026-09-30.endive".into()),
        connect: false,
        description: None,
        enabled: true,
        secrets: vec!["whsec_mine0123456".into()],
        metadata: Default::default(),
    }
}

#[tokio::test]
async fn cn_3_a_connection_that_is_well_has_no_findings() {
    let ground = ground().await;
    let id = ground.link(KEY).await;
    assert_eq!(findings(&ground, &id).await, BTreeMap::new());
}

#[tokio::test]
async fn cn_3_a_missing_permission_is_named_with_what_it_costs() {
    let ground = ground().await;
    let rights = tributary::stripe::permission::PERMISSIONS.iter().map(|permission| permission.name);
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(rights.filter(|name| *name != "coupon_write")));
    let id = ground.link(KEY).await;
    let (code, severity, message, fix) = only(&ground, &id).await;
    assert_eq!((code.as_str(), severity.as_str()), ("PERMISSION_MISSING", "NOTE"));
    assert!(message.contains("Coupons: write") && message.contains("CREATE_CODES") && !message.contains("IMPORT_CODES"), "{message}");
    assert!(fix.contains("wxyz") && fix.contains("Coupons: write"), "{fix}");
}

/// The endpoint at Stripe: missing, disabled, without events, of another version, doubled.
#[tokio::test]
async fn cn_3_what_is_wrong_with_the_endpoint_is_named() {
    let ground = ground().await;
    let rights = ["webhook_read", "charge_read", "accounts_kyc_basic_read"];
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(rights));
    let made = json!({ "name": "Stripe", "key": KEY, "webhookSecret": "whsec_mine0123456" });
    let made = ground.change("stripeConnectionCreate", made, "id webhookUrl").await;
    let (id, url) = (text(&made["id"]), text(&made["webhookUrl"]));
    let found = |found: &BTreeMap<String, (String, String, String)>| {
        found.keys().filter(|code| code.starts_with("WEBHOOK")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(found(&findings(&ground, &id).await), ["WEBHOOK_MISSING"]);
    let (severity, _, fix) = findings(&ground, &id).await["WEBHOOK_MISSING"].clone();
    assert!(severity == "ERROR" && fix.contains(&url) && fix.contains("stripeConnectionRegisterWebhook"), "{fix}");
    let change = |change: fn(&mut Endpoint)| {
        let mut one = endpoint("we_mine", &url);
        change(&mut one);
        ground.shop.lock().unwrap().endpoints.insert(one);
    };
    change(|_| {});
    look(&ground, &id).await;
    assert_eq!(found(&findings(&ground, &id).await), ["WEBHOOK_EVENTS_UNUSED"], "all events are asked for");
    change(|one| (one.enabled, one.events, one.version_name) = (false, vec!["invoice.paid".into()], None));
    look(&ground, &id).await;
    let all = findings(&ground, &id).await;
    assert_eq!(found(&all), ["WEBHOOK_DISABLED", "WEBHOOK_EVENTS_MISSING", "WEBHOOK_VERSION"]);
    assert!(all["WEBHOOK_DISABLED"].2.contains("we_mine"), "{all:?}");
    assert!(
        all["WEBHOOK_EVENTS_MISSING"].1.contains("charge.refunded") && !all["WEBHOOK_EVENTS_MISSING"].1.contains("invoice.paid,"),
        "{all:?}"
    );
    assert!(all["WEBHOOK_VERSION"].1.contains("the account's default"), "{all:?}");
    change(|_| {});
    ground.shop.lock().unwrap().endpoints.insert(endpoint("we_second", &url));
    look(&ground, &id).await;
    assert!(found(&findings(&ground, &id).await).contains(&"WEBHOOK_DOUBLED".to_owned()));
}

/// Secrets: none, stale, and somebody who knocks.
#[tokio::test]
async fn cn_3_a_stale_secret_is_told_from_a_strangers_knocking() {
    let ground = ground().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(["charge_read"]));
    let id = ground.link(KEY).await;
    let found = findings(&ground, &id).await;
    assert!(found["SECRET_MISSING"].0 == "ERROR" && found["SECRET_MISSING"].2.contains("stripeConnectionAddWebhookSecret"), "{found:#?}");
    let (path, secret) = ground.own_endpoint(&id, false).await;
    let post = async |id: &str, secret: &str| {
        let body = json!({ "id": id, "object": "event", "type": "customer.created", "created": ground.app.clock.now().timestamp(),
            "livemode": false, "data": { "object": { "id": "cus_1", "object": "customer" } } });
        let body = body.to_string().into_bytes();
        let header = signed(&ground.app, &body, secret);
        ground.app.post(&path).header("stripe-signature", header).body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(post("evt_1", "whsec_another0123456").await, 400);
    let found = findings(&ground, &id).await;
    assert!(found["SECRET_STALE"].0 == "ERROR" && found["SECRET_STALE"].1.contains("1 deliveries"), "{found:#?}");
    ground.app.clock.advance(Duration::seconds(5));
    assert_eq!(post("evt_1", &secret).await, 200);
    ground.app.drain().await;
    let found = findings(&ground, &id).await;
    assert!(!found.contains_key("SECRET_STALE") && found["SIGNATURE_FAILURES"].0 == "WARNING", "{found:#?}");
    // A crowd is counted at most once a second, and forgotten after a week.
    ground.app.clock.advance(Duration::seconds(2));
    for _ in 0..5 {
        assert_eq!(post("evt_2", "whsec_another0123456").await, 400);
    }
    assert!(findings(&ground, &id).await["SECRET_STALE"].1.starts_with("2 deliveries"));
    ground.app.clock.advance(Duration::days(8));
    let found = findings(&ground, &id).await;
    assert!(!found.contains_key("SIGNATURE_FAILURES") && !found.contains_key("SECRET_STALE"), "{found:#?}");
}

/// What arrived: nothing for an hour, of the other mode, waiting, failed.
#[tokio::test]
async fn cn_3_what_arrives_or_does_not_is_named() {
    let ground = ground().await;
    let id = ground.link(KEY).await;
    ground.app.clock.advance(Duration::minutes(61));
    let found = findings(&ground, &id).await;
    assert!(found["NO_EVENTS"].0 == "WARNING" && found["NO_EVENTS"].2.contains("test event"), "{found:#?}");
    let (path, secret) = ground.own_endpoint(&id, false).await;
    let post = async |event: Value| {
        let body = event.to_string().into_bytes();
        let header = signed(&ground.app, &body, &secret);
        assert_eq!(ground.app.post(&path).header("stripe-signature", header).body(body).send().await.unwrap().status(), 200);
    };
    let now = ground.app.clock.now().timestamp();
    let event = |id: &str, kind: &str, livemode: bool, object: Value| json!({ "id": id, "object": "event", "type": kind, "created": now, "livemode": livemode, "data": { "object": object } });
    post(event("evt_known", "customer.created", false, json!({ "id": "cus_1", "object": "customer" }))).await;
    ground.app.drain().await;
    post(event("evt_live", "charge.succeeded", true, json!({ "id": "ch_1", "object": "charge" }))).await;
    // Something that was a customer is no charge: an event that fails each time.
    let odd = json!({ "id": "cus_1", "object": "charge", "amount": 5_000, "currency": "usd", "status": "succeeded", "captured": true });
    post(event("evt_odd", "charge.succeeded", false, odd)).await;
    ground.app.clock.advance(Duration::minutes(6));
    let found = findings(&ground, &id).await;
    assert!(found["MODE_MISMATCH"].1.starts_with("1 events") && found["BACKLOG"].1.starts_with("1 events"), "{found:#?}");
    for _ in 0..13 {
        ground.app.drain().await;
        ground.app.clock.advance(Duration::hours(1));
    }
    let found = findings(&ground, &id).await;
    assert!(found["FAILED_EVENTS"].0 == "ERROR" && found["FAILED_EVENTS"].2.contains("inboxEventReplay"), "{found:#?}");
    assert!(!found.contains_key("BACKLOG"), "{found:#?}");
}

#[tokio::test]
async fn cn_3_clocks_that_differ_are_named() {
    let ground = ground().await;
    ground.app.clock.advance(Duration::minutes(2));
    let id = ground.link(KEY).await;
    let (code, severity, message, fix) = only(&ground, &id).await;
    assert_eq!((code.as_str(), severity.as_str()), ("CLOCK_SKEW", "WARNING"));
    assert!(message.contains("seconds ahead of Stripe's") && fix.contains("NTP"), "{message}");
    ground.app.clock.advance(Duration::minutes(3));
    look(&ground, &id).await;
    assert_eq!(only(&ground, &id).await.1, "ERROR");
}

#[tokio::test]
async fn cn_3_access_that_is_gone_or_too_great_is_named() {
    let ground = ground().await;
    let key = "sk_test_51Habcdefghijwxyz";
    ground.stripe.key(key, Key::of(ACCOUNT, false));
    let made = json!({ "name": "Stripe", "key": key, "allowSecretKey": true });
    let id = text(&ground.change("stripeConnectionCreate", made, "id").await["id"]);
    let (code, severity, _, fix) = only(&ground, &id).await;
    assert!(code == "FULL_KEY" && severity == "WARNING" && fix.contains("restricted key"), "{fix}");
    ground.stripe.revoke(key);
    look(&ground, &id).await;
    let found = findings(&ground, &id).await;
    assert!(found["DEAUTHORIZED"].0 == "ERROR" && found["DEAUTHORIZED"].2.contains("stripeConnectionUpdate"), "{found:#?}");
    ground.change("stripeConnectionUnlink", json!({ "id": id }), "id").await;
    assert_eq!(findings(&ground, &id).await["NOT_LINKED"].0, "NOTE");
}

/// A connection by consent hears of its events at the platform's address, whose secret is the operator's to give.
#[tokio::test]
async fn cn_3_a_platform_without_a_secret_is_named() {
    let ground = Ground::set(|setup, base| {
        let setup = setup.flag(&format!("--stripe-connect={base}")).flag("--stripe-client-id-test=ca_test_platform");
        setup.flag("--stripe-platform-key-test=sk_test_platform_0123456789")
    })
    .await;
    ground.app.clock.set(Utc::now());
    ground.stripe.set_now(ground.app.clock.now());
    ground.stripe.platform(Platform::new(CALLBACK, ACCOUNT));
    let id = ground.come_back(json!({ "method": "OAUTH", "scope": "READ_WRITE" })).await;
    let (code, severity, _, fix) = only(&ground, &id).await;
    assert_eq!((code.as_str(), severity.as_str()), ("SECRET_MISSING", "ERROR"));
    assert!(fix.contains("TRIBUTARY_STRIPE_PLATFORM_WEBHOOK_SECRETS_TEST"), "{fix}");
}
