//! What a payout pays, and what it leaves alone.

use entity::value::{CommissionState, HoldReason, LedgerAccount};
use serde_json::json;

use crate::support::stage::{Stage, day};
use crate::support::stripe::{Bill, Line, Version};

/// Ada earned 20.00 and then 30.00, both payable. Gives the charge of the first.
async fn two_payable(stage: &Stage) -> String {
    let ann = stage.customer_of_ada("user-1", "ann@example.com").await;
    let first = stage.shop().pay(day(2), Bill::to(&ann).subscription("sub_1").line(Line::of(10_000)));
    stage.shop().pay(day(3), Bill::to(&ann).subscription("sub_1").line(Line::of(15_000)));
    stage.deliver(Version::Endive).await;
    assert_eq!(stage.books().await.owed(stage.ada), 5_000);
    stage.shop().charge_of(&first)
}

async fn ask_about(stage: &Stage, field: &str, input: serde_json::Value) {
    let document =
        format!("mutation($input: Commission{}Input!) {{ commission{0}(input: $input) {{ userErrors {{ code message }} }} }}", field);
    let done = stage.ask(&document, json!({ "input": input })).await;
    assert_eq!(done[format!("commission{field}")]["userErrors"], json!([]), "{field}");
}

#[tokio::test]
async fn a_payout_does_not_pay_what_was_rejected_before_it() {
    let stage = Stage::new().await;
    two_payable(&stage).await;
    let rejected = stage.books().await.commissions[0].id;
    ask_about(&stage, "Reject", json!({ "id": rejected, "reason": "the buyer is the partner's own company" })).await;
    assert_eq!(stage.books().await.owed(stage.ada), 3_000);

    assert!(stage.pay_out(stage.ada).await);
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Rejected, 0), (CommissionState::Paid, 3_000)]);
    assert_eq!((books.owed(stage.ada), books.balance(stage.ada.partner, LedgerAccount::PayoutClearing)), (0, 3_000));
    assert!(!stage.pay_out(stage.ada).await, "nothing is left to pay");

    // Taken back, the rejection leaves a commission that was never paid.
    ask_about(&stage, "Restore", json!({ "id": rejected })).await;
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Approved, 2_000), (CommissionState::Paid, 3_000)]);
    assert_eq!(books.owed(stage.ada), 2_000);
    stage.finish().await;
}

#[tokio::test]
async fn dp_1_a_payout_does_not_pay_what_is_disputed_then() {
    let stage = Stage::new().await;
    let charge = two_payable(&stage).await;
    let dispute = stage.shop().dispute(day(4), &charge);
    stage.deliver(Version::Endive).await;
    assert!(stage.pay_out(stage.ada).await);
    let books = stage.books().await;
    assert_eq!(books.commissions_of(stage.ada), [(CommissionState::Held, 2_000), (CommissionState::Paid, 3_000)]);
    assert_eq!(&books.commissions[0].holds[..], [HoldReason::Dispute]);
    let on = |account| books.balance(stage.ada.partner, account);
    assert_eq!((on(LedgerAccount::PartnerPending), on(LedgerAccount::PartnerPayable)), (2_000, 0));
    assert_eq!(on(LedgerAccount::PayoutClearing), 3_000);

    stage.shop().dispute_closed(day(9), &dispute, "won");
    stage.deliver(Version::Endive).await;
    let payable = stage.books().await.balance(stage.ada.partner, LedgerAccount::PartnerPayable);
    assert_eq!(payable, 2_000, "what was won back is payable, once");
    stage.finish().await;
}
