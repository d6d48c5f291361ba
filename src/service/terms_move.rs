//! Moving bindings to another version of the terms, from a time on; and by which version a past time is judged (CO-1).

use chrono::{DateTime, Duration, Utc};
use entity::value::{EnrollmentId, ProgramId, Span, TermsId, TermsMoveId};
use entity::{enrollment, program, terms_move};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::terms::{not_before, of_program, writer};
use super::{Refusal, ServiceError, Services};
use crate::domain::access::{Action, Scope, Viewer};
use crate::store;
use crate::store::affected::{Affected, make_due};
use crate::store::scoped::find;
use crate::store::terms_move::{Moving, concerned};

/// A move to be.
#[derive(Clone, Copy, Debug)]
pub struct NewMove {
    /// Of which program.
    pub program: ProgramId,
    /// Only bindings to this enrollment.
    pub enrollment: Option<EnrollmentId>,
    /// Only bindings under this version.
    pub from: Option<TermsId>,
    /// The version to which they go over.
    pub to: TermsId,
    /// For purchases from when on; now when left out.
    pub effective_from: Option<DateTime<Utc>>,
}

/// What a move would do as things are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovePreview {
    /// From when it would count.
    pub effective_from: DateTime<Utc>,
    /// How many open bindings go over, by the version under which they stand.
    pub bindings: Vec<(TermsId, i64)>,
}

/// Says what a move would do, and does nothing.
///
/// # Errors
/// As [`move_bindings`].
pub async fn preview(services: &Services, viewer: &Viewer, new: NewMove) -> Result<MovePreview, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    look(services.db.read(), scope, &new, services.clock.now()).await
}

/// Moves the bindings that are made before the effective time: purchases from then on earn by the new version. What was bought before keeps
/// what it earned. The duration and the caps of a customer go on as they are.
///
/// # Errors
/// Refused when one of the things is not there, or it would begin in the past; denied to those who may not manage programs.
pub async fn move_bindings(services: &Services, viewer: &Viewer, new: NewMove) -> Result<(terms_move::Model, MovePreview), ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let preview = look(&tx, scope, &new, now).await?;
    let now = after_others(&tx, new.program, now).await?;
    let row = terms_move::Model {
        id: TermsMoveId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id: new.program,
        enrollment_id: new.enrollment,
        from_terms_id: new.from,
        terms_id: new.to,
        effective_at: preview.effective_from,
        ends_at: None,
        created_at: now,
        created_by: writer(viewer),
    };
    let row = store::row::insert(&tx, row).await?;
    let affected = new.enrollment.map_or(Affected::Program(new.program), Affected::Enrollment);
    make_due(&tx, scope, &affected, preview.effective_from).await?;
    tx.commit().await?;
    Ok((row, preview))
}

/// Writes down that a program's purchases of a past time are judged by a version, in the transaction of what brings that about (CO-1). The
/// program's row is locked by then.
///
/// # Errors
/// [`ServiceError::Store`].
pub(super) async fn judge_past(
    tx: &DatabaseTransaction,
    viewer: &Viewer,
    scope: Scope,
    (program_id, terms_id): (ProgramId, TermsId),
    span: Span,
    now: DateTime<Utc>,
) -> Result<terms_move::Model, ServiceError> {
    let now = after_others(tx, program_id, now).await?;
    let row = terms_move::Model {
        id: TermsMoveId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id,
        enrollment_id: None,
        from_terms_id: None,
        terms_id,
        effective_at: span.from,
        ends_at: span.to,
        created_at: now,
        created_by: writer(viewer),
    };
    Ok(store::row::insert(tx, row).await?)
}

/// Of two at one time the one that was written later counts last, also when the clock stood still between them.
async fn after_others(tx: &DatabaseTransaction, program: ProgramId, now: DateTime<Utc>) -> Result<DateTime<Utc>, ServiceError> {
    let newest = store::terms_move::newest(tx, program).await?;
    Ok(newest.map_or(now, |earlier| now.max(earlier + Duration::microseconds(1))))
}

async fn look<C: ConnectionTrait>(conn: &C, scope: Scope, new: &NewMove, now: DateTime<Utc>) -> Result<MovePreview, ServiceError> {
    let effective_from = not_before(now, new.effective_from)?;
    let program = find::<program::Entity, _>(conn, scope, new.program).await?;
    program.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    of_program(conn, scope, new.program, new.to, "termsId").await?;
    if let Some(from) = new.from {
        of_program(conn, scope, new.program, from, "fromTermsId").await?;
    }
    if let Some(id) = new.enrollment {
        let row = find::<enrollment::Entity, _>(conn, scope, id).await?.filter(|row| row.program_id == new.program);
        row.ok_or_else(|| Refusal::not_found("enrollmentId", "enrollment in this program"))?;
    }
    let moving = Moving { program: new.program, enrollment: new.enrollment, from: new.from, to: new.to };
    Ok(MovePreview { effective_from, bindings: concerned(conn, scope, moving).await? })
}
