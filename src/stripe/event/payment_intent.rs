//! Payment intents.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path};
use crate::domain::fact::{Fact, Intent, IntentStatus, InvoiceLink, Persona, Stamp};

pub(super) const KIND: Kind = Kind { object: "payment_intent", fact };

fn fact(intent: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let amount = path::int(intent, &["amount"]).ok_or(Unreadable { object: KIND.object, field: "amount" })?;
    let status = match path::word(intent, &["status"]) {
        Some("succeeded") => IntentStatus::Succeeded,
        Some("canceled") => IntentStatus::Canceled,
        Some("processing") => IntentStatus::Processing,
        _ => IntentStatus::Open,
    };
    let succeeded = status == IntentStatus::Succeeded;
    let charges = path::list(intent, &["charges"]).unwrap_or_default();
    // An intent that is looked at later does not say when it succeeded; the nearest is when its money came, or when it was made.
    let late = if telling.is_late() { path::time(intent, &["latest_charge.balance_transaction.created", "created"]) } else { None };
    Ok(Fact::Intent(Intent {
        stamp,
        status,
        amount,
        currency: path::currency(intent, &["currency"]),
        created_at: path::time(intent, &["created"]).unwrap_or(telling.at),
        persona: Persona {
            buyer: path::id(intent, &["customer", "customer_account"]),
            email: path::text(intent, &["receipt_email"], metadata::EMAIL_LENGTH),
            ..metadata::persona(intent, &["metadata"])
        },
        received: path::int(intent, &["amount_received"]).unwrap_or(if succeeded { amount } else { 0 }),
        succeeded_at: succeeded.then(|| late.unwrap_or(telling.at)),
        charges: charges.iter().filter_map(path::id_of).chain(path::id(intent, &["latest_charge"])).collect(),
        invoice: invoice_link(intent),
    }))
}

/// The way from a payment to its invoice. Bodies before basil have the field, null when there is no invoice; later ones lack it, which
/// says nothing (SL-8).
pub(super) fn invoice_link(payment: &Value) -> InvoiceLink {
    InvoiceLink { known: path::id(payment, &["invoice"]), none_stated: path::is_null(payment, "invoice") }
}
