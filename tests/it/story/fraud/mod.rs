//! Signs of fraud: they hold and never delete, a person releases or rejects, and partners see no evidence.

mod signs;

use entity::value::{CommissionState, DecisionReason, HoldReason, LedgerAccount};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::stage::{Setup, Stage, day};
use crate::support::stripe::{Bill, Cart, Line, Version};

const HELD: CommissionState = CommissionState::Held;

/// Ada's own e-mail, as the stage gives it to her.
const ADA: &str = "ada@partner.example";

const CASES: &str = "{ fraudCases { nodes { id state score reason decidedAt commission { amount { decimal } state holds }
    evidence { signal strength score matched text released click { id } } } } }";

/// The cases with their states and signals, and what they add up to.
async fn cases(stage: &Stage) -> Vec<(String, i64, Vec<String>)> {
    let found = stage.ask(CASES, json!({})).await;
    let case = |case: &Value| {
        let signals = case["evidence"].as_array().unwrap().iter().map(|one| word(&one["signal"])).collect();
        (word(&case["state"]), case["score"].as_i64().unwrap(), signals)
    };
    found["fraudCases"]["nodes"].as_array().unwrap().iter().map(case).collect()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn open(score: i64, signals: &[&str]) -> Vec<(String, i64, Vec<String>)> {
    vec![("OPEN".to_owned(), score, signals.iter().map(|one| (*one).to_owned()).collect())]
}

async fn case_id(stage: &Stage) -> Value {
    stage.ask(CASES, json!({})).await["fraudCases"]["nodes"][0]["id"].clone()
}

/// A payment of 100 by a buyer whom Ada's link brought.
async fn sale(stage: &Stage, email: &str) {
    let click = stage.click(stage.ada, day(0)).await;
    stage.shop().checkout(day(3), Cart::of(10_000).email(email).token(&click.token));
    stage.deliver(Version::Endive).await;
}

async fn holds(stage: &Stage) -> Vec<HoldReason> {
    stage.books().await.commissions[0].holds.to_vec()
}

#[rstest]
#[tokio::test]
async fn e33_the_partner_s_own_e_mail_buys_and_20_00_are_held(
    #[values(Version::Old, Version::Acacia, Version::Basil, Version::Endive)] version: Version,
) {
    let stage = Stage::new().await;
    let click = stage.click(stage.ada, day(0)).await;
    stage.shop().checkout(day(3), Cart::of(10_000).email(" Ada@Partner.Example").token(&click.token));
    stage.deliver(version).await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(DecisionReason::Commissioned, 10_000, 2_000)]);
    assert_eq!(books.commissions_of(stage.ada), [(HELD, 2_000)]);
    assert_eq!(books.balance(stage.ada.partner, LedgerAccount::PartnerPending), 2_000, "held, and not taken away");
    assert_eq!(holds(&stage).await, [HoldReason::SelfReferral]);
    assert_eq!(cases(&stage).await, open(100, &["SAME_EMAIL"]));
    assert!(!stage.pay_out(stage.ada).await, "what is held is not paid");
    stage.finish().await;
}

#[tokio::test]
async fn fr_4_evidence_is_shown_masked_with_its_strength_and_in_the_steps_of_the_decision() {
    let stage = Stage::new().await;
    sale(&stage, ADA).await;
    let found = stage.ask(CASES, json!({})).await;
    let case = &found["fraudCases"]["nodes"][0];
    let text = "the buyer's e-mail is the partner's own: a…@p….example";
    assert_eq!(
        case["evidence"],
        json!([{ "signal": "SAME_EMAIL", "strength": "STRONG", "score": 100, "matched": "a…@p….example", "text": text, "released": false,
            "click": null }])
    );
    assert_eq!(case["commission"], json!({ "amount": { "decimal": "20.00" }, "state": "HELD", "holds": ["SELF_REFERRAL"] }));
    let query = "{ commissions { nodes { fraudCase { score } purchase { decision { text steps { rule text } } } } } }";
    let found = stage.ask(query, json!({})).await;
    let commission = &found["commissions"]["nodes"][0];
    assert_eq!(commission["fraudCase"]["score"], 100);
    let decision = &commission["purchase"]["decision"];
    let steps = decision["steps"].as_array().unwrap();
    assert!(steps.contains(&json!({ "rule": "FR-1", "text": format!("SAME_EMAIL (STRONG, 100): {text}") })), "{steps:#?}");
    assert!(steps.contains(&json!({ "rule": "FR-4", "text": "held as SELF_REFERRAL: the signs add up to 100 of 100" })), "{steps:#?}");
    assert!(word(&decision["text"]).contains("held as SELF_REFERRAL"), "{decision}");
    stage.finish().await;
}

