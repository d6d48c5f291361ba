//! Programs with their terms, partners and links.

use chrono::Duration;
use serde_json::{Value, json};

use super::instance::{on_both, start, told};

#[tokio::test]
async fn a_merchant_makes_a_program_a_partner_and_a_link() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, _, enrollment] = instance.program_with_partner(&owner, "Friends").await;
        let input = json!({ "enrollmentId": enrollment, "code": "Ada-1", "destinationUrl": "https://SHOP.example/sale?x=1" });
        let link = instance.made(&owner, "linkCreate", "LinkCreateInput", "link", input).await;
        let query = "query($link: ID!, $program: ID!) {
            link(id: $link) { code url shortUrl destinationUrl program { id } enrollment { status partner { name } program { name } } }
            program(id: $program) { status mode queryParam allowedHosts terms { version windowDays reward { kind rate { percent } } } }
            node(id: $link) { __typename id ... on Link { code } }
            nodes(ids: [$program, \"prg_01h455vb4pex5vsknk084sn02q\", \"nonsense\"]) { id } }";
        let seen = instance.ask(&owner, query, json!({ "link": link, "program": program })).await;
        assert_eq!(seen["link"]["url"], "https://shop.example/sale?x=1&via=Ada-1");
        assert!(seen["link"]["shortUrl"].as_str().unwrap().starts_with("https://track.example/r/"));
        assert_eq!(seen["link"]["enrollment"]["status"], "APPROVED");
        assert_eq!(seen["link"]["enrollment"]["partner"]["name"], "Ada");
        assert_eq!(
            seen["program"]["terms"],
            json!({ "version": 1, "windowDays": 60, "reward": { "kind": "PERCENT", "rate": { "percent": "20 %" } } })
        );
        assert_eq!((&seen["program"]["mode"], &seen["program"]["allowedHosts"]), (&json!("TEST"), &json!(["shop.example"])));
        assert_eq!(seen["node"], json!({ "__typename": "Link", "id": link, "code": "Ada-1" }));
        assert_eq!(seen["nodes"], json!([{ "id": program }, null, null]));
        let again = json!({ "enrollmentId": enrollment, "code": "ADA-1" });
        assert_eq!(instance.refused(&owner, "linkCreate", "LinkCreateInput", again).await, told(&[("code", "TAKEN")]));
        let elsewhere = json!({ "enrollmentId": enrollment, "destinationUrl": "https://shop.example@evil.example/" });
        assert_eq!(instance.refused(&owner, "linkCreate", "LinkCreateInput", elsewhere).await, told(&[("destinationUrl", "INVALID")]));
        let foreign = json!({ "id": link, "destinationUrl": "https://evil.example/" });
        assert_eq!(instance.refused(&owner, "linkUpdate", "LinkUpdateInput", foreign).await, told(&[("destinationUrl", "NOT_ALLOWED")]));
    })
    .await;
}

#[tokio::test]
async fn wrong_terms_are_answered_by_path() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let terms = json!({
            "reward": { "kind": "FLAT", "amount": "0", "currency": "XXX" }, "windowDays": 366, "holdDays": 121,
            "products": [{ "matches": "PRICE", "id": "price_1", "effect": "EXCLUDE" }, { "matches": "PRICE", "id": "price_1", "effect": "EXCLUDE" }]
        });
        let input = json!({ "name": "", "landingUrl": "https://shop.example", "terms": terms });
        let refused = instance.refused(&owner, "programCreate", "ProgramCreateInput", input).await;
        assert_eq!(
            refused,
            told(&[
                ("name", "REQUIRED"),
                ("terms.reward.amount", "OUT_OF_RANGE"),
                ("terms.reward.currency", "UNKNOWN_CURRENCY"),
                ("terms.windowDays", "OUT_OF_RANGE"),
                ("terms.holdDays", "OUT_OF_RANGE"),
                ("terms.products.1.id", "TAKEN"),
            ])
        );
        let [program, ..] = instance.program_with_partner(&owner, "Friends").await;
        let input = json!({ "programId": program, "terms": { "duration": { "kind": "MONTHS" } } });
        assert_eq!(instance.refused(&owner, "termsCreate", "TermsCreateInput", input).await, told(&[("terms.duration.n", "REQUIRED")]));
        let past = json!({ "programId": program, "terms": {}, "effectiveFrom": "2020-01-01T00:00:00Z" });
        assert_eq!(instance.refused(&owner, "termsCreate", "TermsCreateInput", past).await, told(&[("effectiveFrom", "OUT_OF_RANGE")]));
    })
    .await;
}

