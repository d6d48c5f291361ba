//! Bringing commissions to their targets on the ledger (RF-1), whatever earned them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{CommissionId, CommissionKind, CommissionState, Currency, DecisionId, EnrollmentId, MessageId, Money, MoneyError};
use entity::{commission, fraud_case};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::COMMISSION_CHANGED;
use crate::domain::access::Scope;
use crate::domain::exchange::{Quote, Rates};
use crate::domain::ledger::{self, Posting, Target};
use crate::domain::settle::{Commission, Stated};
use crate::service::{ServiceError, fraud};
use crate::store;
use crate::store::commission::Change;

/// What tells one commission from all others: no two share all three.
pub(super) type Name = (EnrollmentId, CommissionKind, String);

/// The name of a stored commission.
pub(super) fn name_of(row: &commission::Model) -> Name {
    (row.enrollment_id, row.kind, row.subject.clone())
}

/// The name of a commission to be.
pub(super) fn name(commission: &Commission) -> Name {
    (commission.enrollment, commission.origin.kind(), commission.origin.to_string())
}

/// What stands in the books for a stored commission.
#[derive(Clone, Debug, Default)]
pub(super) struct Stands<'a> {
    /// On the ledger.
    pub posted: store::ledger::Standings,
    /// The same in the program's currency (MO-2).
    pub stated: store::ledger::Standings,
    /// The rates that its purchase uses.
    pub rates: Option<&'a Rates>,
    /// Its case of fraud.
    pub case: Option<&'a fraud_case::Model>,
    /// Whether a payout paid it.
    pub paid: bool,
}

/// Moves commissions to where they should stand, inside the caller's transaction.
#[derive(Clone, Copy)]
pub(super) struct Poster<'a> {
    pub tx: &'a DatabaseTransaction,
    pub scope: Scope,
    pub now: DateTime<Utc>,
}

impl Poster<'_> {
    /// A commission that is stored already: moves it to its target, or to nothing.
    pub async fn known(
        &self,
        row: &commission::Model,
        target: Option<&Commission>,
        stands: &Stands<'_>,
        decision: Option<DecisionId>,
    ) -> Result<Option<MessageId>, ServiceError> {
        let change = match target {
            Some(target) => change(row, target)?,
            None => Change {
                state: lost(row, stands.paid),
                currency: row.currency,
                holds: Vec::new().into(),
                held: 0,
                program_held: 0,
                release_at: row.release_at,
                steps: row.steps.clone(),
                at: row.purchased_at,
            },
        };
        let mut about = store::ledger::About {
            currency: row.currency,
            partner: row.partner_id,
            enrollment: Some(row.enrollment_id),
            purchase: row.purchase_id,
            commission: Some(row.id),
            decision,
            payout: None,
            occurred_at: change.at,
        };
        let mut moved = false;
        // BA-8: what was posted in a currency that turned out to be the buyer's comes to nothing, and is posted anew in the merchant's.
        let mut targets: BTreeMap<_, _> = stands.posted.keys().map(|currency| (*currency, Target::default())).collect();
        targets.extend(target.map(|target| (target.currency, target.target())));
        for (currency, target) in targets {
            let posted = stands.posted.get(&currency).cloned().unwrap_or_default();
            let postings = ledger::to_target(&posted, &target).map_err(overflow)?;
            let mut told = stands.told(row.program_currency, currency, &postings, &target).map_err(overflow)?.into_iter();
            about.currency = currency;
            for posting in &postings {
                store::ledger::post_stated(self.tx, self.scope, (posting, told.next().as_ref()), &about, self.now).await?;
                moved = true;
            }
        }
        let found = fraud::Found { commission: row.id, target, whose: (row.program_id, row.partner_id) };
        fraud::note(self.tx, self.scope, stands.case, &found, self.now).await?;
        if !moved && change.is_in(row) {
            return Ok(None);
        }
        store::commission::change(self.tx, row.id, change, self.now).await?;
        self.tell(row.id, row).await.map(Some)
    }

    /// A commission that is earned for the first time.
    pub async fn fresh(&self, target: &Commission, rates: Option<&Rates>, decision: Option<DecisionId>) -> Result<MessageId, ServiceError> {
        let row = store::commission::insert(self.tx, self.scope, target, self.now).await?;
        let nothing = Stands { rates, ..Stands::default() };
        let told = self.known(&row, Some(target), &nothing, decision).await?;
        match told {
            Some(message) => Ok(message),
            None => self.tell(row.id, &row).await,
        }
    }

    async fn tell(&self, id: CommissionId, row: &commission::Model) -> Result<MessageId, ServiceError> {
        let payload = json!({ "commission": id, "purchase": row.purchase_id, "partner": row.partner_id });
        Ok(store::outbox::add(self.tx, self.scope, COMMISSION_CHANGED, id.to_string(), payload, self.now).await?)
    }
}

impl Stands<'_> {
    /// What postings in a currency are in the program's: one for each of them, or none where the program has no currency (MO-2).
    fn told(
        &self,
        program: Option<Currency>,
        own: Currency,
        postings: &[Posting],
        target: &Target,
    ) -> Result<Vec<store::ledger::Stated>, MoneyError> {
        let Some(currency) = program else { return Ok(Vec::new()) };
        let quote: Option<Quote> = self.rates.and_then(|rates| rates.get(own, currency)).cloned();
        let posted = self.stated.get(&own).cloned().unwrap_or_default();
        let stated = Stated { currency, quote: quote.clone() }.target(target, own)?;
        let amounts = ledger::stated(postings, target, &posted, &stated)?;
        Ok(amounts.into_iter().map(|amounts| store::ledger::Stated { currency, amounts, quote: quote.clone() }).collect())
    }
}

pub(super) fn change(row: &commission::Model, target: &Commission) -> Result<Change, ServiceError> {
    Ok(Change {
        program_held: held(row, target).map_err(overflow)?,
        state: target.state,
        currency: target.currency,
        holds: target.holds.clone().into(),
        held: target.held,
        release_at: Some(target.release_at),
        steps: store::commission::steps(target)?,
        at: target.at,
    })
}

/// What is kept back of a commission in its program's currency, of what is not payable in it.
fn held(row: &commission::Model, of: &Commission) -> Result<i64, MoneyError> {
    let Some(stated) = of.stated.as_ref().filter(|stated| Some(stated.currency) == row.program_currency && of.held != 0) else {
        return Ok(0);
    };
    let pending = stated.target(&of.target(), of.currency)?.pending;
    let held = stated.convert(Money::new(of.held, of.currency))?;
    Ok(if of.held == of.pending { pending } else { held.min(pending) })
}

/// The state of a commission that no longer earns anything (LC).
pub(super) fn lost(row: &commission::Model, paid: bool) -> CommissionState {
    if paid || row.state == CommissionState::Paid {
        CommissionState::Paid
    } else if row.rejected_at.is_some() {
        CommissionState::Rejected
    } else {
        CommissionState::Reversed
    }
}

pub(super) fn overflow(error: MoneyError) -> ServiceError {
    ServiceError::Internal(format!("a commission cannot be posted: {error}"))
}
