//! Movements on the balance.

use chrono::{DateTime, Utc};
use entity::value::{CommerceKind, TransactionType};
use serde_json::Value;

use super::{Entry, entry, path, text};

/// A movement on the balance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Stripe's own word for what it is for.
    pub sub_type: Option<String>,
    /// What Stripe took of it, in minor units.
    pub fee: i64,
    /// What was left, in minor units.
    pub net: i64,
    /// When it can be paid out.
    pub available_at: Option<DateTime<Utc>>,
    /// What is written on it.
    pub description: Option<String>,
}

/// What a movement is for, after Stripe's `type`, and for adjustments after what they report as.
fn kind(transaction: &Value) -> TransactionType {
    let category = path::word(transaction, &["reporting_category"]);
    match path::word(transaction, &["type"]) {
        Some("charge" | "payment") => TransactionType::Payment,
        Some("refund" | "payment_refund" | "refund_failure" | "payment_failure_refund" | "payment_reversal") => TransactionType::Refund,
        Some("adjustment") if matches!(category, Some("dispute" | "dispute_reversal")) => TransactionType::Refund,
        Some("payout") => TransactionType::Payout,
        Some("payout_failure" | "payout_cancel") => TransactionType::FailedPayout,
        Some(word) if word.starts_with("transfer") || word.starts_with("connect_collection") => TransactionType::Transfer,
        Some("application_fee" | "stripe_fee" | "stripe_fx_fee" | "tax_fee") => TransactionType::PaymentFee,
        Some("application_fee_refund") => TransactionType::PaymentFeeRefund,
        _ => TransactionType::Unknown,
    }
}

pub(super) fn index(transaction: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let amount = path::int(transaction, &["amount"]).unwrap_or(0);
    let parent_id = path::id(transaction, &["source"]);
    Some(Entry { amount, parent_id, keep: true, ..entry(CommerceKind::Transaction, transaction, kind(transaction).as_str(), at)? })
}

impl Transaction {
    /// Reads a balance transaction.
    #[must_use]
    pub fn read(transaction: &Value) -> Self {
        let fee = path::int(transaction, &["fee"]).unwrap_or(0);
        let amount = path::int(transaction, &["amount"]).unwrap_or(0);
        Self {
            sub_type: text(transaction, &["type"]),
            fee,
            net: path::int(transaction, &["net"]).unwrap_or_else(|| amount.saturating_sub(fee)),
            available_at: path::time(transaction, &["available_on"]),
            description: text(transaction, &["description"]),
        }
    }
}
