//! GraphQL over server-sent events.

use serde_json::{Value, json};

use crate::support::app::TestApp;

/// The events of a whole stream: name and data.
async fn events(app: &TestApp, query: &str) -> Vec<(String, Value)> {
    let request = app.post("/graphql").header("accept", "text/event-stream").json(&json!({ "query": query }));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let text = response.text().await.unwrap();
    let blocks = text.split("\n\n").filter(|block| !block.is_empty() && !block.starts_with(':'));
    let read = |block: &str| {
        let (name, data) = block.strip_prefix("event: ").unwrap().split_once("\ndata:").unwrap();
        (name.to_owned(), serde_json::from_str(data).unwrap_or_default())
    };
    blocks.map(read).collect()
}

#[tokio::test]
async fn an_operation_is_answered_and_completed() {
    let app = TestApp::start().await;
    let expected = [("next".to_owned(), json!({ "data": { "__typename": "Query" } })), ("complete".to_owned(), Value::Null)];
    assert_eq!(events(&app, "{ __typename }").await, expected);
}

#[tokio::test]
async fn a_refused_document_comes_as_an_event() {
    let app = TestApp::start().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...f } fragment f on Query { ...f }", "FRAGMENT_CYCLE"),
    ] {
        let told = events(&app, query).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0].1["errors"][0]["extensions"]["code"], code);
        assert_eq!(told[1].0, "complete");
    }
}

#[tokio::test]
async fn a_wrong_request_is_refused_before_any_event() {
    let app = TestApp::start().await;
    let request = app.post("/graphql").header("accept", "text/event-stream").header("content-type", "application/json").body("{");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 400);
    let request = app.post("/graphql").header("accept", "text/event-stream").bearer_auth("nonsense");
    assert_eq!(request.json(&json!({ "query": "{ __typename }" })).send().await.unwrap().status().as_u16(), 401);
    let request = app.get("/graphql?query=mutation%7B__typename%7D").header("accept", "text/event-stream");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 405);
}
