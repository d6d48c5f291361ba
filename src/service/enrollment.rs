//! Enrollments: a partner's place in a program.

use chrono::{DateTime, Utc};
use entity::value::{
    Absence, Absences, EnrollmentEnd, EnrollmentId, EnrollmentStatus, OwnTerms, PartnerId, PartnerStatus, ProgramId, ProgramStatus, Span,
    TermsId,
};
use entity::{enrollment, partner, program};
use serde::Serialize;

use super::affected::{Affected, customers_of};
use super::idempotency::{Asked, ask};
use super::terms::of_program;
use super::terms_assign::give;
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Viewer};
use crate::store::scoped::{find, lock};
use crate::store::{self, Fault};

/// An enrollment to be.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewEnrollment {
    /// Where.
    pub program: ProgramId,
    /// Who.
    pub partner: PartnerId,
    /// Whether it is approved at once; a program with automatic approval approves anyway.
    pub approve: bool,
    /// Terms of its own: a version of the program's that it keeps.
    pub terms: Option<TermsId>,
}

/// Puts a partner into a program.
///
/// # Errors
/// Refused when one of them is not there or not active, or the partner is in already; denied to those who may not manage programs.
pub async fn create(
    services: &Services,
    viewer: &Viewer,
    input: NewEnrollment,
    idempotency_key: Option<&str>,
) -> Result<enrollment::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let mark = match ask::<EnrollmentId>(&tx, (viewer, scope), "enrollmentCreate", (idempotency_key, &input), now).await? {
        Asked::First(mark) => mark,
        Asked::Again(id) => {
            let made = find::<enrollment::Entity, _>(&tx, scope, id).await?;
            return made.ok_or_else(|| Refusal::not_found("idempotencyKey", "enrollment any more").into());
        }
    };
    let program = find::<program::Entity, _>(&tx, scope, input.program).await?;
    let program = program.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    // Locked, so that a ban at the same time either sees this enrollment or is seen by it.
    let partner = lock::<partner::Entity>(&tx, scope, input.partner).await?;
    let partner = partner.ok_or_else(|| Refusal::not_found("partnerId", "partner"))?;
    if program.status == ProgramStatus::Archived {
        return Err(Refusal::new("programId", RefusalCode::WrongState, "the program is archived").into());
    }
    if partner.status != PartnerStatus::Active {
        return Err(Refusal::new("partnerId", RefusalCode::WrongState, "the partner is banned or archived").into());
    }
    if let Some(id) = input.terms {
        of_program(&tx, scope, program.id, id, "termsId").await?;
    }
    let approved = input.approve || program.auto_approve;
    let row = enrollment::Model {
        id: EnrollmentId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: program.id,
        partner_id: partner.id,
        status: if approved { EnrollmentStatus::Approved } else { EnrollmentStatus::Applied },
        terms_id: input.terms,
        terms_history: input.terms.map(|id| OwnTerms { from: now, terms: Some(id) }).into_iter().collect(),
        approved_at: approved.then_some(now),
        ended_at: None,
        ended_kind: None,
        absences: Absences::default(),
        created_at: now,
    };
    let row = store::row::insert(&tx, row).await.map_err(|error| match error.fault() {
        Fault::Duplicate => Refusal::new("partnerId", RefusalCode::Taken, "the partner is in this program already").into(),
        _ => ServiceError::from(error),
    })?;
    mark.done(&tx, row.id).await?;
    tx.commit().await?;
    Ok(row)
}

/// Where an enrollment is moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It takes part, or takes part again.
    Approve,
    /// What was asked for is refused.
    Reject,
    /// It is shut out and earns nothing further (AT-14).
    Ban,
    /// It leaves; what it brought earns on by the terms (AT-14).
    Archive,
}

