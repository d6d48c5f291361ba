//! Cases of fraud: what settling notes of them, and what people decide (FR-3 to FR-5).
//!
//! A case follows from its evidence and from people's words; only the words are stored by hand, and each of them is written down.

use std::collections::BTreeSet;
use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use entity::value::{
    ClickId, CommissionId, CommissionState, EnrollmentId, FraudCaseId, FraudCaseState, HoldReason, InterventionKind, Signal,
};
use entity::{click, commission, fraud_case, membership};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::affected::{Affected, customers_of};
use super::intervention::{self, Word as Entry};
use super::settle::{ring, settle};
use super::{Refusal, RefusalCode, ServiceError, Services, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::fraud::Evidence;
use crate::domain::person::World;
use crate::domain::settle::Commission;
use crate::store::scoped::lock;
use crate::store::{self, StoreError};

/// Whether a hold is for a person to release, with a reason (FR-4).
#[must_use]
pub const fn is_suspicion(hold: HoldReason) -> bool {
    matches!(hold, HoldReason::SelfReferral | HoldReason::Fraud)
}

/// What a commission came to, as far as its case goes.
pub(super) struct Found<'a> {
    /// The commission.
    pub commission: CommissionId,
    /// Its target; nothing when its purchase no longer earns it.
    pub target: Option<&'a Commission>,
    /// Whose it is.
    pub whose: (entity::value::ProgramId, entity::value::PartnerId),
}

/// Brings the case of a commission in line with what settling found. Nothing is written where nothing changed.
pub(super) async fn note(
    tx: &DatabaseTransaction,
    scope: Scope,
    known: Option<&fraud_case::Model>,
    found: &Found<'_>,
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    let evidence = found.target.map(|target| target.evidence.as_slice()).unwrap_or_default();
    if known.is_none() && evidence.is_empty() {
        return Ok(());
    }
    let json = serde_json::to_value(evidence).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let state = state(found.target, known);
    let score = found.target.map_or(0, |target| i32::from(target.score));
    match known {
        Some(row) if (row.state, row.score, &row.evidence) == (state, score, &json) => {}
        Some(row) => {
            let row = fraud_case::Model { state, score, evidence: json, updated_at: now, ..row.clone() };
            store::row::save(tx, row).await?;
        }
        None => {
            let (program_id, partner_id) = found.whose;
            let row = fraud_case::Model {
                id: FraudCaseId::new_at(now),
                merchant_id: scope.merchant(),
                livemode: scope.livemode(),
                commission_id: found.commission,
                program_id,
                partner_id,
                state,
                score,
                evidence: json,
                released: Vec::new().into(),
                reason: None,
                decided_at: None,
                created_at: now,
                updated_at: now,
            };
            store::row::insert(tx, row).await?;
        }
    }
    Ok(())
}

fn state(target: Option<&Commission>, known: Option<&fraud_case::Model>) -> FraudCaseState {
    match target {
        Some(target) if target.state == CommissionState::Rejected => FraudCaseState::Rejected,
        Some(target) if target.evidence.is_empty() || target.state == CommissionState::Reversed => FraudCaseState::Closed,
        Some(target) if target.holds.iter().copied().any(is_suspicion) => FraudCaseState::Open,
        Some(_) if known.is_some_and(|row| row.decided_at.is_some()) => FraudCaseState::Released,
        Some(_) => FraudCaseState::Noted,
        None => FraudCaseState::Closed,
    }
}

