//! The pretended Stripe does what it says it does: pages, permissions, refusals, idempotency, versions, trouble.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeZone, Utc};
use fake_stripe::{Bill, Cart, FakeStripe, Fault, Key, Line, Metadata, Shop, Trouble, Version};
use serde_json::{Value, json};

const KEY: &str = "rk_test_of_a_test";

fn day(number: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap() + chrono::Duration::days(number)
}

struct Bench {
    fake: FakeStripe,
    shop: Arc<Mutex<Shop>>,
    client: reqwest::Client,
}

impl Bench {
    fn new() -> Self {
        let shop = Arc::new(Mutex::new(Shop::new(false)));
        let fake = FakeStripe::start(Arc::clone(&shop));
        Self { fake, shop, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let url = self.fake.base().join(path).unwrap();
        let mut request = self.client.request(method.parse().unwrap(), url).body(body.to_owned());
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {KEY}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, &[], "").await
    }

    async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        self.send("POST", path, &[], body).await
    }
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn lists_are_paged_by_cursor_the_newest_first() {
    let bench = Bench::new();
    let made: Vec<String> = (0..25).map(|n| bench.shop.lock().unwrap().customer(day(n), &format!("c{n}@example.com"), None)).collect();
    let newest: Vec<&str> = made.iter().rev().map(String::as_str).collect();
    let (_, first) = bench.get("/v1/customers").await;
    assert_eq!((ids(&first), &first["has_more"]), (newest[..10].to_vec(), &json!(true)));
    let (_, next) = bench.get(&format!("/v1/customers?limit=20&starting_after={}", newest[9])).await;
    assert_eq!((ids(&next), &next["has_more"]), (newest[10..].to_vec(), &json!(false)));
    let (_, back) = bench.get(&format!("/v1/customers?limit=5&ending_before={}", newest[10])).await;
    assert_eq!((ids(&back), &back["has_more"]), (newest[5..10].to_vec(), &json!(true)));
    let (from, to) = (day(3).timestamp(), day(5).timestamp());
    let (_, some) = bench.get(&format!("/v1/customers?created[gte]={from}&created[lt]={to}")).await;
    assert_eq!(ids(&some), newest[20..22]);
    let (_, one) = bench.get("/v1/customers?email=c7@example.com").await;
    assert_eq!(ids(&one), [made[7].as_str()]);
    for wrong in ["limit=0", "limit=101", "limit=x", "starting_after=cus_none", "colour=red"] {
        let (status, body) = bench.get(&format!("/v1/customers?{wrong}")).await;
        assert_eq!((status, &body["error"]["type"]), (400, &json!("invalid_request_error")), "{wrong}");
    }
}

#[actix_web::test]
async fn parameters_that_stripe_does_not_take_are_refused() {
    let bench = Bench::new();
    for (path, body, code) in [
        ("/v1/coupons", "percent=20", "parameter_unknown"),
        ("/v1/coupons", "percent_off=twenty", "parameter_invalid_integer"),
        ("/v1/promotion_codes", "coupon=abc", "parameter_unknown"),
        ("/v1/promotion_codes", "code=ADA", "parameter_missing"),
        ("/v1/promotion_codes", "promotion[coupon]=abc", "parameter_missing"),
        ("/v1/webhook_endpoints", "url=https://a.example/", "parameter_missing"),
    ] {
        let (status, answer) = bench.post(path, body).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (400, Some(code)), "{path} {body}: {answer}");
    }
    let (status, answer) = bench.post("/v1/coupons", "percent_off=20&duration=sometimes").await;
    assert_eq!(status, 400, "{answer}");
    // Stripe would take it, and the pretended one does not know how: it says so.
    assert_eq!(bench.post("/v1/customers", "tax[ip_address]=127.0.0.1").await.0, 501);
}

#[actix_web::test]
async fn keys_open_what_they_may() {
    let bench = Bench::new();
    let account = bench.shop.lock().unwrap().account.id.clone();
    bench.fake.key(KEY, Key::of(&account, false).only(["customer_write", "coupon_read"]));
    assert_eq!(bench.get("/v1/customers").await.0, 200, "to write is to read");
    assert_eq!(bench.get("/v1/coupons").await.0, 200);
    // The permission is asked for before the parameters are looked at.
    for (status, answer) in [bench.get("/v1/charges").await, bench.post("/v1/coupons", "nonsense=1").await] {
        assert_eq!((status, answer["error"]["code"].as_str()), (403, Some("more_permissions_required")), "{answer}");
    }
    let (_, answer) = bench.get("/v1/charges").await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("Having the 'rak_charge_read' permission"));
    assert_eq!(bench.post("/v1/customers", "nonsense=1").await.0, 400);
    for wrong in ["Bearer pk_test_1234", "Bearer rk_live_12345678", "Bearer whatever", "Basic x"] {
        assert_eq!(bench.send("GET", "/v1/customers", &[("authorization", wrong)], "").await.0, 401, "{wrong}");
    }
    bench.fake.revoke(KEY);
    let (status, answer) = bench.get("/v1/customers").await;
    assert_eq!((status, answer["error"]["code"].as_str()), (401, Some("api_key_expired")));
}

