//! Counting anew what was bought: what would change, what is posted, and what proposed rules would have cost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as Lasting;

use chrono::Duration;
use entity::recount;
use entity::value::{LedgerAccount, RecountId, RecountStatus};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tributary::service::recount::{Size, slice};

use super::terms::{bill, pay, percent, version};
use crate::support::recount::{lines, tables};
use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Line, Version};

/// Ada's customer pays 100.00 on days 2, 33 and 64, at 20 %. The first two are paid out to her.
async fn three_renewals(on_servers: bool) -> (Stage, String) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    pay(&stage, day(2), bill(&ann)).await;
    pay(&stage, day(33), bill(&ann)).await;
    assert!(stage.pay_out(stage.ada).await);
    pay(&stage, day(64), bill(&ann)).await;
    (stage, ann)
}

/// 10 % for what was bought on days 30 to 64: the second and the third purchase come from 20.00 to 10.00.
async fn ten_percent(stage: &Stage) -> Value {
    json!({ "from": day(30), "to": day(65), "termsId": version(stage, json!({ "reward": percent(1_000) }), "ASSIGNED").await })
}

#[rstest]
#[tokio::test]
async fn at_15_a_past_time_is_judged_by_another_version_and_paid_entries_are_compensated(#[values(false, true)] on_servers: bool) {
    let (stage, ann) = three_renewals(on_servers).await;
    stage.app.clock.set(day(70));
    let mut input = ten_percent(&stage).await;
    let (before, stored) = (stage.books().await, tables(stage.app.services()).await);
    let preview = stage.recount("programReattribute", input.clone()).await;
    assert_eq!(tables(stage.app.services()).await, stored, "a preview touches nothing but itself");
    let total = json!([{ "before": { "amount": "4000", "currency": "USD" }, "after": { "amount": "2000" }, "beyond": { "amount": "0" },
        "delta": { "amount": "-2000" }, "commissionsBefore": 2, "commissionsAfter": 2, "gaining": 0, "losing": 1 }]);
    assert_eq!(preview["totals"], total);
    assert_eq!((&preview["purchasesDone"], &preview["purchasesTotal"], &preview["persons"]), (&json!(2), &json!(2), &json!(1)));
    let purchases: Vec<_> = before.purchases.iter().map(|purchase| json!(purchase.id)).collect();
    let line = |at: usize, paid| {
        format!("{} \"{}\" 2000 to 1000, paid {paid}, \"COMMISSIONED\" \"COMMISSIONED\"", purchases[at], stage.ada.enrollment)
    };
    let mut expected = vec![line(1, 2_000), line(2, 0)];
    expected.sort();
    assert_eq!(lines(&preview), expected);

    input["dryRun"] = json!(false);
    let without = stage.begin("programReattribute", input.clone()).await;
    assert_eq!(without["userErrors"], json!([{ "field": ["previewId"], "code": "REQUIRED" }]));
    input["previewId"] = preview["id"].clone();
    let done = stage.recount("programReattribute", input.clone()).await;
    assert_eq!((lines(&done), &done["totals"]), (expected, &preview["totals"]), "what is posted is what was shown");
    let books = stage.books().await;
    let mut entries = books.entries_of(stage.ada);
    entries.sort_unstable();
    assert_eq!(entries, [-4_000, -1_000, -1_000, 2_000, 2_000, 2_000], "nothing is edited");
    // Earned 20 + 10 + 10 by now, and 40 was paid.
    assert_eq!(books.balance(stage.ada.partner, LedgerAccount::PartnerPayable), 0);
    assert_eq!(books.balance(stage.ada.partner, LedgerAccount::PayoutClearing), 4_000, "a paid payout is never altered");

    let again = stage.recount("programReattribute", json!({ "from": day(30), "to": day(65), "termsId": input["termsId"] })).await;
    assert_eq!(again["changed"], json!(0), "twice changes nothing");
    input["previewId"] = again["id"].clone();
    assert_eq!(stage.recount("programReattribute", input).await["changed"], json!(0));

    let charge = {
        let shop = stage.shop();
        let second =
            shop.invoices.values().filter(|invoice| invoice.paid_at == Some(day(33))).map(|invoice| invoice.id.clone()).next().unwrap();
        shop.charge_of(&second)
    };
    stage.shop().refund(day(71), &charge, 10_000);
    stage.deliver(Version::Endive).await;
    pay(&stage, day(95), bill(&ann)).await;
    let amounts: Vec<i64> = stage.books().await.decided().into_iter().map(|(_, _, amount)| amount).collect();
    assert_eq!(amounts, [2_000, 0, 1_000, 2_000], "a refund takes back what is left, and what is bought later earns as its binding says");
    stage.finish().await;
}

