//! A binding that an operator or an import made (AT-6, second place). The latest one before the purchase counts.

use entity::value::{CandidateKind, DecisionReason, TouchKind};

use super::standing::{after_archive, standing};
use super::{Claim, View};
use crate::domain::person::{TermsVersion, Touch};

/// One claim for each entry by hand up to the moment, latest first.
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let by_hand = |kind| matches!(kind, TouchKind::Manual | TouchKind::Import);
    let terms = |t: &Touch| view.world.enrollments.get(&t.enrollment?)?.terms_at(t.at);
    let own = |t: &Touch| terms(t).is_none_or(|version| view.counts(t.customer, t.at, &version.terms));
    let mut touches: Vec<_> = view.person.touches.iter().filter(|t| by_hand(t.kind) && t.at <= view.at && own(t)).collect();
    touches.sort_by_key(|touch| std::cmp::Reverse((touch.at, touch.id)));
    let claim = |(index, touch): (usize, &Touch)| {
        let terms = if index == 0 { judge(view, touch) } else { Err(DecisionReason::ExistingCustomer) };
        let note = match (index, terms) {
            (0, Ok(_)) => "assigned by hand",
            (0, Err(_)) => "assigned by hand, but not active at the purchase (AT-2)",
            _ => "assigned by hand, until a later assignment took its place",
        };
        Claim {
            kind: CandidateKind::Manual,
            source: touch.kind,
            enrollment: touch.enrollment,
            touch: Some(touch.id),
            customer: view.customer,
            at: touch.at,
            terms,
            binds: true,
            note: note.to_owned(),
        }
    };
    touches.into_iter().enumerate().map(claim).collect()
}

/// An entry by hand may be dated back before the partner was approved: then it counts from the approval on.
fn judge<'a>(view: &View<'a>, touch: &Touch) -> Result<&'a TermsVersion, DecisionReason> {
    let id = touch.enrollment.ok_or(DecisionReason::NoTouch)?;
    let approved = view.world.enrollments.get(&id).and_then(|enrollment| enrollment.approved_at);
    let touched = approved.map_or(touch.at, |approved| touch.at.max(approved)).min(view.at);
    let enrollment = standing(view.world, id, touched, view.at)?;
    let version = enrollment.terms_at(touch.at).ok_or(DecisionReason::ProgramInactive)?;
    after_archive(enrollment, version, view.at)
}
