//! The same e-mail (AT-6, last place; ID-4): evidence found on another customer of the person.

use entity::value::{CandidateKind, DecisionReason};

use super::{Claim, View};

/// Turns claims by evidence of another customer into claims by e-mail: that is all that ties the purchase to them.
pub(super) fn relabel(view: &View<'_>, claims: &mut [Claim<'_>]) {
    let Some(purchase) = view.purchase else { return };
    for claim in claims.iter_mut().filter(|c| c.customer != purchase.customer) {
        claim.kind = CandidateKind::Email;
        claim.note = format!("by e-mail only: {}", claim.note);
        if claim.terms.is_ok_and(|version| !version.terms.email_match) {
            claim.terms = Err(DecisionReason::UnknownCustomer);
            claim.note = "the program does not match by e-mail (ID-4)".to_owned();
        }
    }
}
