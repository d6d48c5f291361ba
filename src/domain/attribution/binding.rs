//! The existing binding (AT-6, fourth place; AT-5).

use entity::value::{CandidateKind, DecisionReason};

use super::standing::{after_archive, lasting};
use super::{Basis, Claim, View};
use crate::domain::person::TermsVersion;

/// The claim of the enrollment to which the person is bound.
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let Some(bound) = view.binding else { return Vec::new() };
    let terms = terms(view, bound);
    let note = match terms {
        Ok(_) => format!("bound since {}", bound.at.to_rfc3339()),
        Err(DecisionReason::ProgramInactive) => "bound, but the program was not active at the purchase (AT-2)".to_owned(),
        Err(_) => "bound, but the partner was banned, or archived without further pay, at the purchase (AT-14)".to_owned(),
    };
    vec![Claim {
        kind: CandidateKind::Binding,
        source: bound.source,
        enrollment: Some(bound.enrollment),
        touch: bound.touch,
        customer: bound.customer,
        at: bound.at,
        terms,
        binds: false,
        basis: Basis::Binding,
        note,
    }]
}

fn terms<'a>(view: &View<'a>, bound: &super::Bound) -> Result<&'a TermsVersion, DecisionReason> {
    let enrollment = lasting(view.world, bound.enrollment, view.at)?;
    let version = enrollment.bound_terms(bound.terms, bound.at, view.at).ok_or(DecisionReason::ProgramInactive)?;
    after_archive(enrollment, version, view.at)
}
