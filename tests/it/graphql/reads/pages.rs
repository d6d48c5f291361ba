//! Paging: nothing twice and nothing missing while rows come, also in lists of lists.

use serde_json::{Value, json};

use super::world::{World, on_both};

fn list(found: &Value, path: &[&str]) -> Vec<String> {
    let connection = path.iter().fold(found, |value, step| &value[*step]);
    connection["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_stay_while_rows_come() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let mut before = Vec::new();
        // Two of the same instant among them: the id decides.
        for seconds in [10, 20, 20, 30, 40] {
            before.push(world.sale(&world.shop, jane, 0, seconds).await.purchase.to_string());
        }
        before.sort();
        let query = "query($after: String) { purchases(first: 2, after: $after) { nodes { id } edges { cursor node { id } }
            pageInfo { hasNextPage hasPreviousPage endCursor } } }";
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let found = world.ask(&world.admin(), query, json!({ "after": after })).await;
            seen.extend(list(&found, &["purchases"]));
            let info = &found["purchases"]["pageInfo"];
            assert_eq!(info["hasPreviousPage"], json!(!after.is_null()));
            assert_eq!(found["purchases"]["edges"].as_array().unwrap().last().unwrap()["cursor"], info["endCursor"]);
            if info["hasNextPage"] == json!(false) {
                break;
            }
            after = info["endCursor"].clone();
            // Newer than all, so before the page in this order: it must not push rows into the next page again.
            world.sale(&world.shop, jane, 0, 100).await;
        }
        seen.sort();
        assert_eq!(seen, before);
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_list_is_read_backward() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let mut made = Vec::new();
        for seconds in [10, 20, 30] {
            made.push(world.sale(&world.shop, jane, 0, seconds).await.purchase.to_string());
        }
        let query =
            "query($before: String) { purchases(last: 2, before: $before) { nodes { id } pageInfo { hasPreviousPage startCursor } } }";
        let found = world.ask(&world.admin(), query, json!({})).await;
        assert_eq!(list(&found, &["purchases"]), [made[1].clone(), made[0].clone()]);
        assert_eq!(found["purchases"]["pageInfo"]["hasPreviousPage"], json!(true));
        let before = &found["purchases"]["pageInfo"]["startCursor"];
        let found = world.ask(&world.admin(), query, json!({ "before": before })).await;
        assert_eq!(list(&found, &["purchases"]), [made[2].clone()]);
        assert_eq!(found["purchases"]["pageInfo"]["hasPreviousPage"], json!(false));
    })
    .await;
}

#[tokio::test]
async fn each_parent_has_its_own_page() {
    on_both(|world: World| async move {
        let (jane, john) = (world.customer(&world.shop, "Jane").await, world.customer(&world.shop, "John").await);
        let nobody = world.customer(&world.shop, "Nobody").await;
        let mut janes = Vec::new();
        for seconds in [10, 20, 30] {
            janes.push(world.sale(&world.shop, jane, 0, seconds).await.purchase.to_string());
        }
        let johns = world.sale(&world.shop, john, 0, 15).await.purchase.to_string();
        let page = |arguments: &str| {
            format!(
                "query($jane: ID!, $john: ID!, $nobody: ID!, $after: String) {{
                    jane: customer(id: $jane) {{ ...bought }} john: customer(id: $john) {{ ...bought }}
                    nobody: customer(id: $nobody) {{ ...bought }} }}
                fragment bought on Customer {{ purchases({arguments}) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
            )
        };
        let ask = |query: String, after: Value| {
            let world = world.clone();
            async move {
                world.ask(&world.admin(), &query, json!({ "jane": jane, "john": john, "nobody": nobody, "after": after })).await
            }
        };
        let found = ask(page("first: 2, after: $after"), Value::Null).await;
        assert_eq!(list(&found, &["jane", "purchases"]), [janes[2].clone(), janes[1].clone()]);
        assert_eq!(found["jane"]["purchases"]["pageInfo"]["hasNextPage"], json!(true));
        assert_eq!(list(&found, &["john", "purchases"]), std::slice::from_ref(&johns));
        assert_eq!(found["john"]["purchases"]["pageInfo"]["hasNextPage"], json!(false));
        assert_eq!(list(&found, &["nobody", "purchases"]), Vec::<String>::new());
        let end = found["jane"]["purchases"]["pageInfo"]["endCursor"].clone();
        let found = ask(page("first: 2, after: $after"), end).await;
        assert_eq!(list(&found, &["jane", "purchases"]), [janes[0].clone()]);
        let found = ask(page("last: 1, after: $after"), Value::Null).await;
        assert_eq!(list(&found, &["jane", "purchases"]), [janes[0].clone()]);
        assert_eq!(found["jane"]["purchases"]["pageInfo"]["hasPreviousPage"], json!(true));
    })
    .await;
}

#[tokio::test]
async fn foreign_cursors_and_too_much_are_refused() {
    let world = World::sqlite().await;
    let admin = world.admin();
    for query in [
        "{ purchases(first: -1) { nodes { id } } }",
        "{ purchases(first: 1, last: 1) { nodes { id } } }",
        "{ purchases(after: \"nonsense\") { nodes { id } } }",
        "{ purchases(filter: { partnerId: \"cst_01h455vb4pex5vsknk084sn02q\" }) { nodes { id } } }",
    ] {
        assert_eq!(world.refused(&admin, query, Value::Null).await, "BAD_USER_INPUT", "{query}");
    }
    let costly = "{ customers(first: 100) { nodes { purchases(first: 100) { nodes { commissions(first: 100) { nodes { id } } } } } } }";
    assert_eq!(world.refused(&admin, costly, Value::Null).await, "GRAPHQL_VALIDATION_FAILED");
}
