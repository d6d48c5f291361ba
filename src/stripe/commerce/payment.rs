//! Payments: one for each intent, or for a charge that has none; and one with a negative amount for each refund.

use chrono::{DateTime, Utc};
use entity::value::{CommerceKind, PaymentStatus};
use serde_json::Value;

use super::{Entry, entry, path, text};

/// What a payment is made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// The kind of payment method, such as `card` or `sepa_debit`.
    pub method: Option<String>,
    /// The brand or bank behind it, such as `visa`.
    pub provider: Option<String>,
    /// What the merchant wrote on it.
    pub description: Option<String>,
    /// Why it failed, in Stripe's word.
    pub failure: Option<String>,
}

pub(super) fn index_intent(intent: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let failed = path::at(intent, "last_payment_error").is_some();
    let status = match path::word(intent, &["status"]) {
        Some("succeeded") => PaymentStatus::Paid,
        Some("requires_capture") => PaymentStatus::Authorized,
        Some("canceled") => PaymentStatus::Cancelled,
        Some("requires_payment_method") if failed => PaymentStatus::Failed,
        Some("processing" | "requires_payment_method" | "requires_confirmation" | "requires_action") => PaymentStatus::Pending,
        _ => PaymentStatus::Unknown,
    };
    let received = path::int(intent, &["amount_received"]).filter(|amount| status == PaymentStatus::Paid && *amount > 0);
    let amount = received.or_else(|| path::int(intent, &["amount"])).unwrap_or(0);
    Some(Entry { amount, ..entry(CommerceKind::Payment, intent, status.as_str(), at)? })
}

/// A charge speaks for its intent as long as that was not told of.
pub(super) fn index_charge(charge: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let captured = path::flag(charge, &["captured"]).unwrap_or(true);
    let status = match path::word(charge, &["status"]) {
        Some("succeeded" | "paid") if captured => PaymentStatus::Paid,
        Some("succeeded") => PaymentStatus::Authorized,
        Some("failed") => PaymentStatus::Failed,
        Some("pending") => PaymentStatus::Pending,
        _ => PaymentStatus::Unknown,
    };
    let taken = path::int(charge, &["amount_captured"]).filter(|amount| status == PaymentStatus::Paid && *amount > 0);
    let amount = taken.or_else(|| path::int(charge, &["amount"])).unwrap_or(0);
    let own = entry(CommerceKind::Payment, charge, status.as_str(), at)?;
    let intent = path::id(charge, &["payment_intent"]);
    Some(Entry {
        amount,
        derived: intent.is_some(),
        keep: intent.is_some(),
        source_id: intent.unwrap_or_else(|| own.source_id.clone()),
        ..own
    })
}

pub(super) fn index_refund(refund: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let status = match path::word(refund, &["status"]) {
        // Refunds had no status while all of them succeeded at once.
        Some("succeeded") | None => PaymentStatus::Paid,
        Some("pending" | "requires_action") => PaymentStatus::Pending,
        Some("failed") => PaymentStatus::Failed,
        Some("canceled") => PaymentStatus::Cancelled,
        Some(_) => PaymentStatus::Unknown,
    };
    let amount = path::int(refund, &["amount"]).unwrap_or(0).saturating_neg();
    let parent_id = path::id(refund, &["payment_intent", "charge"]);
    Some(Entry { amount, parent_id, ..entry(CommerceKind::Payment, refund, status.as_str(), at)? })
}

impl Payment {
    /// Reads an intent with the charge inside it, a charge, or a refund.
    #[must_use]
    pub fn read(object: &Value) -> Self {
        let inside = path::at(object, "latest_charge").or_else(|| path::at(object, "charges.data.0"));
        let told = [Some(object), inside.filter(|value| value.is_object())];
        let first = |paths: &[&str]| told.into_iter().flatten().find_map(|object| text(object, paths));
        let method = first(&["payment_method_details.type", "destination_details.type"]);
        let provider = method.as_deref().and_then(|method| {
            let brand = ["brand", "network", "bank", "bank_name"].map(|field| format!("payment_method_details.{method}.{field}"));
            first(&brand.each_ref().map(String::as_str))
        });
        Self {
            method: method.or_else(|| first(&["payment_method_types.0"])),
            provider,
            description: first(&["description"]),
            failure: first(&["failure_code", "failure_reason", "last_payment_error.code"]),
        }
    }
}
