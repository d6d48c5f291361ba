//! Who sees and does what.

use entity::value::{ApiKeyId, ApiScope, Mode};
use serde_json::{Value, json};
use tributary::domain::access::{Scope, Viewer};

use super::instance::{Caller, Instance, on_both, told};

/// Every thing by id, and by list.
const EVERYTHING: &str = "query($program: ID!, $partner: ID!, $enrollment: ID!, $link: ID!, $connection: ID!, $ids: [ID!]!) {
    program(id: $program) { id } partner(id: $partner) { id } enrollment(id: $enrollment) { id } link(id: $link) { id }
    stripeConnection(id: $connection) { id } nodes(ids: $ids) { id }
    programs { nodes { id } } partners { nodes { id } } enrollments { nodes { id } } links { nodes { id } } }";

async fn shop(instance: &Instance, owner: &Caller, name: &str) -> Value {
    let [program, partner, enrollment] = instance.program_with_partner(owner, name).await;
    let link = instance.made(owner, "linkCreate", "LinkCreateInput", "link", json!({ "enrollmentId": enrollment })).await;
    let connection = json!({ "name": "Stripe", "key": "rk_test_51Habcdefwxyz" });
    let connection = instance.made(owner, "stripeConnectionCreate", "StripeConnectionCreateInput", "stripeConnection", connection).await;
    let ids = [&program, &partner, &enrollment, &link, &connection].map(String::clone);
    json!({ "program": program, "partner": partner, "enrollment": enrollment, "link": link, "connection": connection, "ids": ids })
}

/// Ids of every kind that nobody has.
fn absent(of: &Value) -> Value {
    let other = |id: &Value| json!(format!("{}_01h455vb4pex5vsknk084sn02q", id.as_str().unwrap().split('_').next().unwrap()));
    let fields = of.as_object().unwrap().iter().map(|(name, value)| {
        let value = value.as_array().map_or_else(|| other(value), |ids| ids.iter().map(other).collect());
        (name.clone(), value)
    });
    Value::Object(fields.collect())
}

#[tokio::test]
async fn another_merchant_and_the_other_mode_see_nothing_and_cannot_tell_it_from_absence() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let ours = shop(&instance, &owner, "Friends").await;
        let stranger = instance.another_merchant(&owner).await;
        let Viewer::User { user, membership, role, scope } = owner.0.clone() else { unreachable!() };
        let live = Caller(Viewer::User { user, membership, role, scope: Scope::merchant_wide(scope.merchant(), Mode::Live) });
        let own = instance.ask(&owner, EVERYTHING, ours.clone()).await;
        assert!(own["nodes"].as_array().unwrap().iter().all(|node| !node.is_null()), "{own}");
        for outsider in [&stranger, &live] {
            let foreign = instance.ask(outsider, EVERYTHING, ours.clone()).await;
            assert_eq!(foreign, instance.ask(outsider, EVERYTHING, absent(&ours)).await);
            assert!(foreign["program"].is_null() && foreign["programs"]["nodes"] == json!([]));
            let changes = [
                ("programPause", "ProgramStatusInput", json!({ "id": "program" })),
                ("programUpdate", "ProgramUpdateInput", json!({ "id": "program", "name": "Mine" })),
                ("termsCreate", "TermsCreateInput", json!({ "programId": "program", "terms": {} })),
                ("partnerBan", "PartnerStatusInput", json!({ "id": "partner" })),
                ("enrollmentCreate", "EnrollmentCreateInput", json!({ "programId": "program", "partnerId": "partner" })),
                ("enrollmentBan", "EnrollmentStatusInput", json!({ "id": "enrollment" })),
                ("linkCreate", "LinkCreateInput", json!({ "enrollmentId": "enrollment" })),
                ("linkArchive", "LinkArchiveInput", json!({ "id": "link" })),
                ("stripeConnectionUnlink", "StripeConnectionUnlinkInput", json!({ "id": "connection" })),
                ("memberInvite", "MemberInviteInput", json!({ "email": "a@b.example", "role": "PARTNER", "partnerId": "partner" })),
            ];
            for (mutation, input_type, input) in changes {
                let with = |ids: &Value| {
                    let text = |value: &Value| value.as_str().and_then(|name| ids.get(name)).unwrap_or(value).clone();
                    Value::Object(input.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect())
                };
                let query = format!(
                    "mutation($input: {input_type}!) {{ done: {mutation}(input: $input) {{ userErrors {{ field code message }} }} }}"
                );
                let foreign = instance.ask(outsider, &query, json!({ "input": with(&ours) })).await;
                assert_eq!(foreign["done"]["userErrors"][0]["code"], "NOT_FOUND", "{mutation}");
                assert_eq!(foreign, instance.ask(outsider, &query, json!({ "input": with(&absent(&ours)) })).await, "{mutation}");
            }
        }
        assert_eq!(own, instance.ask(&owner, EVERYTHING, ours).await, "nothing was changed");
    })
    .await;
}

