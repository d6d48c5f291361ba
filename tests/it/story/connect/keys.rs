//! S1, CN-2: what a restricted key may is found out by questions that change nothing, and each feature says what it lacks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use serde_json::{Value, json};
use tributary::stripe::permission::PERMISSIONS;

use super::{ACCOUNT, Ground, text};
use crate::support::stripe::{Fault, Key, Trouble};

const KEY: &str = "rk_test_51Habcdefghijwxyz";
const RIGHTS: &str = "permissions { permission state name neededFor } capabilities { capability state missing advice }";

/// Every right that something uses, as Stripe names it.
fn all() -> Vec<&'static str> {
    PERMISSIONS.iter().filter(|permission| permission.is_needed()).map(|permission| permission.name).collect()
}

/// The states of the rights, by Stripe's names.
fn states(seen: &Value) -> BTreeMap<String, String> {
    let rows = seen["permissions"].as_array().unwrap();
    rows.iter().map(|row| (text(&row["name"]), text(&row["state"]))).collect()
}

fn capability(seen: &Value, name: &str) -> Value {
    seen["capabilities"].as_array().unwrap().iter().find(|row| row["capability"] == name).unwrap().clone()
}

#[tokio::test]
async fn s_1_a_key_without_charge_write_is_linked_and_says_what_it_cannot_do() {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(all().into_iter().filter(|name| *name != "charge_write")));
    let before = ground.shop.lock().unwrap().events.values().count();
    let id = ground.link(&format!(" {KEY}\n")).await;
    let seen = ground.see(&id, &format!("status mode account accountVerifiedAt keyLastFour checkedAt {RIGHTS}")).await;
    assert_eq!((&seen["status"], &seen["mode"], &seen["keyLastFour"]), (&json!("LINKED"), &json!("TEST"), &json!("wxyz")));
    assert_eq!((&seen["account"], seen["accountVerifiedAt"].is_string(), seen["checkedAt"].is_string()), (&json!(ACCOUNT), true, true));
    for (name, state) in states(&seen) {
        let expected = match name.as_str() {
            "charge_write" => "MISSING",
            "dispute_write" | "file_write" | "order_write" => "NOT_NEEDED",
            _ => "GRANTED",
        };
        assert_eq!(state, expected, "{name}");
    }
    let shipping = capability(&seen, "WRITE_SHIPPING");
    assert_eq!((&shipping["state"], &shipping["missing"]), (&json!("MISSING"), &json!(["CHARGE_WRITE"])));
    let advice = text(&shipping["advice"]);
    assert!(
        advice.contains("wxyz") && advice.contains("Charges and Refunds: write") && advice.contains("stripeConnectionCheck"),
        "{advice}"
    );
    let rest = seen["capabilities"].as_array().unwrap().iter().filter(|row| row["capability"] != "WRITE_SHIPPING");
    assert!(rest.clone().count() >= 12 && rest.clone().all(|row| row["state"] == "GRANTED"), "{seen:#}");
    assert_eq!(ground.shop.lock().unwrap().events.values().count(), before, "nothing happened at Stripe");
    assert!(!seen.to_string().contains(KEY));
}

/// CN-2: each right is found by its own question: a key with one right alone has that one, and none to write but that one.
#[tokio::test]
async fn cn_2_each_right_is_told_from_the_others() {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only([]));
    let id = ground.link(KEY).await;
    let seen = ground.see(&id, RIGHTS).await;
    let needed: BTreeSet<String> = all().into_iter().map(str::to_owned).collect();
    assert!(states(&seen).iter().all(|(name, state)| state == if needed.contains(name) { "MISSING" } else { "NOT_NEEDED" }), "{seen:#}");
    for alone in all() {
        ground.stripe.key(KEY, Key::of(ACCOUNT, false).only([alone]));
        let seen = ground.change("stripeConnectionCheck", json!({ "id": id }), RIGHTS).await;
        let states = states(&seen);
        assert_eq!(states[alone], "GRANTED", "{alone}");
        let others = states.iter().filter(|(name, _)| name.ends_with("_write") && *name != alone && needed.contains(*name));
        assert!(others.clone().count() > 3 && others.clone().all(|(_, state)| state == "MISSING"), "{alone}: {states:?}");
    }
}

