//! Terms with every rule, given to groups and enrollments, and looked at before they are written.

use chrono::Duration;
use serde_json::{Value, json};

use super::instance::{Caller, Instance, on_both, start, told};

fn percent(rate: u32) -> Value {
    json!({ "kind": "PERCENT", "rate": rate })
}

/// Every rule that can be applied.
fn full() -> Value {
    let flat = json!({ "kind": "FLAT", "amount": "500", "currency": "EUR", "perUnit": true });
    let when = json!({ "kind": "ALL", "of": [
        { "kind": "CUSTOMER_COUNTRY", "values": ["DE", "AT"] },
        { "kind": "NONE", "of": [{ "kind": "PURCHASE_AMOUNT", "currency": "EUR", "below": "1000" }, { "kind": "CUSTOMER_NEW", "is": false }] }
    ] });
    json!({
        "first": flat, "renewal": percent(1_000), "steps": [{ "from": 4, "reward": percent(500) }],
        "products": [{ "matches": "PRICE", "id": "price_1", "effect": "PER_UNIT", "amount": "100", "currency": "EUR", "priority": 2 }],
        "conditional": [{ "id": "german", "priority": -1, "when": when, "reward": percent(3_000) }],
        "caps": [{ "scope": "CUSTOMER", "amount": "9000", "currency": "EUR" }]
    })
}

