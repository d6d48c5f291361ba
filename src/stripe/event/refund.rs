//! Refunds: by their own events, and inside charges of old versions.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, path};
use crate::domain::fact::{Fact, Refund, RefundStatus, Stamp};

pub(super) const KIND: Kind = Kind { object: "refund", fact };

fn fact(refund: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let amount = path::int(refund, &["amount"]).ok_or(Unreadable { object: KIND.object, field: "amount" })?;
    let status = match path::word(refund, &["status"]) {
        // Refunds had no status while all of them succeeded at once.
        Some("succeeded") | None => RefundStatus::Succeeded,
        Some("failed" | "canceled") => RefundStatus::Failed,
        Some(_) => RefundStatus::Pending,
    };
    Ok(Fact::Refund(Refund {
        stamp,
        status,
        amount,
        currency: path::currency(refund, &["currency"]),
        failed_at: (status == RefundStatus::Failed).then_some(telling.at),
        created_at: path::time(refund, &["created"]).unwrap_or(telling.at),
        charge: path::id(refund, &["charge"]),
        intent: path::id(refund, &["payment_intent"]),
    }))
}
