//! S2: shipping details, and who brought whom, are written to payments and customers and read back.

use chrono::Duration;
use entity::{decision, touch};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::super::text;
use super::{Ground, ground};
use crate::support::stripe::{Bill, Line, Shipping, Shop};

const SET: (&str, &str) = ("shippingSet", "ShippingSetInput");

impl Ground {
    /// A paid bill of Ann's. Gives invoice and charge.
    fn paid(&self) -> (String, String) {
        let mut shop = self.shop.lock().unwrap();
        let now = self.app.clock.now();
        let ann = shop.customer(now, "ann@example.com", Some("user-1"));
        let invoice = shop.pay(now, Bill::to(&ann).line(Line::of(10_000)));
        let charge = shop.charge_of(&invoice);
        (invoice, charge)
    }

    /// What stands on a charge.
    fn shipped(&self, charge: &str) -> Shipping {
        self.shop.lock().unwrap().charges.get(charge).unwrap().shipping.clone().unwrap_or_default()
    }

    async fn ship(&self, input: Value) -> Value {
        self.write(SET.0, SET.1, input).await
    }
}

fn parcel(transaction: &str, numbers: &[&str]) -> Value {
    json!({ "transaction": transaction, "carrier": "DHL", "trackingNumbers": numbers, "name": "Ann", "phone": "+49 1",
        "address": { "line1": "Street 1", "city": "Berlin", "postalCode": "10115", "country": "de" } })
}

/// Written, read back and compared; the same again is no call that changes anything.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s2_shipping_is_written_to_the_payment_and_the_same_again_changes_nothing(#[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let (invoice, charge) = ground.paid();
    ground.deliver().await;
    let done = ground.ship(parcel(&invoice, &["1Z", " 2Z "])).await;
    assert_eq!((&done["status"], &done["stripeId"], &done["reason"]), (&json!("VERIFIED"), &json!(charge), &Value::Null), "{done:#}");
    let stands = ground.shipped(&charge);
    assert_eq!((stands.carrier.as_deref(), stands.tracking_number.as_deref()), (Some("DHL"), Some("1Z,2Z")));
    assert_eq!((stands.address.country.as_deref(), stands.name.as_deref()), (Some("DE"), Some("Ann")));
    assert_eq!(ground.posts("/v1/charges").len(), 1);
    let same = ground.ship(parcel(&charge, &["1Z", "2Z"])).await;
    assert_eq!((&same["status"], ground.posts("/v1/charges").len()), (&json!("VERIFIED"), 1));
    // S3: whichever id is pasted, the self-check finds it.
    let document = "query($id: String!) { selfCheck(id: $id) { shipping { carrier trackingNumbers } steps { kind outcome text } } }";
    let intent = ground.shop.lock().unwrap().intents.keys().next().unwrap().clone();
    for id in [&intent, &charge] {
        let seen = ground.ask(document, json!({ "id": id })).await["selfCheck"].clone();
        assert_eq!(seen["shipping"], json!({ "carrier": "DHL", "trackingNumbers": ["1Z", "2Z"] }), "{id}: {seen:#}");
        let back = |step: &&Value| step["kind"] == "SHIPPING" && text(&step["text"]).contains("read back") && step["outcome"] == "PASSED";
        assert!(seen["steps"].as_array().unwrap().iter().any(|step| back(&step)), "SC-1: {seen:#}");
    }
    // What is left out stays as it stands.
    let more = ground.ship(json!({ "transaction": invoice, "trackingNumbers": ["3Z"] })).await;
    assert_eq!(more["status"], "VERIFIED");
    let stands = ground.shipped(&charge);
    assert_eq!((stands.carrier.as_deref(), stands.tracking_number.as_deref()), (Some("DHL"), Some("3Z")));
    // When Stripe tells of the charge, nobody earns anything else.
    let decisions = decision::Entity::find().count(ground.app.services().db.read()).await.unwrap();
    ground.deliver().await;
    assert_eq!(decision::Entity::find().count(ground.app.services().db.read()).await.unwrap(), decisions);
}

