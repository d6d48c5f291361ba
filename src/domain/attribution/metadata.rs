//! A partner named in the payment's own metadata (AT-6, first place): for this purchase only.

use entity::value::{CandidateKind, DecisionReason, TouchKind};

use super::standing::standing;
use super::{Basis, Claim, View};

/// One claim for each partner key of the purchase.
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let Some(purchase) = view.purchase else { return Vec::new() };
    let claim = |key: &String| {
        let enrollment = view.world.keys.get(key).copied();
        let terms = enrollment
            .ok_or(DecisionReason::NoTouch)
            .and_then(|id| standing(view.world, id, view.at, view.at)?.terms_at(view.at).ok_or(DecisionReason::ProgramInactive));
        let note = match terms {
            Ok(_) => "named in the payment's metadata".to_owned(),
            Err(DecisionReason::NoTouch) => "the metadata names a partner that does not exist".to_owned(),
            Err(_) => "named in the payment's metadata, but not active at the purchase (AT-2)".to_owned(),
        };
        Claim {
            kind: CandidateKind::Metadata,
            source: TouchKind::Metadata,
            enrollment,
            touch: None,
            customer: purchase.customer,
            at: view.at,
            terms,
            binds: false,
            basis: Basis::Named,
            note,
        }
    };
    purchase.state.partner_keys.iter().map(claim).collect()
}
