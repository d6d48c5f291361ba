//! Giving terms to an enrollment or a group of partners, from a time on.

use chrono::{DateTime, Duration, Utc};
use entity::value::{EnrollmentId, PartnerGroupId, ProgramId, TermsAssignmentId, TermsId};
use entity::{enrollment, partner_group, program, terms_assignment};
use sea_orm::DatabaseTransaction;

use super::terms::{not_before, of_program, writer};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Scope, Viewer};
use crate::store;
use crate::store::scoped::find;

/// To whom terms are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// One partner in the program.
    Enrollment(EnrollmentId),
    /// A group of partners, as far as they are in the program.
    Group(PartnerGroupId),
}

/// Terms to be given.
#[derive(Clone, Copy, Debug)]
pub struct NewAssignment {
    /// In which program.
    pub program: ProgramId,
    /// To whom; nothing, or both, is refused.
    pub enrollment: Option<EnrollmentId>,
    /// To whom; nothing, or both, is refused.
    pub group: Option<PartnerGroupId>,
    /// Which version; nothing to take what the group or the program has.
    pub terms: Option<TermsId>,
    /// From when; now when left out.
    pub effective_from: Option<DateTime<Utc>>,
}

/// Gives terms, for what is bound from then on. What is bound already keeps its version (CO-1), so nothing has to be settled again.
///
/// # Errors
/// Refused when one of them is not there, or it would begin in the past; denied to those who may not manage programs.
pub async fn assign(services: &Services, viewer: &Viewer, new: NewAssignment) -> Result<terms_assignment::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let from = not_before(now, new.effective_from)?;
    let receiver = match (new.enrollment, new.group) {
        (Some(id), None) => Receiver::Enrollment(id),
        (None, Some(id)) => Receiver::Group(id),
        _ => return Err(Refusal::new("enrollmentId", RefusalCode::Invalid, "name either an enrollment or a group").into()),
    };
    let tx = services.db.begin().await?;
    let program = find::<program::Entity, _>(&tx, scope, new.program).await?;
    program.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    match receiver {
        Receiver::Enrollment(id) => {
            let row = find::<enrollment::Entity, _>(&tx, scope, id).await?.filter(|row| row.program_id == new.program);
            row.ok_or_else(|| Refusal::not_found("enrollmentId", "enrollment in this program"))?;
        }
        Receiver::Group(id) => {
            find::<partner_group::Entity, _>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("groupId", "group of partners"))?;
        }
    }
    if let Some(id) = new.terms {
        of_program(&tx, scope, new.program, id, "termsId").await?;
    }
    let given = write(&tx, (viewer, scope), new.program, receiver, (new.terms, from), now).await?;
    tx.commit().await?;
    Ok(given)
}

/// Writes an assignment whose parts were looked up.
pub(super) async fn write(
    tx: &DatabaseTransaction,
    (viewer, scope): (&Viewer, Scope),
    program_id: ProgramId,
    receiver: Receiver,
    (terms_id, effective_from): (Option<TermsId>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<terms_assignment::Model, ServiceError> {
    let (enrollment_id, group_id) = match receiver {
        Receiver::Enrollment(id) => (Some(id), None),
        Receiver::Group(id) => (None, Some(id)),
    };
    // Of two that begin at one time the one that was written later counts, also when the clock stood still between them.
    let newest = store::terms_assignment::newest(tx, program_id).await?;
    let now = newest.map_or(now, |earlier| now.max(earlier + Duration::microseconds(1)));
    let row = terms_assignment::Model {
        id: TermsAssignmentId::new_at(now),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id,
        group_id,
        enrollment_id,
        terms_id,
        effective_from,
        created_at: now,
        created_by: writer(viewer),
    };
    Ok(store::row::insert(tx, row).await?)
}