#[tokio::test]
async fn a_partner_sees_their_own_and_changes_nothing() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let (own, others) = (shop(&instance, &owner, "Friends").await, shop(&instance, &owner, "Others").await);
        let portal = instance.joined(&owner, "ada@partners.example", "PARTNER", own["partner"].as_str()).await;
        let seen = instance.ask(&portal, EVERYTHING, own.clone()).await;
        for noun in ["program", "partner", "enrollment", "link"] {
            assert_eq!(seen[noun]["id"], own[noun], "{noun}");
            assert_eq!(seen[format!("{noun}s")]["nodes"], json!([{ "id": own[noun] }]), "{noun}");
        }
        assert!(seen["stripeConnection"].is_null(), "connections are the merchant's");
        assert_eq!(instance.ask(&portal, EVERYTHING, others.clone()).await["nodes"], json!([null, null, null, null, null]));
        for query in ["{ members { nodes { id } } }", "{ apiKeys { nodes { id } } }", "{ stripeConnections { nodes { id } } }"] {
            assert_eq!(instance.denied(&portal, query, json!({})).await, "FORBIDDEN", "{query}");
        }
        let guide = "query($id: ID!) { program(id: $id) { integrationGuide(method: SIGN_UP) { method } } }";
        assert_eq!(instance.denied(&portal, guide, json!({ "id": own["program"] })).await, "FORBIDDEN");
        let link = "mutation($id: ID!) { linkArchive(input: { id: $id }) { userErrors { code } } }";
        assert_eq!(instance.denied(&portal, link, json!({ "id": own["link"] })).await, "FORBIDDEN");
        let viewer = instance
            .ask(
                &portal,
                "{ viewer { role mode partner { id metadata } merchant { name } memberships { role partner { id } } } }",
                json!({}),
            )
            .await;
        let partner = json!({ "id": own["partner"], "metadata": null });
        let memberships = json!([{ "role": "PARTNER", "partner": { "id": own["partner"] } }]);
        let expected =
            json!({ "role": "PARTNER", "mode": "TEST", "partner": partner, "merchant": { "name": "Shop" }, "memberships": memberships });
        assert_eq!(viewer["viewer"], expected);
    })
    .await;
}

