//! A binding that an operator or an import made (AT-6, second place). Of those that cover the purchase the one that was said last counts
//! (AT-15).

use entity::value::{CandidateKind, DecisionReason, EnrollmentId, TouchKind};

use super::standing::{after_archive, lasting, standing};
use super::{Basis, Claim, View};
use crate::domain::person::{Enrollment, TermsVersion, Touch};

/// One claim for each entry by hand that covers the moment, the one said last first.
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let by_hand = |kind| matches!(kind, TouchKind::Manual | TouchKind::Import);
    let terms = |t: &Touch| view.world.enrollments.get(&t.enrollment?)?.terms_at(t.at);
    let own = |t: &Touch| terms(t).is_none_or(|version| view.counts(t.customer, t.at, &version.terms));
    let mut touches: Vec<_> = view.person.touches.iter().filter(|t| by_hand(t.kind) && t.at <= view.at && own(t)).collect();
    touches.sort_by_key(|touch| std::cmp::Reverse((touch.said_at, touch.at, touch.id)));
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
            at: touch.counts_from(view.person),
            terms,
            binds: true,
            basis: Basis::Named,
            note: note.to_owned(),
        }
    };
    touches.into_iter().enumerate().map(claim).collect()
}

/// An entry by hand may count from before the partner was approved: whoever takes part when the word is said may be given what was bought
/// before (AT-15). One that an import dates back counts from the approval on.
fn judge<'a>(view: &View<'a>, touch: &Touch) -> Result<&'a TermsVersion, DecisionReason> {
    let id = touch.enrollment.ok_or(DecisionReason::NoTouch)?;
    let approved = view.world.enrollments.get(&id).and_then(|enrollment| enrollment.approved_at);
    let given = touch.said_at > touch.at && approved.is_some_and(|approved| approved <= touch.said_at);
    let touched = approved.map_or(touch.at, |approved| touch.at.max(approved));
    let enrollment = if given { given_back(view, id, touch)? } else { standing(view.world, id, touched.min(view.at), view.at)? };
    let version = enrollment.terms_at(touch.counts_from(view.person)).ok_or(DecisionReason::ProgramInactive)?;
    after_archive(enrollment, version, view.at)
}

/// The enrollment to which a word gives what was bought before it: it took part when the word was said, and was not shut out at the purchase.
fn given_back<'a>(view: &View<'a>, id: EnrollmentId, touch: &Touch) -> Result<&'a Enrollment, DecisionReason> {
    standing(view.world, id, touch.said_at, touch.said_at)?;
    lasting(view.world, id, view.at)
}
