//! A binding that an operator or an import made (AT-6, second place). The latest one before the purchase counts.

use entity::value::{CandidateKind, DecisionReason, TouchKind};

use super::standing::standing;
use super::{Claim, View};

/// One claim for each entry by hand up to the moment, latest first.
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let by_hand = |kind| matches!(kind, TouchKind::Manual | TouchKind::Import);
    let mut touches: Vec<_> = view.person.touches.iter().filter(|t| by_hand(t.kind) && t.at <= view.at).collect();
    touches.sort_by_key(|touch| std::cmp::Reverse((touch.at, touch.id)));
    let claim = |touch: &crate::domain::person::Touch| {
        let terms = touch.enrollment.ok_or(DecisionReason::NoTouch).and_then(|id| {
            standing(view.world, id, view.at, view.at)?.terms_at(touch.at).ok_or(DecisionReason::ProgramInactive)
        });
        Claim {
            kind: CandidateKind::Manual,
            source: touch.kind,
            enrollment: touch.enrollment,
            touch: Some(touch.id),
            customer: view.purchase.map_or(touch.customer, |p| p.customer),
            at: touch.at,
            terms,
            binds: true,
            note: if terms.is_ok() { "assigned by hand" } else { "assigned by hand, but not active at the purchase (AT-2)" }.to_owned(),
        }
    };
    touches.into_iter().map(claim).collect()
}
