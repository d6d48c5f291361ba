//! What a partner sees: their own, masked, and nothing of others.

use entity::value::{BindingId, BindingStage, CommissionState, DecisionId, IdentityId, IdentityKind, LedgerAccount, TouchId, TouchKind};
use entity::{binding, decision, identity, touch};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::world::{World, at, on_both};

#[tokio::test]
async fn customers_are_masked_and_stripe_is_left_out() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane Doe").await;
        let sale = world.sale(&world.shop, jane, 0, 10).await;
        let (merchant_id, created_at) = (world.shop.id, at(1));
        let (kind, value) = (IdentityKind::ExternalId, "user-7".to_owned());
        let id = IdentityId::new();
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
        let query = "query($id: ID!) { purchase(id: $id) { key connection { id } base { decimal } collected { decimal } returned { source }
            references { nodes { reference } } customer { name email identities { nodes { id } } } } }";
        let asked = json!({ "id": sale.purchase });
        let found = world.ask(&world.partner(0), query, asked.clone()).await;
        let expected = json!({ "purchase": {
            "key": null, "connection": null, "base": null, "collected": { "decimal": "120.00" }, "returned": [{ "source": null }],
            "references": { "nodes": [] },
            "customer": { "name": "J… D…", "email": "j…@e….com", "identities": { "nodes": [] } },
        } });
        assert_eq!(found, expected);
        let found = world.ask(&world.analyst(), query, asked).await;
        assert_eq!(found["purchase"]["customer"]["email"], "jane.doe@example.com");
        assert_eq!(found["purchase"]["customer"]["identities"]["nodes"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_anothers_is_not_there() {
    on_both(|world: World| async move {
        let (jane, john) = (world.customer(&world.shop, "Jane").await, world.customer(&world.shop, "John").await);
        let own = world.sale(&world.shop, jane, 0, 10).await;
        let foreign = world.sale(&world.shop, john, 1, 20).await;
        let query = "query($p: ID!, $c: ID!, $u: ID!, $d: ID!, $other: ID!) { purchase(id: $p) { id } commission(id: $c) { id }
            customer(id: $u) { id } node(id: $d) { id } purchases { nodes { id } } commissions { nodes { id partner { id } } }
            customers { nodes { id } } ledgerEntries { nodes { account } } balances(partnerId: $other) { currency }
            filtered: commissions(filter: { partnerId: $other }) { nodes { id } } }";
        let other = world.shop.partners[1].0;
        let asked = json!({ "p": foreign.purchase, "c": foreign.commission, "u": john, "d": foreign.decision, "other": other });
        let found = world.ask(&world.partner(0), query, asked).await;
        for field in ["purchase", "commission", "customer", "node"] {
            assert_eq!(found[field], Value::Null, "{field}");
        }
        assert_eq!(found["purchases"]["nodes"], json!([{ "id": own.purchase }]));
        assert_eq!(found["commissions"]["nodes"], json!([{ "id": own.commission, "partner": { "id": world.shop.partners[0].0 } }]));
        assert_eq!(found["customers"]["nodes"], json!([{ "id": jane }]));
        assert_eq!(found["ledgerEntries"]["nodes"], json!([{ "account": "PARTNER_PENDING" }]), "the merchant's side is not theirs");
        assert_eq!(found["balances"], json!([]));
        assert_eq!(found["filtered"]["nodes"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn of_a_decision_a_partner_sees_their_own_part() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let sale = world.sale(&world.shop, jane, 0, 10).await;
        let query = "query($id: ID!) { purchase(id: $id) { decision { reason base { decimal } amount { decimal } enrollment { id } terms { version }
            program { name } candidates { enrollment { id } verdict } steps { rule } explanation } } }";
        let asked = json!({ "id": sale.purchase });
        let [(_, first), (_, second)] = world.shop.partners;
        let found = world.ask(&world.partner(0), query, asked.clone()).await;
        let won = &found["purchase"]["decision"];
        assert_eq!(won["candidates"], json!([{ "enrollment": { "id": first }, "verdict": "WON" }]));
        assert_eq!((&won["base"]["decimal"], won["steps"].as_array().unwrap().len()), (&json!("100.00"), 2));
        assert!(!won["explanation"].as_str().unwrap().contains("clicked too early"));

        // The purchase goes to the other partner; the first keeps a reversed commission, and so still sees the purchase.
        let now_theirs = sea_orm::sea_query::Expr::value(second.uuid());
        let update = decision::Entity::update_many().col_expr(decision::Column::EnrollmentId, now_theirs);
        update.filter(decision::Column::Id.eq(sale.decision)).exec(world.services.db.write()).await.unwrap();
        let found = world.ask(&world.partner(0), query, asked).await;
        let lost = &found["purchase"]["decision"];
        for field in ["base", "amount", "enrollment", "terms", "program"] {
            assert_eq!(lost[field], Value::Null, "{field}");
        }
        assert_eq!((&lost["steps"], lost["candidates"].as_array().unwrap().len()), (&json!([]), 1));
        let explanation = lost["explanation"].as_str().unwrap();
        assert!(!explanation.contains("100.00") && !explanation.contains("too early"), "{explanation}");
        let found = world.ask(&world.partner(1), "{ purchases { nodes { id } } }", json!({})).await;
        assert_eq!(found["purchases"]["nodes"], json!([{ "id": sale.purchase }]), "who won sees it");
    })
    .await;
}

