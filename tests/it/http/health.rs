//! Health, figures, the snippet, and what is not there.

use reqwest::StatusCode;
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::contract::until;
use crate::support::app::{Setup, TestApp};

#[rstest]
#[case(TestApp::setup())]
#[case(TestApp::setup().postgres().redis())]
#[tokio::test]
async fn a_started_instance_lives_and_is_ready(#[case] setup: Setup) {
    let app = setup.start().await;
    let live = app.get("/health/live").send().await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);
    let ready = app.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    let body: Value = ready.json().await.unwrap();
    assert_eq!(body, json!({ "status": "ready", "parts": { "database": "ok", "migrations": "ok", "queue": "ok", "secret": "ok" } }));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let app = TestApp::setup().flag("--migrate=false").start().await;
    let ready = app.get("/health/ready").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let body: Value = ready.json().await.unwrap();
    assert_eq!(
        body,
        json!({ "status": "not ready", "parts": { "database": "ok", "migrations": "failing", "queue": "ok", "secret": "ok" } })
    );
    // What was said stands for a second.
    let says = async |status| {
        until("it is said", async || (app.get("/health/ready").send().await.unwrap().status() == status).then_some(())).await
    };
    app.services().db.migrate().await.unwrap();
    says(StatusCode::OK).await;
    app.services().db.write().execute_unprepared("DROP TABLE seaql_migrations").await.unwrap();
    says(StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(app.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
}

/// A long write of our own is no reason to send nobody here.
#[tokio::test]
async fn readiness_waits_for_no_write() {
    let app = TestApp::setup().start().await;
    let writing = app.services().db.begin().await.unwrap();
    let began = std::time::Instant::now();
    assert_eq!(app.get("/health/ready").send().await.unwrap().status(), StatusCode::OK);
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
    drop(writing);
}

/// However often it is asked, the database is asked once a second.
#[tokio::test]
async fn an_answer_about_readiness_stands_for_a_second() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/health/ready").send().await.unwrap().status(), StatusCode::OK);
    let asked = std::time::Instant::now();
    app.services().db.write().execute_unprepared("DROP TABLE seaql_migrations").await.unwrap();
    let again = app.get("/health/ready").send().await.unwrap().status();
    assert!(again == StatusCode::OK || asked.elapsed() > std::time::Duration::from_millis(900), "{again}");
}

#[tokio::test]
async fn figures_may_be_behind_a_token() {
    let open = TestApp::start().await;
    open.get("/health/live").send().await.unwrap();
    let text = open.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#"tributary_http_requests_total{route="/health/live",status="200"}"#), "{text}");
    let without = TestApp::setup().flag("--env=production").start().await;
    assert_eq!(without.get("/metrics").send().await.unwrap().status(), StatusCode::NOT_FOUND, "the public reaches this port");
    let closed = TestApp::setup().flag("--env=production").flag("--metrics-token=a token for figures").start().await;
    for (token, status) in [(None, 401), (Some("another token of it"), 401), (Some("a token for figures"), 200)] {
        let mut request = closed.get("/metrics");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{token:?}");
    }
}

#[tokio::test]
async fn a_worker_tells_its_health_and_figures_and_nothing_else() {
    let app = TestApp::setup().flag("--worker-listen=127.0.0.1:0").flag("--metrics-token=a token for figures").start().await;
    app.drain().await;
    let figures = app.app.listen_for_figures().unwrap().unwrap();
    let ask = |path: &str| app.client.get(format!("http://{}{path}", figures.address));
    assert_eq!(ask("/health/ready").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(ask("/metrics").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let told = ask("/metrics").bearer_auth("a token for figures").send().await.unwrap();
    assert_eq!(told.status(), StatusCode::OK);
    for path in ["/graphql", "/t.js", "/webhooks/stripe/platform/live"] {
        assert_eq!(ask(path).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
    figures.stop().await;
    let none = TestApp::start().await;
    assert!(none.app.listen_for_figures().unwrap().is_none(), "only where it is asked for");
}

#[tokio::test]
async fn the_snippet_is_served_for_pages_of_others_and_kept_by_browsers() {
    let app = TestApp::start().await;
    let plain = app.get("/t.js").send().await.unwrap();
    assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(plain.headers()["access-control-allow-origin"], "*");
    assert_eq!(plain.headers()["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(plain.headers()["cache-control"], "public, max-age=3600");
    let tag = plain.headers()["etag"].clone();
    let source = plain.text().await.unwrap();
    assert_eq!(source, include_str!("../../../src/http/snippet/t.js"));
    let packed = app.get("/t.js").header("accept-encoding", "gzip, br").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    assert!(packed.len() < source.len() / 2);
    let mut unpacked = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut unpacked).unwrap();
    assert_eq!(unpacked, source);
    let known = app.get("/t.js").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let changed = app.get("/t.js").header("if-none-match", "W/\"older\"").send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_stopping_server_finishes_and_lets_go_of_its_port() {
    let mut app = TestApp::start().await;
    assert_eq!(app.get("/health/live").send().await.unwrap().status(), StatusCode::OK);
    app.stop().await;
    assert!(app.get("/health/live").send().await.is_err());
}

/// Whoever is connected when the server is told to stop gets an answer, also when nobody has asked yet what they want.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_let_in_is_answered() {
    let mut app = TestApp::start().await;
    let mut guests = Vec::new();
    for _ in 0..100 {
        guests.push(TcpStream::connect(app.address).await.unwrap());
    }
    let asking = tokio::spawn(async move {
        let mut answered = 0;
        for guest in &mut guests {
            guest.write_all(b"GET /health/live HTTP/1.1\r\nhost: tributary\r\n\r\n").await.unwrap();
        }
        for mut guest in guests {
            let mut answer = String::new();
            // The answer is the last one, so the connection ends behind it.
            guest.read_to_string(&mut answer).await.unwrap();
            answered += usize::from(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"));
        }
        answered
    });
    app.stop().await;
    assert_eq!(asking.await.unwrap(), 100);
    assert!(TcpStream::connect(app.address).await.is_err(), "the port is let go of");
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let app = TestApp::start().await;
    for path in ["/nothing", "/track", "/webhooks/stripe", "/graphql/more", "/.env"] {
        assert_eq!(app.get(path).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
}
