//! Bringing commissions to their targets on the ledger (RF-1), whatever earned them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::commission;
use entity::value::{CommissionId, CommissionKind, CommissionState, DecisionId, EnrollmentId, MessageId, MoneyError};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::COMMISSION_CHANGED;
use crate::domain::access::Scope;
use crate::domain::ledger::{self, Target};
use crate::domain::settle::Commission;
use crate::service::ServiceError;
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
pub(super) struct Stands {
    /// On the ledger.
    pub posted: store::ledger::Standings,
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
        stands: &Stands,
        decision: Option<DecisionId>,
    ) -> Result<Option<MessageId>, ServiceError> {
        let change = match target {
            Some(target) => change(target)?,
            None => Change {
                state: lost(row, stands.paid),
                currency: row.currency,
                holds: Vec::new().into(),
                held: 0,
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
            for posting in ledger::to_target(&posted, &target).map_err(overflow)? {
                about.currency = currency;
                store::ledger::post(self.tx, self.scope, &posting, &about, self.now).await?;
                moved = true;
            }
        }
        if !moved && change.is_in(row) {
            return Ok(None);
        }
        store::commission::change(self.tx, row.id, change, self.now).await?;
        self.tell(row.id, row).await.map(Some)
    }

    /// A commission that is earned for the first time.
    pub async fn fresh(&self, target: &Commission, decision: Option<DecisionId>) -> Result<MessageId, ServiceError> {
        let row = store::commission::insert(self.tx, self.scope, target, self.now).await?;
        let nothing = Stands::default();
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

fn change(target: &Commission) -> Result<Change, ServiceError> {
    Ok(Change {
        state: target.state,
        currency: target.currency,
        holds: target.holds.clone().into(),
        held: target.held,
        release_at: Some(target.release_at),
        steps: store::commission::steps(target)?,
        at: target.at,
    })
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

fn overflow(error: MoneyError) -> ServiceError {
    ServiceError::Internal(format!("a commission cannot be posted: {error}"))
}