#[tokio::test]
async fn roles_and_scopes_say_what_may_be_done() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let analyst = instance.joined(&owner, "analyst@shop.example", "ANALYST", None).await;
        let create = "mutation { partnerCreate(input: { name: \"Ada\", email: \"a@b.example\" }) { partner { id } userErrors { code } } }";
        assert_eq!(instance.denied(&analyst, create, json!({})).await, "FORBIDDEN");
        instance.ask(&analyst, "{ partners { nodes { id } } members { nodes { id } } }", json!({})).await;
        let Viewer::User { scope, .. } = owner.0 else { unreachable!() };
        let server = |scopes: &[ApiScope]| Caller(Viewer::Server { key: ApiKeyId::new(), scopes: scopes.to_vec(), scope });
        assert_eq!(instance.denied(&server(&[ApiScope::Read]), create, json!({})).await, "FORBIDDEN");
        instance.ask(&server(&[ApiScope::WritePrograms]), create, json!({})).await;
        let key = "mutation { apiKeyCreate(input: { kind: SECRET, name: \"x\", scopes: [READ] }) { secret } }";
        assert_eq!(instance.denied(&server(&[ApiScope::WritePrograms, ApiScope::Read]), key, json!({})).await, "FORBIDDEN");
        let snippet = Caller(Viewer::Snippet { key: ApiKeyId::new(), program: None, scope });
        assert_eq!(instance.denied(&snippet, "{ merchant { id } }", json!({})).await, "FORBIDDEN");
        assert_eq!(instance.denied(&owner, "{ nonsense }", json!({})).await, "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(instance.denied(&owner, "{", json!({})).await, "GRAPHQL_PARSE_FAILED");
        assert_eq!(
            instance.denied(&owner, "{ program(id: \"prt_01h455vb4pex5vsknk084sn02q\") { id } }", json!({})).await,
            "BAD_USER_INPUT"
        );
    })
    .await;
}

#[tokio::test]
async fn keys_are_shown_once_and_fit_their_kind() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let query = "mutation($input: ApiKeyCreateInput!) { done: apiKeyCreate(input: $input) {
            secret apiKey { id lastFour publishableKey mode origins scopes } userErrors { field code } } }";
        let secret = json!({ "kind": "SECRET", "name": "server", "scopes": ["READ", "TRACK"], "idempotencyKey": "one" });
        let done = instance.ask(&owner, query, json!({ "input": secret })).await["done"].clone();
        let key = done["secret"].as_str().unwrap();
        assert!(key.starts_with("trb_sk_test_") && key.ends_with(done["apiKey"]["lastFour"].as_str().unwrap()));
        assert_eq!((&done["apiKey"]["publishableKey"], &done["apiKey"]["mode"]), (&json!(null), &json!("TEST")));
        let again = instance.ask(&owner, query, json!({ "input": secret })).await["done"].clone();
        assert_eq!((&again["apiKey"]["id"], &again["secret"]), (&done["apiKey"]["id"], &json!(null)));
        let page = json!({ "kind": "PUBLISHABLE", "name": "site", "origins": ["https://Shop.example/"] });
        let done = instance.ask(&owner, query, json!({ "input": page })).await["done"].clone();
        assert_eq!((&done["apiKey"]["publishableKey"], &done["apiKey"]["origins"]), (&done["secret"], &json!(["https://shop.example"])));
        let bad = json!({ "kind": "SECRET", "name": "x", "origins": ["https://shop.example"] });
        let refused = instance.refused(&owner, "apiKeyCreate", "ApiKeyCreateInput", bad).await;
        assert_eq!(refused, told(&[("scopes", "REQUIRED"), ("origins", "NOT_ALLOWED")]));
        let bad = json!({ "kind": "PUBLISHABLE", "name": "x", "origins": ["shop.example", "https://*.com"] });
        let refused = instance.refused(&owner, "apiKeyCreate", "ApiKeyCreateInput", bad).await;
        assert_eq!(refused, told(&[("origins.0", "INVALID"), ("origins.1", "INVALID")]));
        instance.made(&owner, "apiKeyRevoke", "ApiKeyRevokeInput", "apiKey", json!({ "id": done["apiKey"]["id"] })).await;
        let left = instance.ask(&owner, "{ apiKeys { nodes { name } } all: apiKeys(revoked: true) { nodes { name } } }", json!({})).await;
        assert_eq!(left["apiKeys"]["nodes"], json!([{ "name": "server" }]));
        assert_eq!(left["all"]["nodes"].as_array().unwrap().len(), 2);
    })
    .await;
}
