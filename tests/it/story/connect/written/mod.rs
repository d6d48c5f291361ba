//! S2, S4, S21: what is written to Stripe is asked for over GraphQL, carried out by a worker, and read back.

mod codes;
mod details;
mod faults;
mod referral;

use chrono::Duration;
use serde_json::{Value, json};

use super::{ACCOUNT, Ground, text};
use crate::support::stripe::Key;

const KEY: &str = "rk_test_51Habcdefghijwxyz";
/// The fields of a write that stories look at.
const FIELDS: &str = "id kind status reason retried advice stripeId subject attempts nextAttemptAt verifiedAt";

/// A merchant whose key may everything, on one of the databases.
async fn ground(on_servers: bool) -> (Ground, String) {
    ground_with(on_servers, Key::of(ACCOUNT, false)).await
}

async fn ground_with(on_servers: bool, key: Key) -> (Ground, String) {
    let ground = Ground::set(|setup, _| if on_servers { setup.postgres().redis() } else { setup }).await;
    ground.stripe.key(KEY, key);
    ground.shop.lock().unwrap().now = Some(ground.app.clock.now());
    let id = ground.link(KEY).await;
    (ground, id)
}

impl Ground {
    /// Runs a mutation whose payload is a write, or what of it was refused.
    async fn ask_to_write(&self, mutation: &str, kind: &str, input: Value) -> Value {
        let document = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ stripeWrite {{ {FIELDS} }} userErrors {{ field code message }} }} }}"
        );
        let done = self.ask(&document, json!({ "input": input })).await[mutation].clone();
        assert!(!done.to_string().contains(KEY), "a key is shown: {done}");
        done
    }

    /// Has something written, and works off what is due. Gives the write as it stands then.
    async fn write(&self, mutation: &str, kind: &str, input: Value) -> Value {
        let done = self.ask_to_write(mutation, kind, input).await;
        assert_eq!(done["userErrors"], json!([]), "{mutation}");
        self.app.drain().await;
        self.written(&text(&done["stripeWrite"]["id"])).await
    }

    /// The code and the message of a refusal.
    async fn write_refused(&self, mutation: &str, kind: &str, input: Value) -> (String, String) {
        let done = self.ask_to_write(mutation, kind, input).await;
        assert_eq!(done["stripeWrite"], Value::Null, "{mutation}");
        (text(&done["userErrors"][0]["code"]), text(&done["userErrors"][0]["message"]))
    }

    /// A write as it stands.
    async fn written(&self, id: &str) -> Value {
        let document = format!("query($id: ID!) {{ stripeWrite(id: $id) {{ {FIELDS} }} }}");
        let seen = self.ask(&document, json!({ "id": id })).await["stripeWrite"].clone();
        assert!(!seen.to_string().contains(KEY), "a key is shown: {seen}");
        seen
    }

    /// Lets time pass, and works off what is due then.
    async fn later(&self, time: Duration) {
        self.app.clock.advance(time);
        self.shop.lock().unwrap().now = Some(self.app.clock.now());
        self.stripe.set_now(self.app.clock.now());
        self.app.drain().await;
    }

    /// A coupon of a quarter, made from here. Gives its id at Stripe.
    async fn quarter(&self) -> String {
        let made = self.write("couponCreate", "CouponCreateInput", json!({ "name": "Friends", "off": { "rate": 2500 } })).await;
        assert_eq!((&made["status"], &made["reason"]), (&json!("VERIFIED"), &Value::Null), "{made:#}");
        text(&made["stripeId"])
    }

    /// What is asked for a code of Ada's.
    fn ada(&self, coupon: &str, code: &str) -> Value {
        json!({ "enrollmentId": self.merchant.enrollment, "coupon": { "stripeId": coupon }, "code": code })
    }

    /// Has a code of Ada's made.
    async fn code(&self, coupon: &str, code: &str) -> Value {
        self.write("promotionCodeCreate", "PromotionCodeCreateInput", self.ada(coupon, code)).await
    }

    /// How often something was posted to a path with this word, and with which idempotency keys.
    fn posts(&self, word: &str) -> Vec<String> {
        let seen = self.stripe.seen().into_iter().filter(|seen| seen.asked.method == "POST" && seen.asked.path.contains(word));
        seen.filter(|seen| !seen.asked.path.contains("tributary_probe")).map(|seen| seen.asked.idempotency.unwrap_or_default()).collect()
    }

    /// The texts of the codes at Stripe that can be used.
    fn codes_at_stripe(&self) -> Vec<String> {
        let shop = self.shop.lock().unwrap();
        let mut codes: Vec<String> = shop.codes.values().filter(|code| code.active).map(|code| code.code.clone()).collect();
        codes.sort();
        codes
    }
}
