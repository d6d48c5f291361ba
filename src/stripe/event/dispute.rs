//! Disputes and inquiries.

use chrono::{DateTime, Utc};
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
    // Stripe takes the money when most disputes open, and its balance lines say so. Among events only the one of the withdrawal counts as
    // such: a dispute that is merely open holds the commission and does not reverse it (DP-1, E13). An answer has no event, and its lines
    // stand for those that were.
    let moved = if telling.is_late() { movements(dispute) } else { Vec::new() };
    let taken = moved.iter().filter(|(amount, _)| *amount < 0).filter_map(|(_, at)| *at).min();
    let withdrawn = telling.is(WITHDRAWN) || moved.iter().any(|(amount, _)| *amount < 0);
    let returned = telling.is(REINSTATED) || moved.iter().any(|(amount, _)| *amount > 0);
    Ok(Fact::Dispute(Dispute {
        stamp,
        status,
        amount,
        currency: path::currency(dispute, &["currency"]),
        created_at: path::time(dispute, &["created"]).unwrap_or(telling.at),
        gone_at: (withdrawn || status == DisputeStatus::Lost).then(|| taken.unwrap_or(telling.at)),
        withdrawn,
        reinstated: if returned { reinstated(dispute, amount) } else { 0 },
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

/// The balance lines of a dispute: how much, and when.
fn movements(dispute: &Value) -> Vec<(i64, Option<DateTime<Utc>>)> {
    let lines = path::list(dispute, &["balance_transactions"]).unwrap_or_default();
    lines.iter().filter_map(|line| Some((path::int(line, &["amount"])?, path::time(line, &["created"])))).collect()
}

/// How much came back. Balance lines may be in the currency of the merchant's balance; where none is in the dispute's own, all of it did.
fn reinstated(dispute: &Value, amount: i64) -> i64 {
    let currency = path::currency(dispute, &["currency"]);
    let lines = path::list(dispute, &["balance_transactions"]).unwrap_or_default();
    let back = lines.iter().filter(|line| path::currency(line, &["currency"]) == currency).filter_map(|line| path::int(line, &["amount"]));
    let back = back.filter(|amount| *amount > 0).fold(0, i64::saturating_add);
    if back > 0 { back.min(amount) } else { amount }
}