#[tokio::test]
async fn at_2_evidence_within_the_time_is_judged_by_the_version_too() {
    // The click came a day before the sign-up: a window of one day ends just before it.
    let (stage, _) = three_renewals(false).await;
    stage.app.clock.set(day(70));
    let narrow = version(&stage, json!({ "windowDays": 1 }), "ASSIGNED").await;
    let preview = stage.recount("programReattribute", json!({ "termsId": narrow })).await;
    assert_eq!((&preview["changed"], &preview["totals"][0]["after"]["amount"]), (&json!(3), &json!("0")));
    assert_eq!(preview["rows"]["nodes"][0]["reasonAfter"], "OUTSIDE_WINDOW");
    let input = json!({ "termsId": narrow, "dryRun": false, "previewId": preview["id"] });
    assert_eq!(stage.recount("programReattribute", input).await["changed"], json!(3));
    let books = stage.books().await;
    assert_eq!(books.owed(stage.ada), -4_000, "what was paid out is owed back (RF-7)");
    assert_eq!(books.bindings.len(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn a_time_to_come_or_another_question_is_refused() {
    let (stage, _) = three_renewals(false).await;
    stage.app.clock.set(day(70));
    let refused = async |input: Value| stage.begin("programReattribute", input).await["userErrors"].clone();
    assert_eq!(refused(json!({ "to": day(71) })).await, json!([{ "field": ["to"], "code": "OUT_OF_RANGE" }]));
    assert_eq!(refused(json!({ "from": day(70) })).await, json!([{ "field": ["from"], "code": "OUT_OF_RANGE" }]));
    let first = stage.begin("programReattribute", json!({})).await["recount"]["id"].clone();
    assert_eq!(refused(json!({})).await, json!([{ "field": ["programId"], "code": "WRONG_STATE" }]), "one at a time");
    let cancel = "mutation($id: ID!) { recountCancel(input: { id: $id }) { recount { status } userErrors { code } } }";
    let cancelled = stage.ask(cancel, json!({ "id": first })).await;
    assert_eq!(cancelled["recountCancel"], json!({ "recount": { "status": "CANCELLED" }, "userErrors": [] }));
    stage.drain().await;
    assert_eq!(stage.recounted(&first).await["status"], "CANCELLED");
    assert_eq!(stage.ask(cancel, json!({ "id": first })).await["recountCancel"]["userErrors"], json!([{ "code": "WRONG_STATE" }]));
    let carry = json!({ "dryRun": false, "previewId": first });
    assert_eq!(refused(carry).await, json!([{ "field": ["previewId"], "code": "WRONG_STATE" }]));
    let preview = stage.recount("programReattribute", json!({})).await;
    let other = json!({ "dryRun": false, "previewId": preview["id"], "from": day(1) });
    assert_eq!(refused(other).await, json!([{ "field": ["previewId"], "code": "INVALID" }]));
    let months = stage.begin("termsSimulate", json!({ "months": 0 })).await["userErrors"].clone();
    assert_eq!(months, json!([{ "field": ["months"], "code": "OUT_OF_RANGE" }]));
    let terms = json!({ "terms": { "windowDays": 0 } });
    assert_eq!(stage.begin("termsSimulate", terms).await["userErrors"][0]["field"], json!(["terms", "windowDays"]));
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn co_6_a_simulation_shows_cost_who_gains_and_loses_and_what_caps_cut(#[values(false, true)] on_servers: bool) {
    let (stage, _) = three_renewals(on_servers).await;
    let click = stage.click(stage.bob, day(65)).await;
    stage.sign_up("user-2", "ben@example.com", Some(&click), day(65)).await;
    let ben = stage.shop().customer(day(65), "ben@example.com", Some("user-2"));
    pay(&stage, day(66), Bill::to(&ben).line(Line::of(1_000))).await;
    stage.app.clock.set(day(70));
    let stored = tables(stage.app.services()).await;
    // 30 % and at most 50.00 for a customer. Ada: 30.00, then 20.00 of 30.00, then nothing of 30.00, in place of 60.00. Bob: 3.00 for 2.00.
    let terms = json!({ "reward": percent(3_000), "caps": [{ "scope": "CUSTOMER", "amount": "5000", "currency": "USD" }] });
    let found = stage.recount("termsSimulate", json!({ "terms": terms, "months": 12 })).await;
    assert_eq!(tables(stage.app.services()).await, stored, "it reads only");
    let total = json!([{ "before": { "amount": "6200", "currency": "USD" }, "after": { "amount": "5300" }, "beyond": { "amount": "0" },
        "delta": { "amount": "-900" }, "commissionsBefore": 4, "commissionsAfter": 3, "gaining": 1, "losing": 1 }]);
    assert_eq!(found["totals"], total);
    let cap = json!([{ "cap": "the cap of 50.00 USD for a customer", "purchases": 2, "cut": { "amount": "4000" } }]);
    assert_eq!(found["caps"], cap);
    let of = |id: entity::value::EnrollmentId, before: &str, after: &str, delta: &str| {
        json!({ "enrollment": { "id": id }, "before": { "amount": before }, "after": { "amount": after }, "beyond": { "amount": "0" },
            "delta": { "amount": delta } })
    };
    let expected = json!([of(stage.ada.enrollment, "6000", "5000", "-1000"), of(stage.bob.enrollment, "200", "300", "100")]);
    assert_eq!(found["partners"]["nodes"], expected);

    // Only the last month, up to day 70: what was bought before is as it was, and has used 40.00 of the 50.00 by then.
    let month = stage.recount("termsSimulate", json!({ "terms": terms, "months": 1 })).await;
    let ada = &month["partners"]["nodes"][0];
    assert_eq!((&ada["before"]["amount"], &ada["after"]["amount"]), (&json!("2000"), &json!("1000")));
    stage.finish().await;
}

#[tokio::test]
async fn what_was_bought_in_a_time_changes_what_was_bought_later() {
    // At most 50.00 for a customer, at 20 %: 20.00, 20.00, 10.00. At 10 % in the time of the first two the third has room for all of it.
    let terms = json!({ "caps": [{ "scope": "CUSTOMER", "amount": "5000", "currency": "USD" }] });
    let stage = super::terms::with(terms, false).await;
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    for at in [2, 33, 64] {
        pay(&stage, day(at), bill(&ann)).await;
    }
    stage.app.clock.set(day(70));
    let lower = version(&stage, json!({ "reward": percent(1_000) }), "ASSIGNED").await;
    let preview = stage.recount("programReattribute", json!({ "to": day(40), "termsId": lower })).await;
    let total = &preview["totals"][0];
    let amounts = ["before", "after", "beyond", "delta"].map(|field| total[field]["amount"].as_str().unwrap());
    assert_eq!(amounts, ["4000", "2000", "1000", "-1000"]);
    let within: Vec<_> = preview["rows"]["nodes"].as_array().unwrap().iter().map(|row| row["within"].as_bool().unwrap()).collect();
    assert_eq!(within.iter().filter(|within| !**within).count(), 1);
    let input = json!({ "termsId": lower, "dryRun": false, "previewId": preview["id"] });
    assert_eq!(lines(&stage.recount("programReattribute", input).await), lines(&preview));
    assert_eq!(stage.books().await.owed(stage.ada), 4_000);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn a_reattribution_that_is_killed_anywhere_goes_on_and_posts_once(#[values(false, true)] on_servers: bool) {
    const BUYERS: usize = 9;
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    customers(&stage, 0..BUYERS).await;
    stage.app.clock.set(day(70));
    let lower = version(&stage, json!({ "reward": percent(1_000) }), "ASSIGNED").await;
    let preview = stage.recount("programReattribute", json!({ "termsId": lower })).await;
    let begun = stage.begin("programReattribute", json!({ "termsId": lower, "dryRun": false, "previewId": preview["id"] })).await;
    let id: RecountId = begun["recount"]["id"].as_str().unwrap().parse().unwrap();
    let services = stage.app.services();
    let row = async || recount::Entity::find_by_id(id).one(services.db.read()).await.unwrap().unwrap();
    let size = Size { customers: 2, purchases: 100 };
    let (mut killed, mut micros) = (0, 50);
    while row().await.status == RecountStatus::Running {
        let at = row().await;
        let step = tokio::time::timeout(Lasting::from_micros(micros), slice(services, &at, size)).await;
        killed += usize::from(step.is_err());
        if let Ok(done) = step {
            done.unwrap();
            micros = 50;
        } else {
            micros += micros / 3;
        }
    }
    println!("killed {killed} times");
    assert!(killed >= BUYERS / 2, "each step was killed at least once");
    stage.drain().await;
    let done = stage.recounted(&begun["recount"]["id"]).await;
    assert_eq!((lines(&done), &done["totals"]), (lines(&preview), &preview["totals"]));
    assert_eq!((&done["changed"], &done["persons"]), (&json!(BUYERS), &json!(BUYERS)));
    let books = stage.books().await;
    let mut entries: BTreeMap<i64, usize> = BTreeMap::new();
    books.entries_of(stage.ada).into_iter().for_each(|amount| *entries.entry(amount).or_default() += 1);
    assert_eq!(entries, BTreeMap::from([(2_000, BUYERS), (-1_000, BUYERS)]));
    stage.finish().await;
}

/// So many customers of Ada with a purchase each, from a number on.
async fn customers(stage: &Stage, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let (id, email) = (format!("user-{number}"), format!("user{number}@example.com"));
        let customer = stage.customer_of_ada(&id, &email).await;
        stage.shop().pay(day(2), Bill::to(&customer).line(Line::of(10_000)));
    }
    stage.deliver(Version::Endive).await;
}

#[rstest]
#[tokio::test]
async fn a_step_asks_the_same_few_questions_however_many_persons_it_looks_at(#[values(false, true)] on_servers: bool) {
    let stage = Stage::set(Setup { on_servers, ..Setup::default() }).await;
    let mut services = stage.app.services().clone();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    services.db.watch(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let mut costs = Vec::new();
    for range in [0..2, 2..20] {
        customers(&stage, range).await;
        stage.app.clock.set(day(70));
        let begun = stage.begin("termsSimulate", json!({ "terms": { "reward": percent(1_000) } })).await;
        let id: RecountId = begun["recount"]["id"].as_str().unwrap().parse().unwrap();
        let row = recount::Entity::find_by_id(id).one(services.db.read()).await.unwrap().unwrap();
        asked.store(0, Ordering::SeqCst);
        let done = slice(&services, &row, Size::READING).await.unwrap().unwrap();
        costs.push((asked.load(Ordering::SeqCst), done.persons));
        stage.drain().await;
    }
    println!("{costs:?}");
    let [(few, 2), (many, 20)] = costs[..] else { panic!("{costs:?}") };
    assert!(few > 10 && few < 60, "{few}");
    assert_eq!(few, many);
    stage.finish().await;
}

#[tokio::test]
async fn a_worker_that_died_is_followed_by_another_when_its_time_is_up() {
    let (stage, _) = three_renewals(false).await;
    stage.app.clock.set(day(70));
    let begun = stage.begin("programReattribute", json!({})).await;
    let id = begun["recount"]["id"].as_str().unwrap().parse().unwrap();
    let (services, now) = (stage.app.services(), day(70));
    let claimed = tributary::store::recount::claim(services.db.write(), id, now, now + Duration::seconds(60)).await.unwrap();
    assert!(claimed.is_some(), "and then it died");
    stage.drain().await;
    assert_eq!(stage.recounted(&begun["recount"]["id"]).await["status"], "RUNNING");
    stage.wait_until(day(70) + Duration::seconds(60)).await;
    assert_eq!(stage.recounted(&begun["recount"]["id"]).await["status"], "DONE");
    stage.finish().await;
}
