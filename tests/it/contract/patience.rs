//! A PostgreSQL that does not answer is not waited for without end.

use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait;
use serde_json::json;
use tributary::clock::Clock;
use tributary::service::{Services, instance};
use tributary::store::{Db, Fault, StoreError};
use tributary::stripe::signature::sign;

use super::proxy::{Door, Proxy};
use crate::support::app::TestApp;
use crate::support::postgres::OwnDatabase;

const SECRET: &str = "whsec_of_the_platform_in_tests_0123456789";

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_may_be_tried_again() {
    let own = OwnDatabase::new().await;
    let db = Db::within(&own.url, 2, Duration::from_millis(200)).await.unwrap();
    let began = Instant::now();
    let slow = db.write().execute_unprepared("SELECT pg_sleep(20)").await.map_err(StoreError::from);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(slow.unwrap_err().fault(), Fault::Unavailable);
    db.write().execute_unprepared("SELECT 1").await.expect("the connection goes on");
    db.migrate().await.expect("changes of the schema may take their time");
}

/// What a worker of a machine whose clock is wrong writes into a lease is right all the same.
#[tokio::test]
async fn leases_go_by_the_clock_of_the_database() {
    let own = OwnDatabase::new().await;
    let app = TestApp::setup().flag(&format!("--database-url={}", own.url)).start().await;
    let services = Services { clock: Clock::system(), ..app.services().clone() };
    let wrong = services.clock.now() + chrono::Duration::minutes(10);
    services.clock.follow(wrong, Instant::now());
    assert!(services.clock.shared() >= wrong);
    instance::follow_time(&services).await;
    let said = services.db.time().await.unwrap().expect("PostgreSQL has a clock");
    assert!((services.clock.shared() - said).abs() < chrono::Duration::seconds(5), "{said}");
}

/// The server is there and says nothing, as when it is stopped or its network is gone.
#[tokio::test]
async fn a_delivery_is_refused_in_good_time_by_a_database_that_stands_still() {
    let own = OwnDatabase::new().await;
    let proxy = Proxy::new(&own.url, Door::Open).await;
    let flags = [format!("--database-url={}", proxy.url), format!("--stripe-platform-webhook-secrets-test={SECRET}")];
    let app = TestApp::setup().flag(&flags[0]).flag(&flags[1]).start().await;
    let event = json!({ "id": "evt_1", "object": "event", "type": "invoice.paid", "account": "acct_unknown", "livemode": false,
        "created": 1_767_268_800, "data": { "object": { "id": "in_1" } } });
    let body = event.to_string().into_bytes();
    let header = sign(&body, &[SECRET.into()], app.clock.now());
    let deliver =
        async || app.post("/webhooks/stripe/platform/test").header("stripe-signature", &header).body(body.clone()).send().await.unwrap();
    proxy.set(Door::Hole);
    let began = Instant::now();
    let refused = deliver().await;
    assert_eq!(refused.status().as_u16(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    proxy.set(Door::Open);
    super::until("it is taken again", async || (deliver().await.status().as_u16() == 200).then_some(())).await;
}