#[tokio::test]
async fn evidence_and_bindings_are_shown_to_whom_they_name() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        for (place, (_, enrollment)) in world.shop.partners.into_iter().enumerate() {
            let touch = TouchId::new();
            world.store(touch_of(&world, touch, jane, enrollment, i64::try_from(place).unwrap())).await;
            world
                .store(binding::Model {
                    id: BindingId::new(),
                    merchant_id: world.shop.id,
                    livemode: true,
                    customer_id: jane,
                    enrollment_id: enrollment,
                    program_id: world.shop.program,
                    terms_id: world.shop.terms,
                    stage: BindingStage::Lead,
                    source: TouchKind::Manual,
                    touch_id: Some(touch),
                    bound_at: at(i64::try_from(place).unwrap()),
                    ended_at: (place == 0).then(|| at(1)),
                    created_at: at(1),
                })
                .await;
        }
        let query = "query($id: ID!) { customer(id: $id) { touches { nodes { kind enrollment { id } source promotionCode } }
            bindings { nodes { enrollment { id } stage endedAt touch { kind } customer { id } program { name } } } } }";
        let [(_, first), (_, second)] = world.shop.partners;
        let found = world.ask(&world.admin(), query, json!({ "id": jane })).await;
        let bound: Vec<&Value> =
            found["customer"]["bindings"]["nodes"].as_array().unwrap().iter().map(|node| &node["enrollment"]["id"]).collect();
        assert_eq!(bound, [&json!(second), &json!(first)], "the newest first");
        assert_eq!(found["customer"]["touches"]["nodes"][0]["promotionCode"], "promo_1", "without the connection");
        let found = world.ask(&world.partner(0), query, json!({ "id": jane })).await;
        let bindings = found["customer"]["bindings"]["nodes"].as_array().unwrap();
        assert_eq!((bindings.len(), &bindings[0]["enrollment"]["id"], &bindings[0]["touch"]["kind"]), (1, &json!(first), &json!("MANUAL")));
        let touches = json!([{ "kind": "MANUAL", "enrollment": { "id": first }, "source": null, "promotionCode": null }]);
        assert_eq!(found["customer"]["touches"]["nodes"], touches);
    })
    .await;
}

fn touch_of(
    world: &World,
    id: TouchId,
    customer: entity::value::CustomerId,
    enrollment: entity::value::EnrollmentId,
    seconds: i64,
) -> touch::Model {
    touch::Model {
        id,
        merchant_id: world.shop.id,
        livemode: true,
        customer_id: customer,
        kind: TouchKind::Manual,
        source: format!("hand {id}"),
        at: at(seconds),
        click_id: None,
        promotion_code: Some(format!("{}/promo_1", world.shop.connection)),
        coupon: None,
        partner_key: None,
        enrollment_id: Some(enrollment),
        purchase_id: None,
        position: 0,
        rejected_at: None,
        created_at: at(seconds),
    }
}

#[tokio::test]
async fn history_of_decisions_is_masked_row_by_row() {
    on_both(|world: World| async move {
        let jane = world.customer(&world.shop, "Jane").await;
        let sale = world.sale_with(&world.shop, jane, 0, 10, |_, _, earned| earned.state = CommissionState::Approved).await;
        let now = decision::Entity::find_by_id(sale.decision).one(world.services.db.read()).await.unwrap().unwrap();
        let [_, (_, second)] = world.shop.partners;
        let earlier =
            decision::Model { id: DecisionId::new(), current: false, enrollment_id: Some(second), amount: 777, decided_at: at(0), ..now };
        world.store(earlier).await;
        let query = "query($id: ID!) { purchase(id: $id) { decisions { nodes { current amount { decimal } } } } }";
        let found = world.ask(&world.partner(0), query, json!({ "id": sale.purchase })).await;
        let expected = json!([{ "current": true, "amount": { "decimal": "20.00" } }, { "current": false, "amount": null }]);
        assert_eq!(found["purchase"]["decisions"]["nodes"], expected);
        let query = "{ ledgerEntries { nodes { account amount { decimal } } } }";
        let found = world.ask(&world.partner(0), query, json!({})).await;
        let account = LedgerAccount::PartnerPayable.as_str();
        assert_eq!(found["ledgerEntries"]["nodes"], json!([{ "account": account, "amount": { "decimal": "20.00" } }]));
    })
    .await;
}