/// An intent that is not paid yet takes the details itself, and its charge from then on.
#[tokio::test]
async fn s2_an_intent_takes_them_itself_until_it_is_paid() {
    let (ground, _) = ground(false).await;
    let now = ground.app.clock.now();
    let intent = ground.shop.lock().unwrap().decline(now, 5_000, None);
    let done = ground.ship(parcel(&intent, &["1Z"])).await;
    assert_eq!((&done["status"], &done["stripeId"]), (&json!("VERIFIED"), &json!(intent)), "{done:#}");
    let numbers = |shop: &Shop| shop.intents.get(&intent).unwrap().shipping.clone().unwrap().tracking_number;
    assert_eq!(numbers(&ground.shop.lock().unwrap()).as_deref(), Some("1Z"));
    // Paid, and the charge is not there yet: it is waited for.
    let (paid, charge) = ground.shop.lock().unwrap().take(now, 7_000, None, &Default::default());
    ground.shop.lock().unwrap().change_intent(&paid, |of| of.charge = None);
    let done = ground.ship(parcel(&paid, &["2Z"])).await;
    assert_eq!((&done["status"], &done["reason"], &done["retried"]), (&json!("PENDING"), &json!("PAYMENT_PENDING"), &json!(true)));
    ground.shop.lock().unwrap().change_intent(&paid, |of| of.charge = Some(charge.clone()));
    ground.later(Duration::seconds(10)).await;
    assert_eq!(ground.written(&text(&done["id"])).await["status"], "VERIFIED");
    assert_eq!(ground.shipped(&charge).tracking_number.as_deref(), Some("2Z"));
}

/// Each end has its word, and what is known before Stripe is asked is refused at once.
#[tokio::test]
async fn s2_s4_what_cannot_be_written_says_why() {
    let (ground, _) = ground(false).await;
    let (_, charge) = ground.paid();
    let bare = json!({ "transaction": charge, "trackingNumbers": ["1Z"] });
    let done = ground.ship(bare.clone()).await;
    assert_eq!((&done["status"], &done["reason"]), (&json!("FAILED"), &json!("ADDRESS_MISSING")));
    assert_eq!(ground.ship(parcel("ch_nobody", &["1Z"])).await["reason"], "OBJECT_MISSING");
    let live = ground.stripe.add(Shop::of(super::ACCOUNT, true));
    let now = ground.app.clock.now();
    let theirs = {
        let mut live = live.lock().unwrap();
        let bob = live.customer(now, "bob@example.com", None);
        let invoice = live.pay(now, Bill::to(&bob).line(Line::of(5_000)));
        live.charge_of(&invoice)
    };
    if !ground.shop.lock().unwrap().charges.contains(&theirs) {
        assert_eq!(ground.ship(parcel(&theirs, &["1Z"])).await["reason"], "WRONG_MODE");
    }
    for (input, code) in [
        (json!({ "transaction": charge, "trackingNumbers": [] }), "REQUIRED"),
        (json!({ "transaction": charge, "trackingNumbers": ["1,2"] }), "INVALID"),
        (json!({ "transaction": "in_nobody", "trackingNumbers": ["1"] }), "NOT_FOUND"),
    ] {
        assert_eq!(ground.write_refused(SET.0, SET.1, input).await.0, code);
    }
    ground.stripe.forbid("/v1/charges");
    assert_eq!(ground.ship(parcel(&charge, &["1Z"])).await["reason"], "PERMISSION_MISSING");
    assert_eq!(ground.posts("/v1/charges"), Vec::<String>::new());
}

/// Of two that wait the newer counts, and what somebody else writes later is found when it is read again.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s2_the_newer_counts_and_what_others_change_is_found(#[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let (_, charge) = ground.paid();
    let older = ground.ask_to_write(SET.0, SET.1, parcel(&charge, &["1Z"])).await;
    let newer = ground.ship(parcel(&charge, &["2Z"])).await;
    let older = ground.written(&text(&older["stripeWrite"]["id"])).await;
    assert_eq!((&older["status"], &older["reason"]), (&json!("FAILED"), &json!("SUPERSEDED")));
    assert_eq!((&newer["status"], ground.posts("/v1/charges").len()), (&json!("VERIFIED"), 1));
    assert_eq!(ground.shipped(&charge).tracking_number.as_deref(), Some("2Z"));
    let now = ground.app.clock.now();
    let other = |of: &mut Shipping| of.tracking_number = Some("9Z".into());
    ground.shop.lock().unwrap().change_charge(now, &charge, |of| other(of.shipping.as_mut().unwrap()));
    let checked = ground.write("stripeWriteCheck", "StripeWriteInput", json!({ "id": newer["id"] })).await;
    assert_eq!((&checked["status"], &checked["reason"]), (&json!("FAILED"), &json!("CHANGED_ELSEWHERE")));
    let again = ground.write("stripeWriteRetry", "StripeWriteInput", json!({ "id": newer["id"] })).await;
    assert_eq!(again["status"], "VERIFIED");
    assert_eq!(ground.shipped(&charge).tracking_number.as_deref(), Some("2Z"));
}

