//! Whether an enrollment can earn at all (AT-2, AT-14).

use chrono::{DateTime, Utc};
use entity::value::{DecisionReason, EnrollmentEnd, EnrollmentId};

use crate::domain::person::{Enrollment, World};

/// The enrollment, if it was approved at the touch, and neither it nor its program had ended at the purchase.
///
/// An archived enrollment takes no new touches; what was bound before is the terms' business ([`after_archive`]).
pub(super) fn standing(
    world: &World,
    id: EnrollmentId,
    touched: DateTime<Utc>,
    purchased: DateTime<Utc>,
) -> Result<&Enrollment, DecisionReason> {
    let enrollment = world.enrollments.get(&id).ok_or(DecisionReason::EnrollmentInactive)?;
    if enrollment.approved_at.is_none_or(|at| at > touched) {
        return Err(DecisionReason::EnrollmentInactive);
    }
    match enrollment.ended {
        Some((at, EnrollmentEnd::Banned)) if at <= purchased => return Err(DecisionReason::EnrollmentInactive),
        Some((at, EnrollmentEnd::Archived)) if at <= touched => return Err(DecisionReason::EnrollmentInactive),
        _ => {}
    }
    if enrollment.program_inactive_from.is_some_and(|at| at <= purchased) {
        return Err(DecisionReason::ProgramInactive);
    }
    Ok(enrollment)
}

/// AT-14: whether an archived enrollment still earns from what was bound before it was archived.
pub(super) fn after_archive(enrollment: &Enrollment, purchased: DateTime<Utc>, pays: bool) -> Result<(), DecisionReason> {
    match enrollment.ended {
        Some((at, EnrollmentEnd::Archived)) if at <= purchased && !pays => Err(DecisionReason::EnrollmentInactive),
        _ => Ok(()),
    }
}
