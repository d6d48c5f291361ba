//! What becomes of a planned payout: sent, confirmed, cancelled before it was sent, or failed after it was (LC, PO-1, PO-5).

use entity::payout;
use entity::value::{InterventionKind, PayoutId, PayoutStatus};
use serde::Serialize;

use super::claim::end;
use super::{check_reference, found};
use crate::domain::access::{Action, Viewer};
use crate::service::idempotency::{Asked, ask};
use crate::service::intervention::{self, Word};
use crate::service::settle::{ring, settle_all};
use crate::service::{Refusal, RefusalCode, ServiceError, Services, retry};
use crate::store;
use crate::store::scoped::lock;

/// What is said of a payout.
#[derive(Clone, Debug, Serialize)]
pub enum Step {
    /// It is on its way, under what the merchant's bank or tool calls it. From now on it counts as paid for whatever is decided (RF-8).
    Send(Option<String>),
    /// It came.
    Confirm(Option<String>),
    /// It is not to be sent, for this reason.
    Cancel(String),
    /// It was sent and did not come, for this reason.
    Fail(String),
}

impl Step {
    /// What it is called, the state from which it leads, and how it is written down.
    const fn word(&self) -> (&'static str, PayoutStatus, InterventionKind, &'static str) {
        match self {
            Self::Send(_) => ("payoutSend", PayoutStatus::Planned, InterventionKind::PayoutSend, "a payout was sent"),
            Self::Confirm(_) => ("payoutConfirm", PayoutStatus::Sent, InterventionKind::PayoutConfirm, "a payout was confirmed"),
            Self::Cancel(_) => {
                ("payoutCancel", PayoutStatus::Planned, InterventionKind::PayoutCancel, "a payout was cancelled before it was sent")
            }
            Self::Fail(_) => ("payoutFail", PayoutStatus::Sent, InterventionKind::PayoutFail, "a payout did not come"),
        }
    }

    /// A second one who would send it is refused, and does not pay it twice.
    fn check(&self, row: &payout::Model) -> Result<(), Refusal> {
        if row.status == self.word().1 {
            return Ok(());
        }
        let why = match (row.status, row.replaced_by_id) {
            (PayoutStatus::Cancelled, Some(next)) => {
                format!("what it claimed changed before it was sent, so it was cancelled and {next} was planned in its place")
            }
            (PayoutStatus::Cancelled, None) => "it was cancelled, and its entries are free for another one".to_owned(),
            (PayoutStatus::Failed, _) => "it did not come, and its entries are free for another one".to_owned(),
            (PayoutStatus::Planned, _) => "it was not sent yet; say first that it is on its way, or cancel it".to_owned(),
            (PayoutStatus::Sent, _) => "it is on its way already; say whether it came or failed".to_owned(),
            (PayoutStatus::Paid, _) => "it was paid, and is never altered; later refunds are netted in the next ones".to_owned(),
        };
        Err(Refusal::new("id", RefusalCode::WrongState, why))
    }
}

/// Brings a payout one step on, for a request that may be sent again: the same key brings back the payout.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such payout, it is in another state, or a reason is missing; denied to those who may not move
/// money.
pub async fn advance(
    services: &Services,
    viewer: &Viewer,
    id: PayoutId,
    step: Step,
    key: Option<&str>,
) -> Result<payout::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let step = match step {
        Step::Cancel(reason) => Step::Cancel(intervention::reason(&reason)?),
        Step::Fail(reason) => Step::Fail(intervention::reason(&reason)?),
        Step::Send(ref reference) | Step::Confirm(ref reference) => {
            check_reference(reference.as_deref())?;
            step
        }
    };
    let (operation, _, kind, what) = step.word();
    let (row, messages) = retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        let mark = match ask::<PayoutId>(&tx, (viewer, scope), operation, (key, &(id, &step)), now).await? {
            Asked::First(mark) => mark,
            Asked::Again(id) => return Ok((found(&tx, scope, id).await?, Vec::new())),
        };
        let row = lock::<payout::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "payout"))?;
        step.check(&row)?;
        let (subject, known) = (id.to_string(), row.reference.clone());
        let (row, reason) = match &step {
            Step::Send(reference) => {
                let reference = reference.clone().or(known);
                let row = payout::Model { status: PayoutStatus::Sent, sent_at: Some(now), reference, ..row };
                (store::row::save(&tx, row).await?, None)
            }
            Step::Confirm(reference) => {
                let reference = reference.clone().or(known);
                let row = payout::Model { status: PayoutStatus::Paid, paid_at: Some(now), reference, ..row };
                (store::row::save(&tx, row).await?, None)
            }
            Step::Cancel(reason) => {
                (end(&tx, scope, row, (PayoutStatus::Cancelled, reason.clone(), None), now).await?, Some(reason.as_str()))
            }
            Step::Fail(reason) => (end(&tx, scope, row, (PayoutStatus::Failed, reason.clone(), None), now).await?, Some(reason.as_str())),
        };
        intervention::record(&tx, viewer, scope, Word { kind, subject: &subject, commission: None, what, reason }, now).await?;
        // A commission is reserved before and after the payout was sent: nothing of it moves.
        let messages = if matches!(step, Step::Send(_)) {
            Vec::new()
        } else {
            let earners = store::payout::earners_of_payout(&tx, id).await?;
            settle_all(&tx, scope, earners, now).await?
        };
        mark.done(&tx, id).await?;
        tx.commit().await?;
        Ok((row, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}