/// Who won a purchase and who brought a customer is written under keys that never count as evidence when they come back.
#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn s2_attribution_is_written_to_customer_and_payment_without_an_echo(#[case] on_servers: bool) {
    let (ground, _) = ground(on_servers).await;
    let coupon = ground.quarter().await;
    let made = ground.code(&coupon, "ADA25").await;
    let (ann, intent) = {
        let mut shop = ground.shop.lock().unwrap();
        let now = ground.app.clock.now();
        let code = shop.codes.get(made["stripeId"].as_str().unwrap()).unwrap().clone();
        let discount = shop.discount(&code);
        let ann = shop.customer(now, "ann@example.com", Some("user-1"));
        shop.pay(now, Bill::to(&ann).line(Line::of(10_000)).discount(&discount));
        let intent = shop.intents.keys().next().unwrap().clone();
        (ann, intent)
    };
    ground.deliver().await;
    let seen = ground.ask("{ purchases(first: 2) { nodes { id customer { id } } } }", json!({})).await["purchases"]["nodes"][0].clone();
    let document = "mutation($input: AttributionWriteInput!) { attributionWrite(input: $input) {
        stripeWrites { id kind subject } userErrors { code message } } }";
    for (of, subject) in [(json!({ "purchaseId": seen["id"] }), &intent), (json!({ "customerId": seen["customer"]["id"] }), &ann)] {
        let done = ground.ask(document, json!({ "input": { "of": of } })).await["attributionWrite"].clone();
        assert_eq!((&done["userErrors"], &done["stripeWrites"][0]["subject"]), (&json!([]), &json!(subject)), "{done:#}");
        ground.app.drain().await;
        let written = ground.written(&text(&done["stripeWrites"][0]["id"])).await;
        assert_eq!((&written["status"], &written["kind"]), (&json!("VERIFIED"), &json!("ATTRIBUTION")), "{written:#}");
    }
    let of = |metadata: &std::collections::BTreeMap<String, String>| metadata.get("tributary_attributed_enrollment").cloned();
    {
        let shop = ground.shop.lock().unwrap();
        let enrollment = Some(ground.merchant.enrollment.to_string());
        assert_eq!(of(&shop.intents.get(&intent).unwrap().metadata), enrollment);
        assert_eq!(of(&shop.customers.get(&ann).unwrap().metadata), enrollment);
        assert_eq!(shop.intents.get(&intent).unwrap().metadata["tributary_attributed_reason"], "COMMISSIONED");
    }
    let db = ground.app.services().db.read();
    let before = (touch::Entity::find().count(db).await.unwrap(), decision::Entity::find().count(db).await.unwrap());
    ground.later(Duration::minutes(1)).await;
    ground.deliver().await;
    let after = (touch::Entity::find().count(db).await.unwrap(), decision::Entity::find().count(db).await.unwrap());
    assert_eq!(after, before, "what is written comes back without an effect");
}

/// Metadata that is full is left as it is.
#[tokio::test]
async fn s2_metadata_that_is_full_is_left_alone() {
    let (ground, _) = ground(false).await;
    ground.paid();
    ground.deliver().await;
    let full = || (0..50).map(|n| (format!("k{n}"), "v".to_owned())).collect();
    let intent = {
        let mut shop = ground.shop.lock().unwrap();
        let intent = shop.intents.keys().next().unwrap().clone();
        shop.change_intent(&intent, |of| of.metadata = full());
        intent
    };
    let seen = ground.ask("{ purchases(first: 2) { nodes { id } } }", json!({})).await["purchases"]["nodes"][0].clone();
    let document =
        "mutation($input: AttributionWriteInput!) { attributionWrite(input: $input) { stripeWrites { id } userErrors { message } } }";
    let done = ground.ask(document, json!({ "input": { "of": { "purchaseId": seen["id"] } } })).await["attributionWrite"].clone();
    ground.app.drain().await;
    let written = ground.written(&text(&done["stripeWrites"][0]["id"])).await;
    assert_eq!((&written["status"], &written["reason"]), (&json!("FAILED"), &json!("METADATA_FULL")), "{written:#}");
    assert_eq!(ground.shop.lock().unwrap().intents.get(&intent).unwrap().metadata, full());
}
