//! What the snippet tells: clicks and sign-ups of pages, by publishable key.

use chrono::Duration;
use entity::value::{ApiKeyKind, ClickId, CustomerId, TouchKind};
use entity::{click, customer, touch};
use reqwest::StatusCode;
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::app::{Setup, TestApp};
use crate::support::merchant::{Merchant, SHOP, key, program};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Sends what the snippet sends, as a browser on a page of the shop.
async fn tell(app: &TestApp, path: &str, body: Value) -> reqwest::Response {
    let request = app.post(path).header("origin", SHOP).header("user-agent", BROWSER).header("content-type", "text/plain;charset=UTF-8");
    request.body(body.to_string()).send().await.unwrap()
}

async fn click(app: &TestApp, key: &str, visitor: Option<&str>) -> Value {
    let body = json!({ "key": key, "code": "ada", "url": format!("{SHOP}/?via=ada&email=x@y.example&gclid=1"),
        "referrer": "https://blog.example/post?reader=ann", "visitor": visitor });
    let response = tell(app, "/track/click", body).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

async fn sign_up(app: &TestApp, key: &str, fields: Value) -> (StatusCode, Value) {
    let mut body = fields;
    body["key"] = json!(key);
    let response = tell(app, "/track/signup", body).await;
    (response.status(), response.json().await.unwrap())
}

async fn clicks(app: &TestApp) -> Vec<click::Model> {
    click::Entity::find().all(app.services().db.read()).await.unwrap()
}

async fn touches(app: &TestApp) -> Vec<touch::Model> {
    touch::Entity::find().all(app.services().db.read()).await.unwrap()
}

async fn customers(app: &TestApp) -> Vec<customer::Model> {
    customer::Entity::find().all(app.services().db.read()).await.unwrap()
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres().redis())]
#[tokio::test]
async fn a_click_is_recorded_once_an_hour_and_leads_to_the_sign_up(#[case] setup: Setup) {
    let app = setup.start().await;
    let shop = Merchant::first(app.services()).await;
    let first = click(&app, &shop.publishable_key, None).await;
    let (token, visitor) = (first["token"].as_str().unwrap(), first["visitor"].as_str().unwrap());
    assert!(token.starts_with("tb_") && token.len() == 37, "{token}");
    let again = click(&app, &shop.publishable_key, Some(visitor)).await;
    assert_eq!(again, first, "within the hour it is the same click");
    let [row] = clicks(&app).await.try_into().unwrap();
    assert_eq!((row.link_id, row.enrollment_id, row.bot), (shop.link.id, shop.enrollment, false));
    assert_eq!(row.landing_url.as_deref(), Some("https://shop.example/?gclid=1"), "without what could name people");
    assert_eq!(row.referrer.as_deref(), Some("https://blog.example/post"));
    assert!(row.ip_hash.is_some_and(|hash| hash.len() == 32), "the address is kept as a keyed hash alone");

    app.clock.advance(Duration::minutes(61));
    let later = click(&app, &shop.publishable_key, Some(visitor)).await;
    assert_ne!(later["token"], first["token"]);
    assert_eq!(later["visitor"], first["visitor"]);

    let person = json!({ "externalId": "user-1", "email": "Ann@Example.com", "name": "Ann", "token": later["token"] });
    for _ in 0..2 {
        assert_eq!(sign_up(&app, &shop.publishable_key, person.clone()).await, (StatusCode::OK, json!({})));
    }
    let [ann] = customers(&app).await.try_into().unwrap();
    assert_eq!((ann.name.as_deref(), ann.email.as_deref(), ann.claimed), (Some("Ann"), Some("ann@example.com"), true));
    let found = touches(&app).await;
    let of = |kind| found.iter().filter(|touch| touch.kind == kind).count();
    assert_eq!((of(TouchKind::Signup), of(TouchKind::Click)), (1, 2), "{found:#?}");
}

#[tokio::test]
async fn only_pages_of_the_key_may_tell_and_read() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let body = json!({ "key": shop.publishable_key, "code": "ada" }).to_string();
    for (origin, expected) in [(Some(SHOP), 200), (Some("https://evil.example"), 403), (Some("null"), 403), (None, 403)] {
        let mut request = app.post("/track/click").header("content-type", "application/json").header("user-agent", BROWSER);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = request.body(body.clone()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{origin:?}");
        let allowed = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(allowed.as_deref(), origin.filter(|_| expected == 200), "{origin:?}");
        assert!(!response.headers().contains_key("access-control-allow-credentials"));
        assert_eq!(response.headers()["vary"], "origin");
    }
    // Any page may ask; nothing is told.
    let ask = app.client.request(reqwest::Method::OPTIONS, app.url("/track/signup")).header("origin", "https://evil.example");
    let answer = ask.header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!((answer.status(), answer.headers()["access-control-allow-origin"].as_bytes()), (StatusCode::NO_CONTENT, &b"*"[..]));
    assert!(answer.bytes().await.unwrap().is_empty());
}

