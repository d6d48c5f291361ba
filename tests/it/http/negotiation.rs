//! GraphQL over HTTP: which requests are taken, and in which form they are answered.

use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::app::TestApp;

const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// Status, media type and body of a POST with these headers.
async fn post(app: &TestApp, headers: &[(&str, &str)], body: impl Into<String>) -> (StatusCode, String, Value) {
    let mut request = app.post("/graphql").body(body.into());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let media_type = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status(), media_type, response.json().await.unwrap_or_default())
}

fn document(query: &str) -> String {
    json!({ "query": query }).to_string()
}

#[tokio::test]
async fn the_form_of_the_answer_follows_accept() {
    let app = TestApp::start().await;
    for (accept, expected) in [
        ("application/graphql-response+json", GRAPHQL),
        ("application/json", JSON),
        ("*/*", JSON),
        ("application/graphql-response+json, application/json;q=0.9, */*;q=0.1", GRAPHQL),
    ] {
        let (status, media_type, body) =
            post(&app, &[("content-type", "application/json"), ("accept", accept)], document("{ __typename }")).await;
        assert_eq!((status, media_type.as_str()), (StatusCode::OK, expected), "{accept}");
        assert_eq!(body, json!({ "data": { "__typename": "Query" } }));
    }
    let (status, _, body) = post(&app, &[("content-type", "application/json"), ("accept", "image/png")], document("{ __typename }")).await;
    assert_eq!((status, body["errors"][0]["extensions"]["code"].as_str()), (StatusCode::NOT_ACCEPTABLE, Some("NOT_ACCEPTABLE")));
}

#[rstest]
#[case("{", "GRAPHQL_PARSE_FAILED")]
#[case("{ noSuchField }", "GRAPHQL_VALIDATION_FAILED")]
#[case("query a { __typename } query b { __typename }", "")]
#[tokio::test]
async fn a_refused_document_has_status_400_only_in_the_form_that_has_statuses(#[case] query: &str, #[case] code: &str) {
    let app = TestApp::start().await;
    for (accept, expected) in [("application/graphql-response+json", StatusCode::BAD_REQUEST), ("application/json", StatusCode::OK)] {
        let (status, _, body) = post(&app, &[("content-type", "application/json"), ("accept", accept)], document(query)).await;
        assert_eq!(status, expected, "{query} {body}");
        assert!(body.get("data").is_none(), "{body}");
        let told = body["errors"][0]["extensions"]["code"].as_str().expect("a code");
        assert!(code.is_empty() || told == code, "{body}");
    }
}

/// What a foreign page can send without asking is not taken (CSRF), and neither is anything that is not JSON in UTF-8.
#[rstest]
#[case(&[])]
#[case(&[("content-type", "text/plain")])]
#[case(&[("content-type", "application/x-www-form-urlencoded")])]
#[case(&[("content-type", "multipart/form-data; boundary=x")])]
#[case(&[("content-type", "application/json; charset=utf-16")])]
#[case(&[("content-type", "application/graphql")])]
#[case(&[("content-type", "application/json"), ("content-encoding", "gzip")])]
#[tokio::test]
async fn other_bodies_are_refused(#[case] headers: &[(&str, &str)]) {
    let app = TestApp::start().await;
    let (status, _, body) = post(&app, headers, document("{ __typename }")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{headers:?}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNSUPPORTED_MEDIA_TYPE");
}

#[rstest]
#[case("")]
#[case("{")]
#[case("[]")]
#[case(r#"[{"query":"{ __typename }"}]"#)]
#[case(r#"{"query":["{ __typename }"]}"#)]
#[case(r#"{"query":"{ __typename }","variables":[]}"#)]
#[tokio::test]
async fn bodies_that_are_no_request_have_status_400(#[case] body: &str) {
    let app = TestApp::start().await;
    let (status, ..) = post(&app, &[("content-type", "application/json")], body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
}

#[tokio::test]
async fn bodies_are_bounded() {
    let app = TestApp::start().await;
    let long = document(&format!("{{ __typename }} # {}", "x".repeat(300_000)));
    let (status, ..) = post(&app, &[("content-type", "application/json")], long.clone()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    // Without an announced length too.
    let chunks =
        futures_util::stream::iter(long.as_bytes().chunks(10_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>());
    let body = reqwest::Body::wrap_stream(chunks);
    let response = app.post("/graphql").header("content-type", "application/json").body(body).send().await;
    assert!(response.is_err() || response.is_ok_and(|response| response.status() == StatusCode::PAYLOAD_TOO_LARGE));
}

#[tokio::test]
async fn get_is_for_queries() {
    let app = TestApp::start().await;
    let get = async |query: &[(&str, &str)]| {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let response = app.get(&format!("/graphql?{query}")).header("accept", "application/graphql-response+json").send().await.unwrap();
        (response.status(), response.headers().get("allow").cloned(), response.json::<Value>().await.unwrap())
    };
    let (status, _, body) = get(&[("query", "query($n: String!) { __type(name: $n) { name } }"), ("variables", r#"{"n":"Query"}"#)]).await;
    assert_eq!((status, &body["data"]["__type"]["name"]), (StatusCode::OK, &json!("Query")));
    let (status, allow, _) = get(&[("query", "mutation { __typename }")]).await;
    assert_eq!((status, allow.unwrap().to_str().unwrap()), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    let (status, ..) = get(&[("query", "query a { __typename } mutation b { __typename }"), ("operationName", "b")]).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let (status, ..) = get(&[]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let response = app.client.request(method, app.url("/graphql")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[tokio::test]
async fn only_portals_may_call_from_pages() {
    let app = TestApp::setup().flag("--portal-origins=https://portal.example").start().await;
    let ask = async |origin: &str| {
        let request = app.client.request(Method::OPTIONS, app.url("/graphql"));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        let response = request.header("access-control-request-headers", "authorization,content-type").send().await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (header("access-control-allow-origin"), header("access-control-allow-credentials"))
    };
    assert_eq!(ask("https://portal.example").await, (Some("https://portal.example".to_owned()), None));
    assert_eq!(ask("https://evil.example").await, (None, None));
    assert_eq!(ask("null").await, (None, None));
    let request = app.post("/graphql").header("origin", "https://evil.example").json(&json!({ "query": "{ __typename }" }));
    assert!(!request.send().await.unwrap().headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn answers_are_guarded_by_headers_and_carry_an_id() {
    let app = TestApp::start().await;
    let response = app.post("/graphql").json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    assert!(!response.headers()["x-request-id"].is_empty());
}

#[tokio::test]
async fn graphiql_and_introspection_are_for_development() {
    let development = TestApp::start().await;
    let page = development.get("/graphql").header("accept", "text/html").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let text = page.text().await.unwrap();
    let parts = text.match_indices("/graphiql/").map(|(start, _)| &text[start..start + text[start..].find('"').unwrap()]);
    for part in parts.collect::<Vec<_>>() {
        let response = development.get(part).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{part}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/"));
    }
    assert!(!text.contains("https://"), "everything is served from here");
    let introspection = "{ __schema { queryType { name } } }";
    assert_eq!(development.graphql(introspection).data().await["__schema"]["queryType"]["name"], "Query");

    let production = TestApp::setup().flag("--env=production").start().await;
    let page = production.get("/graphql").header("accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::BAD_REQUEST);
    for path in ["/", "/graphiql/react.js"] {
        assert_eq!(production.get(path).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(production.graphql(introspection).send().await.code(), "INTROSPECTION_OFF");
    let hint = production.graphql("{ merchan }").send().await;
    assert!(!hint.body.to_string().contains("Did you mean"), "{}", hint.body);
}
