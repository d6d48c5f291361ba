//! Who is calling: tokens, keys, modes, and when they end.

use chrono::Duration;
use entity::value::{ApiKeyKind, Mode};
use entity::{membership, user};
use reqwest::StatusCode;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tributary::auth::api_key::NewApiKey;

use crate::support::app::TestApp;
use crate::support::merchant::{Merchant, PASSWORD, SHOP};
use crate::support::socket::{Heard, Socket};

const WHO: &str = "{ viewer { mode merchant { id } role } }";

async fn status(app: &TestApp, authorization: Option<&str>, mode: Option<&str>) -> StatusCode {
    let mut request = app.post("/graphql").json(&json!({ "query": WHO }));
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    if let Some(mode) = mode {
        request = request.header("tributary-mode", mode);
    }
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn a_person_chooses_the_mode_and_a_key_has_its_own() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    for (mode, expected) in [(None, "LIVE"), (Some("live"), "LIVE"), (Some("test"), "TEST")] {
        let mut operation = app.graphql(WHO).bearer(&shop.token);
        if let Some(mode) = mode {
            operation = operation.mode(mode);
        }
        let viewer = operation.data().await["viewer"].clone();
        assert_eq!(viewer, json!({ "mode": expected, "merchant": { "id": shop.id.to_string() }, "role": "OWNER" }));
    }
    let viewer = app.graphql(WHO).bearer(&shop.secret_key).data().await["viewer"].clone();
    assert_eq!((&viewer["mode"], &viewer["role"]), (&json!("TEST"), &Value::Null));
    let bearer = format!("Bearer {}", shop.secret_key);
    assert_eq!(status(&app, Some(&bearer), Some("test")).await, StatusCode::OK);
    assert_eq!(status(&app, Some(&bearer), Some("live")).await, StatusCode::BAD_REQUEST);
    assert_eq!(status(&app, Some(&format!("Bearer {}", shop.token)), Some("both")).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_wrong_credential_is_refused_and_not_taken_for_nobody() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let altered = format!("{}x", &shop.secret_key[..shop.secret_key.len() - 1]);
    for wrong in ["Bearer nonsense", "Bearer ", "Basic YTpi", "", &format!("Bearer {altered}"), &format!("Bearer {}x", shop.token)] {
        let request = app.post("/graphql").header("authorization", wrong).json(&json!({ "query": "{ __typename }" }));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{wrong}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{wrong}");
    }
    assert_eq!(status(&app, None, None).await, StatusCode::OK);
}

#[tokio::test]
async fn a_publishable_key_works_on_its_pages_alone() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let ask = async |origin: Option<&str>| {
        let mut request = app.post("/graphql").bearer_auth(&shop.publishable_key);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let document = "mutation { clickTrack(input: { code: \"ada\", userAgent: \"Firefox\" }) { click { id } } }";
        let response = request.json(&json!({ "query": document })).send().await.unwrap();
        (response.status(), response.json::<Value>().await.unwrap())
    };
    let (status, body) = ask(Some(SHOP)).await;
    assert!(status == StatusCode::OK && body["data"]["clickTrack"]["click"]["id"].is_string(), "{body}");
    assert_eq!(ask(Some("https://evil.example")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(None).await.0, StatusCode::FORBIDDEN);
    let request = app.post("/graphql").bearer_auth(&shop.publishable_key).header("origin", SHOP);
    let body: Value =
        request.json(&json!({ "query": "{ programs(first: 1) { nodes { id } } }" })).send().await.unwrap().json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN", "it reads nothing");
}

#[tokio::test]
async fn a_token_ends_with_its_time_its_session_and_its_membership() {
    let app = TestApp::start().await;
    let db = app.services().db.clone();
    let shop = Merchant::first(app.services()).await;
    let bearer = format!("Bearer {}", shop.token);
    assert_eq!(status(&app, Some(&bearer), None).await, StatusCode::OK);

    let owner = user::Entity::find().one(db.read()).await.unwrap().unwrap();
    let mut change = owner.clone().into_active_model();
    change.session_version = Set(owner.session_version + 1);
    change.update(db.write()).await.unwrap();
    app.clock.advance(Duration::seconds(31));
    assert_eq!(status(&app, Some(&bearer), None).await, StatusCode::UNAUTHORIZED, "signed out everywhere");
    owner.into_active_model().reset_all().update(db.write()).await.unwrap();
    app.clock.advance(Duration::seconds(31));
    assert_eq!(status(&app, Some(&bearer), None).await, StatusCode::OK);

    let refresh_tokens = entity::refresh_token::Entity::delete_many().exec(db.write()).await.unwrap();
    assert!(refresh_tokens.rows_affected > 0);
    membership::Entity::delete_many().exec(db.write()).await.unwrap();
    assert_eq!(status(&app, Some(&bearer), None).await, StatusCode::OK, "what is known is believed for half a minute");
    app.clock.advance(Duration::seconds(31));
    assert_eq!(status(&app, Some(&bearer), None).await, StatusCode::UNAUTHORIZED);

    let other = TestApp::start().await;
    let shop = Merchant::first(other.services()).await;
    let bearer = format!("Bearer {}", shop.token);
    other.clock.advance(Duration::minutes(15));
    assert_eq!(status(&other, Some(&bearer), None).await, StatusCode::OK, "clocks may differ");
    other.clock.advance(Duration::seconds(30));
    assert_eq!(status(&other, Some(&bearer), None).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_session_of_a_new_password_works_at_once() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    // By now the server remembers the session's number.
    assert_eq!(status(&app, Some(&format!("Bearer {}", shop.token)), None).await, StatusCode::OK);
    let change = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { session { accessToken } userErrors { code } } }";
    let input = json!({ "input": { "currentPassword": PASSWORD, "newPassword": "another horse battery staple" } });
    let data = app.graphql(change).variables(input).bearer(&shop.token).data().await;
    let token = data["passwordChange"]["session"]["accessToken"].as_str().unwrap();
    assert_eq!(status(&app, Some(&format!("Bearer {token}")), None).await, StatusCode::OK);
    assert_eq!(status(&app, Some(&format!("Bearer {}", shop.token)), None).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn open_streams_end_with_their_key() {
    let app = TestApp::start().await;
    let shop = Merchant::first(app.services()).await;
    let follow = json!({ "query": "subscription { commissions { cursor } }" });
    let stream =
        app.post("/graphql").header("accept", "text/event-stream").bearer_auth(&shop.secret_key).json(&follow).send().await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    let mut socket = Socket::open(&app).await;
    socket.say(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {}", shop.secret_key) } })).await;
    assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
    entity::api_key::Entity::delete_many().exec(app.services().db.write()).await.unwrap();
    app.clock.advance(Duration::seconds(31));
    let patience = std::time::Duration::from_secs(60);
    let told = tokio::time::timeout(patience, stream.text()).await.expect("the stream ends").unwrap();
    assert!(told.ends_with("event: complete\ndata:\n\n"), "{told}");
    assert_eq!(tokio::time::timeout(patience, socket.closed()).await.expect("the socket ends"), 4403);
}

#[tokio::test]
async fn a_page_counts_by_address_in_graphql_too() {
    let app = TestApp::setup().flag("--rate-public=5").start().await;
    let shop = Merchant::first(app.services()).await;
    let ask = |query: &str| {
        let request = app.post("/graphql").bearer_auth(&shop.publishable_key).header("origin", SHOP).header("x-forwarded-for", "192.0.2.9");
        request.json(&json!({ "query": query })).send()
    };
    assert_eq!(ask("{ a: __typename b: __typename c: __typename d: __typename e: __typename }").await.unwrap().status(), StatusCode::OK);
    assert_eq!(ask("{ __typename }").await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    app.graphql("{ __typename }").bearer(&shop.secret_key).data().await;
}

#[tokio::test]
async fn operations_are_limited_for_each_caller() {
    let app = TestApp::setup().flag("--rate-api=3").start().await;
    let shop = Merchant::first(app.services()).await;
    for _ in 0..3 {
        app.graphql("{ __typename }").bearer(&shop.secret_key).data().await;
    }
    let refused = app.graphql("{ __typename }").bearer(&shop.secret_key).send().await;
    assert_eq!((refused.status, refused.code()), (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"));
    app.graphql("{ __typename }").bearer(&shop.token).data().await;
}

#[tokio::test]
async fn keys_cannot_be_guessed_for_long_and_those_in_use_go_on() {
    let app = TestApp::setup().flag("--rate-public=3").start().await;
    let shop = Merchant::first(app.services()).await;
    app.graphql("{ __typename }").bearer(&shop.secret_key).data().await;
    for expected in [401, 401, 401, 429, 429] {
        let guess = NewApiKey::generate(ApiKeyKind::Secret, Mode::Test);
        let answer = app.graphql("{ __typename }").bearer(guess.value.expose_secret()).send().await;
        assert_eq!(answer.status.as_u16(), expected);
    }
    app.graphql("{ __typename }").bearer(&shop.secret_key).data().await;
}
