//! What a step of a recount found: what differs, what it comes to for partners, and what caps cut.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{Currency, DecisionReason, EnrollmentId, PartnerId, ProgramId, PurchaseId, RecountCapId, RecountRowId, RecountSumId};
use entity::{recount, recount_cap, recount_row, recount_sum};
use sea_orm::DatabaseTransaction;

use super::span_of;
use crate::domain::commission::cuts;
use crate::domain::settle::Settlement;
use crate::service::ServiceError;
use crate::service::person::Gathered;
use crate::service::settle::Compared;
use crate::store;

/// What a step found.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// Whether what stood before was noted already, so that only what moved is added.
    again: bool,
    rows: Vec<Compared>,
    sums: BTreeMap<(EnrollmentId, Currency), Sum>,
    caps: BTreeMap<(String, Currency), (i64, i64)>,
    before: BTreeMap<PurchaseId, DecisionReason>,
    after: BTreeMap<PurchaseId, DecisionReason>,
}

#[derive(Clone, Copy)]
struct Sum {
    program: ProgramId,
    partner: PartnerId,
    commissions_before: i64,
    commissions_after: i64,
    before: i64,
    after: i64,
    beyond: i64,
}

impl Found {
    /// For what moves after what stood before was noted.
    pub fn again() -> Self {
        Self { again: true, ..Self::default() }
    }

    /// Notes a person's commissions: those of the program, and any other that changes.
    pub fn note(&mut self, at: &recount::Model, all: &[Compared]) {
        for one in all.iter().filter(|one| one.program == at.program_id || one.differs()) {
            let (program, partner) = (one.program, one.partner);
            let nothing = Sum { program, partner, commissions_before: 0, commissions_after: 0, before: 0, after: 0, beyond: 0 };
            let sum = self.sums.entry((one.enrollment, one.currency)).or_insert(nothing);
            let (before, after) = (one.before.amount, one.after.amount);
            if span_of(at).contains(one.at) {
                let (count, stood) = (i64::from(before != 0), before);
                let (known, known_count) = if self.again { (stood, count) } else { (0, 0) };
                sum.commissions_before += count - known_count;
                sum.commissions_after += i64::from(after != 0) - known_count;
                sum.before = sum.before.saturating_add(stood - known);
                sum.after = sum.after.saturating_add(after.saturating_sub(known));
            } else {
                sum.beyond = sum.beyond.saturating_add(after.saturating_sub(before));
            }
            if one.differs() {
                self.rows.push(one.clone());
            }
        }
        let is_any = |sum: &Sum| sum.commissions_before != 0 || sum.commissions_after != 0 || sum.after != 0 || sum.beyond != 0;
        self.sums.retain(|_, sum| is_any(sum));
    }

    /// Notes why purchases earn what they do, before and after.
    pub fn reasons(&mut self, before: &BTreeMap<PurchaseId, DecisionReason>, after: &BTreeMap<PurchaseId, DecisionReason>) {
        self.before.extend(before);
        self.after.extend(after);
    }

    /// Notes why a person's purchases would earn what they do, and what caps would cut of those of the time.
    pub fn decided(&mut self, at: &recount::Model, gathered: &Gathered, settlement: &Settlement) {
        let states: BTreeMap<PurchaseId, _> = gathered.person.purchases.iter().map(|purchase| (purchase.id, &purchase.state)).collect();
        for decision in &settlement.decisions {
            self.after.insert(decision.purchase, decision.reason);
            let Some(state) = states.get(&decision.purchase) else { continue };
            let within = state.at.is_some_and(|time| span_of(at).contains(time));
            let of_program = decision.winner.is_some_and(|winner| winner.program == at.program_id);
            for (cap, cut) in cuts(&decision.steps).into_iter().filter(|_| within && of_program) {
                let sum = self.caps.entry((cap, state.currency)).or_default();
                *sum = (sum.0 + 1, sum.1.saturating_add(cut));
            }
        }
    }

    /// How many commissions differ.
    pub fn changed(&self) -> i64 {
        i64::try_from(self.rows.len()).unwrap_or(i64::MAX)
    }

    /// Writes all of it down.
    pub async fn write(&mut self, tx: &DatabaseTransaction, at: &recount::Model, now: DateTime<Utc>) -> Result<(), ServiceError> {
        let silent: Vec<PurchaseId> = self.rows.iter().filter_map(|one| one.purchase).filter(|id| !self.before.contains_key(id)).collect();
        self.before.extend(store::decision::reasons(tx, &silent).await?);
        store::recount::add_rows(tx, self.rows.iter().map(|one| self.row(at, one, now)).collect()).await?;
        store::recount::add_sums(tx, self.sums.iter().map(|(key, sum)| sum_row(at, *key, sum, now)).collect()).await?;
        store::recount::add_caps(tx, self.caps.iter().map(|(key, of)| cap_row(at, key, *of, now)).collect()).await?;
        Ok(())
    }

    fn row(&self, at: &recount::Model, one: &Compared, now: DateTime<Utc>) -> recount_row::Model {
        let reason = |of: &BTreeMap<PurchaseId, DecisionReason>| one.purchase.and_then(|id| of.get(&id).copied());
        recount_row::Model {
            id: RecountRowId::new_at(now),
            merchant_id: at.merchant_id,
            livemode: at.livemode,
            recount_id: at.id,
            program_id: one.program,
            enrollment_id: one.enrollment,
            partner_id: one.partner,
            kind: one.kind,
            subject: one.subject.clone(),
            purchase_id: one.purchase,
            customer_id: one.customer,
            earned_at: one.at,
            within: span_of(at).contains(one.at),
            currency: one.currency,
            before: one.before.amount,
            after: one.after.amount,
            pending_before: one.before.pending,
            pending_after: one.after.pending,
            paid: one.paid,
            reason_before: reason(&self.before),
            reason_after: reason(&self.after),
            created_at: now,
        }
    }
}

fn sum_row(at: &recount::Model, (enrollment, currency): (EnrollmentId, Currency), sum: &Sum, now: DateTime<Utc>) -> recount_sum::Model {
    recount_sum::Model {
        id: RecountSumId::new_at(now),
        merchant_id: at.merchant_id,
        livemode: at.livemode,
        recount_id: at.id,
        program_id: sum.program,
        enrollment_id: enrollment,
        partner_id: sum.partner,
        currency,
        commissions_before: sum.commissions_before,
        commissions_after: sum.commissions_after,
        before: sum.before,
        after: sum.after,
        beyond: sum.beyond,
        delta: sum.after.saturating_sub(sum.before).saturating_add(sum.beyond),
    }
}

fn cap_row(
    at: &recount::Model,
    (cap, currency): &(String, Currency),
    (purchases, cut): (i64, i64),
    now: DateTime<Utc>,
) -> recount_cap::Model {
    recount_cap::Model {
        id: RecountCapId::new_at(now),
        merchant_id: at.merchant_id,
        livemode: at.livemode,
        recount_id: at.id,
        cap: cap.clone(),
        currency: *currency,
        purchases,
        cut,
    }
}
