//! Whether an enrollment can earn at all (AT-2, AT-14).

use chrono::{DateTime, Utc};
use entity::value::{DecisionReason, EnrollmentEnd, EnrollmentId};

use crate::domain::person::{Enrollment, TermsVersion, World};

/// The enrollment, if it took part at the touch in a program that was active then, and neither it was banned nor its program inactive at the
/// purchase (AT-2). What happened meanwhile and was taken back is no matter.
///
/// An archived enrollment takes no new touches; what it had brought before is the terms' business ([`after_archive`]).
pub(super) fn standing(
    world: &World,
    id: EnrollmentId,
    touched: DateTime<Utc>,
    purchased: DateTime<Utc>,
) -> Result<&Enrollment, DecisionReason> {
    let enrollment = lasting(world, id, purchased)?;
    let absent = [EnrollmentEnd::Banned, EnrollmentEnd::Archived].into_iter().any(|kind| enrollment.absent(kind, touched));
    if enrollment.approved_at.is_none_or(|at| at > touched) || absent {
        return Err(DecisionReason::EnrollmentInactive);
    }
    if enrollment.paused(touched) {
        return Err(DecisionReason::ProgramInactive);
    }
    Ok(enrollment)
}

/// The enrollment of a binding that was rightly made before, if it was not banned nor its program over at the purchase.
pub(super) fn lasting(world: &World, id: EnrollmentId, purchased: DateTime<Utc>) -> Result<&Enrollment, DecisionReason> {
    let enrollment = world.enrollments.get(&id).ok_or(DecisionReason::EnrollmentInactive)?;
    if enrollment.absent(EnrollmentEnd::Banned, purchased) {
        return Err(DecisionReason::EnrollmentInactive);
    }
    if enrollment.paused(purchased) {
        return Err(DecisionReason::ProgramInactive);
    }
    Ok(enrollment)
}

/// AT-14: the version, unless the enrollment was archived at the purchase and the version then pays no more.
pub(super) fn after_archive<'a>(
    enrollment: &Enrollment,
    version: &'a TermsVersion,
    purchased: DateTime<Utc>,
) -> Result<&'a TermsVersion, DecisionReason> {
    if enrollment.absent(EnrollmentEnd::Archived, purchased) && !version.terms.pays_after_archive {
        return Err(DecisionReason::EnrollmentInactive);
    }
    Ok(version)
}

/// Whether an enrollment that had rightly come to it earns at `at` (AT-2, AT-14).
///
/// # Errors
/// The reason why it does not.
pub(in crate::domain) fn still_earns(
    world: &World,
    version: &TermsVersion,
    id: EnrollmentId,
    at: DateTime<Utc>,
) -> Result<(), DecisionReason> {
    after_archive(lasting(world, id, at)?, version, at).map(|_| ())
}
