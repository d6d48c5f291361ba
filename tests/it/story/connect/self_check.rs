//! S3, SC-1: any id of Stripe's leads to its purchase, or to the step at which the way ends.

use serde_json::{Value, json};

use super::{ACCOUNT, Ground, text};
use crate::support::stripe::{Bill, Cart, Fault, Key, Line, Shipping, Shop, Trouble};

const KEY: &str = "rk_test_51Habcdefghijwxyz";

async fn ground() -> (Ground, String) {
    let ground = Ground::new().await;
    ground.stripe.key(KEY, Key::of(ACCOUNT, false));
    let id = ground.link(KEY).await;
    (ground, id)
}

impl Ground {
    async fn check(&self, id: &str) -> Value {
        let document = "query($id: String!) { selfCheck(id: $id) { code foundInStripe dashboardUrl steps { kind outcome text advice }
            failed { kind advice } stripeConnection { id } purchase { key decision { reason } } shipping { carrier trackingNumbers } } }";
        self.ask(document, json!({ "id": id })).await["selfCheck"].clone()
    }

    /// The code, and the step that failed.
    async fn fails(&self, id: &str) -> (String, String) {
        let seen = self.check(id).await;
        assert!(!text(&seen["failed"]["advice"]).is_empty());
        (text(&seen["code"]), text(&seen["failed"]["kind"]))
    }
}

fn fails(code: &str, step: &str) -> (String, String) {
    (code.to_owned(), step.to_owned())
}

/// Every kind of id of one subscription's payment leads to the same purchase, whichever Stripe showed.
#[tokio::test]
async fn s_3_every_id_of_a_payment_leads_to_its_purchase() {
    let (ground, connection) = ground().await;
    let now = ground.app.clock.now();
    let (ids, invoice) = {
        let mut shop = ground.shop.lock().unwrap();
        let ann = shop.customer(now, "ann@example.com", Some("user-1"));
        let invoice = shop.pay(now, Bill::to(&ann).line(Line::of(10_000)));
        let charge = shop.charge_of(&invoice);
        let refund = shop.refund(now, &charge, 2_000);
        let dispute = shop.dispute(now, &charge);
        let intent = shop.intents.keys().next().unwrap().clone();
        let movements: Vec<String> = shop.movements.keys().cloned().collect();
        (movements.into_iter().chain([ann, charge, refund, dispute, intent, invoice.clone()]).collect::<Vec<_>>(), invoice)
    };
    ground.deliver().await;
    for id in ids {
        let seen = ground.check(&format!(" {id} ")).await;
        assert_eq!((&seen["code"], &seen["foundInStripe"]), (&json!("FOUND"), &json!(true)), "{id}: {seen:#}");
        assert_eq!(seen["purchase"]["key"], json!(format!("invoice:{invoice}")), "{id}");
        assert_eq!(seen["stripeConnection"]["id"], json!(connection), "{id}");
        let kinds: Vec<_> = seen["steps"].as_array().unwrap().iter().map(|step| text(&step["kind"])).collect();
        assert_eq!(kinds[..4], ["ID", "MODE", "STRIPE", "PURCHASE"], "{id}");
        // SC-1: nobody brought Ann, and that is the step that fails.
        let decision = seen["steps"].as_array().unwrap().iter().find(|step| step["kind"] == "DECISION").unwrap();
        assert!(
            decision["outcome"] == "FAILED" && text(&decision["text"]).contains(seen["purchase"]["decision"]["reason"].as_str().unwrap()),
            "{seen:#}"
        );
    }
    let seen = ground.check(&invoice).await;
    assert_eq!(seen["dashboardUrl"], json!(format!("https://dashboard.stripe.com/{ACCOUNT}/test/invoices/{invoice}")));
}

