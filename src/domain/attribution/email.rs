//! The same e-mail (AT-6, last place; ID-4): evidence found on another customer of the person.

use entity::value::{CandidateKind, DecisionReason};

use super::{Claim, View};
use crate::domain::person::Tie;

/// Turns claims by evidence of another customer into claims by e-mail, where that is all that ties it to this one. They count where the terms
/// match by e-mail, and where the e-mail led to nobody else.
pub(super) fn relabel(view: &View<'_>, claims: &mut [Claim<'_>]) {
    for claim in claims {
        let tie = view.person.tie((view.customer, view.at), (claim.customer, view.at));
        if tie == Tie::Same {
            continue;
        }
        if view.purchase.is_some() {
            claim.kind = CandidateKind::Email;
            claim.note = format!("by e-mail only: {}", claim.note);
        }
        if tie == Tie::Doubtful {
            claim.terms = Err(DecisionReason::AmbiguousCustomer);
            claim.note = "the e-mail led to another customer as well, or to nobody any longer (ID-4, ID-9)".to_owned();
        } else if !matches(view, claim, tie) {
            claim.terms = Err(DecisionReason::UnknownCustomer);
            claim.note = "the program does not match by e-mail (ID-4)".to_owned();
        }
    }
}

/// Whether the terms let an e-mail tie the claim to this moment: those that would apply, or those of the enrollment where none do.
fn matches(view: &View<'_>, claim: &Claim<'_>, tie: Tie) -> bool {
    let of_enrollment = || view.world.enrollments.get(&claim.enrollment?)?.terms_at(view.at);
    claim.terms.ok().or_else(of_enrollment).is_none_or(|version| tie.counts(&version.terms))
}
