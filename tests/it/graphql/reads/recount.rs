//! Who may ask for recounts, read them and follow them.

use std::time::Duration;

use async_graphql::{Request, Variables};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tributary::domain::access::Scope;
use tributary::worker;

use super::world::{World, on_both};

const REATTRIBUTE: &str =
    "mutation($input: ProgramReattributeInput!) { programReattribute(input: $input) { recount { id status } userErrors { code } } }";
const SIMULATE: &str =
    "mutation($input: TermsSimulateInput!) { termsSimulate(input: $input) { recount { id proposed } userErrors { code } } }";
const READ: &str =
    "query($id: ID!) { recount(id: $id) { id status error } node(id: $id) { id } recounts(filter: { kind: PREVIEW }) { nodes { id } } }";

async fn begun(world: &World) -> Value {
    let input = json!({ "input": { "programId": world.shop.program } });
    let done = world.ask(&world.admin(), REATTRIBUTE, input).await;
    assert_eq!(done["programReattribute"]["userErrors"], json!([]));
    done["programReattribute"]["recount"]["id"].clone()
}

#[tokio::test]
async fn partners_are_kept_out_and_analysts_only_read() {
    on_both(|world: World| async move {
        let id = begun(&world).await;
        let input = json!({ "input": { "programId": world.shop.program } });
        for viewer in [world.partner(0), world.analyst()] {
            assert_eq!(world.refused(&viewer, REATTRIBUTE, input.clone()).await, "FORBIDDEN");
            assert_eq!(world.refused(&viewer, SIMULATE, input.clone()).await, "FORBIDDEN");
        }
        for query in ["query($id: ID!) { recount(id: $id) { id } }", "{ recounts { nodes { id } } }"] {
            assert_eq!(world.refused(&world.partner(0), query, json!({ "id": id })).await, "FORBIDDEN");
        }
        let node = world.ask(&world.partner(0), "query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(node, json!({ "node": null }));
        let read = world.ask(&world.analyst(), READ, json!({ "id": id })).await;
        assert_eq!((&read["recount"]["id"], &read["node"]["id"], &read["recounts"]["nodes"][0]["id"]), (&id, &id, &id));
        let other = world.user(entity::value::Role::Admin, Scope::merchant_wide(world.other.id, entity::value::Mode::Live));
        let read = world.ask(&other, READ, json!({ "id": id })).await;
        assert_eq!(read, json!({ "recount": null, "node": null, "recounts": { "nodes": [] } }), "nothing of one merchant is another's");
    })
    .await;
}

#[tokio::test]
async fn a_recount_is_followed_to_its_end() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        world.sale(&world.shop, jane, 0, 10).await;
        let id = begun(&world).await;
        let document = "subscription($id: ID!) { recount(id: $id) { status purchasesDone purchasesTotal } }";
        let request = Request::new(document).variables(Variables::from_json(json!({ "id": id }))).data(world.analyst());
        let mut told = Box::pin(world.schema.execute_stream(request));
        let first = told.next().await.unwrap();
        let step = |response: async_graphql::Response| response.data.into_json().unwrap()["recount"].clone();
        assert_eq!(step(first), json!({ "status": "RUNNING", "purchasesDone": 0, "purchasesTotal": null }));
        worker::drain(&world.services).await.unwrap();
        let mut last = Value::Null;
        while let Some(next) = tokio::time::timeout(Duration::from_secs(10), told.next()).await.expect("it ends") {
            assert!(next.errors.is_empty(), "{:?}", next.errors);
            last = step(next);
        }
        assert_eq!(last["status"], "DONE");
        let read = world.ask(&world.analyst(), READ, json!({ "id": id })).await;
        assert_eq!((&read["recount"]["status"], &read["recount"]["error"]), (&json!("DONE"), &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn proposed_rules_are_told_in_words() {
    on_both(|world: World| async move {
        let input = json!({ "programId": world.shop.program, "terms": { "reward": { "kind": "PERCENT", "rate": 3_000 } } });
        let done = world.ask(&world.admin(), SIMULATE, json!({ "input": input })).await;
        let words = done["termsSimulate"]["recount"]["proposed"][0].as_str().unwrap().to_owned();
        assert!(words.contains("30 %"), "{words}");
    })
    .await;
}
