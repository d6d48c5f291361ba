//! Charges.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, metadata, path, payment_intent};
use crate::domain::fact::{Charge, ChargeStatus, Fact, Persona, Running, Stamp};

pub(super) const KIND: Kind = Kind { object: "charge", fact };

/// Payment methods whose money comes days after the charge was made, so that `created` is not when it came (SL-7). Source: Stripe's list
/// of payment methods with delayed notification, old and new names.
const SLOW_METHODS: [&str; 17] = [
    "ach_credit_transfer",
    "ach_debit",
    "acss_debit",
    "au_becs_debit",
    "bacs_debit",
    "boleto",
    "customer_balance",
    "id_bank_transfer",
    "konbini",
    "multibanco",
    "nz_bank_account",
    "oxxo",
    "payto",
    "sepa_credit_transfer",
    "sepa_debit",
    "sofort",
    "us_bank_account",
];

fn fact(charge: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let amount = path::int(charge, &["amount"]).ok_or(Unreadable { object: KIND.object, field: "amount" })?;
    let status = status(charge);
    let told_captured = path::int(charge, &["amount_captured"]);
    let is_captured = path::flag(charge, &["captured"]).unwrap_or_else(|| told_captured.is_none_or(|captured| captured > 0));
    let taken = status == ChargeStatus::Succeeded && is_captured;
    let slow = path::word(charge, &["payment_method_details.type", "source.type"]).is_some_and(|word| SLOW_METHODS.contains(&word));
    Ok(Fact::Charge(Charge {
        stamp,
        status,
        amount,
        currency: path::currency(charge, &["currency"]),
        created_at: path::time(charge, &["created"]).unwrap_or(telling.at),
        persona: Persona {
            buyer: path::id(charge, &["customer", "customer_account"]),
            email: path::text(charge, &["billing_details.email", "receipt_email"], metadata::EMAIL_LENGTH),
            name: path::text(charge, &["billing_details.name"], metadata::NAME_LENGTH),
            country: metadata::country(charge, &["billing_details.address.country"]),
            ..metadata::persona(charge, &["metadata"])
        },
        // A pending bank debit says "captured" too, and may still fail.
        captured: if taken { told_captured.unwrap_or(amount) } else { 0 },
        refunded: Running::to(path::int(charge, &["amount_refunded"]).unwrap_or(0), telling.at),
        waited: slow || status == ChargeStatus::Pending || (status == ChargeStatus::Succeeded && !is_captured),
        // A charge that is looked at later tells by its balance transaction when the money came.
        captured_at: taken.then(|| path::time(charge, &["balance_transaction.created"]).unwrap_or(telling.at)),
        intent: path::id(charge, &["payment_intent"]),
        invoice: payment_intent::invoice_link(charge),
    }))
}

fn status(charge: &Value) -> ChargeStatus {
    match path::word(charge, &["status"]) {
        // "paid" is what bodies before 2014 said.
        Some("succeeded" | "paid") => ChargeStatus::Succeeded,
        Some("failed") => ChargeStatus::Failed,
        None if path::flag(charge, &["paid"]) == Some(true) => ChargeStatus::Succeeded,
        _ => ChargeStatus::Pending,
    }
}
