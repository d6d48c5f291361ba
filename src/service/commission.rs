//! What people decide about commissions by hand (LC). Only the hand's word is stored; state and entries follow by settling.

use chrono::{DateTime, Utc};
use entity::commission;
use entity::value::{CommissionId, InterventionKind};
use sea_orm::DatabaseTransaction;

use super::error::{Refusal, RefusalCode};
use super::intervention::{self, Word as Entry};
use super::settle::{periods, ring, settle};
use super::{ServiceError, Services, fraud, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::store;

/// Approves a commission before its hold ends, and releases what only waited for a look. An open dispute keeps it held (DP-1).
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such commission, or signs of fraud hold it and no reason is given (FR-4); denied to those who
/// may not move money.
pub async fn approve(
    services: &Services,
    viewer: &Viewer,
    id: CommissionId,
    reason: Option<String>,
) -> Result<commission::Model, ServiceError> {
    let reason = reason.map(|text| intervention::reason(&text)).transpose()?;
    decide(services, viewer, id, Word::Approved(reason)).await
}

/// Rejects a commission: it earns nothing, for a reason that the partner can be told.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such commission, it was paid, or the reason is missing or too long; denied to those who may
/// not move money.
pub async fn reject(services: &Services, viewer: &Viewer, id: CommissionId, reason: &str) -> Result<commission::Model, ServiceError> {
    let reason = intervention::reason(reason)?;
    decide(services, viewer, id, Word::Rejected(reason)).await
}

/// Takes back an approval or a rejection, and what was said of signs of fraud: facts and time decide again (FR-4).
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such commission; denied to those who may not move money.
pub async fn restore(services: &Services, viewer: &Viewer, id: CommissionId) -> Result<commission::Model, ServiceError> {
    decide(services, viewer, id, Word::None).await
}

#[derive(Clone)]
enum Word {
    Approved(Option<String>),
    Rejected(String),
    None,
}

async fn decide(services: &Services, viewer: &Viewer, id: CommissionId, word: Word) -> Result<commission::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let (row, messages) = retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        let row = found(&tx, scope, id).await?;
        let customer = store::fraud::customer_of(&tx, &row).await?;
        write(&tx, &row, &word, now).await?;
        intervention::record(&tx, viewer, scope, word.entry(&row, &id.to_string()), now).await?;
        let mut messages = settle(&tx, scope, &customer.into_iter().collect(), now).await?;
        messages.extend(periods(&tx, &row.tier_period_id.into_iter().collect(), now).await?);
        let row = found(&tx, scope, id).await?;
        tx.commit().await?;
        Ok((row, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}

async fn found(tx: &DatabaseTransaction, scope: Scope, id: CommissionId) -> Result<commission::Model, ServiceError> {
    store::commission::find(tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "commission").into())
}

impl Word {
    /// The word as it is written down.
    fn entry<'a>(&'a self, of: &'a commission::Model, subject: &'a str) -> Entry<'a> {
        let (kind, what, reason) = match self {
            Self::Approved(reason) => (InterventionKind::CommissionApprove, "a commission was approved before its time", reason.as_deref()),
            Self::Rejected(reason) => (InterventionKind::CommissionReject, "a commission was rejected", Some(reason.as_str())),
            Self::None => (InterventionKind::CommissionRestore, "an approval or rejection of a commission was taken back", None),
        };
        Entry { kind, subject, commission: Some(of), what, reason }
    }
}

/// Stores the hand's word.
async fn write(tx: &DatabaseTransaction, row: &commission::Model, word: &Word, now: DateTime<Utc>) -> Result<(), ServiceError> {
    let (approved, rejected) = match word {
        Word::Approved(reason) => {
            fraud::approved(tx, row, reason.as_deref(), now).await?;
            (Some(now), None)
        }
        Word::Rejected(reason) => {
            is_unpaid(tx, row.id).await?;
            (None, Some((now, reason.clone())))
        }
        Word::None => {
            fraud::restored(tx, row, now).await?;
            (None, None)
        }
    };
    store::commission::set_approved(tx, row.id, approved).await?;
    Ok(store::commission::set_rejected(tx, row.id, rejected).await?)
}

/// Refuses to reject a commission of which something was paid or is on its way (RF-8).
///
/// # Errors
/// [`ServiceError::Refused`] for such a one.
pub(super) async fn is_unpaid(tx: &DatabaseTransaction, id: CommissionId) -> Result<(), ServiceError> {
    if store::payout::claims(tx, &[id]).await?.paid.is_empty() {
        return Ok(());
    }
    let text = "this commission was paid out, or is on its way: a refund or a write-off corrects it, a rejection cannot";
    Err(Refusal::new("id", RefusalCode::WrongState, text).into())
}