/// S3: what stands at Stripe of shipping is shown.
#[tokio::test]
async fn s_3_shipping_details_are_shown_as_they_stand_at_stripe() {
    let (ground, _) = ground().await;
    let now = ground.app.clock.now();
    ground.shop.lock().unwrap().checkout(now, Cart::of(10_000).email("ann@example.com"));
    ground.deliver().await;
    let (intent, session) = {
        let mut shop = ground.shop.lock().unwrap();
        let intent = shop.intents.keys().next().unwrap().clone();
        let shipping = Shipping { carrier: Some("DHL".into()), tracking_number: Some("1Z, 2Z".into()), ..Shipping::default() };
        shop.intents.get_mut(&intent).unwrap().shipping = Some(shipping);
        (intent, shop.sessions.keys().next().unwrap().clone())
    };
    let seen = ground.check(&intent).await;
    assert_eq!(seen["shipping"], json!({ "carrier": "DHL", "trackingNumbers": ["1Z", "2Z"] }));
    assert!(seen["steps"].as_array().unwrap().iter().any(|step| step["kind"] == "SHIPPING" && step["outcome"] == "PASSED"), "{seen:#}");
    assert_eq!(ground.check(&session).await["code"], "FOUND");
}

/// S3: each end of the way has a code of its own.
#[tokio::test]
async fn s_3_each_end_of_the_way_has_its_code() {
    let (ground, _) = ground().await;
    for id in ["", "hello", "evt_1", "pi_", "pi_1/../x", "acct_1"] {
        assert_eq!(ground.fails(id).await, fails("MALFORMED_ID", "ID"), "{id}");
    }
    assert_eq!(ground.fails("pi_nobody").await, fails("NOT_FOUND_IN_STRIPE", "STRIPE"));
    assert_eq!(ground.fails("cs_live_a1").await, fails("WRONG_MODE", "MODE"));
    let live = ground.stripe.add(Shop::of(ACCOUNT, true));
    let now = ground.app.clock.now();
    let charge = {
        let mut live = live.lock().unwrap();
        let bob = live.customer(now, "bob@example.com", None);
        let invoice = live.pay(now, Bill::to(&bob).line(Line::of(5_000)));
        live.charge_of(&invoice)
    };
    // Ids of one kind are counted in both modes; the live one that test mode has, too, is no proof.
    assert!(!ground.shop.lock().unwrap().charges.contains(&charge));
    assert_eq!(ground.fails(&charge).await, fails("WRONG_MODE", "MODE"));
    let (ann, invoice) = {
        let mut shop = ground.shop.lock().unwrap();
        let ann = shop.customer(now, "ann@example.com", None);
        (ann.clone(), shop.pay(now, Bill::to(&ann).line(Line::of(10_000))))
    };
    assert_eq!(ground.fails(&invoice).await, fails("NOT_TOLD", "PURCHASE"), "nothing was delivered");
    assert_eq!(ground.fails(&ann).await, fails("NOT_TOLD", "PURCHASE"));
    let eve = ground.shop.lock().unwrap().customer(now, "eve@example.com", None);
    assert_eq!(ground.fails(&eve).await, fails("NO_PAYMENT", "PURCHASE"));
    ground.stripe.fault(Fault::once(Trouble::Status { status: 500, should_retry: None, retry_after: None }));
    assert_eq!(ground.fails(&invoice).await, fails("STRIPE_UNREACHABLE", "STRIPE"));
    ground.stripe.forbid("/v1/invoices");
    assert_eq!(ground.fails(&invoice).await, fails("PERMISSION_MISSING", "STRIPE"));
    // What is known here needs no right to be found, and says that it could not be compared.
    ground.deliver().await;
    let seen = ground.check(&invoice).await;
    assert_eq!((&seen["code"], &seen["foundInStripe"]), (&json!("FOUND"), &json!(null)), "{seen:#}");
    ground.stripe.revoke(KEY);
    let seen = ground.check(&invoice).await;
    assert_eq!((&seen["code"], &seen["stripeConnection"]["id"].is_string()), (&json!("FOUND"), &true), "S14: history answers");
}

#[tokio::test]
async fn s_3_a_mode_without_an_account_says_so() {
    let ground = Ground::new().await;
    assert_eq!(ground.fails("pi_1").await, fails("NO_CONNECTION", "CONNECTION"));
}
