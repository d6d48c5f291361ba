//! Payouts that are planned, sent and confirmed, and what happens to them in between (RF-7, RF-8, LC, PO-1, PO-2).

use std::collections::BTreeSet;
use std::time::Duration;

use entity::value::{CommissionState, LedgerAccount, PayoutStatus};
use entity::{membership, payout};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tributary::domain::access::Viewer;
use tributary::service::payout::{NewPayout, Step, advance, plan};

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Line, Version};

async fn stage(on_servers: bool) -> Stage {
    Stage::set(Setup { on_servers, ..Setup::default() }).await
}

/// Ada's customer pays 100.00 and 150.00, which earn 20.00 and 30.00. Gives the charges.
async fn fifty(stage: &Stage) -> [String; 2] {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let first = stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    let second = stage.shop().pay(day(3), Bill::to(&ann).subscription("sub_1").line(Line::of(15_000)));
    stage.deliver(Version::Endive).await;
    stage.app.clock.set(day(10));
    [first, second].map(|invoice| stage.shop().charge_of(&invoice))
}

/// Another customer of Ada's pays so much. Gives the charge.
async fn sale(stage: &Stage, name: &str, number: i64, amount: i64) -> String {
    let buyer = stage.customer_of_ada(name, &format!("{name}@example.com")).await;
    let invoice = stage.shop().pay(day(number), Bill::to(&buyer).line(Line::of(amount)));
    stage.deliver(Version::Endive).await;
    stage.shop().charge_of(&invoice)
}

fn of_ada(stage: &Stage) -> Value {
    json!({ "partnerId": stage.ada.partner, "currency": "USD" })
}

/// A dollar balance: pending, payable, reserved and paid.
async fn stands(stage: &Stage) -> [String; 4] {
    let [[_, pending, payable, reserved, paid]]: [[String; 5]; 1] = stage.balances(stage.ada).await.try_into().unwrap();
    [pending, payable, reserved, paid]
}

/// Why a mutation was refused.
async fn refused(stage: &Stage, mutation: &str, input: Value) -> String {
    let done = stage.payout(mutation, input).await;
    assert_eq!((&done["payout"], &done["userErrors"][0]["code"]), (&Value::Null, &json!("WRONG_STATE")), "{mutation} {done}");
    done["userErrors"][0]["message"].as_str().unwrap().to_owned()
}

const RESERVED: CommissionState = CommissionState::Reserved;
const APPROVED: CommissionState = CommissionState::Approved;
const PAID: CommissionState = CommissionState::Paid;