#[tokio::test]
async fn fr_4_a_release_needs_a_reason_is_audited_and_lets_time_go_on() {
    let terms = entity::value::Terms { hold_days: 30, ..entity::value::Terms::default() };
    let stage = Stage::set(Setup { terms, ..Setup::default() }).await;
    sale(&stage, ADA).await;
    let release = "mutation($input: FraudCaseReleaseInput!) { fraudCaseRelease(input: $input) { fraudCase { state reason }
        userErrors { field code } } }";
    let id = case_id(&stage).await;
    let done = stage.ask(release, json!({ "input": { "id": id, "reason": "  " } })).await;
    assert_eq!(done["fraudCaseRelease"]["userErrors"], json!([{ "field": ["reason"], "code": "INVALID" }]));
    let done = stage.ask(release, json!({ "input": { "id": id, "reason": "Ada's sister, by telephone" } })).await;
    assert_eq!(done["fraudCaseRelease"]["fraudCase"], json!({ "state": "RELEASED", "reason": "Ada's sister, by telephone" }));
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Pending, 2_000)], "the usual hold goes on");
    let again = stage.ask(release, json!({ "input": { "id": id, "reason": "again" } })).await;
    assert_eq!(again["fraudCaseRelease"]["userErrors"], json!([{ "field": ["id"], "code": "WRONG_STATE" }]));
    stage.wait_until(day(33)).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    let words = "{ interventions { nodes { kind subject reason userId apiKeyId createdAt } } }";
    let found = stage.ask(words, json!({})).await;
    let entries = found["interventions"]["nodes"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0]["kind"], &entries[0]["subject"]), (&json!("FRAUD_RELEASE"), &id));
    assert_eq!(entries[0]["reason"], "Ada's sister, by telephone");
    assert!(entries[0]["userId"].is_null() && entries[0]["apiKeyId"].is_string(), "a key did it");
    stage.finish().await;
}

#[tokio::test]
async fn fr_4_signs_that_come_after_a_release_hold_again() {
    let stage = Stage::new().await;
    let click = stage.click_from(stage.ada, day(0), ("gclid=1", "https://search.example/", "203.0.113.7")).await;
    stage.shop().checkout(day(3), Cart::of(10_000).email(ADA).token(&click.token));
    stage.deliver(Version::Endive).await;
    let release = "mutation($input: FraudCaseReleaseInput!) { fraudCaseRelease(input: $input) { userErrors { code } } }";
    stage.ask(release, json!({ "input": { "id": case_id(&stage).await, "reason": "known" } })).await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.fraud(json!({ "signals": ["SAME_EMAIL", "PAID_AD"] })).await;
    stage.drain().await;
    assert_eq!(cases(&stage).await, open(100, &["SAME_EMAIL", "PAID_AD"]));
    assert_eq!(holds(&stage).await, [HoldReason::Fraud]);
    assert_eq!(stage.books().await.balance(stage.ada.partner, LedgerAccount::PartnerPayable), 0);
    stage.fraud(json!({ "allowedAds": ["GCLID"] })).await;
    stage.drain().await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Approved, 2_000)]);
    stage.finish().await;
}

#[tokio::test]
async fn fr_4_an_approval_of_what_signs_hold_needs_a_reason_too() {
    let stage = Stage::new().await;
    sale(&stage, ADA).await;
    let approve = "mutation($input: CommissionApproveInput!) { commissionApprove(input: $input) { commission { state }
        userErrors { field code } } }";
    let id = stage.books().await.commissions[0].id;
    let done = stage.ask(approve, json!({ "input": { "id": id } })).await;
    assert_eq!(done["commissionApprove"]["userErrors"], json!([{ "field": ["reason"], "code": "REQUIRED" }]));
    let done = stage.ask(approve, json!({ "input": { "id": id, "reason": "agreed with Ada" } })).await;
    assert_eq!(done["commissionApprove"]["commission"], json!({ "state": "APPROVED" }));
    assert_eq!(cases(&stage).await[0].0, "RELEASED");
    let restore = "mutation($input: CommissionRestoreInput!) { commissionRestore(input: $input) { commission { state holds } } }";
    let done = stage.ask(restore, json!({ "input": { "id": id } })).await;
    let held = json!({ "state": "HELD", "holds": ["SELF_REFERRAL"] });
    assert_eq!(done["commissionRestore"]["commission"], held, "what was taken back releases nothing");
    assert_eq!(cases(&stage).await, open(100, &["SAME_EMAIL"]));
    stage.finish().await;
}

#[tokio::test]
async fn fr_4_a_rejection_needs_a_reason_and_leaves_evidence_and_audit() {
    let stage = Stage::new().await;
    sale(&stage, ADA).await;
    let reject = "mutation($input: FraudCaseRejectInput!) { fraudCaseReject(input: $input) { fraudCase { state evidence { signal }
        commission { state rejectedReason } } userErrors { field code } } }";
    let id = case_id(&stage).await;
    stage.app.clock.set(day(4));
    let done = stage.ask(reject, json!({ "input": { "id": id, "reason": "bought for herself" } })).await;
    assert_eq!(
        done["fraudCaseReject"]["fraudCase"],
        json!({ "state": "REJECTED", "evidence": [{ "signal": "SAME_EMAIL" }],
            "commission": { "state": "REJECTED", "rejectedReason": "bought for herself" } })
    );
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Rejected, 0)]);
    assert_eq!(books.entries_of(stage.ada), [2_000, -2_000], "the ledger forgets nothing");
    let found = stage.ask("{ interventions(filter: { kind: FRAUD_REJECT }) { nodes { reason } } }", json!({})).await;
    assert_eq!(found["interventions"]["nodes"], json!([{ "reason": "bought for herself" }]));
    stage.finish().await;
}

