//! The sign-up record: clicks that a tracked sign-up names, and a partner whom the merchant's server names outright (AT-6, sixth place).

use chrono::Duration;
use entity::value::{CandidateKind, DecisionReason, EnrollmentId, TouchKind};

use super::click::{self, Conversion};
use super::standing::{after_archive, standing};
use super::{Basis, Claim, View};
use crate::domain::person::{TermsVersion, Touch};

/// Claims of what each sign-up names, earliest sign-up first: that one is the conversion (AT-2).
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let mut signups: Vec<_> = view.person.touches.iter().filter(|t| t.kind == TouchKind::Signup).collect();
    // Of two at once what they name decides: their own ids say only which was told first (IN-6).
    signups.sort_by_key(|touch| (touch.at, touch.click.map(|click| click.id), touch.enrollment, touch.id));
    let reached = |at| view.purchase.is_some() || at <= view.at;
    let conversions = signups.into_iter().filter(|t| reached(t.at));
    let conversion = |by| Conversion { kind: CandidateKind::Signup, by, at: click::conversion(view, by, by.at) };
    conversions.flat_map(|by| named(view, by).map_or_else(|| click::claims(view, &conversion(by)), |claim| vec![claim])).collect()
}

/// The claim of a partner whom the server named.
fn named<'a>(view: &View<'a>, by: &Touch) -> Option<Claim<'a>> {
    let enrollment = by.enrollment?;
    let terms = judge(view, enrollment, by);
    let note = match terms {
        Ok(_) => format!("named by the merchant at {}", by.at.to_rfc3339()),
        Err(DecisionReason::ExistingCustomer) if view.binding.is_some() => "the customer is bound already (AT-5)".to_owned(),
        Err(DecisionReason::ExistingCustomer) => "the person had bought long before the merchant named the partner (AT-11)".to_owned(),
        Err(DecisionReason::UnknownCustomer) => "the merchant named the partner too long after the purchase (AT-13)".to_owned(),
        Err(_) => "named by the merchant, but not active then or at the purchase (AT-2)".to_owned(),
    };
    Some(Claim {
        kind: CandidateKind::Signup,
        source: by.kind,
        enrollment: Some(enrollment),
        touch: Some(by.id),
        customer: by.customer,
        at: by.at,
        terms,
        binds: true,
        basis: Basis::Named,
        note,
    })
}

/// A server tells of a customer when it gets to it. What the person bought before, it speaks of as long as a late sign-up would (AT-13).
fn judge<'a>(view: &View<'a>, id: EnrollmentId, by: &Touch) -> Result<&'a TermsVersion, DecisionReason> {
    if view.binding.is_some() {
        return Err(DecisionReason::ExistingCustomer);
    }
    let enrollment = standing(view.world, id, by.at, view.at)?;
    let version = enrollment.terms_at(by.at.min(view.at)).ok_or(DecisionReason::ProgramInactive)?;
    let late = Duration::days(i64::from(version.terms.late_binding_days));
    if view.purchase.is_some() && by.at > view.at + late {
        return Err(DecisionReason::UnknownCustomer);
    }
    if version.terms.new_customers_only && view.first_success(&version.terms).is_some_and(|first| first + late < by.at) {
        return Err(DecisionReason::ExistingCustomer);
    }
    after_archive(enrollment, version, view.at)
}
