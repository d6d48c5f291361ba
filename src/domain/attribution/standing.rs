//! Whether an enrollment can earn at all (AT-2, AT-14).

use chrono::{DateTime, Utc};
use entity::value::{DecisionReason, EnrollmentEnd, EnrollmentId};

use crate::domain::person::{Enrollment, TermsVersion, World};

/// The enrollment, if it was in the program at the touch, and neither it was banned nor its program over at the purchase (AT-2).
///
/// An archived enrollment takes no new touches; what it had brought before is the terms' business ([`after_archive`]).
pub(super) fn standing(
    world: &World,
    id: EnrollmentId,
    touched: DateTime<Utc>,
    purchased: DateTime<Utc>,
) -> Result<&Enrollment, DecisionReason> {
    let enrollment = lasting(world, id, purchased)?;
    if enrollment.approved_at.is_none_or(|at| at > touched) || archived_by(enrollment, touched) {
        return Err(DecisionReason::EnrollmentInactive);
    }
    Ok(enrollment)
}

/// The enrollment of a binding that was rightly made before, if it was not banned nor its program over at the purchase.
pub(super) fn lasting(world: &World, id: EnrollmentId, purchased: DateTime<Utc>) -> Result<&Enrollment, DecisionReason> {
    let enrollment = world.enrollments.get(&id).ok_or(DecisionReason::EnrollmentInactive)?;
    if enrollment.ended.is_some_and(|(at, how)| how == EnrollmentEnd::Banned && at <= purchased) {
        return Err(DecisionReason::EnrollmentInactive);
    }
    if enrollment.program_inactive_from.is_some_and(|at| at <= purchased) {
        return Err(DecisionReason::ProgramInactive);
    }
    Ok(enrollment)
}

/// AT-14: the version, unless the enrollment was archived by the purchase and the version then pays no more.
pub(super) fn after_archive<'a>(
    enrollment: &Enrollment,
    version: &'a TermsVersion,
    purchased: DateTime<Utc>,
) -> Result<&'a TermsVersion, DecisionReason> {
    if archived_by(enrollment, purchased) && !version.terms.pays_after_archive {
        return Err(DecisionReason::EnrollmentInactive);
    }
    Ok(version)
}

fn archived_by(enrollment: &Enrollment, when: DateTime<Utc>) -> bool {
    enrollment.ended.is_some_and(|(at, how)| how == EnrollmentEnd::Archived && at <= when)
}
