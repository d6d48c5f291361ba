//! Who recruited whom (CO-11).

use chrono::{DateTime, Utc};
use entity::enrollment;
use entity::value::EnrollmentId;
use sea_orm::DatabaseTransaction;

use super::affected::{Affected, customers_of};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Scope, Viewer};
use crate::store;
use crate::store::scoped::{find, lock};

/// Who is to count as recruited by whom.
#[derive(Clone, Copy, Debug)]
pub struct SetRecruiter {
    /// Who was recruited.
    pub enrollment: EnrollmentId,
    /// By whom; nothing for nobody any more.
    pub recruiter: Option<EnrollmentId>,
    /// Since when; now when left out.
    pub from: Option<DateTime<Utc>>,
}

/// Lets a partner count as recruited by another one of the same program, from a time on. What was bought since is settled again.
///
/// # Errors
/// Refused when one of them is not there, they are one or not of one program, they would have recruited each other, or the time is to come yet
/// or lies before the last change; denied to those who may not manage programs.
pub async fn set_recruiter(services: &Services, viewer: &Viewer, ask: SetRecruiter) -> Result<enrollment::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let from = ask.from.unwrap_or(now);
    if from > now {
        return Err(Refusal::new("from", RefusalCode::OutOfRange, "this time is to come yet").into());
    }
    let tx = services.db.begin().await?;
    let absent = || Refusal::not_found("id", "enrollment");
    let row = lock::<enrollment::Entity>(&tx, scope, ask.enrollment).await?.ok_or_else(absent)?;
    if let Some(recruiter) = ask.recruiter {
        fits(&tx, scope, &row, recruiter).await?;
    }
    let current = store::recruitment::current(&tx, row.id).await?;
    if current.as_ref().map(|current| current.recruiter_id) == ask.recruiter && ask.from.is_none() {
        return Ok(row);
    }
    if store::recruitment::ended(&tx, row.id).await?.is_some_and(|ended| from < ended) {
        let text = "this time lies before the last change, which stays as it is";
        return Err(Refusal::new("from", RefusalCode::WrongState, text).into());
    }
    if let Some(current) = current {
        store::recruitment::end(&tx, &current, from).await?;
    }
    if let Some(recruiter) = ask.recruiter {
        store::recruitment::begin(&tx, scope, (row.id, recruiter), from, now).await?;
    }
    customers_of(&tx, services, scope, &Affected::Enrollment(row.id)).await?;
    store::tier_period::wake_all(&tx, row.id, now).await?;
    tx.commit().await?;
    Ok(row)
}

async fn fits(tx: &DatabaseTransaction, scope: Scope, row: &enrollment::Model, recruiter: EnrollmentId) -> Result<(), ServiceError> {
    let absent = || Refusal::not_found("recruiterId", "enrollment");
    let other = find::<enrollment::Entity, _>(tx, scope, recruiter).await?.ok_or_else(absent)?;
    let wrong = |text: &str| Err(Refusal::new("recruiterId", RefusalCode::Invalid, text).into());
    if other.program_id != row.program_id {
        return wrong("must be an enrollment in the same program");
    }
    if other.partner_id == row.partner_id {
        return wrong("nobody recruits themselves");
    }
    match store::recruitment::current(tx, other.id).await? {
        Some(of) if of.recruiter_id == row.id => wrong("was recruited by this partner"),
        _ => Ok(()),
    }
}