#[tokio::test]
async fn every_rule_is_kept_and_shown() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, ..] = instance.program_with_partner(&owner, "Friends").await;
        let input = json!({ "programId": program, "terms": full() });
        let id = instance.made(&owner, "termsCreate", "TermsCreateInput", "terms", input).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Terms { audience sentences
            first { kind amount { decimal currency } perUnit } renewal { rate { basisPoints } } steps { from reward { rate { percent } } }
            products { matches key id effect rate { percent } amount { amount } priority }
            conditional { id priority reward { rate { percent } } when { kind of { kind values of { kind currency from below is } } } }
            caps { scope period amount { decimal currency } } tiers { period } lead { on } secondLevel { share { percent } } } } }";
        let seen = instance.ask(&owner, query, json!({ "id": id })).await["node"].clone();
        assert_eq!(seen["first"], json!({ "kind": "FLAT", "amount": { "decimal": "5.00", "currency": "EUR" }, "perUnit": true }));
        assert_eq!((&seen["renewal"], &seen["audience"]), (&json!({ "rate": { "basisPoints": 1_000 } }), &json!("PROGRAM")));
        assert_eq!(seen["steps"], json!([{ "from": 4, "reward": { "rate": { "percent": "5 %" } } }]));
        let product = json!({
            "matches": "PRICE", "key": null, "id": "price_1", "effect": "PER_UNIT", "rate": null, "amount": { "amount": "100" }, "priority": 2
        });
        assert_eq!(seen["products"], json!([product]));
        let inner = json!([
            { "kind": "PURCHASE_AMOUNT", "currency": "EUR", "from": null, "below": "1000", "is": null },
            { "kind": "CUSTOMER_NEW", "currency": null, "from": null, "below": null, "is": false }
        ]);
        let outer = json!([
            { "kind": "CUSTOMER_COUNTRY", "values": ["DE", "AT"], "of": null }, { "kind": "NONE", "values": null, "of": inner }
        ]);
        let conditional = json!({
            "id": "german", "priority": -1, "reward": { "rate": { "percent": "30 %" } }, "when": { "kind": "ALL", "of": outer }
        });
        assert_eq!(seen["conditional"], json!([conditional]));
        assert_eq!(seen["caps"], json!([{ "scope": "CUSTOMER", "period": null, "amount": { "decimal": "90.00", "currency": "EUR" } }]));
        assert_eq!((&seen["tiers"], &seen["lead"], &seen["secondLevel"]), (&json!(null), &json!(null), &json!(null)));
        assert!(seen["sentences"].as_array().unwrap().contains(&json!("The first payment of a customer earns 5.00 EUR for each unit instead.")));
        let away = json!({ "programId": program, "terms": { "first": null, "conditional": [] } });
        let id = instance.made(&owner, "termsCreate", "TermsCreateInput", "terms", away).await;
        let seen = instance.ask(&owner, query, json!({ "id": id })).await["node"].clone();
        assert_eq!((&seen["first"], &seen["conditional"]), (&json!(null), &json!([])));
        assert_eq!(seen["steps"][0]["from"], 4, "what is left out stays");
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_answered_by_its_path() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, ..] = instance.program_with_partner(&owner, "Friends").await;
        let change = |terms: Value| json!({ "programId": program, "terms": terms });
        let unreadable = json!({
            "first": { "kind": "PERCENT", "amount": "1" },
            "steps": [{ "from": -1, "reward": percent(1) }],
            "conditional": [{ "id": "a", "when": { "kind": "ANY", "of": [{ "kind": "PARTNER", "values": ["me"] }] }, "reward": percent(1) }],
            "caps": [{ "scope": "PURCHASE", "amount": "many", "currency": "EUR" }]
        });
        let expected = [
            ("terms.first.kind", "INVALID"),
            ("terms.steps.0.from", "OUT_OF_RANGE"),
            ("terms.conditional.0.when.of.0.values.0", "INVALID"),
            ("terms.caps.0.amount", "INVALID"),
        ];
        let refused = instance.refused(&owner, "termsCreate", "TermsCreateInput", change(unreadable)).await;
        assert_eq!(refused, told(&expected));
        let levels = json!([{ "from": "5", "reward": percent(1) }, { "from": "5", "reward": percent(2) }]);
        let impossible = json!({
            "steps": [{ "from": 3, "reward": percent(1) }, { "from": 2, "reward": percent(1) }],
            "conditional": [{ "id": "a b", "when": { "kind": "CUSTOMER_COUNTRY", "values": ["Germany"] }, "reward": percent(1) }],
            "caps": [{ "scope": "CUSTOMER", "period": "DAY", "amount": "1", "currency": "EUR" }],
            "tiers": { "metric": "REVENUE", "period": "MONTH", "effect": "FUTURE", "levels": levels }
        });
        let told_of = instance.refused(&owner, "termsCreate", "TermsCreateInput", change(impossible)).await;
        for expected in [
            ("terms.steps.1.from", "INVALID"),
            ("terms.conditional.0.id", "INVALID"),
            ("terms.conditional.0.when.values.0", "OUT_OF_RANGE"),
            ("terms.caps.0.period", "INVALID"),
            ("terms.tiers.currency", "REQUIRED"),
            ("terms.tiers.levels.1.from", "INVALID"),
        ] {
            assert!(told_of.contains(&(expected.0.to_owned(), expected.1.to_owned())), "{expected:?} in {told_of:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_partner_sees_own_terms_in_force_also_where_others_are_to_come() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, partner, enrollment] = instance.program_with_partner(&owner, "Friends").await;
        let ada = instance.joined(&owner, "ada@partners.example", "PARTNER", Some(&partner)).await;
        let own = json!({ "programId": program, "terms": { "reward": percent(3_000) }, "audience": "ASSIGNED" });
        let own = instance.made(&owner, "termsCreate", "TermsCreateInput", "terms", own).await;
        let give = |terms: Value, days: i64| {
            let from = (start() + Duration::days(days)).to_rfc3339();
            json!({ "programId": program, "enrollmentId": enrollment, "termsId": terms, "effectiveFrom": from })
        };
        for input in [give(Value::Null, 10), give(json!(own), 0)] {
            assert_eq!(instance.refused(&owner, "termsAssign", "TermsAssignInput", input).await, []);
        }
        let query = "query($id: ID!) { enrollment(id: $id) { ownTerms { id } givenTerms { terms { id } } terms { source terms { id } } } }";
        let seen = instance.ask(&ada, query, json!({ "id": enrollment })).await;
        let given = json!([{ "terms": null }, { "terms": { "id": own } }]);
        let now = json!({ "source": "ENROLLMENT", "terms": { "id": own } });
        assert_eq!(seen["enrollment"], json!({ "ownTerms": { "id": own }, "givenTerms": given, "terms": now }));
        instance.wait(Duration::days(10));
        let seen = instance.ask(&ada, query, json!({ "id": enrollment })).await;
        assert_eq!((&seen["enrollment"]["ownTerms"], &seen["enrollment"]["terms"]["source"]), (&json!(null), &json!("PROGRAM")));
        // What is set now ends nothing that is to come, and is no change where it holds already.
        instance.wait(Duration::days(1));
        for terms in [json!(own), json!(own), Value::Null] {
            let set = json!({ "id": enrollment, "termsId": terms });
            instance.made(&owner, "enrollmentSetTerms", "EnrollmentSetTermsInput", "enrollment", set).await;
        }
        let seen = instance.ask(&owner, query, json!({ "id": enrollment })).await;
        assert_eq!(seen["enrollment"]["givenTerms"].as_array().unwrap().len(), 4);
    })
    .await;
}

