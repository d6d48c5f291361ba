//! Payments towards an invoice, since basil (2025-03-31) the only link between an invoice and its payments (SL-5, SL-8).

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, path};
use crate::domain::fact::{Collection, CollectionStatus, Fact, Stamp};

pub(super) const KIND: Kind = Kind { object: "invoice_payment", fact };

fn fact(payment: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let status = match path::word(payment, &["status"]) {
        Some("paid") => CollectionStatus::Paid,
        Some("canceled") => CollectionStatus::Canceled,
        _ => CollectionStatus::Open,
    };
    let amount = path::int(payment, &["amount_paid"]);
    // An open payment has no amount yet; one that is paid must say it.
    if status == CollectionStatus::Paid && amount.is_none() {
        return Err(Unreadable { object: KIND.object, field: "amount_paid" });
    }
    let paid_at = || path::time(payment, &["status_transitions.paid_at"]).unwrap_or(telling.at);
    Ok(Fact::Collection(Collection {
        stamp,
        status,
        amount: amount.unwrap_or(0),
        paid_at: (status == CollectionStatus::Paid).then(paid_at),
        invoice: path::id(payment, &["invoice"]),
        intent: path::id(payment, &["payment.payment_intent"]),
        charge: path::id(payment, &["payment.charge"]),
    }))
}
