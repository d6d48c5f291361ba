//! Money that went back: refunds, disputes and credit notes, each counted once (RF, DP).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::mul_div_half_up;

use super::{AtRisk, ReturnKind, Returned, RiskKind};
use crate::domain::fact::{Charge, CreditNote, Dispute, DisputeStatus, LineCredit, Refund, RefundStatus};

/// What went back, and what may still go back.
#[derive(Debug, Default)]
pub(super) struct Reversals {
    pub returned: Vec<Returned>,
    pub at_risk: Vec<AtRisk>,
    pub credits: Vec<LineCredit>,
    pub credited: i64,
    pub credited_before: i64,
}

impl Reversals {
    /// BA-8: what went back in the buyer's currency counts in the merchant's by `num / den`, the ratio by which the money came in. Running
    /// sums are converted, so that parts which sum to the whole still do.
    pub(super) fn convert(&mut self, num: i64, den: i64) {
        let converted = |amount: i64| mul_div_half_up(amount.into(), num.into(), den.into()).unwrap_or(i64::MAX);
        let (mut before, mut sum) = (0_i64, 0_i64);
        let amounts = self.returned.iter_mut().map(|one| &mut one.amount).chain(self.at_risk.iter_mut().map(|one| &mut one.amount));
        for amount in amounts {
            sum = sum.saturating_add(*amount);
            let after = converted(sum);
            *amount = after.saturating_sub(before);
            before = after;
        }
    }
}

/// What refunds of one payment are known to be, to compare with the running totals of its charges.
#[derive(Default)]
struct Refunded<'a> {
    told: Vec<&'a Refund>,
    charges: Vec<(&'a str, &'a Charge)>,
}

impl Refunded<'_> {
    /// What the running totals hold beyond all known refunds, each part at the earliest time at which the totals are known to have held it
    /// (RF-9). It is a function of what was told and not of the order of tellings.
    fn by_running_total(&self) -> Vec<Returned> {
        let totals = |(n, (_, charge)): (usize, &(&str, &Charge))| -> Vec<(DateTime<Utc>, usize, i64)> {
            charge.refunded.tellings().map(|(total, at)| (at, n, went_back(charge, total))).collect()
        };
        let mut totals: Vec<_> = self.charges.iter().enumerate().flat_map(totals).collect();
        totals.sort_unstable();
        let Some((last, ..)) = totals.last().copied() else { return Vec::new() };
        let mut reached = vec![0_i64; self.charges.len()];
        totals.iter().for_each(|(_, n, total)| reached[*n] = *total);
        // A refund that is dated after the last telling may still be in it: clocks differ.
        let unknown = sum(&reached).saturating_sub(self.counted(last, None));
        reached.fill(0);
        let mut found = 0_i64;
        let mut parts = Vec::new();
        for (at, n, total) in totals {
            reached[n] = total;
            let beyond = sum(&reached).saturating_sub(self.counted(at, Some(at))).min(unknown);
            if beyond > found {
                let source = self.charges[n].0.to_owned();
                parts.push(Returned { source, kind: ReturnKind::RunningTotal, amount: beyond - found, at });
                found = beyond;
            }
        }
        parts
    }

    /// What totals of that time counted of the known refunds, those alone that were made by `until`. One that had failed was taken out (RF-3).
    fn counted(&self, at: DateTime<Utc>, until: Option<DateTime<Utc>>) -> i64 {
        let made = |refund: &&&Refund| until.is_none_or(|until| refund.created_at <= until) && refund.had_not_failed(at);
        self.told.iter().filter(made).fold(0, |sum, refund| sum.saturating_add(refund.amount))
    }
}

fn sum(amounts: &[i64]) -> i64 {
    amounts.iter().fold(0, |sum, one| sum.saturating_add(*one))
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
    out.returned.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
    out.at_risk.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
    cap(&mut out, charges, refunds, disputes);
    count_notes(&mut out, notes);
    out.returned.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
    out
}

/// The payment to which something belongs: the intent where one is known, else the charge, else the thing itself.
fn payment<'a>(charges: &BTreeMap<&'a str, &'a Charge>, (charge, intent): (Option<&'a str>, Option<&'a str>), own: &'a str) -> &'a str {
    let by_charge = charge.and_then(|id| charges.get(id)).and_then(|charge| charge.intent.as_deref());
    by_charge.or(intent).or(charge).unwrap_or(own)
}