#[tokio::test]
async fn a_new_version_changes_what_it_names_and_comes_in_force_at_its_time() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, ..] = instance.program_with_partner(&owner, "Friends").await;
        let change = |terms: Value, from: Option<String>| json!({ "programId": program, "terms": terms, "effectiveFrom": from });
        instance.made(&owner, "termsCreate", "TermsCreateInput", "terms", change(json!({ "holdDays": 7, "clawbackDays": 90 }), None)).await;
        let later = (start() + Duration::days(10)).to_rfc3339();
        let rate = json!({ "reward": { "kind": "PERCENT", "rate": 1250 }, "clawbackDays": null });
        instance.made(&owner, "termsCreate", "TermsCreateInput", "terms", change(rate, Some(later))).await;
        let sooner = change(json!({}), Some((start() + Duration::days(1)).to_rfc3339()));
        let refused = instance.refused(&owner, "termsCreate", "TermsCreateInput", sooner).await;
        assert_eq!(refused, told(&[("effectiveFrom", "OUT_OF_RANGE")]), "versions begin in their order");
        let query = "query($id: ID!) { program(id: $id) { terms { version holdDays clawbackDays reward { rate { percent } } }
            termsVersions(last: 2) { nodes { version } pageInfo { hasPreviousPage } } } }";
        let now = instance.ask(&owner, query, json!({ "id": program })).await;
        let old = json!({ "version": 2, "holdDays": 7, "clawbackDays": 90, "reward": { "rate": { "percent": "20 %" } } });
        assert_eq!(now["program"]["terms"], old);
        assert_eq!(
            now["program"]["termsVersions"],
            json!({ "nodes": [{ "version": 2 }, { "version": 1 }], "pageInfo": { "hasPreviousPage": true } })
        );
        instance.wait(Duration::days(10));
        let then = instance.ask(&owner, query, json!({ "id": program })).await;
        let new = json!({ "version": 3, "holdDays": 7, "clawbackDays": null, "reward": { "rate": { "percent": "12.5 %" } } });
        assert_eq!(then["program"]["terms"], new);
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_twice_under_one_key_is_done_once() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let input = |name: &str, key: &str| json!({ "name": name, "email": "ada@partners.example", "idempotencyKey": key });
        let tries = (0..5).map(|_| instance.made(&owner, "partnerCreate", "PartnerCreateInput", "partner", input("Ada", "k1")));
        let ids = futures_util::future::join_all(tries).await;
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
        let refused = instance.refused(&owner, "partnerCreate", "PartnerCreateInput", input("Bob", "k1")).await;
        assert_eq!(refused, told(&[("idempotencyKey", "IDEMPOTENCY_KEY_REUSED")]));
        let refused = instance.refused(&owner, "partnerCreate", "PartnerCreateInput", input("Ada", "k2")).await;
        assert_eq!(refused, told(&[("email", "TAKEN")]));
        let key = json!({ "kind": "SECRET", "name": "server", "scopes": ["READ"], "idempotencyKey": "k1" });
        assert_eq!(
            instance.refused(&owner, "apiKeyCreate", "ApiKeyCreateInput", key).await,
            told(&[("idempotencyKey", "IDEMPOTENCY_KEY_REUSED")])
        );
    })
    .await;
}