#[actix_web::test]
async fn the_same_key_is_the_same_request() {
    let bench = Bench::new();
    let with = |key: &'static str| [("idempotency-key", key)];
    let (_, first) = bench.send("POST", "/v1/customers", &with("one"), "email=a@example.com&name=Ann").await;
    let (_, again) = bench.send("POST", "/v1/customers", &with("one"), "name=Ann&email=a@example.com").await;
    assert_eq!((first["id"].as_str(), bench.shop.lock().unwrap().customers.len()), (again["id"].as_str(), 1));
    let (status, other) = bench.send("POST", "/v1/customers", &with("one"), "email=b@example.com").await;
    assert_eq!((status, other["error"]["type"].as_str()), (400, Some("idempotency_error")));
    let long = "k".repeat(256);
    assert_eq!(bench.send("POST", "/v1/customers", &[("idempotency-key", long.as_str())], "").await.0, 400);
}

#[actix_web::test]
async fn each_version_has_its_shape() {
    let bench = Bench::new();
    let (invoice, charge) = {
        let mut shop = bench.shop.lock().unwrap();
        let ann = shop.customer(day(1), "ann@example.com", None);
        let code = shop.promotion_code(day(1), "TEN");
        let discount = shop.discount(&code);
        let invoice = shop.pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000).off(2_500)).discount(&discount));
        let charge = shop.charge_of(&invoice);
        (invoice, charge)
    };
    for version in Version::ALL {
        let headers = [("stripe-version", version.name())];
        let (_, shown) = bench.send("GET", &format!("/v1/invoices/{invoice}?expand[]=discounts"), &headers, "").await;
        assert_eq!(shown["subscription"].is_string(), version < Version::Basil, "{version:?}");
        assert_eq!(shown["parent"]["subscription_details"]["subscription"].is_string(), version >= Version::Basil, "{version:?}");
        assert_eq!(shown["discounts"][0]["coupon"]["id"].is_string(), version < Version::Endive, "{version:?}");
        assert_eq!(shown["discounts"][0]["source"]["coupon"].is_string(), version >= Version::Endive, "{version:?}");
        let (_, shown) = bench.send("GET", &format!("/v1/charges/{charge}"), &headers, "").await;
        assert_eq!(shown["invoice"].is_string(), version < Version::Basil, "{version:?}");
        assert_eq!(shown["refunds"].is_object(), version < Version::June, "{version:?}");
        let (_, list) = bench.send("GET", "/v1/subscriptions", &headers, "").await;
        assert_eq!(list["data"][0]["current_period_end"].is_number(), version < Version::Basil, "{version:?}");
    }
    assert_eq!(bench.send("GET", "/v1/charges", &[("stripe-version", "2031-01-01")], "").await.0, 400);
    // Events are shown in the version of their time, whatever is asked for.
    bench.shop.lock().unwrap().version = Version::June;
    bench.shop.lock().unwrap().customer(day(3), "bob@example.com", None);
    let (_, events) = bench.send("GET", "/v1/events", &[("stripe-version", "2026-09-30.endive")], "").await;
    assert_eq!(events["data"][0]["api_version"], "2024-06-20");
    assert_eq!(events["data"][1]["api_version"], "2026-09-30.endive");
}

#[actix_web::test]
async fn what_is_left_out_can_be_asked_for() {
    let bench = Bench::new();
    let (invoice, session) = {
        let mut shop = bench.shop.lock().unwrap();
        let ann = shop.customer(day(1), "ann@example.com", None);
        let code = shop.promotion_code(day(1), "TEN");
        let discount = shop.discount(&code);
        let invoice = shop.pay(day(2), Bill::to(&ann).line(Line::of(10_000).off(2_500)).discount(&discount));
        (invoice, shop.checkout(day(3), Cart::of(5_000).customer(&ann).discount(&discount, 1_000)).0)
    };
    let path = format!("/v1/invoices/{invoice}?expand[]=payments&expand[]=discounts.promotion_code&expand[]=amount_paid_off_stripe");
    let (_, shown) = bench.get(&path).await;
    assert_eq!(shown["payments"]["data"][0]["object"], "invoice_payment");
    assert_eq!(shown["discounts"][0]["promotion_code"]["code"], "TEN");
    assert_eq!(shown["amount_paid_off_stripe"], 0);
    let (_, shown) = bench.get(&format!("/v1/checkout/sessions/{session}?expand[]=total_details.breakdown&expand[]=line_items")).await;
    assert_eq!(shown["total_details"]["breakdown"]["discounts"][0]["amount"], 1_000);
    assert_eq!(shown["line_items"]["data"][0]["amount_total"], 4_000);
    let (_, list) = bench.get("/v1/payment_intents?expand[]=data.latest_charge.balance_transaction").await;
    assert_eq!(list["data"][0]["latest_charge"]["balance_transaction"]["type"], "charge");
    for wrong in ["colour", "customer.a.b.c.d.e"] {
        assert_eq!(bench.get(&format!("/v1/invoices/{invoice}?expand[]={wrong}")).await.0, 400, "{wrong}");
    }
    // Each expanded object asks for its own permission.
    let account = bench.shop.lock().unwrap().account.id.clone();
    bench.fake.key(KEY, Key::of(&account, false).only(["invoice_read"]));
    assert_eq!(bench.get(&format!("/v1/invoices/{invoice}?expand[]=discounts.promotion_code")).await.0, 403);
}

