//! Deliveries of Stripe: the statuses by which Stripe knows what became of them.

use entity::inbox_event;
use entity::value::InboxStatus;
use reqwest::StatusCode;
use rstest::rstest;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::json;
use tributary::stripe::signature::sign;

use crate::support::app::{Setup, TestApp};

const SECRET: &str = "whsec_of_the_platform_in_tests_0123456789";

fn setup() -> Setup {
    TestApp::setup().flag(&format!("--stripe-platform-webhook-secrets-test={SECRET}"))
}

fn event(id: &str) -> Vec<u8> {
    let event = json!({ "id": id, "object": "event", "type": "invoice.paid", "account": "acct_unknown", "livemode": false,
        "created": 1_767_268_800, "api_version": "2025-03-31.basil", "data": { "object": { "id": "in_1", "object": "invoice" } } });
    event.to_string().into_bytes()
}

async fn deliver(app: &TestApp, path: &str, header: Option<&str>, body: Vec<u8>) -> StatusCode {
    let mut request = app.post(&format!("/webhooks/stripe/{path}")).body(body);
    if let Some(header) = header {
        request = request.header("stripe-signature", header);
    }
    request.send().await.unwrap().status()
}

async fn stored(app: &TestApp) -> Vec<inbox_event::Model> {
    inbox_event::Entity::find().all(app.services().db.read()).await.unwrap()
}

#[rstest]
#[case(setup())]
#[case(setup().postgres().redis())]
#[tokio::test]
async fn a_signed_delivery_is_stored_once(#[case] setup: Setup) {
    let app = setup.start().await;
    let body = event("evt_1");
    let header = sign(&body, &[SECRET.into()], app.clock.now());
    for _ in 0..3 {
        assert_eq!(deliver(&app, "platform/test", Some(&header), body.clone()).await, StatusCode::OK);
    }
    let [row] = stored(&app).await.try_into().unwrap();
    assert_eq!((row.event_id.as_str(), row.status, row.body), ("evt_1", InboxStatus::Unrouted, body));
}

#[tokio::test]
async fn a_delivery_that_is_not_stripe_s_is_refused_and_leaves_nothing() {
    let app = setup().start().await;
    let (now, body) = (app.clock.now(), event("evt_1"));
    let good = sign(&body, &[SECRET.into()], now);
    let foreign = sign(&body, &["whsec_of_somebody_else_0123456789".into()], now);
    let old = sign(&body, &[SECRET.into()], now - chrono::Duration::seconds(301));
    for (path, header, body, status) in [
        ("platform/test", None, body.clone(), 400),
        ("platform/test", Some("nonsense"), body.clone(), 400),
        ("platform/test", Some(foreign.as_str()), body.clone(), 400),
        ("platform/test", Some(old.as_str()), body.clone(), 400),
        ("platform/test", Some(good.as_str()), event("evt_2"), 400),
        ("platform/live", Some(good.as_str()), body.clone(), 400),
        ("platform/both", Some(good.as_str()), body.clone(), 404),
        ("0123456789abcdef", Some(good.as_str()), body.clone(), 404),
        ("platform/test", Some(good.as_str()), vec![b' '; 3 * 1024 * 1024 + 1], 413),
    ] {
        assert_eq!(deliver(&app, path, header, body).await.as_u16(), status, "{path} {header:?}");
    }
    let not_an_event = b"{}".to_vec();
    let header = sign(&not_an_event, &[SECRET.into()], now);
    assert_eq!(deliver(&app, "platform/test", Some(&header), not_an_event).await, StatusCode::BAD_REQUEST);
    assert!(stored(&app).await.is_empty());
    let get = app.get("/webhooks/stripe/platform/test").send().await.unwrap();
    assert!(get.status().is_client_error());
}

#[tokio::test]
async fn what_cannot_be_stored_is_to_be_delivered_again() {
    let app = setup().start().await;
    app.services().db.write().execute_unprepared("ALTER TABLE inbox_event RENAME TO away").await.unwrap();
    let body = event("evt_1");
    let header = sign(&body, &[SECRET.into()], app.clock.now());
    let request = app.post("/webhooks/stripe/platform/test").header("stripe-signature", header).body(body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    let text = response.text().await.unwrap();
    assert!(!text.contains("inbox_event") && !text.contains("SQL"), "{text}");
}
