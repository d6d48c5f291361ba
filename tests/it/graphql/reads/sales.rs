//! What a merchant sees of its sales.

use entity::value::{CommissionState, DecisionReason, HoldReason, Mode, ProgramId, PurchaseStatus, Role};
use serde_json::{Value, json};
use tributary::domain::access::{Scope, Viewer};

use super::rows::program_of;
use super::world::{World, at, on_both};

#[tokio::test]
async fn a_purchase_tells_its_whole_story() {
    on_both(|world: World| async move {
        let customer = world.customer(&world.shop, "Jane Doe").await;
        let sale = world.sale(&world.shop, customer, 0, 10).await;
        let query = "query($id: ID!) { purchase(id: $id) {
            id key status purchasedAt currency flags connection { id } total { amount currency decimal } collected { decimal } reduction { decimal }
            base { decimal } returned { kind amount { decimal } at source } customer { name email claimed signedUpAt }
            decision { id current reason base { decimal } amount { decimal } program { name } enrollment { id } terms { version } explanation
                candidates { kind verdict reason note enrollment { id } at } steps { rule text amount { decimal } } }
            decisions { nodes { id } }
            commissions { nodes { id state holds amount { amount decimal } program { name } purchase { id }
                entries { nodes { account kind amount { decimal } } } } }
            references { nodes { reference } } } }";
        let found = world.ask(&world.admin(), query, json!({ "id": sale.purchase })).await;
        let purchase = &found["purchase"];
        assert_eq!(purchase["status"], "PAID");
        assert_eq!(purchase["purchasedAt"], "2026-03-01T12:00:10+00:00");
        assert_eq!(purchase["total"], json!({ "amount": "12000", "currency": "USD", "decimal": "120.00" }));
        assert_eq!(purchase["flags"], json!(["OVERPAID"]));
        assert_eq!(purchase["returned"][0]["kind"], "REFUND");
        assert_eq!(purchase["returned"][0]["amount"]["decimal"], "10.00");
        assert_eq!(purchase["returned"][0]["source"], "re_1");
        assert_eq!(purchase["customer"]["email"], "jane.doe@example.com");
        let decision = &purchase["decision"];
        assert_eq!((&decision["reason"], &decision["base"]["decimal"]), (&json!("COMMISSIONED"), &json!("100.00")));
        assert_eq!(decision["candidates"].as_array().unwrap().len(), 2);
        assert_eq!(decision["candidates"][1]["reason"], "OUTSIDE_WINDOW");
        assert_eq!(decision["steps"][1], json!({ "rule": "CO-2", "text": "20 % of it", "amount": { "decimal": "20.00" } }));
        let explanation = decision["explanation"].as_str().unwrap();
        assert!(explanation.contains("20.00 USD on a base of 100.00 USD"), "{explanation}");
        assert!(explanation.contains("could not win (OUTSIDE_WINDOW): clicked too early"), "{explanation}");
        let commission = &purchase["commissions"]["nodes"][0];
        assert_eq!(commission["amount"], json!({ "amount": "2000", "decimal": "20.00" }));
        assert_eq!(commission["purchase"]["id"], json!(sale.purchase));
        assert_eq!(commission["entries"]["nodes"][1]["amount"]["decimal"], "-20.00");
        assert!(purchase["references"]["nodes"][0]["reference"].as_str().unwrap().starts_with("invoice:in_"));
        assert!(purchase["key"].as_str().unwrap().starts_with("invoice:in_"));
    })
    .await;
}

