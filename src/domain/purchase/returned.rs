//! Money that went back: refunds, disputes and credit notes, each counted once (RF, DP).

use std::collections::BTreeMap;

use super::{ReturnKind, Returned};
use crate::domain::fact::{Charge, CreditNote, Dispute, DisputeStatus, LineCredit, Refund, RefundStatus};

/// What went back, and what may still go back.
#[derive(Debug, Default)]
pub(super) struct Reversals {
    pub returned: Vec<Returned>,
    pub pending_refunds: i64,
    pub disputed: i64,
    pub inquired: i64,
    pub credits: Vec<LineCredit>,
    pub credited: i64,
}

/// What refunds of one payment are known to be, to compare with the running totals of its charges.
#[derive(Default)]
struct Refunded {
    told: i64,
    running: i64,
    newest: Option<(chrono::DateTime<chrono::Utc>, String)>,
}

/// Puts together what went back of the money of `charges`.
pub(super) fn reversals(
    charges: &BTreeMap<&str, &Charge>,
    refunds: &[(&str, &Refund)],
    disputes: &[(&str, &Dispute)],
    notes: &[(&str, &CreditNote)],
) -> Reversals {
    let mut out = Reversals::default();
    count_refunds(&mut out, charges, refunds);
    for (id, dispute) in disputes {
        count_dispute(&mut out, id, dispute);
    }
    count_notes(&mut out, notes);
    out.returned.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
    out
}

/// RF-2: refund objects count by their status; what a charge's running total holds beyond all known refund objects is refunded too.
/// A failed refund was once in the running total, so it is part of what is known and cannot come back as unknown (RF-3).
fn count_refunds(out: &mut Reversals, charges: &BTreeMap<&str, &Charge>, refunds: &[(&str, &Refund)]) {
    let mut by_payment: BTreeMap<&str, Refunded> = BTreeMap::new();
    for (id, charge) in charges {
        let entry = by_payment.entry(charge.intent.as_deref().unwrap_or(id)).or_default();
        entry.running = entry.running.saturating_add(running_total(charge));
        entry.newest = entry.newest.take().max(Some((charge.stamp.at, (*id).to_owned())));
    }
    for (id, refund) in refunds {
        let charge = refund.charge.as_deref();
        let payment = charge
            .and_then(|id| charges.get(id))
            .and_then(|charge| charge.intent.as_deref())
            .or(refund.intent.as_deref())
            .or(charge)
            .unwrap_or(id);
        let entry = by_payment.entry(payment).or_default();
        entry.told = entry.told.saturating_add(refund.amount);
        match refund.status {
            RefundStatus::Pending => out.pending_refunds = out.pending_refunds.saturating_add(refund.amount),
            RefundStatus::Failed => {}
            RefundStatus::Succeeded => out.returned.push(Returned {
                source: (*id).to_owned(),
                kind: ReturnKind::Refund,
                amount: refund.amount,
                at: refund.created_at,
            }),
        }
    }
    for entry in by_payment.into_values() {
        let unknown = entry.running.saturating_sub(entry.told);
        if let (true, Some((at, source))) = (unknown > 0, entry.newest) {
            out.returned.push(Returned { source, kind: ReturnKind::Refund, amount: unknown, at });
        }
    }
}

/// BA-9: an older body counts the released rest of a part capture as refunded.
fn running_total(charge: &Charge) -> i64 {
    let released = if charge.captured > 0 { charge.amount.saturating_sub(charge.captured).max(0) } else { 0 };
    charge.refunded.saturating_sub(released).max(0)
}

/// DP-1, DP-2.
fn count_dispute(out: &mut Reversals, id: &str, dispute: &Dispute) {
    let gone = match dispute.status {
        DisputeStatus::Won | DisputeStatus::InquiryClosed | DisputeStatus::Prevented => 0,
        DisputeStatus::Lost => dispute.amount.saturating_sub(dispute.reinstated),
        DisputeStatus::Open | DisputeStatus::Inquiry | DisputeStatus::Unknown if dispute.withdrawn => {
            dispute.amount.saturating_sub(dispute.reinstated)
        }
        DisputeStatus::Open | DisputeStatus::Unknown => {
            out.disputed = out.disputed.saturating_add(dispute.amount);
            0
        }
        DisputeStatus::Inquiry => {
            out.inquired = out.inquired.saturating_add(dispute.amount);
            0
        }
    };
    if gone > 0 {
        out.returned.push(Returned {
            source: id.to_owned(),
            kind: ReturnKind::Dispute,
            amount: gone,
            at: dispute.gone_at.unwrap_or(dispute.stamp.at),
        });
    }
}

/// RF-5: a note that was paid back in full by refund or outside reduces the lines that it names; any other reduces pro rata by the refunds
/// themselves. A part that went to the buyer's balance changes nothing: the later invoice collects less.
fn count_notes(out: &mut Reversals, notes: &[(&str, &CreditNote)]) {
    for (id, note) in notes.iter().filter(|(_, note)| !note.void) {
        if note.out_of_band > 0 {
            out.returned.push(Returned {
                source: (*id).to_owned(),
                kind: ReturnKind::OutOfBandCredit,
                amount: note.out_of_band,
                at: note.created_at,
            });
        }
    }
    let gone = out.returned.iter().fold(0_i64, |sum, r| sum.saturating_add(r.amount));
    for (_, note) in notes.iter().filter(|(_, note)| !note.void && !note.lines.is_empty()) {
        let paid_back = note.refunded.saturating_add(note.out_of_band);
        let explained = out.credited.saturating_add(paid_back);
        if paid_back > 0 && paid_back == note.amount && explained <= gone {
            out.credits.extend(note.lines.iter().cloned());
            out.credited = explained;
        }
    }
}