#[rstest]
#[tokio::test]
async fn lc_a_payout_reserves_is_sent_and_pays(#[values(false, true)] on_servers: bool) {
    let stage = stage(on_servers).await;
    fifty(&stage).await;
    let planned = stage.paying("payoutPlan", of_ada(&stage)).await;
    let id = &planned["id"];
    let usd = |decimal: &str| json!({ "decimal": decimal, "currency": "USD" });
    assert_eq!((&planned["status"], &planned["amount"], &planned["paidAmount"]), (&json!("PLANNED"), &usd("50.00"), &usd("50.00")));
    assert_eq!((&planned["exchangeRate"], &planned["sentAt"], &planned["paidAt"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(RESERVED, 2_000), (RESERVED, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "0.00", "50.00", "0.00"]);
    refused(&stage, "payoutPlan", of_ada(&stage)).await;
    assert!(refused(&stage, "payoutConfirm", json!({ "id": id })).await.contains("not sent yet"));

    stage.app.clock.set(day(11));
    let send = json!({ "id": id, "reference": "wire 7", "idempotencyKey": "monday" });
    let sent = stage.paying("payoutSend", send.clone()).await;
    assert_eq!((&sent["status"], &sent["reference"]), (&json!("SENT"), &json!("wire 7")));
    assert_eq!(stage.paying("payoutSend", send).await, sent, "the same key, the same payout");
    assert!(refused(&stage, "payoutSend", json!({ "id": id })).await.contains("on its way already"), "a second one does not send it");
    assert!(refused(&stage, "payoutCancel", json!({ "id": id, "reason": "too late" })).await.contains("on its way"));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(RESERVED, 2_000), (RESERVED, 3_000)]);

    stage.app.clock.set(day(12));
    let paid = stage.paying("payoutConfirm", json!({ "id": id })).await;
    assert_eq!((&paid["status"], &paid["reference"]), (&json!("PAID"), &json!("wire 7")));
    let times = ["createdAt", "sentAt", "paidAt"].map(|name| paid[name].as_str().unwrap()[..10].to_owned());
    assert_eq!(times, ["2025-01-11", "2025-01-12", "2025-01-13"]);
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(PAID, 2_000), (PAID, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "0.00", "0.00", "50.00"]);
    assert!(refused(&stage, "payoutConfirm", json!({ "id": id })).await.contains("never altered"));

    let past = "query($id: ID!, $at: DateTime!) { balance(partnerId: $id, asOf: $at) { payable { decimal } reserved { decimal } paid { decimal } } }";
    for (at, expected) in
        [(9, ["50.00", "0.00", "0.00"]), (11, ["0.00", "50.00", "0.00"]), (12, ["0.00", "50.00", "0.00"]), (13, ["0.00", "0.00", "50.00"])]
    {
        let found = stage.ask(past, json!({ "id": stage.ada.partner, "at": day(at) })).await;
        let sums = ["payable", "reserved", "paid"].map(|name| found["balance"][0][name]["decimal"].as_str().unwrap().to_owned());
        assert_eq!(sums, expected, "before day {at}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn lc_a_payout_that_is_cancelled_before_it_was_sent_gives_everything_back_and_stays_to_be_seen() {
    let stage = stage(false).await;
    fifty(&stage).await;
    let planned = stage.paying("payoutPlan", of_ada(&stage)).await;
    let missing = stage.payout("payoutCancel", json!({ "id": planned["id"], "reason": " " })).await;
    assert_eq!(missing["userErrors"][0]["field"], json!(["reason"]));
    let cancelled = stage.paying("payoutCancel", json!({ "id": planned["id"], "reason": "the bank is closed" })).await;
    assert_eq!((&cancelled["status"], &cancelled["cancelledReason"]), (&json!("CANCELLED"), &json!("the bank is closed")));
    assert_eq!((&cancelled["amount"], &cancelled["entries"]), (&planned["amount"], &planned["entries"]), "what it had claimed stays");
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(APPROVED, 2_000), (APPROVED, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "50.00", "0.00", "0.00"]);
    assert!(refused(&stage, "payoutSend", json!({ "id": planned["id"] })).await.contains("was cancelled"));

    // PO-2: its entries are free, and another one may claim them.
    let again = stage.paying("payoutPlan", of_ada(&stage)).await;
    assert_ne!(again["id"], planned["id"]);
    assert_eq!((&again["amount"], &again["entries"]), (&planned["amount"], &planned["entries"]));
    stage.paying("payoutSend", json!({ "id": again["id"] })).await;
    stage.paying("payoutConfirm", json!({ "id": again["id"] })).await;
    assert_eq!(stage.payout_by(&planned["id"]).await["status"], "CANCELLED");
    assert_eq!(stands(&stage).await, ["0.00", "0.00", "0.00", "50.00"]);
    let words = stage.ask("{ interventions(first: 10) { nodes { kind subject reason } } }", json!({})).await;
    let word = |word: &Value| [&word["kind"], &word["subject"], &word["reason"]].map(|text| text.as_str().unwrap().to_owned());
    let words: BTreeSet<[String; 3]> = words["interventions"]["nodes"].as_array().unwrap().iter().map(word).collect();
    let said = |kind: &str, of: &Value, reason: &str| [kind.to_owned(), of["id"].as_str().unwrap().to_owned(), reason.to_owned()];
    let cancel = said("PAYOUT_CANCEL", &planned, "the bank is closed");
    assert_eq!(words, [cancel, said("PAYOUT_CONFIRM", &again, ""), said("PAYOUT_SEND", &again, "")].into());
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn rf_8_a_refund_while_nothing_was_sent_plans_the_payout_anew(#[values(false, true)] on_servers: bool) {
    let stage = stage(on_servers).await;
    let [charge, _] = fifty(&stage).await;
    let old = stage.paying("payoutPlan", of_ada(&stage)).await;
    stage.shop().refund(day(11), &charge, 2_500);
    stage.deliver(Version::Endive).await;
    let found = stage.payout_by(&old["id"]).await;
    assert_eq!((&found["status"], &found["amount"]), (&json!("CANCELLED"), &old["amount"]), "its amount never changes");
    let new = stage.payout_by(&found["replacedBy"]["id"]).await;
    assert_eq!((&new["status"], &new["amount"]["decimal"]), (&json!("PLANNED"), &json!("45.00")));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(RESERVED, 1_500), (RESERVED, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "0.00", "45.00", "0.00"]);
    let why = refused(&stage, "payoutSend", json!({ "id": old["id"] })).await;
    assert!(why.contains(new["id"].as_str().unwrap()), "{why}");

    stage.paying("payoutSend", json!({ "id": new["id"] })).await;
    stage.paying("payoutConfirm", json!({ "id": new["id"] })).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(PAID, 1_500), (PAID, 3_000)]);
    assert_eq!(books.balance(stage.ada.partner, LedgerAccount::PayoutClearing), 4_500);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn rf_8_a_refund_while_it_is_on_its_way_is_netted_later(#[values(false, true)] on_servers: bool) {
    let stage = stage(on_servers).await;
    let [charge, _] = fifty(&stage).await;
    let sent = stage.paying("payoutPlan", of_ada(&stage)).await;
    stage.paying("payoutSend", json!({ "id": sent["id"] })).await;
    stage.shop().refund(day(11), &charge, 10_000);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.payout_by(&sent["id"]).await["status"], "SENT");
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(RESERVED, 0), (RESERVED, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "-20.00", "50.00", "0.00"]);
    stage.paying("payoutConfirm", json!({ "id": sent["id"] })).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(PAID, 0), (PAID, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "-20.00", "0.00", "50.00"]);

    // RF-7: the next payout nets it.
    sale(&stage, "ben", 12, 10_000).await;
    refused(&stage, "payoutPlan", of_ada(&stage)).await;
    sale(&stage, "cem", 13, 15_000).await;
    let next = stage.paying("payoutPlan", of_ada(&stage)).await;
    assert_eq!(next["amount"]["decimal"], "30.00");
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(PAID, 0), (PAID, 3_000), (RESERVED, 2_000), (RESERVED, 3_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn rf_8_a_payout_that_lost_everything_is_cancelled_and_nobody_stays_reserved() {
    let stage = stage(false).await;
    let first = sale(&stage, "ann", 2, 15_000).await;
    assert!(stage.pay_out(stage.ada).await);
    stage.shop().refund(day(3), &first, 15_000);
    stage.deliver(Version::Endive).await;
    let (second, _) = (sale(&stage, "ben", 4, 10_000).await, sale(&stage, "cem", 5, 10_000).await);
    let planned = stage.paying("payoutPlan", of_ada(&stage)).await;
    assert_eq!(planned["amount"]["decimal"], "10.00");
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(PAID, 0), (RESERVED, 2_000), (RESERVED, 2_000)]);
    stage.shop().refund(day(6), &second, 10_000);
    stage.deliver(Version::Endive).await;
    let found = stage.payout_by(&planned["id"]).await;
    assert_eq!((&found["status"], &found["replacedBy"]), (&json!("CANCELLED"), &Value::Null));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(PAID, 0), (CommissionState::Reversed, 0), (APPROVED, 2_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "-10.00", "0.00", "30.00"]);
    stage.finish().await;
}

