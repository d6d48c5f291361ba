//! Hostile documents: each is refused at once, by a typed error, in a small answer.

use std::fmt::Write;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use crate::support::app::TestApp;

fn fan_out(levels: usize) -> String {
    let mut text = "{ ...f0 }".to_owned();
    for at in 0..levels {
        write!(text, " fragment f{at} on Query {{ ...f{} ...f{} }}", at + 1, at + 1).unwrap();
    }
    text + &format!(" fragment f{levels} on Query {{ __typename }}")
}

/// Name, document, and the code by which it is refused.
fn hostile() -> Vec<(&'static str, String, &'static str)> {
    let repeat = |unit: &str, times: usize| unit.repeat(times);
    vec![
        ("fragments that fan out", fan_out(26), "TOO_MANY_SELECTIONS"),
        ("fragments that fan out far", fan_out(100), "TOO_MANY_SELECTIONS"),
        ("a cycle", "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(), "FRAGMENT_CYCLE"),
        ("itself", "{ ...a } fragment a on Query { ...a }".to_owned(), "FRAGMENT_CYCLE"),
        ("deep nesting", format!("{}a{}", repeat("{ a ", 40), repeat("}", 40)), "TOO_DEEP"),
        ("brackets without end", repeat("{", 100_000), "TOO_DEEP"),
        ("lists without end", format!("{{ a(b: {}{}) }}", repeat("[", 500), repeat("]", 500)), "TOO_DEEP"),
        ("aliases", format!("{{ viewer {{ {} }} }}", (0..500).map(|n| format!("a{n}: mode ")).collect::<String>()), "TOO_MANY_ALIASES"),
        ("root fields", format!("{{ {} }}", repeat("__typename ", 100)), "TOO_MANY_ROOT_FIELDS"),
        ("directives", format!("{{ __typename {} }}", repeat("@skip(if: false) ", 100)), "TOO_MANY_DIRECTIVES"),
        ("unknown directives", format!("{{ __typename {} }}", repeat("@a", 900)), "TOO_MANY_DIRECTIVES"),
        ("tokens", format!("{{ {} }}", repeat("unknownField ", 20_000)), "TOO_MANY_TOKENS"),
        ("numbers without space", format!("{{ a(b: {}) }}", repeat("1a", 20_000)), "GRAPHQL_PARSE_FAILED"),
        ("numbers", format!("{{ a(b: [{}]) }}", repeat("1 ", 20_000)), "TOO_MANY_TOKENS"),
        ("one long string", format!("{{ a(b: \"{}\") }}", repeat("x", 200_000)), "GRAPHQL_VALIDATION_FAILED"),
        ("blocks without end", format!("{{ a(b: [\"{} x\"]) }}", repeat("\\\"\"\"\"\"", 20_000)), "GRAPHQL_PARSE_FAILED"),
        ("zeros", format!("{{ a(b: [{}]) }}", repeat("0", 200_000)), "TOO_MANY_TOKENS"),
        ("a long name", format!("query {} {{ a(b: [{}]) }}", repeat("A", 200_000), repeat("$a ", 900)), "NAME_TOO_LONG"),
        ("comments", format!("{} {{ a }}", repeat("# x\n", 40_000)), "GRAPHQL_VALIDATION_FAILED"),
        ("unknown fields", format!("{{ {} }}", (0..19).map(|n| format!("nothing{n} ")).collect::<String>()), "GRAPHQL_VALIDATION_FAILED"),
        (
            "circular introspection",
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }".to_owned(),
            "INTROSPECTION_TOO_DEEP",
        ),
    ]
}

#[tokio::test]
async fn hostile_documents_are_refused_at_once() {
    let app = TestApp::start().await;
    app.graphql("{ __typename }").data().await;
    for (name, document, code) in hostile() {
        let body = json!({ "query": document }).to_string();
        let request = app.post("/graphql").header("accept", "application/graphql-response+json");
        let started = Instant::now();
        let response = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        let took = started.elapsed();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}: {text:.300}");
        assert!(text.contains(&format!("\"code\":\"{code}\"")), "{name}: {text:.300}");
        assert!(text.len() < 20_000, "{name}: an answer of {} bytes", text.len());
        // The goal of 100 ms is for the release build; unoptimised, and beside other tests, the parser takes its time.
        let allowed = Duration::from_millis(if cfg!(debug_assertions) { 3000 } else { 100 });
        assert!(took < allowed, "{name}: {took:?}");
        let errors = serde_json::from_str::<serde_json::Value>(&text).unwrap()["errors"].as_array().unwrap().len();
        assert!(errors <= 10, "{name}: {errors} errors");
    }
}

#[tokio::test]
async fn what_tools_ask_for_is_within_the_limits() {
    let app = TestApp::start().await;
    let chain = "{ name kind ".to_owned() + &"ofType { name kind ".repeat(9) + &"}".repeat(10);
    let document = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} mutationType {{ name }} subscriptionType {{ name }} types {{ ...FullType }} \
         directives {{ name locations args {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description fields(includeDeprecated: true) {{ name args {{ ...InputValue }} type {{ ...TypeRef }} \
         isDeprecated deprecationReason }} inputFields {{ ...InputValue }} interfaces {{ ...TypeRef }} enumValues(includeDeprecated: true) {{ name }} \
         possibleTypes {{ ...TypeRef }} }} fragment InputValue on __InputValue {{ name type {{ ...TypeRef }} defaultValue }} \
         fragment TypeRef on __Type {chain}"
    );
    let data = app.graphql(&document).data().await;
    assert!(data["__schema"]["types"].as_array().unwrap().len() > 50);
}
