//! Who may read a shop's business, and the syncs behind it.

use entity::commerce_record;
use entity::value::{CommerceId, CommerceKind, Mode, Role};
use serde_json::{Value, json};
use tributary::domain::access::Scope;

use super::world::{World, at, on_both, usd};

const LISTS: [&str; 8] = [
    "{ commerceCompanies { sourceId } }",
    "{ commerceCustomers { nodes { sourceId } } }",
    "{ commerceDisputes { nodes { sourceId } } }",
    "{ commercePayments { nodes { sourceId } } }",
    "{ commerceProducts { nodes { sourceId } } }",
    "{ commerceTransactions { nodes { sourceId } } }",
    "{ stripeSyncPulls { nodes { id } } }",
    "{ commerceCustomers { nodes { sourceId raw } } }",
];

async fn customer(world: &World) {
    let body = json!({ "id": "cus_1", "object": "customer", "email": "jo@example.com", "name": "Jo" });
    let row = commerce_record::Model {
        id: CommerceId::new(),
        merchant_id: world.shop.id,
        livemode: true,
        connection_id: world.shop.connection,
        kind: CommerceKind::Customer,
        source_id: "cus_1".to_owned(),
        parent_id: None,
        status: "ACTIVE".to_owned(),
        currency: usd(),
        amount: 0,
        derived: false,
        body: Some(body.to_string().into_bytes()),
        digest: 1,
        source_created_at: at(-10),
        source_modified_at: at(-10),
        told_at: at(-10),
        told_rank: 0,
        created_at: at(0),
        updated_at: at(0),
    };
    world.store(row).await;
}

#[tokio::test]
async fn s10_partners_see_nothing_and_the_raw_object_is_for_administrators() {
    on_both(|world: World| async move {
        customer(&world).await;
        for query in LISTS {
            assert_eq!(world.refused(&world.partner(0), query, json!({})).await, "FORBIDDEN", "{query}");
        }
        let shown = world.ask(&world.analyst(), LISTS[1], json!({})).await;
        assert_eq!(shown["commerceCustomers"]["nodes"], json!([{ "sourceId": "cus_1" }]));
        assert_eq!(world.refused(&world.analyst(), LISTS[7], json!({})).await, "FORBIDDEN");
        let raw = world.ask(&world.admin(), LISTS[7], json!({})).await;
        let raw: Value = serde_json::from_str(raw["commerceCustomers"]["nodes"][0]["raw"].as_str().unwrap()).unwrap();
        assert_eq!(raw["name"], "Jo");
        let test = world.user(Role::Admin, Scope::merchant_wide(world.shop.id, Mode::Test));
        let other = world.user(Role::Admin, Scope::merchant_wide(world.other.id, Mode::Live));
        for viewer in [test, other] {
            let seen = world.ask(&viewer, LISTS[1], json!({})).await;
            assert_eq!(seen["commerceCustomers"]["nodes"], json!([]), "nothing of one merchant or mode is another's");
        }
    })
    .await;
}

#[tokio::test]
async fn s8_only_administrators_sync() {
    on_both(|world: World| async move {
        let input = json!({ "input": { "connectionId": world.shop.connection } });
        for (mutation, kind) in [("stripeSyncPull", "StripeSyncPullInput"), ("stripeSyncUpdate", "StripeSyncUpdateInput")] {
            let document = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
            for viewer in [world.partner(0), world.analyst()] {
                assert_eq!(world.refused(&viewer, &document, input.clone()).await, "FORBIDDEN", "{mutation}");
            }
        }
        let other = world.user(Role::Admin, Scope::merchant_wide(world.other.id, Mode::Live));
        let document = "mutation($input: StripeSyncPullInput!) { stripeSyncPull(input: $input) { userErrors { code } } }";
        let refused = world.ask(&other, document, input).await;
        assert_eq!(refused["stripeSyncPull"]["userErrors"], json!([{ "code": "NOT_FOUND" }]));
    })
    .await;
}
