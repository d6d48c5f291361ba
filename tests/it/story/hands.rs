//! What people decide by hand about persons: whose they are, and who they are (AT-15, ID-7).

use entity::value::{CommissionState, DecisionReason, LedgerAccount};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Affiliate, Stage, day};
use crate::support::stripe::{Bill, Line, Version};

const EARNED: DecisionReason = DecisionReason::Commissioned;

const REASSIGN: &str = "mutation($input: CustomerReassignInput!) { customerReassign(input: $input) { userErrors { field code }
    reassignment { done confirm count purchases { purchase { key } from { id } to { id }
        before { decimal } after { decimal } paid { decimal } } } } }";

async fn reassign(stage: &Stage, input: Value) -> Value {
    let done = stage.ask(REASSIGN, json!({ "input": input })).await;
    stage.drain().await;
    done["customerReassign"].clone()
}

/// Ada's customer bought on days 2 and 12; the first purchase is paid out to her. Gives the customer.
async fn one_paid(stage: &Stage) -> Value {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert!(stage.pay_out(stage.ada).await);
    stage.shop().pay(day(12), Bill::to(&ann).subscription("sub_1").line(Line::of(5_000)));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Paid, 2_000), (CommissionState::Approved, 1_000)]);
    json!(books.purchases[0].customer_id)
}

