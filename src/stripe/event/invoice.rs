//! Invoices.

use std::collections::BTreeSet;

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, checkout, invoice_discounts, invoice_line, metadata, path};
use crate::domain::fact::{Fact, Invoice, InvoiceStatus, Persona, Stamp};

pub(super) const KIND: Kind = Kind { object: "invoice", fact };

fn fact(invoice: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let total = path::int(invoice, &["total"]).ok_or(Unreadable { object: KIND.object, field: "total" })?;
    let status = status(invoice);
    let paid = path::int(invoice, &["amount_paid"]).unwrap_or(0);
    let told_off_platform = path::int(invoice, &["amount_paid_off_stripe"]).unwrap_or(0);
    let out_of_band = path::flag(invoice, &["paid_out_of_band"]).unwrap_or(false) || (told_off_platform > 0 && told_off_platform >= paid);
    let discounts = invoice_discounts::of(invoice);
    Ok(Fact::Invoice(Invoice {
        stamp,
        status,
        currency: path::currency(invoice, &["currency"]),
        total,
        total_excluding_tax: path::int(invoice, &["total_excluding_tax"]).unwrap_or_else(|| total.saturating_sub(tax(invoice))),
        discount_total: invoice_discounts::not_on_lines(invoice),
        shipping: checkout::shipping(invoice).unwrap_or(0),
        out_of_band,
        off_platform: if out_of_band { told_off_platform.max(paid) } else { told_off_platform },
        overpaid: path::int(invoice, &["amount_overpaid"]).unwrap_or(0),
        created_at: path::time(invoice, &["created", "date"]).unwrap_or(telling.at),
        persona: persona(invoice),
        subscription_persona: subscription_persona(invoice),
        lines: invoice_line::lines(invoice, stamp),
        codes: discounts.codes(stamp),
        discounts: discounts.only_ids(stamp),
        paid,
        paid_at: paid_at(invoice, status, telling),
        subscription: subscription(invoice),
        payments: payments(invoice),
    }))
}

fn status(invoice: &Value) -> InvoiceStatus {
    match path::word(invoice, &["status"]) {
        Some("paid") => InvoiceStatus::Paid,
        Some("void") => InvoiceStatus::Void,
        Some("uncollectible") => InvoiceStatus::Uncollectible,
        Some("open") => InvoiceStatus::Open,
        // Bodies from before there was a status.
        None if path::flag(invoice, &["paid"]) == Some(true) => InvoiceStatus::Paid,
        _ => InvoiceStatus::Draft,
    }
}

fn paid_at(invoice: &Value, status: InvoiceStatus, telling: &Telling<'_>) -> Option<chrono::DateTime<chrono::Utc>> {
    (status == InvoiceStatus::Paid).then(|| path::time(invoice, &["status_transitions.paid_at"]).unwrap_or(telling.at))
}

/// All tax in the total, inclusive and exclusive. Only asked when the body has no total without tax.
fn tax(invoice: &Value) -> i64 {
    path::int(invoice, &["tax"]).unwrap_or_else(|| path::sum(path::filled(invoice, &["total_taxes", "total_tax_amounts"]), &["amount"]))
}

fn persona(invoice: &Value) -> Persona {
    Persona {
        buyer: path::id(invoice, &["customer", "customer_account"]),
        email: path::text(invoice, &["customer_email"], metadata::EMAIL_LENGTH),
        name: path::text(invoice, &["customer_name"], metadata::NAME_LENGTH),
        country: metadata::country(invoice, &["customer_address.country"]),
        ..metadata::persona(invoice, &["metadata"])
    }
}

/// What the invoice copied of its subscription's metadata (AT-13). Before 2023 only the subscription's line had the copy.
fn subscription_persona(invoice: &Value) -> Persona {
    const PLACES: [&str; 2] = ["parent.subscription_details.metadata", "subscription_details.metadata"];
    if PLACES.iter().any(|place| path::at(invoice, place).is_some()) {
        return metadata::persona(invoice, &PLACES);
    }
    let lines = path::list(invoice, &["lines"]).unwrap_or_default();
    let line = lines.iter().find(|line| path::word(line, &["type"]) == Some("subscription"));
    line.map(|line| metadata::persona(line, &["metadata"])).unwrap_or_default()
}

/// The subscription. Renderings in old versions may leave the old field empty for newer ways of billing; the lines still name it.
fn subscription(invoice: &Value) -> Option<String> {
    let lines = path::list(invoice, &["lines"]).unwrap_or_default();
    path::id(invoice, &["parent.subscription_details.subscription", "subscription"])
        .or_else(|| lines.iter().find_map(|line| path::id(line, &["parent.subscription_item_details.subscription", "subscription"])))
}

/// The payments that the body names: one intent or charge in old bodies, a list of payments in new ones when expanded.
fn payments(invoice: &Value) -> BTreeSet<String> {
    let single = ["payment_intent", "charge"].iter().filter_map(|key| path::id(invoice, &[key]));
    let listed = path::list(invoice, &["payments"]).unwrap_or_default();
    let several = listed
        .iter()
        .flat_map(|payment| ["payment.payment_intent", "payment.charge"].into_iter().filter_map(|key| path::id(payment, &[key])));
    single.chain(several).collect()
}