#[tokio::test]
async fn rf_8_a_dispute_takes_a_commission_out_of_the_plan_and_its_end_brings_it_back() {
    let stage = stage(false).await;
    let [charge, _] = fifty(&stage).await;
    let first = stage.paying("payoutPlan", of_ada(&stage)).await;
    let dispute = stage.shop().dispute(day(11), &charge);
    stage.deliver(Version::Endive).await;
    let second = stage.payout_by(&stage.payout_by(&first["id"]).await["replacedBy"]["id"]).await;
    assert_eq!(second["amount"]["decimal"], "30.00");
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Held, 2_000), (RESERVED, 3_000)]);
    assert_eq!(stands(&stage).await, ["20.00", "0.00", "30.00", "0.00"]);
    stage.shop().dispute_closed(day(12), &dispute, "won");
    stage.deliver(Version::Endive).await;
    let third = stage.payout_by(&stage.payout_by(&second["id"]).await["replacedBy"]["id"]).await;
    assert_eq!((&third["amount"]["decimal"], &third["status"]), (&json!("50.00"), &json!("PLANNED")));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(RESERVED, 2_000), (RESERVED, 3_000)]);

    // On its way, it is treated as paid: a dispute holds nothing of it.
    stage.paying("payoutSend", json!({ "id": third["id"] })).await;
    stage.shop().dispute(day(13), &charge);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(RESERVED, 2_000), (RESERVED, 3_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn po_5_a_payout_that_did_not_come_opens_its_entries_again_as_they_are_then() {
    let stage = stage(false).await;
    let [charge, _] = fifty(&stage).await;
    let sent = stage.paying("payoutPlan", of_ada(&stage)).await;
    let fail = json!({ "id": sent["id"], "reason": "no such account" });
    assert!(refused(&stage, "payoutFail", fail.clone()).await.contains("not sent yet"));
    stage.paying("payoutSend", json!({ "id": sent["id"] })).await;
    stage.shop().refund(day(11), &charge, 10_000);
    stage.deliver(Version::Endive).await;
    let failed = stage.paying("payoutFail", fail).await;
    assert_eq!((&failed["status"], &failed["cancelledReason"]), (&json!("FAILED"), &json!("no such account")));
    assert_eq!(failed["entries"], sent["entries"]);
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Reversed, 0), (APPROVED, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "30.00", "0.00", "0.00"]);
    assert!(refused(&stage, "payoutConfirm", json!({ "id": sent["id"] })).await.contains("did not come"));
    let again = stage.paying("payoutRecord", of_ada(&stage)).await;
    assert_eq!(again["amount"]["decimal"], "30.00");
    stage.finish().await;
}