#[actix_web::test]
async fn codes_coupons_and_shipping_keep_stripes_rules() {
    let bench = Bench::new();
    bench.shop.lock().unwrap().now = Some(day(1));
    let (status, coupon) = bench.post("/v1/coupons", "id=TEN&percent_off=12.5&duration=repeating&duration_in_months=3").await;
    assert_eq!((status, &coupon["percent_off"]), (200, &json!(12.5)), "{coupon}");
    assert_eq!(bench.post("/v1/coupons", "id=TEN&percent_off=5").await.1["error"]["code"], "resource_already_exists");
    for wrong in ["", "percent_off=5&amount_off=100", "amount_off=100", "percent_off=101", "percent_off=5&duration=repeating"] {
        assert_eq!(bench.post("/v1/coupons", wrong).await.0, 400, "{wrong}");
    }
    let code = "promotion[type]=coupon&promotion[coupon]=TEN&code=Ada";
    let (status, promotion) = bench.post("/v1/promotion_codes", &format!("{code}&metadata[tributary]=1")).await;
    assert_eq!((status, promotion["promotion"]["coupon"].as_str()), (200, Some("TEN")), "{promotion}");
    assert_eq!(bench.post("/v1/promotion_codes", &code.replace("Ada", "ADA")).await.0, 400, "active codes are unique without case");
    let path = format!("/v1/promotion_codes/{}", promotion["id"].as_str().unwrap());
    assert_eq!(bench.post(&path, "active=false&metadata[tributary]=").await.1["metadata"], json!({}));
    assert_eq!(bench.post("/v1/promotion_codes", code).await.0, 200, "and can be used again");
    let (intent, charge) = bench.shop.lock().unwrap().take(day(2), 5_000, None, &Metadata::new());
    let shipping = "shipping[name]=Ann&shipping[address][line1]=Street&shipping[tracking_number]=1Z";
    let (status, answer) = bench.post(&format!("/v1/payment_intents/{intent}"), shipping).await;
    assert_eq!((status, answer["error"]["code"].as_str()), (400, Some("payment_intent_unexpected_state")));
    let (_, shown) = bench.post(&format!("/v1/charges/{charge}"), shipping).await;
    assert_eq!(shown["shipping"]["tracking_number"], "1Z", "{shown}");
    let (_, told) = bench.get("/v1/events?types[]=charge.updated&types[]=coupon.created").await;
    assert_eq!(told["data"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn trouble_comes_as_it_is_ordered() {
    let bench = Bench::new();
    bench.fake.fault(Fault::once(Trouble::Status { status: 429, should_retry: Some(true), retry_after: Some(3) }).on("/v1/customers"));
    assert_eq!(bench.get("/v1/coupons").await.0, 200, "it is for another path");
    let answer = bench.client.get(bench.fake.base().join("/v1/customers").unwrap()).bearer_auth(KEY).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((answer.status().as_u16(), header("stripe-should-retry"), header("retry-after")), (429, "true".into(), "3".into()));
    bench.fake.fault(Fault::once(Trouble::Status { status: 500, should_retry: None, retry_after: None }).every(2).times(2));
    let statuses = [
        bench.get("/v1/prices").await.0,
        bench.get("/v1/prices").await.0,
        bench.get("/v1/prices").await.0,
        bench.get("/v1/prices").await.0,
    ];
    assert_eq!(statuses, [200, 500, 200, 500]);
    bench.fake.fault(Fault::once(Trouble::Slow(Duration::from_millis(200))));
    let began = Instant::now();
    assert_eq!(bench.get("/v1/prices").await.0, 200);
    assert!(began.elapsed() >= Duration::from_millis(200));
    let url = bench.fake.base().join("/v1/customers").unwrap();
    let ask = || bench.client.post(url.clone()).bearer_auth(KEY).timeout(Duration::from_millis(500)).body("email=a@example.com").send();
    bench.fake.fault(Fault::once(Trouble::Cut));
    // The cut may come before the head of the answer is read, or after.
    let whole = match ask().await {
        Ok(answer) => answer.bytes().await.is_ok(),
        Err(error) => error.is_timeout(),
    };
    assert!(!whole, "the answer is cut");
    assert_eq!(bench.shop.lock().unwrap().customers.len(), 1, "and it was done all the same");
    bench.fake.fault(Fault::once(Trouble::Silence));
    assert!(ask().await.unwrap_err().is_timeout());
    bench.fake.limit(Some(3));
    let mut refused = 0;
    for _ in 0..8 {
        refused += u32::from(bench.get("/v1/prices").await.0 == 429);
    }
    assert!(refused >= 2, "{refused}");
}
