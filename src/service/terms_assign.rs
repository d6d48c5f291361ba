//! Giving terms to an enrollment or a group of partners, from a time on.

use chrono::{DateTime, Utc};
use entity::value::{EnrollmentId, OwnTerms, PartnerGroupId, ProgramId, TermsHistory, TermsId};
use entity::{enrollment, group_terms, partner_group, program};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::affected::{Affected, customers_of};
use super::terms::{not_before, of_program};
use super::{Refusal, RefusalCode, ServiceError, Services, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::store;
use crate::store::scoped::{find, lock};

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

/// Whose history of terms was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// One partner's in the program.
    Enrollment(Box<enrollment::Model>),
    /// That of a group, as far as its partners are in the program.
    Group(Box<group_terms::Model>),
}

/// Gives terms, for what is bound from then on. What is bound already keeps its version (CO-1).
///
/// # Errors
/// Refused when one of them is not there, or it would begin in the past; denied to those who may not manage programs.
pub async fn assign(services: &Services, viewer: &Viewer, new: NewAssignment) -> Result<Receiver, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    retry::races(|| async { once(services, scope, new).await }).await
}

async fn once(services: &Services, scope: Scope, new: NewAssignment) -> Result<Receiver, ServiceError> {
    let now = services.clock.now();
    let given = OwnTerms { from: not_before(now, new.effective_from)?, terms: new.terms };
    let tx = services.db.begin().await?;
    find::<program::Entity, _>(&tx, scope, new.program).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    let receiver = match (new.enrollment, new.group) {
        (Some(id), None) => {
            let row = lock::<enrollment::Entity>(&tx, scope, id).await?.filter(|row| row.program_id == new.program);
            let row = row.ok_or_else(|| Refusal::not_found("enrollmentId", "enrollment in this program"))?;
            version_of(&tx, scope, &new).await?;
            Receiver::Enrollment(Box::new(give(&tx, services, scope, row, given).await?))
        }
        (None, Some(id)) => {
            find::<partner_group::Entity, _>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("groupId", "group of partners"))?;
            version_of(&tx, scope, &new).await?;
            // A group has no row in a program before it gets its first terms there, so there is none to lock.
            store::lock::acquire(&tx, [format!("group terms/{}/{id}", new.program)]).await?;
            Receiver::Group(Box::new(give_group(&tx, scope, (new.program, id), given, now).await?))
        }
        _ => return Err(Refusal::new("enrollmentId", RefusalCode::Invalid, "name either an enrollment or a group").into()),
    };
    tx.commit().await?;
    Ok(receiver)
}

async fn version_of(tx: &DatabaseTransaction, scope: Scope, new: &NewAssignment) -> Result<(), ServiceError> {
    if let Some(id) = new.terms {
        of_program(tx, scope, new.program, id, "termsId").await?;
    }
    Ok(())
}

/// Writes terms that were looked up into the history of an enrollment whose row is locked. Who was bound at that very instant is settled again.
pub(super) async fn give(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    mut row: enrollment::Model,
    given: OwnTerms,
) -> Result<enrollment::Model, ServiceError> {
    row.terms_history.give(given);
    row.terms_id = row.terms_history.last();
    let row = store::row::save(tx, row).await?;
    customers_of(tx, services, scope, &Affected::Enrollment(row.id)).await?;
    Ok(row)
}

async fn give_group(
    tx: &DatabaseTransaction,
    scope: Scope,
    (program_id, group_id): (ProgramId, PartnerGroupId),
    given: OwnTerms,
    now: DateTime<Utc>,
) -> Result<group_terms::Model, ServiceError> {
    let found = store::group_terms::of(tx, scope, program_id, group_id).await?;
    let known = found.is_some();
    let mut row = found.unwrap_or_else(|| group_terms::Model {
        id: Uuid::now_v7(),
        merchant_id: scope.merchant(),
        livemode: scope.livemode(),
        program_id,
        group_id,
        terms_id: None,
        terms_history: TermsHistory::default(),
        created_at: now,
    });
    row.terms_history.give(given);
    row.terms_id = row.terms_history.last();
    Ok(if known { store::row::save(tx, row).await? } else { store::row::insert(tx, row).await? })
}