/// A group with better terms in a program, and the ids of both.
async fn gold(instance: &Instance, owner: &Caller, program: &str) -> [String; 2] {
    let group = instance.made(owner, "partnerGroupCreate", "PartnerGroupCreateInput", "group", json!({ "name": "Gold" })).await;
    let terms = json!({ "programId": program, "terms": { "reward": percent(4_000) }, "audience": "ASSIGNED" });
    let terms = instance.made(owner, "termsCreate", "TermsCreateInput", "terms", terms).await;
    [group, terms]
}

const IN_FORCE: &str =
    "query($id: ID!, $at: DateTime) { enrollment(id: $id) { ownTerms { id } terms(asOf: $at) { source terms { id } } } }";

#[tokio::test]
async fn own_terms_go_before_the_groups_and_those_before_the_programs() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, partner, enrollment] = instance.program_with_partner(&owner, "Friends").await;
        let [group, better] = gold(&instance, &owner, &program).await;
        let assign = |to: &str, id: &str, terms: Option<&str>, days: i64| {
            json!({ "programId": program, to: id, "termsId": terms, "effectiveFrom": (start() + Duration::days(days)).to_rfc3339() })
        };
        for input in [
            assign("groupId", &group, Some(&better), 10),
            assign("enrollmentId", &enrollment, Some(&better), 30),
            assign("enrollmentId", &enrollment, None, 40),
        ] {
            assert_eq!(instance.refused(&owner, "termsAssign", "TermsAssignInput", input).await, []);
        }
        let put = json!({ "partnerId": partner, "groupId": group });
        instance.made(&owner, "partnerSetGroup", "PartnerSetGroupInput", "partner", put).await;
        let mut sources = Vec::new();
        for days in [0, 10, 30, 40] {
            let at = (start() + Duration::days(days)).to_rfc3339();
            let seen = instance.ask(&owner, IN_FORCE, json!({ "id": enrollment, "at": at })).await;
            sources.push(seen["enrollment"]["terms"]["source"].as_str().unwrap().to_owned());
        }
        assert_eq!(sources, ["PROGRAM", "GROUP", "ENROLLMENT", "GROUP"]);
        instance.wait(Duration::days(35));
        let seen = instance.ask(&owner, IN_FORCE, json!({ "id": enrollment })).await;
        assert_eq!(seen["enrollment"]["ownTerms"]["id"], json!(better));
        let query = "query($program: ID!, $group: ID!, $partner: ID!, $enrollment: ID!) { program(id: $program) { terms { version }
            groupTerms { nodes { group { name } program { id } given { terms { version } } } } }
            enrollment(id: $enrollment) { givenTerms { terms { version } effectiveFrom } }
            partnerGroup(id: $group) { partners { nodes { id } } } partner(id: $partner) { group { id } } partnerGroups { nodes { name } } }";
        let ids = json!({ "program": program, "group": group, "partner": partner, "enrollment": enrollment });
        let seen = instance.ask(&owner, query, ids).await;
        assert_eq!(seen["program"]["terms"]["version"], 1, "what is only assigned is not everybody's");
        let day = |days: i64| (start() + Duration::days(days)).to_rfc3339();
        let given = json!([{ "terms": null, "effectiveFrom": day(40) }, { "terms": { "version": 2 }, "effectiveFrom": day(30) }]);
        assert_eq!(seen["enrollment"]["givenTerms"], given);
        let of_group = json!({ "group": { "name": "Gold" }, "program": { "id": program }, "given": [{ "terms": { "version": 2 } }] });
        assert_eq!(seen["program"]["groupTerms"]["nodes"], json!([of_group]));
        assert_eq!(seen["partnerGroup"]["partners"]["nodes"], json!([{ "id": partner }]));
        assert_eq!((&seen["partner"]["group"]["id"], &seen["partnerGroups"]["nodes"]), (&json!(group), &json!([{ "name": "Gold" }])));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_given_or_moved_is_refused() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, partner, enrollment] = instance.program_with_partner(&owner, "Friends").await;
        let [other, _, elsewhere] = instance.program_with_partner(&owner, "Others").await;
        let [group, better] = gold(&instance, &owner, &program).await;
        let again = json!({ "name": "Gold" });
        let refused = instance.refused(&owner, "partnerGroupCreate", "PartnerGroupCreateInput", again).await;
        assert_eq!(refused, told(&[("name", "TAKEN")]));
        let assign = |change: Value| {
            let mut input = json!({ "programId": program, "termsId": better });
            input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            input
        };
        for (change, field, code) in [
            (json!({}), "enrollmentId", "INVALID"),
            (json!({ "enrollmentId": enrollment, "groupId": group }), "enrollmentId", "INVALID"),
            (json!({ "enrollmentId": elsewhere }), "enrollmentId", "NOT_FOUND"),
            (json!({ "groupId": group, "effectiveFrom": "2020-01-01T00:00:00Z" }), "effectiveFrom", "OUT_OF_RANGE"),
            (json!({ "programId": other, "groupId": group }), "termsId", "NOT_FOUND"),
        ] {
            let refused = instance.refused(&owner, "termsAssign", "TermsAssignInput", assign(change)).await;
            assert_eq!(refused, told(&[(field, code)]));
        }
        for (change, field, code) in [
            (json!({ "programId": other }), "termsId", "NOT_FOUND"),
            (json!({ "fromTermsId": "trm_01h455vb4pex5vsknk084sn02q" }), "fromTermsId", "NOT_FOUND"),
            (json!({ "enrollmentId": elsewhere }), "enrollmentId", "NOT_FOUND"),
            (json!({ "effectiveFrom": "2020-01-01T00:00:00Z" }), "effectiveFrom", "OUT_OF_RANGE"),
        ] {
            let refused = instance.refused(&owner, "termsMove", "TermsMoveInput", assign(change)).await;
            assert_eq!(refused, told(&[(field, code)]));
        }
        let stranger = instance.another_merchant(&owner).await;
        let foreign = json!({ "partnerId": partner, "groupId": group });
        let refused = instance.refused(&stranger, "partnerSetGroup", "PartnerSetGroupInput", foreign).await;
        assert_eq!(refused, told(&[("partnerId", "NOT_FOUND")]));
        let query = "query($id: ID!, $ids: [ID!]!) { partnerGroup(id: $id) { id } partnerGroups { nodes { id } } nodes(ids: $ids) { id } }";
        let seen = instance.ask(&stranger, query, json!({ "id": group, "ids": [group, better] })).await;
        assert_eq!(seen, json!({ "partnerGroup": null, "partnerGroups": { "nodes": [] }, "nodes": [null, null] }));
    })
    .await;
}