#[tokio::test]
async fn lists_are_paged_both_ways_and_filtered() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        for name in ["Ada", "Bea", "Cy", "Dee", "Eve"] {
            let input = json!({ "name": name, "email": format!("{name}@partners.example"), "externalId": name });
            instance.made(&owner, "partnerCreate", "PartnerCreateInput", "partner", input).await;
            instance.wait(Duration::seconds(if name == "Bea" { 0 } else { 1 }));
        }
        let query = "query($first: Int, $after: String, $last: Int, $before: String, $order: NameOrder! = NAME) {
            partners(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
            nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let page = |variables: Value| {
            let (instance, owner) = (instance.clone(), owner.clone());
            async move { instance.ask(&owner, query, variables).await["partners"].clone() }
        };
        let names =
            |page: &Value| page["nodes"].as_array().unwrap().iter().map(|n| n["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let mut orders = Vec::new();
        for order in ["NAME", "OLDEST", "NEWEST"] {
            let (mut seen, mut after) = (Vec::new(), json!(null));
            loop {
                let page = page(json!({ "first": 2, "after": after, "order": order })).await;
                seen.extend(names(&page));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            orders.push(seen);
        }
        assert_eq!(orders[0], ["Ada", "Bea", "Cy", "Dee", "Eve"]);
        // Bea and Cy came at the same time, and stand in the order of their ids.
        assert!(orders[1][0] == "Ada" && orders[1][3..] == ["Dee", "Eve"] && orders[1].len() == 5, "{orders:?}");
        orders[2].reverse();
        assert_eq!(orders[1], orders[2]);
        let end = page(json!({ "last": 2 })).await;
        assert_eq!((names(&end), &end["pageInfo"]["hasPreviousPage"]), (vec!["Dee".to_owned(), "Eve".to_owned()], &json!(true)));
        let before = page(json!({ "last": 2, "before": end["pageInfo"]["startCursor"] })).await;
        assert_eq!(names(&before), ["Bea", "Cy"]);
        let foreign = json!({ "first": 2, "order": "NEWEST", "after": end["pageInfo"]["endCursor"] });
        assert_eq!(instance.denied(&owner, query, foreign).await, "BAD_USER_INPUT");
        assert_eq!(instance.denied(&owner, "{ partners(first: 1, last: 1) { nodes { id } } }", json!({})).await, "BAD_USER_INPUT");
        let filtered = "{ some: partners(search: \"EA@PART\") { nodes { name } } none: partners(search: \"%\") { nodes { name } }
            one: partners(externalId: \"Cy\") { nodes { name } } }";
        let seen = instance.ask(&owner, filtered, json!({})).await;
        assert_eq!(
            seen,
            json!({ "some": { "nodes": [{ "name": "Bea" }] }, "none": { "nodes": [] }, "one": { "nodes": [{ "name": "Cy" }] } })
        );
    })
    .await;
}

#[tokio::test]
async fn states_move_only_where_they_can() {
    on_both(|instance| async move {
        let owner = instance.owner().await;
        let [program, partner, enrollment] = instance.program_with_partner(&owner, "Friends").await;
        let id = |id: &str| json!({ "id": id });
        instance.made(&owner, "programPause", "ProgramStatusInput", "program", id(&program)).await;
        instance.made(&owner, "programResume", "ProgramStatusInput", "program", id(&program)).await;
        let refused = instance.refused(&owner, "enrollmentReject", "EnrollmentStatusInput", id(&enrollment)).await;
        assert_eq!(refused, told(&[("id", "WRONG_STATE")]));
        instance.made(&owner, "partnerBan", "PartnerStatusInput", "partner", id(&partner)).await;
        let query = "query($id: ID!) { enrollment(id: $id) { status endedAt partner { status } } }";
        let seen = instance.ask(&owner, query, id(&enrollment)).await;
        assert_eq!((&seen["enrollment"]["status"], &seen["enrollment"]["partner"]["status"]), (&json!("BANNED"), &json!("BANNED")));
        let refused = instance.refused(&owner, "enrollmentApprove", "EnrollmentStatusInput", id(&enrollment)).await;
        assert_eq!(refused, told(&[("id", "WRONG_STATE")]), "the partner has to be taken back first");
        instance.made(&owner, "partnerReactivate", "PartnerStatusInput", "partner", id(&partner)).await;
        instance.made(&owner, "enrollmentApprove", "EnrollmentStatusInput", "enrollment", id(&enrollment)).await;
        assert_eq!(instance.ask(&owner, query, id(&enrollment)).await["enrollment"]["endedAt"], json!(null));
        instance.made(&owner, "programArchive", "ProgramStatusInput", "program", id(&program)).await;
        let refused = instance.refused(&owner, "programResume", "ProgramStatusInput", id(&program)).await;
        assert_eq!(refused, told(&[("id", "WRONG_STATE")]));
    })
    .await;
}