async fn ids(world: &World, viewer: &Viewer, list: &str, arguments: &str) -> Vec<String> {
    let found = world.ask(viewer, &format!("{{ {list}({arguments}) {{ nodes {{ id }} }} }}"), Value::Null).await;
    found[list]["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn purchases_are_found_by_what_they_are() {
    on_both(|world: World| async move {
        let (jane, john) = (world.customer(&world.shop, "Jane").await, world.customer(&world.shop, "John").await);
        let second = ProgramId::new();
        world.store(program_of(&world.shop, second, "Second")).await;
        let paid = world.sale(&world.shop, jane, 0, 10).await.purchase.to_string();
        let other = world
            .sale_with(&world.shop, john, 1, 20, |bought, decided, earned| {
                (bought.status, bought.purchased_at) = (PurchaseStatus::Unpaid, None);
                (decided.reason, decided.program_id) = (DecisionReason::PaymentNotPaid, Some(second));
                bought.currency = Some("EUR".parse().unwrap());
                earned.program_id = second;
            })
            .await
            .purchase
            .to_string();
        let merged = world.sale_with(&world.shop, john, 1, 30, |bought, _, _| bought.status = PurchaseStatus::Merged).await;
        let admin = world.admin();
        let (first, last) = (world.shop.partners[0].0, world.shop.partners[1].0);
        for (arguments, expected) in [
            ("first: 10".to_owned(), vec![&other, &paid]),
            ("orderBy: OLDEST".to_owned(), vec![&paid, &other]),
            ("orderBy: LATEST_PAID".to_owned(), vec![&paid]),
            ("filter: { status: PAID }".to_owned(), vec![&paid]),
            ("filter: { status: [MERGED] }".to_owned(), vec![&merged.purchase.to_string()]),
            ("filter: { reason: [PAYMENT_NOT_PAID, NO_TOUCH] }".to_owned(), vec![&other]),
            (format!("filter: {{ programId: \"{second}\" }}"), vec![&other]),
            (format!("filter: {{ partnerId: \"{first}\" }}"), vec![&paid]),
            (format!("filter: {{ partnerId: \"{last}\", status: PAID }}"), vec![]),
            (format!("filter: {{ customerId: \"{john}\" }}"), vec![&other]),
            ("filter: { currency: \"eur\" }".to_owned(), vec![&other]),
            (format!("filter: {{ from: \"{}\", to: \"{}\" }}", at(10).to_rfc3339(), at(11).to_rfc3339()), vec![&paid]),
            (format!("filter: {{ from: \"{}\" }}", at(11).to_rfc3339()), vec![]),
        ] {
            let expected: Vec<String> = expected.into_iter().cloned().collect();
            assert_eq!(ids(&world, &admin, "purchases", &arguments).await, expected, "{arguments}");
        }
    })
    .await;
}

#[tokio::test]
async fn commissions_are_found_by_what_they_are() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let pending = world.sale(&world.shop, jane, 0, 10).await.commission.to_string();
        let held = world
            .sale_with(&world.shop, jane, 1, 20, |_, _, earned| {
                (earned.state, earned.holds) = (CommissionState::Held, vec![HoldReason::Dispute].into());
                earned.updated_at = at(5);
            })
            .await
            .commission
            .to_string();
        let admin = world.admin();
        let partner = world.shop.partners[1].0;
        for (arguments, expected) in [
            ("first: 10".to_owned(), vec![&held, &pending]),
            ("orderBy: OLDEST".to_owned(), vec![&pending, &held]),
            ("orderBy: LATEST_CHANGE".to_owned(), vec![&pending, &held]),
            ("filter: { state: HELD }".to_owned(), vec![&held]),
            ("filter: { state: [APPROVED, PAID] }".to_owned(), vec![]),
            (format!("filter: {{ partnerId: \"{partner}\" }}"), vec![&held]),
            (format!("filter: {{ programId: \"{}\" }}", world.shop.program), vec![&held, &pending]),
            (format!("filter: {{ programId: \"{}\" }}", world.other.program), vec![]),
            (format!("filter: {{ to: \"{}\" }}", at(20).to_rfc3339()), vec![&pending]),
        ] {
            let expected: Vec<String> = expected.into_iter().cloned().collect();
            assert_eq!(ids(&world, &admin, "commissions", &arguments).await, expected, "{arguments}");
        }
        let found = world.ask(&admin, "{ commissions(filter: { state: HELD }) { nodes { holds } } }", Value::Null).await;
        assert_eq!(found["commissions"]["nodes"][0]["holds"], json!(["DISPUTE"]));
    })
    .await;
}