#[tokio::test]
async fn fr_5_a_rejected_click_takes_what_is_not_paid_out_and_leaves_what_is() {
    let stage = Stage::new().await;
    let ann = stage.customer_of_ada("user-1", "ann@mail.example").await;
    stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    assert!(stage.pay_out(stage.ada).await);
    stage.shop().pay(day(32), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.deliver(Version::Endive).await;
    let found = stage.ask("{ clicks { nodes { id rejectedAt } } }", json!({})).await;
    let click = &found["clicks"]["nodes"][0]["id"];
    let reject = "mutation($input: ClickRejectInput!) { clickReject(input: $input) { click { rejectedAt } userErrors { field code } } }";
    let done = stage.ask(reject, json!({ "input": { "id": click, "reason": "a frame that nobody saw" } })).await;
    assert!(done["clickReject"]["click"]["rejectedAt"].is_string(), "{done}");
    stage.drain().await;
    let books = stage.books().await;
    assert_eq!(books.decided(), [(DecisionReason::Commissioned, 10_000, 2_000), (DecisionReason::FraudRejected, 0, 0)]);
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Paid, 2_000), (CommissionState::Reversed, 0)]);
    assert_eq!(books.owed(stage.ada), 0);
    stage.app.clock.set(day(33));
    let restore = "mutation($input: ClickRestoreInput!) { clickRestore(input: $input) { click { rejectedAt } userErrors { field } } }";
    stage.ask(restore, json!({ "input": { "id": click } })).await;
    stage.drain().await;
    assert_eq!(stage.books().await.commissions_of(stage.ada), [(CommissionState::Paid, 2_000), (CommissionState::Approved, 2_000)]);
    let found = stage.ask("{ interventions { nodes { kind } } }", json!({})).await;
    assert_eq!(found["interventions"]["nodes"], json!([{ "kind": "CLICK_RESTORE" }, { "kind": "CLICK_REJECT" }]));
    stage.finish().await;
}

const PASSWORD: &str = "partners have passwords too";

/// Gives Ada a way into her portal, and signs her in at a time.
async fn portal(stage: &Stage, at: chrono::DateTime<chrono::Utc>) -> String {
    stage.app.clock.set(at);
    let owner = stage.sign_in("owner@shop.example", "correct horse battery").await;
    let invite = "mutation($input: MemberInviteInput!) { memberInvite(input: $input) { invitation { token } userErrors { message } } }";
    let input = json!({ "input": { "email": ADA, "role": "PARTNER", "partnerId": stage.ada.partner } });
    let done = stage.app.graphql(invite).bearer(&owner).mode("live").variables(input).data().await;
    let token = word(&done["memberInvite"]["invitation"]["token"]);
    let accept = "mutation($input: InvitationAcceptInput!) { invitationAccept(input: $input) { userErrors { message } } }";
    let input = json!({ "input": { "token": token, "password": PASSWORD } });
    stage.app.graphql(accept).variables(input).data().await;
    stage.sign_in(ADA, PASSWORD).await
}

#[tokio::test]
async fn partners_see_that_and_under_which_word_something_is_held_and_no_evidence() {
    let stage = Stage::new().await;
    sale(&stage, ADA).await;
    let token = portal(&stage, day(4)).await;
    let ask = async |document: &str| stage.app.graphql(document).bearer(&token).send().await;
    let query = "{ commissions { nodes { state holds fraudCase { id } program { fraudSettings { holdScore } }
        purchase { decision { text explanation steps { rule } } } } } }";
    let seen = ask(query).await.body["data"]["commissions"]["nodes"][0].clone();
    assert_eq!((&seen["state"], &seen["holds"]), (&json!("HELD"), &json!(["SELF_REFERRAL"])));
    assert!(seen["fraudCase"].is_null() && seen["program"]["fraudSettings"].is_null());
    let decision = &seen["purchase"]["decision"];
    for told in [decision["text"].to_string(), decision["explanation"].to_string(), decision["steps"].to_string()] {
        assert!(!told.contains("FR-") && !told.contains("SAME_EMAIL") && !told.contains("e-mail is the partner"), "{told}");
    }
    for list in ["{ fraudCases { nodes { id } } }", "{ interventions { nodes { id } } }", "{ exchangeRates { nodes { id } } }"] {
        assert_eq!(ask(list).await.code(), "FORBIDDEN", "{list}");
    }
    let id = word(&case_id(&stage).await);
    let seen = ask(&format!("{{ fraudCase(id: \"{id}\") {{ id }} node(id: \"{id}\") {{ id }} }}")).await;
    assert_eq!(seen.body["data"], json!({ "fraudCase": null, "node": null }));
    let refused =
        ask(&format!("mutation {{ fraudCaseRelease(input: {{ id: \"{id}\", reason: \"me\" }}) {{ userErrors {{ code }} }} }}")).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    stage.finish().await;
}
