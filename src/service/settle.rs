//! Settling: gather a person, decide in `domain`, and write what follows. The only place that posts commissions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{
    CommissionId, CommissionState, Currency, CustomerId, DecisionId, EnrollmentId, HoldReason, LedgerAccount, MessageId, PurchaseId,
};
use entity::{commission, customer};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::person::{self, Gathered, Group};
use super::{ServiceError, Services, fraud, parent, retry, stated};
use crate::domain::access::Scope;
use crate::domain::exchange::Quote;
use crate::domain::settle::{Commission, Decision, Settlement};
use crate::domain::{ledger, lifecycle};
use crate::queue::{Job, JobKind};
use crate::store;
use crate::telemetry::name;

/// The topic of the outbox and of the live feed on which changed commissions are told.
pub const COMMISSION_CHANGED: &str = "commission.changed";

/// Settles the persons behind these customers inside the caller's transaction. Returns the messages that became owed to the outside, for
/// which to ring after the commit.
///
/// # Errors
/// [`ServiceError`] when the database fails or a sum is beyond 64 bits.
pub async fn settle(
    tx: &DatabaseTransaction,
    scope: Scope,
    customers: &BTreeSet<CustomerId>,
    now: DateTime<Utc>,
) -> Result<Vec<MessageId>, ServiceError> {
    let mut messages = Vec::new();
    let mut settled = BTreeSet::new();
    for start in customers {
        if settled.contains(start) {
            continue;
        }
        let Some(group) = person::lock_group(tx, scope, *start).await? else {
            continue;
        };
        if !settled.contains(&group.root) {
            let gathered = person::gather(tx, scope, &group, now).await?;
            let settlement = crate::domain::settle::settle(&gathered.person, &gathered.world, now);
            messages.extend(Writer { tx, scope, now, gathered: &gathered }.write(&group, &settlement).await?);
        }
        settled.extend(group.members);
    }
    Ok(messages)
}

/// Settles one customer in a transaction of its own: what a job of the queue asks for. What the customer's purchases still wait for is asked
/// of Stripe first, outside the transaction.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn customer(services: &Services, id: CustomerId) -> Result<(), ServiceError> {
    parent::fetch(services, id).await?;
    let messages = retry::races(|| async {
        let tx = services.db.begin().await?;
        let Some(row) = store::customer::by_id(&tx, id).await? else {
            return Ok(Vec::new());
        };
        let messages = settle(&tx, scope_of(&row), &[id].into(), services.clock.now()).await?;
        tx.commit().await?;
        Ok(messages)
    })
    .await?;
    ring(services, &messages).await;
    Ok(())
}

fn scope_of(row: &customer::Model) -> Scope {
    Scope::merchant_wide(row.merchant_id, entity::value::Mode::from_livemode(row.livemode))
}

/// Rings for messages. A bell that is not heard only costs time: the sweeper rings again (QU-1), and the queue itself logs its trouble.
pub async fn ring(services: &Services, messages: &[MessageId]) {
    let jobs: Vec<Job> = messages.iter().map(|id| Job { kind: JobKind::Message, id: id.uuid() }).collect();
    if jobs.is_empty() {
        return;
    }
    if let Err(error) = services.queue.push(&jobs).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
}

struct Writer<'a> {
    tx: &'a DatabaseTransaction,
    scope: Scope,
    now: DateTime<Utc>,
    gathered: &'a Gathered,
}