#[tokio::test]
async fn a_partner_sees_what_they_were_given_and_not_what_others_were() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, partner, enrollment] = instance.program_with_partner(&owner, "Friends").await;
        let [group, better] = gold(&instance, &owner, &program).await;
        let ada = instance.joined(&owner, "ada@partners.example", "PARTNER", Some(&partner)).await;
        let query = "query($id: ID!, $program: ID!) { node(id: $id) { id } program(id: $program) { termsVersions { nodes { version } } } }";
        let hidden = instance.ask(&ada, query, json!({ "id": better, "program": program })).await;
        assert_eq!(hidden, json!({ "node": null, "program": { "termsVersions": { "nodes": [{ "version": 1 }] } } }));
        let put = json!({ "partnerId": partner, "groupId": group });
        instance.made(&owner, "partnerSetGroup", "PartnerSetGroupInput", "partner", put).await;
        let give = json!({ "programId": program, "groupId": group, "termsId": better });
        assert_eq!(instance.refused(&owner, "termsAssign", "TermsAssignInput", give).await, []);
        let shown = instance.ask(&ada, query, json!({ "id": better, "program": program })).await;
        assert_eq!(shown["node"]["id"], json!(better));
        let seen = instance.ask(&ada, IN_FORCE, json!({ "id": enrollment })).await;
        assert_eq!(seen["enrollment"]["terms"], json!({ "source": "GROUP", "terms": { "id": better } }));
        let own = instance.ask(&ada, "query($id: ID!) { partner(id: $id) { group { id } } }", json!({ "id": partner })).await;
        assert_eq!(own["partner"]["group"], json!(null));
        assert_eq!(instance.denied(&ada, "{ partnerGroups { nodes { id } } }", json!({})).await, "FORBIDDEN");
        let look = "{ termsPreview(input: {}) { userErrors { field } } }";
        assert_eq!(instance.denied(&ada, look, json!({})).await, "FORBIDDEN");
    })
    .await;
}

