//! Balances, the check of the ledger, payouts, and what is decided by hand.

use entity::value::{CommissionId, CommissionState, HoldReason, PayoutId};
use serde_json::{Value, json};

use super::world::{World, on_both};

const BALANCES: &str = "query($partner: ID!) { balances(partnerId: $partner) { currency pending { decimal } held { decimal }
    payable { decimal } paid { decimal } } }";

async fn three_sales(world: &World) -> [CommissionId; 3] {
    let jane = world.customer(&world.shop, "Jane").await;
    let pending = world.sale(&world.shop, jane, 0, 10).await;
    let held = world
        .sale_with(&world.shop, jane, 0, 20, |_, decided, earned| {
            (earned.state, earned.holds, earned.held) = (CommissionState::Held, vec![HoldReason::Dispute].into(), 500);
            decided.amount = 500;
        })
        .await;
    let approved = world.sale_with(&world.shop, jane, 0, 30, |_, _, earned| earned.state = CommissionState::Approved).await;
    world.sale(&world.shop, jane, 1, 40).await;
    [pending.commission, held.commission, approved.commission]
}

#[tokio::test]
async fn balances_are_sums_and_the_ledger_adds_up() {
    on_both(|world: World| async move {
        three_sales(&world).await;
        let partner = json!({ "partner": world.shop.partners[0].0 });
        let money = |text: &str| json!({ "decimal": text });
        let expected =
            json!([{ "currency": "USD", "pending": money("25.00"), "held": money("5.00"), "payable": money("20.00"), "paid": money("0.00") }]);
        for viewer in [world.admin(), world.analyst(), world.partner(0)] {
            assert_eq!(world.ask(&viewer, BALANCES, partner.clone()).await["balances"], expected);
        }
        let sums = "{ ledgerSums { currency amount } }";
        assert_eq!(world.ask(&world.admin(), sums, Value::Null).await["ledgerSums"], json!([{ "currency": "USD", "amount": "0" }]));
        for viewer in [world.analyst(), world.partner(0)] {
            assert_eq!(world.refused(&viewer, sums, Value::Null).await, "FORBIDDEN");
        }
    })
    .await;
}

#[tokio::test]
async fn a_payout_pays_what_is_payable_once() {
    on_both(|world: World| async move {
        let [_, _, approved] = three_sales(&world).await;
        let record = "mutation($partner: ID!, $key: String, $amount: MoneyInput) {
            payoutRecord(input: { partnerId: $partner, currency: \"USD\", reference: \"wire 7\", idempotencyKey: $key, amount: $amount }) {
            payout { id amount { decimal } reference status partner { id } entries { nodes { commission { id } amount { decimal } } } }
            userErrors { field code } } }";
        let other_sum = json!({ "partner": world.shop.partners[0].0, "amount": { "decimal": "20.01", "currency": "USD" } });
        let refused = world.ask(&world.admin(), record, other_sum).await;
        assert_eq!(refused["payoutRecord"]["userErrors"], json!([{ "field": ["amount"], "code": "WRONG_STATE" }]));
        let partner = json!({ "partner": world.shop.partners[0].0, "key": "monday", "amount": { "amount": "2000", "currency": "USD" } });
        assert_eq!(world.refused(&world.analyst(), record, partner.clone()).await, "FORBIDDEN");
        let done = world.ask(&world.admin(), record, partner.clone()).await;
        let payout = &done["payoutRecord"]["payout"];
        assert_eq!(done["payoutRecord"]["userErrors"], json!([]));
        assert_eq!((&payout["amount"]["decimal"], &payout["reference"]), (&json!("20.00"), &json!("wire 7")));
        assert_eq!(payout["entries"]["nodes"], json!([{ "commission": { "id": approved }, "amount": { "decimal": "20.00" } }]));
        let balance = world.ask(&world.partner(0), BALANCES, partner.clone()).await["balances"][0].clone();
        assert_eq!(balance["paid"]["decimal"], "20.00");
        let again = world.ask(&world.admin(), record, partner).await;
        assert_eq!(again["payoutRecord"]["payout"]["id"], payout["id"], "the same key, the same payout");
        let again = world.ask(&world.admin(), record, json!({ "partner": world.shop.partners[0].0 })).await;
        assert_eq!(again["payoutRecord"]["payout"], Value::Null);
        assert_eq!(again["payoutRecord"]["userErrors"], json!([{ "field": ["partnerId"], "code": "WRONG_STATE" }]));
        let list = "{ payouts { nodes { id entries { nodes { id } } } } }";
        assert_eq!(world.ask(&world.partner(0), list, Value::Null).await["payouts"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(world.ask(&world.partner(1), list, Value::Null).await["payouts"]["nodes"], json!([]));
        let foreign = json!({ "partner": world.other.partners[0].0 });
        let nothing = world.ask(&world.admin(), record, foreign).await;
        let absent = json!([{ "field": ["partnerId"], "code": "NOT_FOUND" }]);
        assert_eq!(nothing["payoutRecord"], json!({ "payout": null, "userErrors": absent }), "foreign is absent");
    })
    .await;
}

#[tokio::test]
async fn hands_act_only_where_they_may() {
    on_both(|world: World| async move {
        let [pending, ..] = three_sales(&world).await;
        let theirs = world.customer(&world.other, "Jim").await;
        let foreign = world.sale(&world.other, theirs, 0, 10).await.commission;
        let approve =
            "mutation($id: ID!) { commissionApprove(input: { id: $id }) { commission { id approvedAt } userErrors { field code } } }";
        let reject = "mutation($id: ID!, $why: String!) { commissionReject(input: { id: $id, reason: $why }) {
            commission { id rejectedReason } userErrors { field code } } }";
        for viewer in [world.analyst(), world.partner(0)] {
            assert_eq!(world.refused(&viewer, approve, json!({ "id": pending })).await, "FORBIDDEN");
        }
        let not_found = json!([{ "field": ["id"], "code": "NOT_FOUND" }]);
        for id in [foreign, CommissionId::new()] {
            let answer = world.ask(&world.admin(), approve, json!({ "id": id })).await;
            assert_eq!(answer["commissionApprove"], json!({ "commission": null, "userErrors": not_found }), "foreign is absent");
        }
        let answer = world.ask(&world.admin(), reject, json!({ "id": pending, "why": " " })).await;
        assert_eq!(answer["commissionReject"]["userErrors"], json!([{ "field": ["reason"], "code": "INVALID" }]));
        let answer = world.ask(&world.admin(), approve, json!({ "id": pending })).await;
        assert_eq!(answer["commissionApprove"]["commission"]["approvedAt"], "2026-03-01T12:16:40+00:00");
        let answer = world.ask(&world.admin(), reject, json!({ "id": pending, "why": "returned goods" })).await;
        assert_eq!(answer["commissionReject"]["commission"]["rejectedReason"], "returned goods");
        let restore = "mutation($id: ID!) { commissionRestore(input: { id: $id }) { commission { rejectedReason approvedAt } } }";
        let answer = world.ask(&world.admin(), restore, json!({ "id": pending })).await;
        assert_eq!(answer["commissionRestore"]["commission"], json!({ "rejectedReason": null, "approvedAt": null }));
    })
    .await;
}

