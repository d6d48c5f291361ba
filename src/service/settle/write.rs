//! Writing what follows from a person's facts: bindings, decisions, and commissions with their postings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::commission;
use entity::value::{Currency, CustomerId, DecisionId, EnrollmentId, MessageId, PurchaseId};

use super::post::{Poster, Stands, name, name_of};
use super::{tally, wide};
use crate::domain::exchange::Rates;
use crate::domain::kin::Group;
use crate::domain::purchase::PurchaseState;
use crate::domain::settle::{Decision, Settlement};
use crate::service::person::Gathered;
use crate::service::{ServiceError, fraud, stated};
use crate::store::{self, decision::Current};
use crate::telemetry::name as metric;

/// Writes one person's settlement.
pub(super) struct Writer<'a> {
    pub poster: Poster<'a>,
    pub gathered: &'a Gathered,
}

impl Writer<'_> {
    pub async fn write(&self, group: &Group, settlement: &Settlement) -> Result<Vec<MessageId>, ServiceError> {
        self.bindings(group, settlement).await?;
        let decisions = self.decisions(settlement).await?;
        let messages = self.commissions(settlement, &decisions).await?;
        let earning = settlement.decisions.iter().filter(|decision| !decision.commissions.is_empty()).map(|decision| decision.purchase);
        stated::keep(self.poster.tx, self.poster.scope, self.gathered, earning.collect(), self.poster.now).await?;
        let Poster { tx, scope, now } = self.poster;
        wide::write(tx, scope, &self.gathered.tallied, &settlement.entries, (&self.gathered.world, now)).await?;
        tally::count(&self.poster, group, self.gathered, settlement).await?;
        for member in &group.members {
            let due = settlement.due.filter(|_| *member == group.root);
            store::customer::settled(self.poster.tx, *member, due).await?;
        }
        Ok(messages)
    }

    async fn bindings(&self, group: &Group, settlement: &Settlement) -> Result<(), ServiceError> {
        let Poster { tx, scope, now } = self.poster;
        let members: Vec<CustomerId> = group.members.iter().copied().collect();
        let stored = store::binding::of_customers(tx, &members).await?;
        let as_stored = stored.len() == settlement.bindings.len()
            && stored.iter().zip(&settlement.bindings).all(|(row, bound)| store::binding::same(row, bound));
        if as_stored {
            return Ok(());
        }
        let of = |id| self.gathered.world.enrollments.get(&id).map(|e| e.program);
        let bindings: Vec<_> = settlement.bindings.iter().filter_map(|b| Some((b.clone(), of(b.enrollment)?))).collect();
        Ok(store::binding::replace(tx, scope, &members, &bindings, now).await?)
    }

    /// Writes the decisions that differ from the current ones; returns the current decision of each purchase.
    async fn decisions(&self, settlement: &Settlement) -> Result<BTreeMap<PurchaseId, DecisionId>, ServiceError> {
        let Poster { tx, scope, now } = self.poster;
        let ids: Vec<PurchaseId> = settlement.decisions.iter().map(|d| d.purchase).collect();
        let known = store::decision::current(tx, &ids).await?;
        let mut current: BTreeMap<PurchaseId, Current> = known.into_iter().map(|one| (one.purchase_id, one)).collect();
        let mut decisions = BTreeMap::new();
        for decision in &settlement.decisions {
            let digest = store::decision::digest(decision)?;
            let before = current.remove(&decision.purchase);
            let id = match before {
                Some(known) if known.digest == digest => known.id,
                before => {
                    let currency = self.currency(decision.purchase);
                    store::purchase::set_base(tx, decision.purchase, decision.base).await?;
                    self.wake_records(before.as_ref(), decision).await?;
                    metrics::counter!(metric::DECISIONS, "reason" => decision.reason.as_str()).increment(1);
                    let earlier = before.map(|known| known.id);
                    store::decision::supersede(tx, scope, (decision, earlier), currency, digest, now).await?
                }
            };
            decisions.insert(decision.purchase, id);
        }
        Ok(decisions)
    }

    /// FR-3: the rates of refunds of whoever won the purchase, and of whoever had won it before, are other ones now. What else is new about a
    /// decision, such as a rate that it was judged by itself, is no news for others.
    async fn wake_records(&self, before: Option<&Current>, decision: &Decision) -> Result<(), ServiceError> {
        let (was, is) = (before.map(|known| (known.enrollment_id, known.base)), (decision.winner.map(|won| won.enrollment), decision.base));
        let Some(at) = self.state(decision.purchase).and_then(|state| state.at).filter(|_| was != Some(is)) else { return Ok(()) };
        let concerned: BTreeSet<EnrollmentId> = was.and_then(|(enrollment, _)| enrollment).into_iter().chain(is.0).collect();
        for enrollment in concerned {
            let Poster { tx, scope, now } = self.poster;
            fraud::wake_records(tx, scope, &self.gathered.world, (enrollment, at), now).await?;
        }
        Ok(())
    }

    /// Brings every commission of the person to its target, those included that no longer have one (RF-1).
    async fn commissions(
        &self,
        settlement: &Settlement,
        decisions: &BTreeMap<PurchaseId, DecisionId>,
    ) -> Result<Vec<MessageId>, ServiceError> {
        let mut targets: BTreeMap<_, _> = settlement.commissions().map(|commission| (name(commission), commission)).collect();
        let decision = |of: Option<PurchaseId>| of.and_then(|purchase| decisions.get(&purchase).copied());
        let mut messages = Vec::new();
        for row in &self.gathered.commissions {
            let target = targets.remove(&name_of(row));
            messages.extend(self.poster.known(row, target, &self.stands(row), decision(row.purchase_id)).await?);
        }
        for target in targets.into_values().filter(|commission| commission.is_to_be_kept()) {
            let rates = self.rates(target.origin.purchase(), target.at);
            messages.push(self.poster.fresh(target, rates, decision(target.origin.purchase())).await?);
        }
        Ok(messages)
    }

    fn stands(&self, row: &commission::Model) -> Stands<'_> {
        let posted = self.gathered.posted.get(&row.id).cloned().unwrap_or_default();
        let stated = self.gathered.stated.get(&row.id).cloned().unwrap_or_default();
        let (paid, case) = (self.gathered.claims.paid.get(&row.id), self.gathered.cases.get(&row.id));
        let restate = row.purchase_id.is_some_and(|id| self.gathered.outdated.contains(&id));
        Stands { posted, stated, rates: self.rates(row.purchase_id, row.purchased_at), restate, case, paid }
    }

    fn state(&self, purchase: PurchaseId) -> Option<&PurchaseState> {
        self.gathered.person.purchases.iter().find(|p| p.id == purchase).map(|p| &p.state)
    }

    /// The rates that hold for a purchase; without one, those of the day on which it was earned.
    fn rates(&self, purchase: Option<PurchaseId>, at: DateTime<Utc>) -> Option<&Rates> {
        match purchase {
            Some(id) => self.state(id).map(|state| &state.rates),
            None => self.gathered.person.rates.get(&at.date_naive()),
        }
    }

    fn currency(&self, purchase: PurchaseId) -> Currency {
        self.state(purchase).map_or(Currency::UNKNOWN, |state| state.currency)
    }
}
