//! Webhook endpoints that are registered for the merchant, where the key may: found again, exact, pinned, repaired; a guide where it may not.

use std::collections::BTreeSet;

use chrono::Duration;
use rstest::rstest;
use serde_json::{Value, json};
use tributary::stripe::event::registered;

use super::{ACCOUNT, Ground, text};
use crate::support::app::PUBLIC_URL;
use crate::support::stripe::{Bill, Endpoint, Fault, Key, Line, Trouble};

const KEY: &str = "rk_test_51Habcdefghijwxyz";
const FIELDS: &str = "webhookEndpoint webhookUrl webhookGuide webhookSecrets { fingerprint }";

async fn ground() -> Ground {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false));
    ground
}

/// The endpoints at Stripe.
fn endpoints(ground: &Ground) -> Vec<Endpoint> {
    ground.shop.lock().unwrap().endpoints.values().cloned().collect()
}

fn alter(ground: &Ground, id: &str, change: impl FnOnce(&mut Endpoint)) {
    change(ground.shop.lock().unwrap().endpoints.get_mut(id).unwrap());
}

/// Looks at the connection, as is done every day.
async fn look(ground: &Ground, id: &str) -> Value {
    ground.change("stripeConnectionCheck", json!({ "id": id }), FIELDS).await
}