/// DP-3: from one payment never more goes back, or is at risk to, than it brought. What comes last is cut. A payment whose charges were not told has no limit
/// here; the purchase as a whole has one (RF-1).
fn cap(out: &mut Reversals, charges: &BTreeMap<&str, &Charge>, refunds: &[(&str, &Refund)], disputes: &[(&str, &Dispute)]) {
    let mut left: BTreeMap<&str, i64> = BTreeMap::new();
    for (id, charge) in charges.iter().filter(|(_, charge)| charge.captured > 0) {
        let entry = left.entry(charge.intent.as_deref().unwrap_or(id)).or_default();
        *entry = entry.saturating_add(charge.captured);
    }
    let mut payments: BTreeMap<&str, &str> = BTreeMap::new();
    payments.extend(charges.iter().map(|(id, charge)| (*id, charge.intent.as_deref().unwrap_or(id))));
    payments.extend(refunds.iter().map(|(id, r)| (*id, payment(charges, (r.charge.as_deref(), r.intent.as_deref()), id))));
    payments.extend(disputes.iter().map(|(id, d)| (*id, payment(charges, (d.charge.as_deref(), d.intent.as_deref()), id))));
    let returned = out.returned.iter_mut().map(|one| (&one.source, &mut one.amount));
    for (source, amount) in returned.chain(out.at_risk.iter_mut().map(|one| (&one.source, &mut one.amount))) {
        if let Some(left) = payments.get(source.as_str()).and_then(|payment| left.get_mut(payment)) {
            *amount = (*amount).min(*left);
            *left = left.saturating_sub(*amount);
        }
    }
    out.returned.retain(|one| one.amount > 0);
    out.at_risk.retain(|one| one.amount > 0);
}

/// RF-2: refund objects count by their status; what a charge's running total holds beyond all known refund objects is refunded too.
/// A failed refund was in the running totals until it failed, so it cannot come back as unknown (RF-3), and hides nothing that comes later.
fn count_refunds(out: &mut Reversals, charges: &BTreeMap<&str, &Charge>, refunds: &[(&str, &Refund)]) {
    let mut by_payment: BTreeMap<&str, Refunded<'_>> = BTreeMap::new();
    for (id, charge) in charges {
        by_payment.entry(charge.intent.as_deref().unwrap_or(id)).or_default().charges.push((id, charge));
    }
    for (id, refund) in refunds {
        let entry = by_payment.entry(payment(charges, (refund.charge.as_deref(), refund.intent.as_deref()), id)).or_default();
        entry.told.push(refund);
        match refund.status {
            RefundStatus::Pending => {
                out.at_risk.push(AtRisk { source: (*id).to_owned(), kind: RiskKind::Refund, amount: refund.amount, at: refund.created_at })
            }
            RefundStatus::Failed => {}
            RefundStatus::Succeeded => out.returned.push(Returned {
                source: (*id).to_owned(),
                kind: ReturnKind::Refund,
                amount: refund.amount,
                at: refund.created_at,
            }),
        }
    }
    out.returned.extend(by_payment.values().flat_map(Refunded::by_running_total));
}

/// What of a charge's running total went back. BA-9: an older body counts the released rest of a part capture as refunded.
fn went_back(charge: &Charge, total: i64) -> i64 {
    let released = if charge.captured > 0 { charge.amount.saturating_sub(charge.captured).max(0) } else { 0 };
    total.saturating_sub(released).max(0)
}

/// DP-1, DP-2.
fn count_dispute(out: &mut Reversals, id: &str, dispute: &Dispute) {
    let at_risk = |kind| AtRisk { source: id.to_owned(), kind, amount: dispute.amount, at: dispute.created_at };
    let gone = match dispute.status {
        DisputeStatus::Won | DisputeStatus::InquiryClosed | DisputeStatus::Prevented => 0,
        DisputeStatus::Lost => dispute.amount.saturating_sub(dispute.reinstated),
        DisputeStatus::Open | DisputeStatus::Inquiry | DisputeStatus::Unknown if dispute.withdrawn => {
            dispute.amount.saturating_sub(dispute.reinstated)
        }
        DisputeStatus::Open | DisputeStatus::Unknown => {
            out.at_risk.push(at_risk(RiskKind::Dispute));
            0
        }
        DisputeStatus::Inquiry => {
            out.at_risk.push(at_risk(RiskKind::Inquiry));
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

/// RF-5: a note that was paid back in full by refund or outside, or came before payment, reduces the lines that it names; any other reduces
/// pro rata by the refunds themselves. A part that went to the buyer's balance changes nothing: the later invoice collects less.
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
        let whole = paid_back.saturating_add(note.before_payment);
        if whole > 0 && whole == note.amount && explained <= gone {
            out.credits.extend(note.lines.iter().cloned());
            out.credited = explained;
            out.credited_before = out.credited_before.saturating_add(note.before_payment);
        }
    }
}
