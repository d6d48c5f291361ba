//! Disputes and inquiries.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, path};
use crate::domain::fact::{Dispute, DisputeStatus, Fact, Stamp};

pub(super) const WITHDRAWN: &str = "charge.dispute.funds_withdrawn";
pub(super) const REINSTATED: &str = "charge.dispute.funds_reinstated";

pub(super) const KIND: Kind = Kind { object: "dispute", fact };

fn fact(dispute: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let amount = path::int(dispute, &["amount"]).ok_or(Unreadable { object: KIND.object, field: "amount" })?;
    let status = status(dispute);
    // Stripe takes the money when most disputes open, and its balance lines say so. Only the event counts as withdrawal: a dispute that is
    // merely open holds the commission and does not reverse it (DP-1, E13).
    let withdrawn = telling.is(WITHDRAWN);
    Ok(Fact::Dispute(Dispute {
        stamp,
        status,
        amount,
        currency: path::currency(dispute, &["currency"]),
        created_at: path::time(dispute, &["created"]).unwrap_or(telling.at),
        gone_at: (withdrawn || status == DisputeStatus::Lost).then_some(telling.at),
        withdrawn,
        reinstated: if telling.is(REINSTATED) { reinstated(dispute, amount) } else { 0 },
        charge: path::id(dispute, &["charge"]),
        intent: path::id(dispute, &["payment_intent"]),
    }))
}

fn status(dispute: &Value) -> DisputeStatus {
    match path::word(dispute, &["status"]) {
        Some("warning_needs_response" | "warning_under_review") => DisputeStatus::Inquiry,
        Some("warning_closed") => DisputeStatus::InquiryClosed,
        Some("needs_response" | "under_review") => DisputeStatus::Open,
        // "charge_refunded" is an older word for a dispute that ended by a refund.
        Some("prevented" | "charge_refunded") => DisputeStatus::Prevented,
        Some("won") => DisputeStatus::Won,
        Some("lost") => DisputeStatus::Lost,
        // Appeals (endive) among them: which side holds the money meanwhile is not told.
        _ => DisputeStatus::Unknown,
    }
}

/// How much came back. Balance lines may be in the currency of the merchant's balance; where none is in the dispute's own, all of it did.
fn reinstated(dispute: &Value, amount: i64) -> i64 {
    let currency = path::currency(dispute, &["currency"]);
    let lines = path::list(dispute, &["balance_transactions"]).unwrap_or_default();
    let back = lines.iter().filter(|line| path::currency(line, &["currency"]) == currency).filter_map(|line| path::int(line, &["amount"]));
    let back = back.filter(|amount| *amount > 0).fold(0, i64::saturating_add);
    if back > 0 { back.min(amount) } else { amount }
}