#[tokio::test]
async fn po_1_payouts_move_by_those_who_may_move_money_and_are_seen_by_their_partner() {
    on_both(|world: World| async move {
        three_sales(&world).await;
        let partner = world.shop.partners[0].0;
        let plan = "mutation($partner: ID!) { payoutPlan(input: { partnerId: $partner, currency: \"USD\" }) {
            payout { id status } userErrors { field code } } }";
        let send = "mutation($id: ID!) { payoutSend(input: { id: $id }) { payout { status } userErrors { field code } } }";
        let confirm = "mutation($id: ID!) { payoutConfirm(input: { id: $id }) { payout { status } userErrors { field code } } }";
        let cancel =
            "mutation($id: ID!) { payoutCancel(input: { id: $id, reason: \"why not\" }) { payout { status } userErrors { field code } } }";
        let write_off =
            "mutation($partner: ID!) { balanceWriteOff(input: { partnerId: $partner, currency: \"USD\", reason: \"why not\" }) {
            writtenOff { amount } userErrors { field code } } }";
        // No facts are behind these sales, so that settling finds nothing to pay: the story of a payout is told elsewhere.
        let planned = world.ask(&world.admin(), plan, json!({ "partner": partner })).await["payoutPlan"]["payout"].clone();
        for viewer in [world.analyst(), world.partner(0)] {
            for of_partner in [plan, write_off] {
                assert_eq!(world.refused(&viewer, of_partner, json!({ "partner": partner })).await, "FORBIDDEN");
            }
            for of_payout in [send, confirm, cancel] {
                assert_eq!(world.refused(&viewer, of_payout, json!({ "id": planned["id"] })).await, "FORBIDDEN");
            }
        }
        let absent = json!([{ "field": ["id"], "code": "NOT_FOUND" }]);
        for (name, document) in [("payoutSend", send), ("payoutConfirm", confirm), ("payoutCancel", cancel)] {
            let answer = world.ask(&world.admin(), document, json!({ "id": PayoutId::new() })).await;
            assert_eq!(answer[name], json!({ "payout": null, "userErrors": absent }), "{name}");
        }
        let seen = "query($id: ID!) { payout(id: $id) { id amount { decimal } entries { nodes { amount { decimal } } } } }";
        let amount = json!({ "decimal": "20.00" });
        let payout = json!({ "id": planned["id"], "amount": amount, "entries": { "nodes": [{ "amount": amount }] } });
        for viewer in [world.admin(), world.analyst(), world.partner(0)] {
            assert_eq!(world.ask(&viewer, seen, json!({ "id": planned["id"] })).await["payout"], payout);
        }
        assert_eq!(world.ask(&world.partner(1), seen, json!({ "id": planned["id"] })).await["payout"], Value::Null);
    })
    .await;
}