#[tokio::test]
async fn wrong_calls_are_refused_and_leave_nothing() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let good = &shop.publishable_key;
    for (body, status) in [
        (json!({ "key": good, "code": "nobody" }), 404),
        (json!({ "key": good, "code": "" }), 404),
        (json!({ "key": good, "code": "a\0b" }), 404),
        (json!({ "key": good, "code": "a".repeat(5000) }), 404),
        (json!({ "key": shop.secret_key, "code": "ada" }), 401),
        (json!({ "key": "trb_pk_test_0000", "code": "ada" }), 401),
        (json!({ "key": "", "code": "ada" }), 401),
        (json!({ "code": "ada" }), 400),
        (json!(["ada"]), 400),
        (json!({ "key": good, "code": "ada", "url": "x".repeat(20_000) }), 413),
    ] {
        let response = tell(&app, "/track/click", body.clone()).await;
        assert_eq!(response.status().as_u16(), status, "{body:.200}");
    }
    for fields in [json!({}), json!({ "email": "nobody" }), json!({ "externalId": "" }), json!({ "externalId": "a\0b" })] {
        assert_eq!(sign_up(&app, good, fields.clone()).await.0, StatusCode::BAD_REQUEST, "{fields}");
    }
    let form = app.post("/track/click").header("origin", SHOP).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.body("key=x").send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(clicks(&app).await.is_empty() && customers(&app).await.is_empty());
}

/// A page only claims: a token that is foreign, altered, a machine's or of another program says nothing (SN-4).
#[tokio::test]
async fn a_token_that_is_not_genuine_attributes_nothing() {
    let app = TestApp::start().await;
    let services = app.services();
    let shop = Merchant::first(services).await;
    let other = shop.another(services).await;
    let mine = click(&app, &shop.publishable_key, None).await["token"].as_str().unwrap().to_owned();
    let foreign = click(&app, &other.publishable_key, None).await["token"].as_str().unwrap().to_owned();
    let invented = services.click_tokens.mint(ClickId::new(), shop.program);
    let of_other_program = services.click_tokens.mint(clicks(&app).await[0].id, program(services, &shop.owner, "More friends").await);
    let altered = format!("{}{}", &mine[..36], if mine.ends_with('0') { '1' } else { '0' });
    let machine = json!({ "key": shop.publishable_key, "code": "ada" });
    let machine = app.post("/track/click").header("origin", SHOP).header("user-agent", "Googlebot/2.1").json(&machine);
    let machine: Value = machine.send().await.unwrap().json().await.unwrap();
    for (number, token) in
        [&foreign, &invented, &of_other_program, &altered, machine["token"].as_str().unwrap(), "tb_", ""].iter().enumerate()
    {
        let fields = json!({ "externalId": format!("user-{number}"), "token": token });
        assert_eq!(sign_up(&app, &shop.publishable_key, fields).await.0, StatusCode::OK, "{token}");
    }
    let found = touches(&app).await;
    assert_eq!(found.len(), 7);
    assert!(found.iter().all(|touch| touch.kind == TouchKind::Signup && touch.click_id.is_none()), "{found:#?}");

    // A key of one program does not take the click of another.
    let elsewhere = program(services, &shop.owner, "Elsewhere").await;
    let narrow = key(services, &shop.owner, ApiKeyKind::Publishable, Some(elsewhere)).await;
    assert_eq!(sign_up(&app, &narrow, json!({ "externalId": "narrow", "token": mine })).await.0, StatusCode::OK);
    assert!(touches(&app).await.iter().all(|touch| touch.click_id.is_none()));
    assert_eq!(tell(&app, "/track/click", json!({ "key": narrow, "code": "ada" })).await.status(), StatusCode::NOT_FOUND);

    // And after a year it is too old for any window.
    app.clock.advance(Duration::days(365));
    assert_eq!(sign_up(&app, &shop.publishable_key, json!({ "externalId": "late", "token": mine })).await.0, StatusCode::OK);
    assert!(touches(&app).await.iter().all(|touch| touch.click_id.is_none()));
}

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres())]
#[tokio::test]
async fn a_hundred_equal_sign_ups_at_once_are_one_customer(#[case] setup: Setup) {
    let app = setup.start().await;
    let shop = Merchant::first(app.services()).await;
    let token = click(&app, &shop.publishable_key, None).await["token"].clone();
    let calls = (0..100)
        .map(|_| sign_up(&app, &shop.publishable_key, json!({ "externalId": "user-1", "email": "ann@example.com", "token": token })));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == (StatusCode::OK, json!({}))), "{answers:?}");
    assert_eq!(customers(&app).await.len(), 1);
    assert_eq!(touches(&app).await.len(), 2);
}

