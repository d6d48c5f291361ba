//! GraphQL over WebSocket: the protocol, and what it does to those who do not keep to it.

use chrono::Duration;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::contract::until;
use crate::support::app::TestApp;
use crate::support::merchant::Merchant;
use crate::support::socket::{Heard, Socket};

async fn known(app: &TestApp, token: &str) -> Socket {
    let mut socket = Socket::open(app).await;
    socket.say(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}"), "mode": "test" } })).await;
    assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
    socket
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "id": id, "type": "subscribe", "payload": { "query": query } })
}

#[tokio::test]
async fn operations_are_answered_and_completed() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let mut socket = known(&app, &shop.token).await;
    for id in ["1", "two", "1"] {
        socket.say(subscribe(id, "{ viewer { mode } }")).await;
        let answer = json!({ "id": id, "type": "next", "payload": { "data": { "viewer": { "mode": "TEST" } } } });
        assert_eq!(socket.hear().await, Heard::Message(answer));
        assert_eq!(socket.hear().await, Heard::Message(json!({ "id": id, "type": "complete" })), "and then the id is free again");
    }
    socket.say(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "pong" })));
    socket.say(json!({ "type": "pong" })).await;
    socket.say(json!({ "type": "complete", "id": "never started" })).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...f } fragment f on Query { ...f }", "FRAGMENT_CYCLE"),
    ] {
        socket.say(subscribe("bad", query)).await;
        let Heard::Message(message) = socket.hear().await else { panic!("closed") };
        assert_eq!((&message["type"], &message["payload"][0]["extensions"]["code"]), (&json!("error"), &json!(code)));
    }
}

#[tokio::test]
async fn only_so_many_sockets_and_streams_are_open_in_all() {
    let app = TestApp::setup().flag("--streams=2").start().await;
    let shop = Merchant::first(app.services()).await;
    let first = known(&app, &shop.token).await;
    let _second = known(&app, &shop.token).await;
    let refused = Socket::with(&app, Some("graphql-transport-ws"), None).await;
    let Err(Error::Http(response)) = refused else { panic!("it was opened") };
    assert_eq!(response.status().as_u16(), 503);
    let stream = async || {
        let request = app.post("/graphql").bearer_auth(&shop.token).header("tributary-mode", "test").header("accept", "text/event-stream");
        request.json(&json!({ "query": "{ viewer { mode } }" })).send().await.unwrap()
    };
    let refused = stream().await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.text().await.unwrap().contains("TOO_MANY_STREAMS"));
    drop(first);
    until("the place is free again", async || (stream().await.status() == StatusCode::OK).then_some(())).await;
}

#[rstest]
#[case::no_token(json!({ "type": "connection_init" }), 4401)]
#[case::no_bearer(json!({ "type": "connection_init", "payload": { "authorization": "Basic YTpi" } }), 4401)]
#[case::wrong_token(json!({ "type": "connection_init", "payload": { "authorization": "Bearer nonsense" } }), 4403)]
#[case::too_early(subscribe("1", "{ __typename }"), 4401)]
#[case::unknown_type(json!({ "type": "start", "id": "1" }), 4400)]
#[case::no_type(json!({ "id": "1" }), 4400)]
#[case::no_object(json!("hello"), 4400)]
#[tokio::test]
async fn who_does_not_say_who_they_are_is_closed_out(#[case] message: Value, #[case] code: u16) {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app).await;
    socket.say(message).await;
    assert_eq!(socket.closed().await, code);
}

#[tokio::test]
async fn who_says_nothing_is_closed_out_after_three_seconds() {
    let app = TestApp::start().await;
    let mut socket = Socket::open(&app).await;
    let started = std::time::Instant::now();
    assert_eq!(socket.closed().await, 4408);
    assert!((2..5).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_known_client_keeps_to_the_protocol_or_is_closed_out() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let large = subscribe("1", &"x".repeat(70_000)).to_string();
    for (message, code) in [
        (Message::text(json!({ "type": "connection_init", "payload": {} }).to_string()), 4429),
        (Message::text("{".to_owned()), 4400),
        (Message::text(json!({ "id": "1", "type": "subscribe", "payload": { "query": 1 } }).to_string()), 4400),
        (Message::text(json!({ "id": 1, "type": "subscribe", "payload": { "query": "{ a }" } }).to_string()), 4400),
        (Message::binary(vec![1, 2, 3]), 4400),
        (Message::text(large), 1009),
    ] {
        let mut socket = known(&app, &shop.token).await;
        socket.say_raw(message.clone()).await;
        assert_eq!(socket.closed().await, code, "{message:.100}");
    }
}

#[tokio::test]
async fn another_protocol_or_page_gets_no_socket() {
    let app = TestApp::setup().flag("--portal-origins=https://portal.example").start().await;
    for protocol in [None, Some("graphql-ws")] {
        // The client itself may refuse to go on without its protocol.
        match Socket::with(&app, protocol, None).await {
            Ok(mut socket) => assert_eq!(socket.closed().await, 4406),
            Err(error) => assert!(matches!(error, Error::Protocol(_)), "{error}"),
        }
    }
    let protocol = Some("graphql-transport-ws");
    let own = format!("http://{}", app.address);
    for origin in ["https://portal.example", "https://tributary.example", &own] {
        assert!(Socket::with(&app, protocol, Some(origin)).await.is_ok(), "{origin}");
    }
    for origin in ["https://evil.example", "null", "https://portal.example.evil.example"] {
        let refused = Socket::with(&app, protocol, Some(origin)).await.err();
        assert!(matches!(refused, Some(Error::Http(response)) if response.status().as_u16() == StatusCode::FORBIDDEN.as_u16()), "{origin}");
    }
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let mut socket = known(&app, &shop.token).await;
    app.clock.advance(Duration::minutes(16));
    let started = std::time::Instant::now();
    assert_eq!(socket.closed().await, 4403);
    assert!(started.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn a_socket_ends_with_the_server() {
    let mut app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let mut socket = known(&app, &shop.token).await;
    let (code, ()) = tokio::join!(socket.closed(), app.stop());
    assert_eq!(code, 1001);
}