/// S1: a right that is granted later is found without a new key, at the latest a day after.
#[tokio::test]
async fn s_1_a_key_that_gets_more_rights_is_looked_at_every_day() {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(["customer_read"]));
    let id = ground.link(KEY).await;
    assert_eq!(states(&ground.see(&id, RIGHTS).await)["coupon_write"], "MISSING");
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(["customer_read", "coupon_write"]));
    ground.wait(Duration::hours(23)).await;
    assert_eq!(states(&ground.see(&id, RIGHTS).await)["coupon_write"], "MISSING");
    ground.wait(Duration::hours(1)).await;
    assert_eq!(states(&ground.see(&id, RIGHTS).await)["coupon_write"], "GRANTED");
}

/// What Stripe does not answer is not known: neither granted nor missing. It is asked again within minutes.
#[tokio::test]
async fn s_1_without_an_answer_a_right_is_unknown_and_asked_again() {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(all()));
    ground.stripe.fault(Fault::once(Trouble::Status { status: 500, should_retry: None, retry_after: None }).times(1000));
    let id = ground.link(KEY).await;
    let seen = ground.see(&id, &format!("status account {RIGHTS}")).await;
    assert_eq!((&seen["status"], &seen["account"]), (&json!("LINKED"), &json!(null)));
    assert!(states(&seen).values().all(|state| state == "UNKNOWN" || state == "NOT_NEEDED"), "{seen:#}");
    assert_eq!(capability(&seen, "CREATE_CODES")["state"], "UNKNOWN");
    assert_eq!(ground.asked(0).len(), 2, "who does not answer one question is not asked twenty");
    // The pretended Stripe fails no more; nobody has to do anything.
    ground.stripe.calm();
    ground.wait(Duration::minutes(15)).await;
    let seen = ground.see(&id, &format!("account {RIGHTS}")).await;
    assert_eq!((&seen["account"], &states(&seen)["charge_write"]), (&json!(ACCOUNT), &"GRANTED".to_owned()));
}

/// S1: a key that can do everything needs a word; then all is granted without twenty questions.
#[tokio::test]
async fn s_1_a_secret_key_is_taken_only_when_it_is_meant() {
    let ground = Ground::new().await;
    let key = "sk_test_51Habcdefghijwxyz";
    ground.stripe.key(key, Key::of(ACCOUNT, false));
    let input = json!({ "name": "Stripe", "key": key });
    let (code, message) = ground.refused("stripeConnectionCreate", input).await;
    assert!(code == "NOT_ALLOWED" && message.contains("restricted key") && !message.contains(key), "{message}");
    assert_eq!(ground.asked(0), Vec::<String>::new(), "a key that is refused is sent nowhere");
    let meant = json!({ "name": "Stripe", "key": key, "allowSecretKey": true });
    let id = text(&ground.change("stripeConnectionCreate", meant, "id").await["id"]);
    let seen = ground.see(&id, RIGHTS).await;
    assert!(states(&seen).values().all(|state| state == "GRANTED" || state == "NOT_NEEDED"), "{seen:#}");
    let probes = ground.asked(0).into_iter().filter(|asked| asked.ends_with("?limit=1") || asked.contains("tributary_probe"));
    assert_eq!(probes.count(), 0, "what it may needs no question");
}

/// S14: a key that Stripe does not know any more ends the connection at the next use; nothing is asked from then on.
#[tokio::test]
async fn s_14_a_revoked_key_ends_the_connection_when_it_is_used() {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false).only(all()));
    let id = ground.link(KEY).await;
    ground.stripe.revoke(KEY);
    let seen = ground.change("stripeConnectionCheck", json!({ "id": id }), "status statusReason keyLastFour permissions { state }").await;
    assert_eq!(seen["status"], "DEAUTHORIZED");
    assert!(text(&seen["statusReason"]).contains("does not accept the key"), "{seen}");
    let before = ground.stripe.log().len();
    ground.wait(Duration::days(3)).await;
    ground.change("stripeConnectionCheck", json!({ "id": id }), "id").await;
    assert_eq!(ground.asked(before), Vec::<String>::new());
    let new = "rk_test_51Hanotherkey1234";
    ground.stripe.key(new, Key::of(ACCOUNT, false).only(all()));
    let again = ground.change("stripeConnectionUpdate", json!({ "id": id, "key": new }), "id status statusReason keyLastFour").await;
    assert_eq!(again, json!({ "id": id, "status": "LINKED", "statusReason": null, "keyLastFour": "1234" }));
}