/// FR-3: what was decided anew of a purchase may change the rate of refunds that later purchases of its partner are judged by. Looks at
/// these again, where the program asks.
pub(super) async fn wake_records(
    tx: &DatabaseTransaction,
    scope: Scope,
    world: &World,
    (enrollment, from): (EnrollmentId, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let asks = world.enrollments.get(&enrollment).is_some_and(|known| known.fraud.looks_for(Signal::RefundRate));
    if asks { store::fraud::wake_later(tx, scope, &[enrollment].into(), from, now).await } else { Ok(()) }
}

/// Lets a commission go on that signs of fraud held: the signs that stand now hold it no more; others that come later do (FR-4).
///
/// # Errors
/// Refused when there is no such case, it is not open, or no reason is given; denied to those who may not move money.
pub async fn release(services: &Services, viewer: &Viewer, id: FraudCaseId, reason: &str) -> Result<fraud_case::Model, ServiceError> {
    decide(services, viewer, (id, reason), Word::Release).await
}

/// Rejects a commission for signs of fraud: it earns nothing. With `clicks`, the clicks that the signs are about are rejected as well, so
/// that they count for no other purchase that is not paid out yet (FR-5).
///
/// # Errors
/// Refused when there is no such case, its commission was paid out, or no reason is given; denied to those who may not move money.
pub async fn reject(
    services: &Services,
    viewer: &Viewer,
    id: FraudCaseId,
    reason: &str,
    clicks: bool,
) -> Result<fraud_case::Model, ServiceError> {
    decide(services, viewer, (id, reason), Word::Reject { clicks }).await
}

#[derive(Clone, Copy)]
enum Word {
    Release,
    Reject { clicks: bool },
}

async fn decide(
    services: &Services,
    viewer: &Viewer,
    (id, reason): (FraudCaseId, &str),
    word: Word,
) -> Result<fraud_case::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let reason = intervention::reason(reason)?;
    let (row, messages) = retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        let row = lock::<fraud_case::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "case"))?;
        let of = store::commission::find(&tx, scope, row.commission_id).await?;
        let of = of.ok_or_else(|| ServiceError::Internal("a case has no commission".to_owned()))?;
        let (kind, what) = match word {
            Word::Release => {
                release_case(&tx, &row, &reason, now).await?;
                (InterventionKind::FraudRelease, "the signs of fraud that stood against a commission were released")
            }
            Word::Reject { clicks } => {
                reject_case(&tx, &row, &of, &reason, now).await?;
                if clicks {
                    reject_clicks(&tx, services, viewer, (scope, &row), &reason).await?;
                }
                (InterventionKind::FraudReject, "a commission was rejected for signs of fraud")
            }
        };
        let entry = Entry { kind, subject: &id.to_string(), commission: Some(&of), what, reason: Some(&reason) };
        intervention::record(&tx, viewer, scope, entry, now).await?;
        let customer = store::fraud::customer_of(&tx, &of).await?;
        let messages = settle(&tx, scope, &customer.into_iter().collect(), now).await?;
        let row = lock::<fraud_case::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "case"))?;
        tx.commit().await?;
        Ok((row, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}

async fn release_case(tx: &DatabaseTransaction, row: &fraud_case::Model, reason: &str, now: DateTime<Utc>) -> Result<(), ServiceError> {
    if row.state != FraudCaseState::Open {
        let text = "only an open case can be released: this one holds nothing";
        return Err(Refusal::new("id", RefusalCode::WrongState, text).into());
    }
    release_signals(tx, row, reason, now).await
}

/// Notes that a person looked at every sign of a case.
async fn release_signals(tx: &DatabaseTransaction, row: &fraud_case::Model, reason: &str, now: DateTime<Utc>) -> Result<(), ServiceError> {
    let mut released: BTreeSet<Signal> = row.released.iter().copied().collect();
    released.extend(evidence(row)?.iter().map(|one| one.signal));
    let row = fraud_case::Model {
        released: released.into_iter().collect(),
        reason: Some(reason.to_owned()),
        decided_at: Some(now),
        updated_at: now,
        ..row.clone()
    };
    store::row::save(tx, row).await?;
    Ok(())
}

/// The approval of a commission that signs of fraud held releases them, and so needs a reason, too (FR-4).
///
/// # Errors
/// Refused when no reason is given.
pub(super) async fn approved(
    tx: &DatabaseTransaction,
    of: &commission::Model,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    if !of.holds.iter().copied().any(is_suspicion) {
        return Ok(());
    }
    let Some(reason) = reason else {
        let text = "signs of fraud hold this commission: say why it is approved all the same";
        return Err(Refusal::new("reason", RefusalCode::Required, text).into());
    };
    if let Some(row) = store::fraud::cases(tx, &[of.id]).await?.remove(&of.id) {
        release_signals(tx, &row, reason, now).await?;
    }
    Ok(())
}

/// What was said of a commission by hand was taken back: the signs of fraud that a person released hold again (FR-4).
pub(super) async fn restored(tx: &DatabaseTransaction, of: &commission::Model, now: DateTime<Utc>) -> Result<(), ServiceError> {
    if let Some(row) = store::fraud::cases(tx, &[of.id]).await?.remove(&of.id) {
        let released = Vec::new().into();
        let row = fraud_case::Model { released, reason: None, decided_at: None, updated_at: now, ..row };
        store::row::save(tx, row).await?;
    }
    Ok(())
}

async fn reject_case(
    tx: &DatabaseTransaction,
    row: &fraud_case::Model,
    of: &commission::Model,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    super::commission::is_unpaid(tx, of.id).await?;
    store::commission::set_approved(tx, of.id, None).await?;
    store::commission::set_rejected(tx, of.id, Some((now, reason.to_owned()))).await?;
    let row = fraud_case::Model { reason: Some(reason.to_owned()), decided_at: Some(now), updated_at: now, ..row.clone() };
    store::row::save(tx, row).await?;
    Ok(())
}

async fn reject_clicks(
    tx: &DatabaseTransaction,
    services: &Services,
    viewer: &Viewer,
    (scope, row): (Scope, &fraud_case::Model),
    reason: &str,
) -> Result<(), ServiceError> {
    let clicks: BTreeSet<ClickId> = evidence(row)?.iter().filter_map(|one| one.click).collect();
    for id in clicks {
        set_rejected(tx, services, viewer, (scope, id), Some(reason)).await?;
    }
    Ok(())
}

/// The evidence of a case.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub fn evidence(row: &fraud_case::Model) -> Result<Vec<Evidence>, StoreError> {
    serde_json::from_value(row.evidence.clone()).map_err(|error| StoreError::Corrupt { what: "fraud case", why: error.to_string() })
}