fn is_right(ground: &Ground, id: &str) {
    let all = endpoints(ground);
    let [one] = &all[..] else { panic!("{all:?}") };
    let wanted: BTreeSet<String> = registered().map(str::to_owned).collect();
    assert_eq!(one.events.iter().cloned().collect::<BTreeSet<_>>(), wanted);
    assert_eq!((one.version_name.as_deref(), one.enabled, one.connect), (Some("2026-09-30.endive"), true, false));
    assert_eq!(one.metadata.get("tributary_connection").map(String::as_str), Some(id));
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn cn_3_an_endpoint_is_registered_and_its_deliveries_count(#[case] on_servers: bool) {
    let ground = if on_servers { Ground::set(|setup, _| setup.postgres().redis()).await } else { Ground::new().await };
    ground.stripe.key(KEY, Key::of(ACCOUNT, false));
    let id = ground.link(KEY).await;
    is_right(&ground, &id);
    let seen = ground.see(&id, FIELDS).await;
    let one = endpoints(&ground).remove(0);
    assert_eq!((&seen["webhookEndpoint"], &seen["webhookUrl"]), (&json!(one.id), &json!(one.url)));
    assert_eq!((seen["webhookSecrets"].as_array().unwrap().len(), &seen["webhookGuide"]), (1, &json!([])));
    {
        let mut shop = ground.shop.lock().unwrap();
        let ann = shop.customer(ground.app.clock.now(), "ann@example.com", None);
        shop.pay(ground.app.clock.now(), Bill::to(&ann).line(Line::of(10_000)));
    }
    ground.deliver().await;
    assert_eq!(ground.purchases().await, 1, "what Stripe signs with the secret that it told once is accepted");
    // Looking again, and every day, changes nothing that is right.
    let before = ground.stripe.seen().len();
    look(&ground, &id).await;
    ground.wait(Duration::days(1)).await;
    let writes: Vec<_> = ground.stripe.seen().split_off(before).into_iter().filter(|seen| seen.asked.method != "GET").collect();
    assert!(writes.iter().all(|seen| seen.asked.path.contains("tributary_probe")), "{writes:?}");
    is_right(&ground, &id);
}

/// What somebody changed at Stripe is put right; events that are too many are taken out as well.
#[tokio::test]
async fn cn_3_drift_is_repaired() {
    let ground = ground().await;
    let id = ground.link(KEY).await;
    let endpoint = endpoints(&ground).remove(0).id;
    type Change = fn(&mut Endpoint);
    let drifts: [Change; 5] = [
        |one| one.enabled = false,
        |one| one.events.truncate(3),
        |one| one.events.push("payout.paid".into()),
        |one| one.url = "https://old.example/webhooks".into(),
        |one| one.events = vec!["*".into()],
    ];
    for drift in drifts {
        alter(&ground, &endpoint, drift);
        look(&ground, &id).await;
        is_right(&ground, &id);
        assert_eq!(endpoints(&ground)[0].id, endpoint, "it was changed, not made anew");
    }
    // The version cannot be changed, so another one takes its place; deliveries of the old one that are still on their way are accepted.
    alter(&ground, &endpoint, |one| (one.version, one.version_name) = (None, Some("2024-06-20".into())));
    let seen = look(&ground, &id).await;
    is_right(&ground, &id);
    assert_ne!(endpoints(&ground)[0].id, endpoint);
    assert_eq!(seen["webhookSecrets"].as_array().unwrap().len(), 2);
    // Somebody removed it.
    ground.shop.lock().unwrap().endpoints.remove(&endpoints(&ground)[0].id);
    ground.wait(Duration::days(1)).await;
    is_right(&ground, &id);
}

/// The answer in which Stripe tells the secret, this once, is lost. The endpoint is found again by its mark, and replaced.
#[tokio::test]
async fn cn_3_an_endpoint_whose_secret_was_lost_is_replaced() {
    let ground = ground().await;
    ground.stripe.fault(Fault::once(Trouble::Cut).on("/v1/webhook_endpoints").every(4));
    let id = ground.link(KEY).await;
    assert_eq!(endpoints(&ground).len(), 1, "it was made");
    assert_eq!(ground.see(&id, FIELDS).await["webhookSecrets"], json!([]), "and nobody knows its secret");
    let lost = endpoints(&ground).remove(0).id;
    let seen = look(&ground, &id).await;
    is_right(&ground, &id);
    let one = endpoints(&ground).remove(0);
    assert!(one.id != lost && seen["webhookEndpoint"] == json!(one.id), "{seen}");
    assert_eq!(seen["webhookSecrets"].as_array().unwrap().len(), 1);
}

/// What the merchant made by hand stays as it is.
#[tokio::test]
async fn cn_3_endpoints_of_others_are_left_alone() {
    let ground = ground().await;
    let (fields, input) = (format!("id {FIELDS}"), json!({ "name": "Stripe", "key": KEY, "webhookSecret": "whsec_ofmyown0123" }));
    let made = ground.change("stripeConnectionCreate", input, &fields).await;
    assert!(endpoints(&ground).is_empty(), "who brings a secret has an endpoint");
    assert!(!made["webhookGuide"].as_array().unwrap().is_empty());
    let mine = Endpoint {
        id: "we_mine".into(),
        created: ground.app.clock.now(),
        url: "https://elsewhere.example/".into(),
        events: vec!["*".into()],
        version: None,
        version_name: None,
        connect: false,
        description: Some("mine".into()),
        enabled: true,
        secrets: vec!["whsec_mine".into()],
        metadata: Default::default(),
    };
    ground.shop.lock().unwrap().endpoints.insert(mine);
    let id = text(&made["id"]);
    let seen = ground.change("stripeConnectionRegisterWebhook", json!({ "id": id }), FIELDS).await;
    assert_eq!(seen["webhookSecrets"].as_array().unwrap().len(), 2, "both endpoints may deliver until one is removed");
    let all = endpoints(&ground);
    assert!(all.len() == 2 && all.iter().any(|one| one.id == "we_mine" && one.events == ["*"]), "{all:?}");
    // Sixteen is the most that an account has.
    let off = ground.change("stripeConnectionUnlink", json!({ "id": id }), "statusReason webhookEndpoint").await;
    assert_eq!((endpoints(&ground).len(), &off["webhookEndpoint"]), (1, &json!(null)), "leaving takes ours away");
    assert!(text(&off["statusReason"]).contains("remove the key"), "{off}");
}

/// A feature that the key may not do is refused by name, and a guide says what to do by hand.
#[tokio::test]
async fn cn_2_a_key_that_may_not_gets_a_guide() {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(["charge_read", "webhook_read"]));
    let id = ground.link(KEY).await;
    let (code, message) = ground.refused("stripeConnectionRegisterWebhook", json!({ "id": id })).await;
    assert!(code == "CAPABILITY_MISSING" && message.contains("WEBHOOK_WRITE") && message.contains("Webhook Endpoints: write"), "{message}");
    assert!(endpoints(&ground).is_empty());
    let seen = ground.see(&id, FIELDS).await;
    let guide = seen["webhookGuide"].to_string();
    assert!(guide.contains(seen["webhookUrl"].as_str().unwrap()) && guide.contains("stripeConnectionAddWebhookSecret"), "{guide}");
    assert!(registered().all(|event| guide.contains(event)), "{guide}");
    assert!(guide.contains(&format!("{PUBLIC_URL}/webhooks/stripe/")));
}

/// Stripe allows no more than sixteen: the merchant hears that, and nothing of theirs is touched.
#[tokio::test]
async fn cn_3_an_account_without_room_says_so() {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(["charge_read"]));
    let id = ground.link(KEY).await;
    for number in 0..16 {
        let one = Endpoint {
            id: format!("we_{number}"),
            created: ground.app.clock.now(),
            url: format!("https://elsewhere.example/{number}"),
            events: vec!["*".into()],
            version: None,
            version_name: None,
            connect: false,
            description: None,
            enabled: true,
            secrets: vec!["whsec_mine".into()],
            metadata: Default::default(),
        };
        ground.shop.lock().unwrap().endpoints.insert(one);
    }
    ground.stripe.key(KEY, Key::of(ACCOUNT, false));
    look(&ground, &id).await;
    let (code, message) = ground.refused("stripeConnectionRegisterWebhook", json!({ "id": id })).await;
    assert!(code == "WRONG_STATE" && message.contains("16"), "{message}");
    assert_eq!(endpoints(&ground).len(), 16);
}