#[tokio::test]
async fn rf_8_a_rejection_by_hand_is_possible_until_the_payout_is_sent() {
    let stage = stage(false).await;
    fifty(&stage).await;
    let planned = stage.paying("payoutPlan", of_ada(&stage)).await;
    let ids: Vec<String> = stage.books().await.commissions.iter().map(|row| row.id.to_string()).collect();
    let reject =
        "mutation($input: CommissionRejectInput!) { commissionReject(input: $input) { commission { state } userErrors { code message } } }";
    let done = stage.ask(reject, json!({ "input": { "id": ids[0], "reason": "the partner's own company" } })).await;
    assert_eq!(done["commissionReject"]["commission"]["state"], "REJECTED");
    let new = stage.payout_by(&stage.payout_by(&planned["id"]).await["replacedBy"]["id"]).await;
    assert_eq!(new["amount"]["decimal"], "30.00");
    stage.paying("payoutSend", json!({ "id": new["id"] })).await;
    let done = stage.ask(reject, json!({ "input": { "id": ids[1], "reason": "the partner's own company" } })).await;
    assert_eq!(done["commissionReject"]["userErrors"][0]["code"], "WRONG_STATE");
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Rejected, 0), (RESERVED, 3_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn rf_8_what_was_planned_anew_can_be_cancelled_as_well() {
    let stage = stage(false).await;
    let [charge, _] = fifty(&stage).await;
    let planned = stage.paying("payoutPlan", of_ada(&stage)).await;
    stage.shop().refund(day(11), &charge, 2_500);
    stage.deliver(Version::Endive).await;
    let new = stage.payout_by(&planned["id"]).await["replacedBy"]["id"].clone();
    stage.paying("payoutCancel", json!({ "id": new, "reason": "next month" })).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(APPROVED, 1_500), (APPROVED, 3_000)]);
    assert_eq!(stands(&stage).await, ["0.00", "45.00", "0.00", "0.00"]);
    // What goes back now concerns no payout.
    stage.shop().refund(day(12), &charge, 7_500);
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Reversed, 0), (APPROVED, 3_000)]);
    assert!(stage.pay_out(stage.ada).await);
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn po_2_of_two_plans_at_once_one_claims(#[values(false, true)] on_servers: bool) {
    let stage = stage(on_servers).await;
    fifty(&stage).await;
    let plan = || stage.payout("payoutPlan", of_ada(&stage));
    let answers: [Value; 4] = tokio::join!(plan(), plan(), plan(), plan()).into();
    let made: Vec<&Value> = answers.iter().filter(|answer| answer["payout"].is_object()).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    assert!(answers.iter().filter(|answer| answer["payout"].is_null()).all(|answer| answer["userErrors"][0]["code"] == "WRONG_STATE"));
    assert_eq!(made[0]["payout"]["amount"]["decimal"], "50.00");
    // The same of two who would send it.
    let send = || stage.payout("payoutSend", json!({ "id": made[0]["payout"]["id"] }));
    let answers: [Value; 3] = tokio::join!(send(), send(), send()).into();
    assert_eq!(answers.iter().filter(|answer| answer["payout"].is_object()).count(), 1, "{answers:?}");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn rf_8_a_refund_in_the_moment_of_sending_comes_before_or_after_it(#[values(false, true)] on_servers: bool) {
    let stage = stage(on_servers).await;
    let mut sent_first = 0;
    for round in 0..6 {
        let charge = sale(&stage, &format!("buyer{round}"), 10 + round, 10_000).await;
        let done = stage.payout("payoutPlan", of_ada(&stage)).await;
        // What was sent and refunded in earlier rounds may outweigh what is payable.
        if done["payout"].is_null() {
            continue;
        }
        let planned = &done["payout"];
        stage.shop().refund(day(10 + round), &charge, 5_000);
        let (send, ()) = tokio::join!(stage.payout("payoutSend", json!({ "id": planned["id"] })), stage.deliver(Version::Endive));
        let found = stage.payout_by(&planned["id"]).await;
        if send["payout"].is_object() {
            assert_eq!((&found["status"], &found["amount"]), (&json!("SENT"), &planned["amount"]));
            sent_first += 1;
        } else {
            assert_eq!(found["status"], "CANCELLED", "{send}");
            if found["replacedBy"].is_object() {
                stage.paying("payoutSend", json!({ "id": found["replacedBy"]["id"] })).await;
            }
        }
        stage.audit().await;
    }
    println!("sent before the refund: {sent_first} times");
    stage.finish().await;
}

#[rstest]
#[tokio::test]
async fn po_1_a_payout_that_is_killed_anywhere_is_planned_and_sent_once(#[values(false, true)] on_servers: bool) {
    let stage = stage(on_servers).await;
    let [charge, _] = fifty(&stage).await;
    let services = stage.app.services();
    let of = membership::Entity::find().one(services.db.read()).await.unwrap().unwrap();
    let viewer = Viewer::User { user: of.user_id, membership: of.id, role: of.role, scope: stage.scope().await };
    let new = NewPayout { partner: stage.ada.partner, currency: "USD".parse().unwrap(), paid_in: None, reference: None, amount: None };
    let planned = until_done(async || plan(services, &viewer, new.clone(), Some("plan")).await).await;
    // A refund while nobody is there to see it.
    stage.shop().refund(day(11), &charge, 2_500);
    stage.deliver(Version::Endive).await;
    let payouts = async || payout::Entity::find().all(services.db.read()).await.unwrap();
    let live: Vec<_> = payouts().await.into_iter().filter(|row| row.status == PayoutStatus::Planned).collect();
    assert_eq!((payouts().await.len(), live.len(), live[0].amount, planned.amount), (2, 1, 4_500, 5_000));
    until_done(async || advance(services, &viewer, live[0].id, Step::Send(None), Some("send")).await).await;
    let paid = until_done(async || advance(services, &viewer, live[0].id, Step::Confirm(None), Some("confirm")).await).await;
    assert_eq!((paid.status, paid.amount), (PayoutStatus::Paid, 4_500));
    assert_eq!(payouts().await.len(), 2, "nothing was planned twice");
    assert_eq!(stage.books().await.balance(stage.ada.partner, LedgerAccount::PayoutClearing), 4_500);
    stage.finish().await;
}

/// Asks again and again, each time breaking off a little later, until it is done.
async fn until_done<T, E: std::fmt::Debug>(ask: impl AsyncFn() -> Result<T, E>) -> T {
    let mut micros = 50;
    loop {
        if let Ok(done) = tokio::time::timeout(Duration::from_micros(micros), ask()).await {
            return done.unwrap();
        }
        micros += micros / 3;
    }
}
