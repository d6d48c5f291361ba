//! Credit notes (RF-5).

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, invoice_line, path};
use crate::domain::fact::{CreditNote, Fact, LineCredit, Stamp};

pub(super) const VOIDED: &str = "credit_note.voided";

pub(super) const KIND: Kind = Kind { object: "credit_note", fact };

fn fact(note: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let amount = path::int(note, &["amount", "total"]).ok_or(Unreadable { object: KIND.object, field: "amount" })?;
    let out_of_band = path::int(note, &["out_of_band_amount"]).unwrap_or(0);
    let before_payment = path::int(note, &["pre_payment_amount"]).unwrap_or_else(|| {
        let all = path::word(note, &["type"]) == Some("pre_payment");
        if all { amount } else { 0 }
    });
    Ok(Fact::CreditNote(CreditNote {
        stamp,
        void: path::word(note, &["status"]) == Some("void") || telling.is(VOIDED),
        amount,
        out_of_band,
        before_payment,
        created_at: path::time(note, &["created"]).unwrap_or(telling.at),
        lines: path::list(note, &["lines"]).unwrap_or_default().iter().filter_map(line).collect(),
        refunded: refunded(note).unwrap_or_else(|| amount.saturating_sub(out_of_band).saturating_sub(before_payment).max(0)),
        invoice: path::id(note, &["invoice"]),
    }))
}

/// The refunded part, where the note says it. A note of an old version names one refund by id; then what went neither another way nor to
/// the buyer's balance was refunded, as far as the note tells.
fn refunded(note: &Value) -> Option<i64> {
    if let Some(refunds) = path::list(note, &["refunds"]) {
        return Some(path::sum(refunds, &["amount_refunded", "refund.amount"]));
    }
    if path::at(note, "refund").is_none() {
        return Some(0);
    }
    path::int(note, &["refund.amount", "post_payment_amount"])
}

/// What the note takes back of one line, before tax. Both amounts leave discounts aside, as a line's own amount does.
fn line(line: &Value) -> Option<LineCredit> {
    let gross = path::int(line, &["amount_excluding_tax"])
        .or_else(|| Some(path::int(line, &["amount"])?.saturating_sub(invoice_line::inclusive_tax(line))))?;
    let discounts = path::int(line, &["discount_amount"]).unwrap_or(0);
    let pretax_credits = path::sum(path::filled(line, &["pretax_credit_amounts"]), &["amount"]);
    Some(LineCredit { line: path::id(line, &["invoice_line_item"])?, net: gross.saturating_sub(discounts.max(pretax_credits)) })
}