/// Approves, rejects, bans or archives an enrollment. To do what is done already changes nothing.
///
/// # Errors
/// Refused when there is no such enrollment, or it cannot go that way from its state; denied to those who may not manage programs.
pub async fn set_status(services: &Services, viewer: &Viewer, id: EnrollmentId, to: Move) -> Result<enrollment::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let row = lock::<enrollment::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "enrollment"))?;
    if to == Move::Approve {
        let partner = find::<partner::Entity, _>(&tx, scope, row.partner_id).await?;
        if partner.is_none_or(|partner| partner.status != PartnerStatus::Active) {
            return Err(
                Refusal::new("id", RefusalCode::WrongState, "the partner is banned or archived; take the partner back first").into()
            );
        }
    }
    let before = row.status;
    let row = moved(row, to, now)?;
    if row.status == before {
        return Ok(row);
    }
    let row = store::row::save(&tx, row).await?;
    customers_of(&tx, services, scope, &Affected::Enrollment(id)).await?;
    tx.commit().await?;
    Ok(row)
}

/// Gives an enrollment terms of its own, or with `None` those of its group or program again. Counts for what is bound from now on: earlier bindings
/// keep the terms that they were made with (CO-1).
///
/// # Errors
/// Refused when the enrollment or the version is not there; denied to those who may not manage programs.
pub async fn set_terms(
    services: &Services,
    viewer: &Viewer,
    id: EnrollmentId,
    terms: Option<TermsId>,
) -> Result<enrollment::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let row = lock::<enrollment::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "enrollment"))?;
    if let Some(id) = terms {
        of_program(&tx, scope, row.program_id, id, "termsId").await?;
    }
    // What it has already, and nothing else is to come.
    if row.terms_history.at(now) == terms && row.terms_id == terms {
        return Ok(row);
    }
    let row = give(&tx, services, scope, row, OwnTerms { from: now, terms }).await?;
    tx.commit().await?;
    Ok(row)
}

/// The allowed moves as a table.
fn moved(mut row: enrollment::Model, to: Move, now: DateTime<Utc>) -> Result<enrollment::Model, Refusal> {
    use EnrollmentStatus::{Applied, Approved, Archived, Banned, Rejected};
    match (row.status, to) {
        (Approved, Move::Approve) | (Rejected, Move::Reject) | (Banned, Move::Ban) | (Archived, Move::Archive) => {}
        (_, Move::Approve) => {
            // Who was approved before keeps that time: it was a touch's partner all along.
            row.approved_at = row.approved_at.or(Some(now));
            row = taken_back(row, now);
            row.status = Approved;
        }
        (Applied, Move::Reject) => row.status = Rejected,
        (Applied | Approved | Archived, Move::Ban) => return Ok(end(taken_back(row, now), EnrollmentEnd::Banned, now)),
        (Applied | Approved, Move::Archive) => return Ok(end(row, EnrollmentEnd::Archived, now)),
        (from, _) => {
            let message = format!("an enrollment that is {from} cannot be moved there");
            return Err(Refusal::new("id", RefusalCode::WrongState, message));
        }
    }
    Ok(row)
}

/// The enrollment without the end it had. That it was absent stays known: what was bought meanwhile is not paid later (AT-14).
pub(super) fn taken_back(mut row: enrollment::Model, now: DateTime<Utc>) -> enrollment::Model {
    if let (Some(from), Some(kind)) = (row.ended_at.take(), row.ended_kind.take()) {
        row.absences.0.push(Absence { span: Span { from, to: Some(now) }, kind });
    }
    row
}

/// The enrollment, ended now.
pub(super) fn end(mut row: enrollment::Model, kind: EnrollmentEnd, now: DateTime<Utc>) -> enrollment::Model {
    row.status = match kind {
        EnrollmentEnd::Banned => EnrollmentStatus::Banned,
        EnrollmentEnd::Archived => EnrollmentStatus::Archived,
    };
    (row.ended_at, row.ended_kind) = (Some(now), Some(kind));
    row
}