#[rstest]
#[case::future(json!({ "mode": "FUTURE_ONLY" }), 0, 0)]
#[case::since(json!({ "mode": "SINCE", "since": day(10) }), 1, 0)]
#[case::all(json!({ "mode": "ALL" }), 2, 2_000)]
#[tokio::test]
async fn at_15_a_person_is_given_to_another_partner(#[case] mode: Value, #[case] moves: usize, #[case] taken_back: i64) {
    let stage = Stage::new().await;
    let customer = one_paid(&stage).await;
    stage.app.clock.set(day(20));
    let mut input = json!({ "customerId": customer, "enrollmentId": stage.bob.enrollment, "reason": "Bob had met them first" });
    input.as_object_mut().unwrap().extend(mode.as_object().unwrap().clone());

    let before = stage.books().await;
    let preview = reassign(&stage, input.clone()).await;
    assert_eq!(preview["userErrors"], json!([]));
    let shown = &preview["reassignment"];
    assert_eq!((&shown["done"], &shown["count"]), (&json!(false), &json!(moves)));
    if moves == 2 {
        let first = json!({ "purchase": { "key": before.purchases[0].key }, "from": { "id": stage.ada.enrollment },
            "to": { "id": stage.bob.enrollment }, "before": { "decimal": "20.00" }, "after": { "decimal": "20.00" }, "paid": { "decimal": "20.00" } });
        assert_eq!(shown["purchases"][0], first);
        assert_eq!(shown["purchases"][1]["paid"], json!({ "decimal": "0.00" }));
    }
    let after = stage.books().await;
    assert_eq!((after.entries.len(), after.decided()), (before.entries.len(), before.decided()), "a preview changes nothing");

    input["confirm"] = json!("something else");
    assert_eq!(reassign(&stage, input.clone()).await["userErrors"], json!([{ "field": ["confirm"], "code": "WRONG_STATE" }]));
    input["confirm"] = shown["confirm"].clone();
    assert_eq!(reassign(&stage, input.clone()).await["reassignment"]["done"], json!(true));
    let books = stage.books().await;
    let payable = |of: Affiliate| books.balance(of.partner, LedgerAccount::PartnerPayable);
    let moved = [0, 1_000, 3_000][moves];
    assert_eq!((payable(stage.ada), payable(stage.bob)), (1_000 - moved, moved), "what was paid to Ada is taken from her next payout");
    assert_eq!(books.balance(stage.ada.partner, LedgerAccount::PayoutClearing), 2_000, "a paid payout is never altered");
    assert_eq!(books.commissions_of(stage.ada)[0], (CommissionState::Paid, 2_000 - taken_back));

    let again = reassign(&stage, input).await;
    assert_eq!(again["reassignment"]["done"], json!(if moves == 0 { json!(true) } else { Value::Null }), "the outcome is another one now");
    let buyer = stage.shop().customers.keys().next().unwrap().clone();
    stage.shop().pay(day(30), Bill::to(&buyer).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    assert_eq!(books.owed(stage.bob), moved + 2_000, "and what comes after is Bob's in each mode");

    let log = "{ interventions(first: 5) { nodes { kind what reason userId apiKeyId customer { id } enrollment { id } } } }";
    let log = stage.ask(log, json!({})).await;
    let noted = log["interventions"]["nodes"].as_array().unwrap().last().unwrap();
    assert_eq!((&noted["kind"], &noted["reason"]), (&json!("REASSIGNMENT"), &json!("Bob had met them first")));
    assert!(
        noted["apiKeyId"].is_string() && noted["userId"].is_null() && noted["what"].as_str().unwrap().contains("purchases changed"),
        "{noted}"
    );
    assert_eq!((&noted["customer"]["id"], &noted["enrollment"]["id"]), (&customer, &json!(stage.bob.enrollment)));
    stage.finish().await;
}

#[tokio::test]
async fn at_15_what_cannot_be_reassigned_is_refused() {
    let stage = Stage::new().await;
    let customer = one_paid(&stage).await;
    let (bob, known) = (json!(stage.bob.enrollment), |field: &str, code: &str| json!([{ "field": [field], "code": code }]));
    let ask = |customer: Value, enrollment: Value, mode: Value, reason: &str| {
        let mut input = json!({ "customerId": customer, "enrollmentId": enrollment, "reason": reason });
        input.as_object_mut().unwrap().extend(mode.as_object().unwrap().clone());
        input
    };
    let all = json!({ "mode": "ALL" });
    for (input, errors) in [
        (ask(customer.clone(), bob.clone(), all.clone(), " "), known("reason", "INVALID")),
        (ask(customer.clone(), bob.clone(), json!({ "mode": "SINCE" }), "so"), known("since", "REQUIRED")),
        (ask(customer.clone(), bob.clone(), json!({ "mode": "SINCE", "since": day(99) }), "so"), known("since", "OUT_OF_RANGE")),
        (ask(customer.clone(), bob.clone(), json!({ "mode": "ALL", "since": day(1) }), "so"), known("since", "INVALID")),
        (ask(json!("cst_01h455vb4pex5vsknk084sn02q"), bob.clone(), all.clone(), "so"), known("customerId", "NOT_FOUND")),
        (ask(customer.clone(), json!("enr_01h455vb4pex5vsknk084sn02q"), all.clone(), "so"), known("enrollmentId", "NOT_FOUND")),
    ] {
        assert_eq!(reassign(&stage, input.clone()).await["userErrors"], errors, "{input}");
    }
    let ban = "mutation($id: ID!) { enrollmentBan(input: { id: $id }) { userErrors { code } } }";
    stage.ask(ban, json!({ "id": bob })).await;
    assert_eq!(reassign(&stage, ask(customer, bob, all, "so")).await["userErrors"], known("enrollmentId", "WRONG_STATE"));
    stage.finish().await;
}

const MERGE: &str = "mutation($input: CustomerMergeInput!) { customerMerge(input: $input) { customer { id } userErrors { field code } } }";

/// ID-7: Ada brought the person first and Bob brought them again under another id; both are one.
#[rstest]
#[tokio::test]
async fn id_7_two_customers_become_one_and_the_older_binding_stays(#[values(false, true)] older_stays: bool) {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let click = stage.click(stage.bob, day(3)).await;
    stage.sign_up("user-2", "ann@work.example", Some(&click), day(4)).await;
    let ann_at_work = stage.shop().customer(day(4), "ann@work.example", Some("user-2"));
    stage.shop().pay(day(5), Bill::to(&ann).line(Line::of(10_000)));
    stage.shop().pay(day(6), Bill::to(&ann_at_work).line(Line::of(20_000)));
    let mut contradicted = Bill::to(&ann).line(Line::of(30_000));
    contradicted.metadata.insert("tributary_customer_id".into(), "user-2".into());
    stage.shop().pay(day(7), contradicted);
    stage.deliver(Version::Endive).await;
    let books = stage.books().await;
    let conflicts = books.decided().iter().filter(|(reason, ..)| *reason == DecisionReason::IdentityConflict).count();
    assert!(conflicts > 0, "{:?}", books.decided());
    let by_id = |id: &str| {
        let query = "query($id: String!) { customers(first: 1, filter: { externalId: $id }) { nodes { id } } }";
        let asked = stage.ask(query, json!({ "id": id }));
        async move { asked.await["customers"]["nodes"][0]["id"].clone() }
    };
    let (first, second) = (by_id("user-1").await, by_id("user-2").await);
    let (from, into) = if older_stays { (&second, &first) } else { (&first, &second) };
    let input = json!({ "input": { "id": from, "intoId": into, "reason": "the same person at work" } });
    let done = stage.ask(MERGE, input.clone()).await;
    assert_eq!(done["customerMerge"], json!({ "customer": { "id": into }, "userErrors": [] }));
    stage.drain().await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(EARNED, 10_000, 2_000), (EARNED, 20_000, 4_000), (EARNED, 30_000, 6_000)]);
    assert_eq!((books.owed(stage.ada), books.owed(stage.bob)), (12_000, 0), "whoever came first has the person");
    assert_eq!(books.bindings.iter().filter(|b| b.ended_at.is_none()).count(), 1);
    let again = stage.ask(MERGE, input).await;
    assert_eq!(again["customerMerge"]["userErrors"], json!([{ "field": ["id"], "code": "WRONG_STATE" }]));
    let log = stage.ask("{ interventions(first: 1) { nodes { kind what customer { id } merged { id } } } }", json!({})).await;
    let noted = &log["interventions"]["nodes"][0];
    assert_eq!((&noted["kind"], &noted["customer"]["id"], &noted["merged"]["id"]), (&json!("CUSTOMER_MERGE"), into, from));
    let what = noted["what"].as_str().unwrap();
    assert!(what.contains(&format!("was bound to {}", stage.bob.enrollment)), "the loser is recorded: {what}");
    stage.shop().pay(day(9), Bill::to(&ann_at_work).line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.ada), 14_000);
    stage.finish().await;
}