#[tokio::test]
async fn another_merchant_and_the_other_mode_are_not_there() {
    on_both(|world: World| async move {
        let (ours, theirs) = (world.customer(&world.shop, "Jane").await, world.customer(&world.other, "Jim").await);
        world.sale(&world.shop, ours, 0, 10).await;
        let foreign = world.sale(&world.other, theirs, 0, 10).await;
        let test = world.user(Role::Owner, Scope::merchant_wide(world.shop.id, Mode::Test));
        let query = "query($p: ID!, $c: ID!, $u: ID!) { purchase(id: $p) { id } commission(id: $c) { id } customer(id: $u) { id }
            node(id: $p) { id } purchases { nodes { id } } commissions { nodes { id } } customers { nodes { id } }
            ledgerEntries { nodes { id } } payouts { nodes { id } } clicks { nodes { id } } inboxEvents { nodes { id } } }";
        let asked = json!({ "p": foreign.purchase, "c": foreign.commission, "u": theirs });
        let found = world.ask(&world.admin(), query, asked.clone()).await;
        assert_eq!((&found["purchase"], &found["commission"], &found["customer"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(found["node"], Value::Null);
        for list in ["purchases", "commissions", "customers"] {
            assert_eq!(found[list]["nodes"].as_array().unwrap().len(), 1, "{list}");
        }
        let found = world.ask(&test, query, asked).await;
        for list in ["purchases", "commissions", "customers", "ledgerEntries"] {
            assert_eq!(found[list]["nodes"], json!([]), "{list}");
        }
        let arguments = format!("filter: {{ partnerId: \"{}\" }}", world.other.partners[0].0);
        assert_eq!(ids(&world, &world.admin(), "commissions", &arguments).await, Vec::<String>::new());
        assert_eq!(world.refused(&Viewer::Public, "{ purchases { nodes { id } } }", Value::Null).await, "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test]
async fn a_customer_is_found_by_its_keys() {
    use entity::identity;
    use entity::value::{IdentityId, IdentityKind};
    use tributary::auth::email::Email;
    on_both(|world: World| async move {
        let (jane, _) = (world.customer(&world.shop, "Jane").await, world.customer(&world.shop, "John").await);
        let hash = world.services.hashes.email_hash(&Email::normalise("jane@example.com").unwrap());
        for (kind, value) in [(IdentityKind::ExternalId, "user-7".to_owned()), (IdentityKind::EmailHash, hash)] {
            let (id, merchant_id, created_at) = (IdentityId::new(), world.shop.id, at(1));
            world
                .store(identity::Model {
                    id,
                    merchant_id,
                    livemode: true,
                    kind,
                    value,
                    customer_id: jane,
                    disputed: false,
                    stated_at: created_at,
                    trusted_at: None,
                    proven_at: None,
                    ended_at: None,
                    created_at,
                })
                .await;
        }
        let admin = world.admin();
        for filter in ["externalId: \"user-7\"", "email: \" Jane@Example.com \"", "email: \"jane@example.com\", externalId: \"user-7\""] {
            assert_eq!(ids(&world, &admin, "customers", &format!("filter: {{ {filter} }}")).await, [jane.to_string()], "{filter}");
        }
        assert_eq!(ids(&world, &admin, "customers", "filter: { externalId: \"user-8\" }").await, Vec::<String>::new());
        let query = "query($id: ID!) { customer(id: $id) { identities { nodes { kind value disputed } } } }";
        let found = world.ask(&admin, query, json!({ "id": jane })).await;
        assert_eq!(found["customer"]["identities"]["nodes"][0], json!({ "kind": "EXTERNAL_ID", "value": "user-7", "disputed": false }));
        let asked = "{ customers(filter: { email: \"jane@example.com\" }) { nodes { id } } }";
        assert_eq!(world.refused(&world.partner(0), asked, Value::Null).await, "FORBIDDEN", "a partner cannot probe for addresses");
    })
    .await;
}

#[tokio::test]
async fn everything_is_found_by_its_id_alone() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let sale = world.sale(&world.shop, jane, 0, 10).await;
        let found = world.ask(&world.admin(), "{ ledgerEntries(first: 1) { nodes { id } } }", Value::Null).await;
        let entry = found["ledgerEntries"]["nodes"][0]["id"].clone();
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
        let ids = json!([jane, sale.purchase, sale.decision, sale.commission, entry, "pyt_01h455vb4pex5vsknk084sn02q", "nonsense"]);
        let found = world.ask(&world.admin(), query, json!({ "ids": ids })).await;
        let expected = json!([
            { "__typename": "Customer", "id": jane },
            { "__typename": "Purchase", "id": sale.purchase },
            { "__typename": "Decision", "id": sale.decision },
            { "__typename": "Commission", "id": sale.commission },
            { "__typename": "LedgerEntry", "id": entry },
            null,
            null,
        ]);
        assert_eq!(found["nodes"], expected);
    })
    .await;
}
