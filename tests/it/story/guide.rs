//! What the guides and the documents tell people to send works as it stands.

use entity::value::CommissionState;
use serde_json::{Value, json};

use crate::support::stage::{Stage, day};
use crate::support::stripe::{Bill, Line, Version};
use crate::tidy::source::root;

/// The GraphQL of a document, block by block.
fn blocks(document: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let after = text.split("```graphql\n").skip(1);
    after.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_queries_of_the_readme_fit_the_schema() {
    let stage = Stage::new().await;
    let blocks = blocks("README.md");
    assert!(blocks.len() >= 3, "{blocks:?}");
    for document in blocks {
        // Nobody is signed in: what fits the schema gets as far as being asked who that is.
        let answer = stage.app.post("/graphql").json(&json!({ "query": document })).send().await.unwrap().text().await.unwrap();
        for broken in ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"] {
            assert!(!answer.contains(broken), "{document}\n{answer}");
        }
    }
    stage.finish().await;
}

#[tokio::test]
async fn s18_the_guides_call_from_a_server_ties_the_visitors_purchase_to_the_partner() {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    let query = "{ programs(first: 1) { nodes { integrationGuide(method: SIGN_UP) { steps { snippet { language code } } } } } }";
    let guide = stage.ask(query, Value::Null).await["programs"]["nodes"][0]["integrationGuide"].clone();
    let snippets = guide["steps"].as_array().unwrap().iter().map(|step| &step["snippet"]);
    let shell = snippets.filter(|snippet| snippet["language"] == "shell").find_map(|snippet| snippet["code"].as_str()).unwrap();
    // What stands between the quotes of curl's -d, with the reader's own values put in.
    let body = shell.split("-d '").nth(1).unwrap().trim_end_matches('\'');
    let filled = body.replace("YOUR_CUSTOMER_ID", "user-1").replace("customer@example.com", "ann@example.com");
    let request: Value = serde_json::from_str(&filled.replace("THE_VISITORS_TOKEN", &click.token)).unwrap();

    stage.app.clock.set(day(1));
    let done = stage.ask(request["query"].as_str().unwrap(), request["variables"].clone()).await;
    assert_eq!(done["customerCreate"]["userErrors"], json!([]));
    assert!(done["customerCreate"]["customerId"].is_string(), "{done}");

    let ann = stage.shop().customer(day(1), "ann@example.com", Some("user-1"));
    stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.finish().await;
}