const PREVIEW: &str = "query($input: TermsPreviewInput!) { termsPreview(input: $input) { userErrors { field code }
    preview { sentences samples { at reason amount { decimal } base { decimal } commission { amount } steps { rule text amount { amount } } } } } }";

async fn asked(instance: &Instance, owner: &Caller, input: Value) -> Value {
    instance.ask(owner, PREVIEW, json!({ "input": input })).await["termsPreview"].clone()
}

#[tokio::test]
async fn a_preview_says_what_terms_mean_and_works_out_samples() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, partner, _] = instance.program_with_partner(&owner, "Friends").await;
        let when = json!({ "kind": "PARTNER", "values": [partner] });
        let terms = json!({
            "first": percent(5_000), "caps": [{ "scope": "PURCHASE", "amount": "4000", "currency": "EUR" }],
            "conditional": [{ "id": "ada", "when": { "kind": "ALL", "of": [when, { "kind": "PURCHASE_FIRST", "is": false }] }, "reward": percent(100) }]
        });
        let paid = json!({ "decimal": "100.00", "currency": "EUR" });
        let samples = json!([{ "amount": paid }, { "amount": paid }, { "amount": { "amount": "0", "currency": "EUR" } }]);
        let input = |partner: Option<&str>| json!({ "programId": program, "terms": terms, "samples": samples, "partnerId": partner });
        let seen = asked(&instance, &owner, input(None)).await;
        assert_eq!(seen["userErrors"], json!([]));
        let sentences = seen["preview"]["sentences"].as_array().unwrap();
        assert!(sentences.contains(&json!("The first payment of a customer earns 50 % of what was paid for it, without tax instead.")));
        assert!(sentences.contains(&json!("One purchase never earns more than 40.00 EUR.")));
        let earned = |seen: &Value| {
            let samples = seen["preview"]["samples"].as_array().unwrap();
            samples.iter().map(|one| (one["reason"].clone(), one["commission"]["amount"].clone())).collect::<Vec<_>>()
        };
        let all = |amounts: [&str; 3]| {
            let reasons = ["COMMISSIONED", "COMMISSIONED", "ZERO_AMOUNT"];
            reasons.into_iter().zip(amounts).map(|(reason, amount)| (json!(reason), json!(amount))).collect::<Vec<_>>()
        };
        assert_eq!(earned(&seen), all(["4000", "2000", "0"]));
        let steps = seen["preview"]["samples"][0]["steps"].as_array().unwrap();
        let cap: Vec<_> = steps.iter().filter(|step| step["rule"] == "CO-6").map(|step| &step["amount"]["amount"]).collect();
        assert_eq!(cap, ["5000", "4000"]);
        assert_eq!(seen["preview"]["samples"][1]["at"], "2026-04-01T12:00:00+00:00", "a month apart");
        let as_ada = asked(&instance, &owner, input(Some(&partner))).await;
        assert_eq!(earned(&as_ada), all(["4000", "100", "0"]));
        let versions = "query($id: ID!) { program(id: $id) { termsVersions { nodes { version } } } }";
        let after = instance.ask(&owner, versions, json!({ "id": program })).await;
        assert_eq!(after["program"]["termsVersions"]["nodes"], json!([{ "version": 1 }]), "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn a_preview_refuses_as_writing_would() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let terms = json!({ "windowDays": 0, "caps": [{ "scope": "PROGRAM", "amount": "1", "currency": "EUR" }] });
        let wrong = asked(&instance, &owner, json!({ "terms": terms })).await;
        assert_eq!(wrong["preview"], json!(null));
        let fields: Vec<_> = wrong["userErrors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
        assert!(fields.contains(&json!(["terms", "windowDays"])) && fields.contains(&json!(["terms", "caps", "0", "period"])), "{fields:?}");
        let sample = json!({ "amount": { "amount": "-1", "currency": "EUR" }, "quantity": 0 });
        let wrong = asked(&instance, &owner, json!({ "samples": [sample] })).await;
        let expected = json!([
            { "field": ["samples", "0", "amount"], "code": "OUT_OF_RANGE" }, { "field": ["samples", "0", "quantity"], "code": "OUT_OF_RANGE" }
        ]);
        assert_eq!(wrong["userErrors"], expected);
        let absent = asked(&instance, &owner, json!({ "programId": "prg_01h455vb4pex5vsknk084sn02q" })).await;
        assert_eq!(absent["userErrors"], json!([{ "field": ["programId"], "code": "NOT_FOUND" }]));
    })
    .await;
}