#[tokio::test]
async fn machines_are_recorded_and_never_count() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    for name in ["Mozilla/5.0 (compatible; bingbot/2.0)", "curl/8.5.0", ""] {
        let request = app.post("/track/click").header("origin", SHOP).header("user-agent", name);
        let response = request.json(&json!({ "key": shop.publishable_key, "code": "ADA" })).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{name}");
    }
    let found = clicks(&app).await;
    assert_eq!((found.len(), found.iter().filter(|click| click.bot).count()), (3, 3));
}

#[tokio::test]
async fn callers_are_limited_by_address() {
    let app = TestApp::setup().flag("--rate-public=5").flag("--trusted-proxies=127.0.0.0/8").start().await;
    let shop = Merchant::first(app.services()).await;
    let call = async |address: &str| {
        let request = app.post("/track/click").header("origin", SHOP).header("x-forwarded-for", address).header("user-agent", BROWSER);
        let response = request.json(&json!({ "key": shop.publishable_key, "code": "ada" })).send().await.unwrap();
        (response.status().as_u16(), response.headers().contains_key("retry-after"))
    };
    for _ in 0..5 {
        assert_eq!(call("2001:db8::1").await, (200, false));
    }
    assert_eq!(call("2001:db8::2").await, (429, true), "the same household");
    assert_eq!(call("6.6.6.6, 2001:db8::3").await, (429, true), "what is before the last entry is not believed");
    assert_eq!(call("2001:db8:0:1::1").await, (200, false));
}

#[tokio::test]
async fn a_revoked_key_ends_within_half_a_minute() {
    let app = TestApp::start().await;
    let services = app.services();
    let shop = Merchant::first(services).await;
    click(&app, &shop.publishable_key, None).await;
    let keys = entity::api_key::Entity::find().all(services.db.read()).await.unwrap();
    let id = keys.iter().find(|key| key.token.as_deref() == Some(&*shop.publishable_key)).unwrap().id;
    tributary::service::api_key::revoke(services, &shop.owner, id).await.unwrap();
    app.clock.advance(Duration::seconds(31));
    let response = tell(&app, "/track/click", json!({ "key": shop.publishable_key, "code": "ada" })).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn servers_tell_by_graphql() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let document = "mutation($i: ClickTrackInput!) { clickTrack(input: $i) { click { id token visitor } userErrors { field code } } }";
    let ask =
        async |document: &str, input: Value| app.graphql(document).bearer(&shop.secret_key).variables(json!({ "i": input })).data().await;
    let tracked = ask(document, json!({ "code": "ada", "ipAddress": "203.0.113.9" })).await["clickTrack"].clone();
    let token = tracked["click"]["token"].clone();
    let [row] = clicks(&app).await.try_into().unwrap();
    assert!(!row.bot && row.ip_hash.is_some());
    let refused = ask(document, json!({ "code": "nobody" })).await;
    assert_eq!(refused["clickTrack"]["userErrors"], json!([{ "field": ["code"], "code": "NOT_FOUND" }]));
    let refused = ask(document, json!({ "code": "ada", "ipAddress": "here" })).await;
    assert_eq!(refused["clickTrack"]["userErrors"], json!([{ "field": ["ipAddress"], "code": "INVALID" }]));

    let document = "mutation($i: CustomerCreateInput!) { customerCreate(input: $i) { customerId userErrors { field code } } }";
    let partners =
        [json!({ "clickToken": token }), json!({ "linkCode": { "code": "ADA" } }), json!({ "enrollmentId": shop.enrollment.to_string() })];
    let mut made: Vec<CustomerId> = Vec::new();
    for (number, partner) in partners.into_iter().enumerate() {
        let input = json!({ "externalId": format!("user-{number}"), "email": format!("u{number}@example.com"), "partner": partner });
        let first = ask(document, input.clone()).await["customerCreate"].clone();
        assert_eq!(first["userErrors"], json!([]), "{first}");
        assert_eq!(ask(document, input).await["customerCreate"], first, "the same again changes nothing");
        made.push(first["customerId"].as_str().unwrap().parse().unwrap());
    }
    let found = touches(&app).await;
    assert!(made.iter().all(|id| { found.iter().any(|touch| touch.customer_id == *id && touch.kind == TouchKind::Signup) }));
    assert_eq!(found.iter().filter(|touch| touch.enrollment_id == Some(shop.enrollment)).count(), 2);
    for (input, field) in [
        (json!({}), json!(["externalId"])),
        (json!({ "email": "nobody" }), json!(["email"])),
        (json!({ "externalId": "x", "partner": { "clickToken": "tb_" } }), json!(["partner", "clickToken"])),
        (json!({ "externalId": "x", "partner": { "linkCode": { "code": "nobody" } } }), json!(["partner", "linkCode", "code"])),
    ] {
        assert_eq!(ask(document, input.clone()).await["customerCreate"]["userErrors"][0]["field"], field, "{input}");
    }
    let denied = app.graphql("mutation { customerCreate(input: { externalId: \"x\" }) { customerId } }").send().await;
    assert_eq!(denied.code(), "UNAUTHENTICATED");
}