/// Rejects a click as fraud: purchases that are not paid out yet are looked at again without it (FR-5).
///
/// # Errors
/// Refused when there is no such click or no reason is given; denied to those who may not move money.
pub async fn reject_click(services: &Services, viewer: &Viewer, id: ClickId, reason: &str) -> Result<click::Model, ServiceError> {
    let reason = intervention::reason(reason)?;
    change_click(services, viewer, id, Some(&reason)).await
}

/// Lets a rejected click count again.
///
/// # Errors
/// Refused when there is no such click; denied to those who may not move money.
pub async fn restore_click(services: &Services, viewer: &Viewer, id: ClickId) -> Result<click::Model, ServiceError> {
    change_click(services, viewer, id, None).await
}

async fn change_click(services: &Services, viewer: &Viewer, id: ClickId, reason: Option<&str>) -> Result<click::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let tx = services.db.begin().await?;
    let row = set_rejected(&tx, services, viewer, (scope, id), reason).await?;
    tx.commit().await?;
    Ok(row)
}

/// Rejects a click with a reason, or restores it without one. What is so already stays.
async fn set_rejected(
    tx: &DatabaseTransaction,
    services: &Services,
    viewer: &Viewer,
    (scope, id): (Scope, ClickId),
    reason: Option<&str>,
) -> Result<click::Model, ServiceError> {
    let row = lock::<click::Entity>(tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "click"))?;
    if row.rejected_at.is_some() == reason.is_some() {
        return Ok(row);
    }
    let now = services.clock.now();
    let row = store::row::save(tx, click::Model { rejected_at: reason.map(|_| now), ..row }).await?;
    let (kind, what) = match reason {
        Some(_) => (InterventionKind::ClickReject, "a click was rejected as fraud"),
        None => (InterventionKind::ClickRestore, "a click that had been rejected counts again"),
    };
    let entry = Entry { kind, subject: &id.to_string(), commission: None, what, reason };
    intervention::record(tx, viewer, scope, entry, now).await?;
    customers_of(tx, services, scope, &Affected::Click(id)).await?;
    Ok(row)
}

/// Notes where a partner's user was seen, and looks again at those who clicked there at that time (FR-1). Does nothing for other members.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn seen<C: ConnectionTrait>(
    services: &Services,
    conn: &C,
    membership: &membership::Model,
    address: Option<IpAddr>,
) -> Result<(), StoreError> {
    let (Some(partner), Some(livemode), Some(address)) = (membership.partner_id, membership.livemode, address) else {
        return Ok(());
    };
    let scope = Scope::merchant_wide(membership.merchant_id, entity::value::Mode::from_livemode(livemode));
    let now = services.clock.now();
    // An address has another hash on each day: one for each day on which a click within 24 hours may stand.
    let days = [now - Duration::days(1), now, now + Duration::days(1)];
    let hashes: Vec<Vec<u8>> = days.iter().map(|day| services.hashes.ip_hash(address, *day).to_vec()).collect();
    store::fraud::note_seen(conn, scope, partner, &hashes, now).await?;
    store::fraud::wake_near(conn, scope, partner, &hashes, now).await
}