impl Writer<'_> {
    async fn write(&self, group: &Group, settlement: &Settlement) -> Result<Vec<MessageId>, ServiceError> {
        self.bindings(group, settlement).await?;
        let decisions = self.decisions(settlement).await?;
        let messages = self.commissions(settlement, &decisions).await?;
        let earning = settlement.decisions.iter().filter(|decision| !decision.commissions.is_empty()).map(|decision| decision.purchase);
        stated::keep(self.tx, self.scope, self.gathered, earning.collect(), self.now).await?;
        for member in &group.members {
            let due = settlement.due.filter(|_| *member == group.root);
            store::customer::settled(self.tx, *member, due).await?;
        }
        Ok(messages)
    }

    async fn bindings(&self, group: &Group, settlement: &Settlement) -> Result<(), ServiceError> {
        let members: Vec<CustomerId> = group.members.iter().copied().collect();
        let stored = store::binding::of_customers(self.tx, &members).await?;
        let as_stored = stored.len() == settlement.bindings.len()
            && stored.iter().zip(&settlement.bindings).all(|(row, bound)| store::binding::same(row, group.root, bound));
        if as_stored {
            return Ok(());
        }
        let of = |id| self.gathered.world.enrollments.get(&id).map(|e| e.program);
        let bindings: Vec<_> = settlement.bindings.iter().filter_map(|b| Some((b.clone(), of(b.enrollment)?))).collect();
        Ok(store::binding::replace(self.tx, self.scope, &members, group.root, &bindings, self.now).await?)
    }

    /// Writes the decisions that differ from the current ones; returns the current decision of each purchase.
    async fn decisions(&self, settlement: &Settlement) -> Result<BTreeMap<PurchaseId, DecisionId>, ServiceError> {
        let ids: Vec<PurchaseId> = settlement.decisions.iter().map(|d| d.purchase).collect();
        let known = store::decision::current(self.tx, &ids).await?;
        let mut current: BTreeMap<PurchaseId, (DecisionId, Vec<u8>)> =
            known.into_iter().map(|(id, of, digest)| (of, (id, digest))).collect();
        let mut decisions = BTreeMap::new();
        for decision in &settlement.decisions {
            let digest = store::decision::digest(decision)?;
            let id = match current.remove(&decision.purchase) {
                Some((id, known)) if known == digest => id,
                _ => {
                    let currency = self.currency(decision.purchase);
                    store::purchase::set_base(self.tx, decision.purchase, decision.base).await?;
                    if let (Some(won), Some(at)) = (decision.winner(), self.state(decision.purchase).and_then(|state| state.at)) {
                        fraud::wake_records(self.tx, self.scope, &self.gathered.world, (won.enrollment, at), self.now).await?;
                    }
                    metrics::counter!(name::DECISIONS, "reason" => decision.reason.as_str()).increment(1);
                    store::decision::supersede(self.tx, self.scope, decision, currency, digest, self.now).await?
                }
            };
            decisions.insert(decision.purchase, id);
        }
        Ok(decisions)
    }

    /// Brings every commission of the person to its target, those included that no longer have one (RF-1).
    async fn commissions(
        &self,
        settlement: &Settlement,
        decisions: &BTreeMap<PurchaseId, DecisionId>,
    ) -> Result<Vec<MessageId>, ServiceError> {
        let mut targets: BTreeMap<(PurchaseId, EnrollmentId), (&Decision, &Commission)> = settlement
            .decisions
            .iter()
            .flat_map(|decision| decision.commissions.iter().map(move |c| ((decision.purchase, c.enrollment), (decision, c))))
            .collect();
        let mut messages = Vec::new();
        for row in &self.gathered.commissions {
            let target = targets.remove(&(row.purchase_id, row.enrollment_id)).map(|(_, commission)| commission);
            messages.extend(self.known(row, target, decisions.get(&row.purchase_id).copied()).await?);
        }
        let kept = |commission: &Commission| commission.amount > 0 || commission.holds.contains(&HoldReason::AwaitingRate);
        for (decision, commission) in targets.into_values().filter(|(_, commission)| kept(commission)) {
            messages.push(self.fresh(decision, commission, decisions.get(&decision.purchase).copied()).await?);
        }
        Ok(messages)
    }

    /// A commission that is stored already: moves it to its target, or to nothing.
    async fn known(
        &self,
        row: &commission::Model,
        target: Option<&Commission>,
        decision: Option<DecisionId>,
    ) -> Result<Option<MessageId>, ServiceError> {
        let (amount, state) = target.map_or((0, lost(row, self.gathered)), |t| (t.amount, t.state));
        let holds = target.map(|t| t.holds.clone()).unwrap_or_default().into();
        let release_at = target.map(|t| t.release_at).or(row.release_at);
        let posted = self.gathered.posted.get(&row.id).cloned().unwrap_or_default();
        let posting = ledger::to_target(&posted, lifecycle::account(state), amount).map_err(overflow)?;
        let moved = posting.is_some();
        if let Some(posting) = posting {
            let about = self.about(row.partner_id, row.enrollment_id, row.purchase_id, row.id, row.currency, decision);
            let stated = self.stated(&posting, lifecycle::account(state), target, Some(row))?;
            store::ledger::post_stated(self.tx, self.scope, (&posting, stated.as_ref()), &about, self.now).await?;
        }
        let found = fraud::Found { commission: row.id, target, whose: (row.program_id, row.partner_id) };
        fraud::note(self.tx, self.scope, self.gathered.cases.get(&row.id), &found, self.now).await?;
        if !moved && row.state == state && row.holds == holds && row.release_at == release_at {
            return Ok(None);
        }
        store::commission::set_state(self.tx, row.id, state, holds, release_at, self.now).await?;
        self.tell(row.id, row.purchase_id, row.partner_id).await.map(Some)
    }

    /// A commission that is earned for the first time.
    async fn fresh(&self, decision: &Decision, commission: &Commission, by: Option<DecisionId>) -> Result<MessageId, ServiceError> {
        let purchased_at = self.state(decision.purchase).and_then(|state| state.at).unwrap_or(self.now);
        let currency = self.currency(decision.purchase);
        let of = store::commission::Of { purchase: decision.purchase, currency, purchased_at };
        let id = store::commission::insert(self.tx, self.scope, of, commission, self.now).await?;
        let posting =
            ledger::to_target(&ledger::Standing::new(), lifecycle::account(commission.state), commission.amount).map_err(overflow)?;
        if let Some(posting) = posting {
            let about = self.about(commission.partner, commission.enrollment, decision.purchase, id, currency, by);
            let stated = self.stated(&posting, lifecycle::account(commission.state), Some(commission), None)?;
            store::ledger::post_stated(self.tx, self.scope, (&posting, stated.as_ref()), &about, self.now).await?;
        }
        let found = fraud::Found { commission: id, target: Some(commission), whose: (commission.program, commission.partner) };
        fraud::note(self.tx, self.scope, None, &found, self.now).await?;
        self.tell(id, decision.purchase, commission.partner).await
    }

    /// What a posting's lines are in the program's currency (MO-2): the target is converted as a whole, so that a full refund leaves
    /// nothing in either currency (MO-3).
    fn stated(
        &self,
        posting: &ledger::Posting,
        account: LedgerAccount,
        target: Option<&Commission>,
        known: Option<&commission::Model>,
    ) -> Result<Option<store::ledger::Stated>, ServiceError> {
        let target = target.and_then(|commission| commission.stated.as_ref());
        let Some(currency) = known.map_or_else(|| target.map(|stated| stated.amount.currency), |row| row.program_currency) else {
            return Ok(None);
        };
        let posted = known.and_then(|row| self.gathered.stated.get(&row.id)).cloned().unwrap_or_default();
        let amount = target.map_or(0, |stated| stated.amount.minor);
        let amounts = ledger::stated(posting, &posted, account, amount).map_err(overflow)?;
        let quote = target.and_then(|stated| stated.quote.clone());
        let quote = quote.or_else(|| known.and_then(|row| self.rate(row.purchase_id, row.currency, currency)));
        Ok(Some(store::ledger::Stated { currency, amounts, quote }))
    }

    /// The rate that a purchase uses.
    fn rate(&self, purchase: PurchaseId, from: Currency, to: Currency) -> Option<Quote> {
        self.state(purchase).and_then(|state| state.rates.get(from, to)).cloned()
    }

    fn about(
        &self,
        partner: entity::value::PartnerId,
        enrollment: EnrollmentId,
        purchase: PurchaseId,
        commission: CommissionId,
        currency: Currency,
        decision: Option<DecisionId>,
    ) -> store::ledger::About {
        store::ledger::About {
            currency,
            partner,
            enrollment: Some(enrollment),
            purchase: Some(purchase),
            commission: Some(commission),
            decision,
            payout: None,
            occurred_at: self.state(purchase).and_then(|state| state.at).unwrap_or(self.now),
        }
    }

    async fn tell(
        &self,
        commission: CommissionId,
        purchase: PurchaseId,
        partner: entity::value::PartnerId,
    ) -> Result<MessageId, ServiceError> {
        let payload = json!({ "commission": commission, "purchase": purchase, "partner": partner });
        Ok(store::outbox::add(self.tx, self.scope, COMMISSION_CHANGED, commission.to_string(), payload, self.now).await?)
    }

    fn state(&self, purchase: PurchaseId) -> Option<&crate::domain::purchase::PurchaseState> {
        self.gathered.person.purchases.iter().find(|p| p.id == purchase).map(|p| &p.state)
    }

    fn currency(&self, purchase: PurchaseId) -> Currency {
        self.state(purchase).map_or(Currency::UNKNOWN, |state| state.currency)
    }
}

/// The state of a commission whose purchase no longer earns its enrollment anything (LC).
fn lost(row: &commission::Model, gathered: &Gathered) -> CommissionState {
    let purchase = gathered.person.purchases.iter().find(|p| p.id == row.purchase_id);
    let paid = purchase.and_then(|p| p.standing.get(&row.enrollment_id)).is_some_and(|standing| standing.paid);
    if paid || row.state == CommissionState::Paid {
        CommissionState::Paid
    } else if row.rejected_at.is_some() {
        CommissionState::Rejected
    } else {
        CommissionState::Reversed
    }
}

fn overflow(error: entity::value::MoneyError) -> ServiceError {
    ServiceError::Internal(format!("a commission cannot be posted: {error}"))
}
