//! Clicks of one visitor, judged against a conversion (AT-2, AT-3, AT-4, AT-11).

use chrono::{DateTime, Duration, Utc};
use entity::value::{CandidateKind, DecisionReason, TouchKind, TouchModel};
use uuid::Uuid;

use super::standing::{after_archive, standing};
use super::{Basis, Claim, View};
use crate::domain::person::{Click, TermsVersion, Touch};

/// The moment that a visitor turned into a customer, as far as a claim by clicks is concerned.
pub(super) struct Conversion<'a> {
    pub kind: CandidateKind,
    /// The touch that leads to the clicks: a sign-up or a checkout's reference.
    pub by: &'a Touch,
    /// When (AT-2): the sign-up where one was tracked, otherwise the first purchase.
    pub at: DateTime<Utc>,
}

/// One claim for each click of the visitor, best first.
pub(super) fn claims<'a>(view: &View<'a>, conversion: &Conversion<'_>) -> Vec<Claim<'a>> {
    let Some(own) = conversion.by.click else { return Vec::new() };
    let mut clicks = clicks_of(view, own);
    let model = clicks.last().and_then(|click| view.world.enrollments.get(&click.enrollment)?.terms_at(conversion.at));
    if model.is_none_or(|version| version.terms.touch_model == TouchModel::Last) {
        clicks.reverse();
    }
    let claim = |click: Click| {
        let terms = judge(view, click, conversion);
        Claim {
            kind: conversion.kind,
            source: conversion.by.kind,
            enrollment: Some(click.enrollment),
            touch: Some(conversion.by.id),
            customer: conversion.by.customer,
            at: click.at,
            terms,
            binds: true,
            basis: Basis::Click(click.id),
            note: note(view, click, conversion, terms.err()),
        }
    };
    clicks.into_iter().map(claim).collect()
}

/// All known clicks of the same visitor, oldest first; the greater id is later within one instant (AT-3).
fn clicks_of(view: &View<'_>, own: Click) -> Vec<Click> {
    let same = |visitor: Uuid| visitor == own.visitor;
    let mut clicks: Vec<Click> = view.person.touches.iter().filter_map(|t| t.click).filter(|c| same(c.visitor)).collect();
    clicks.push(own);
    clicks.sort_by_key(|click| (click.at, click.id));
    clicks.dedup_by_key(|click| click.id);
    clicks
}

fn judge<'a>(view: &View<'a>, click: Click, by: &Conversion<'_>) -> Result<&'a TermsVersion, DecisionReason> {
    let conversion = by.at;
    if view.binding.is_some() {
        // AT-5: a binding is sticky; later and earlier clicks change nothing.
        return Err(DecisionReason::ExistingCustomer);
    }
    if !click.counts() {
        return Err(DecisionReason::FraudRejected);
    }
    let enrollment = standing(view.world, click.enrollment, click.at, view.at)?;
    let version = enrollment.terms_at(conversion.min(view.at)).ok_or(DecisionReason::ProgramInactive)?;
    let bought_before = view.first_success(&version.terms).is_some_and(|first| first < click.at);
    // A late sign-up may name a click that came after this purchase: it cannot have brought it.
    if (version.terms.new_customers_only && bought_before) || click.at > conversion.min(view.at) {
        return Err(DecisionReason::ExistingCustomer);
    }
    if conversion >= click.at + Duration::days(i64::from(version.terms.window_days)) {
        return Err(DecisionReason::OutsideWindow);
    }
    let late = Duration::days(i64::from(version.terms.late_binding_days));
    // AT-13: who names the click long after the purchase, or long after somebody signed up without it, may have kept it for that.
    let of_signup = by.by.kind == TouchKind::Signup && by.by.at > conversion + late;
    if of_signup || (view.purchase.is_some() && by.by.at.max(conversion) > view.at + late) {
        return Err(DecisionReason::UnknownCustomer);
    }
    after_archive(enrollment, version, view.at)
}

/// When the visitor of `by` converted (AT-2): at the first sign-up up to `own`, where one was tracked, otherwise at `own`. A program that
/// also takes existing customers counts from `own`, as there each new conversion may bring one again.
pub(super) fn conversion(view: &View<'_>, by: &Touch, own: DateTime<Utc>) -> DateTime<Utc> {
    let version = by.click.and_then(|click| view.world.enrollments.get(&click.enrollment)?.terms_at(own.min(view.at)));
    let new_only = version.is_none_or(|version| version.terms.new_customers_only);
    let signup = view.first_signup(version.map(|version| version.terms.as_ref())).filter(|at| *at <= own);
    if new_only { signup.unwrap_or(own) } else { own }
}

fn note(view: &View<'_>, click: Click, conversion: &Conversion<'_>, reason: Option<DecisionReason>) -> String {
    let how = match conversion.kind {
        CandidateKind::ClientReference => "the checkout",
        _ => "the sign-up",
    };
    match reason {
        None => format!("click of {}, named by {how} of {}", click.at.to_rfc3339(), conversion.at.to_rfc3339()),
        Some(DecisionReason::ExistingCustomer) if view.binding.is_some() => "the customer is bound already (AT-5)".to_owned(),
        Some(DecisionReason::ExistingCustomer) => "the person had signed up or bought before the click (AT-2, AT-11)".to_owned(),
        Some(DecisionReason::OutsideWindow) => "the window had passed before the conversion (AT-2)".to_owned(),
        Some(DecisionReason::FraudRejected) => "the click was judged to be automatic or rejected as fraud (AT-2)".to_owned(),
        Some(DecisionReason::UnknownCustomer) => "the click was named too long after the purchase or the sign-up (AT-13)".to_owned(),
        Some(DecisionReason::ProgramInactive) => "the program was not active (AT-2)".to_owned(),
        Some(_) => "the partner was not approved at the click, or no longer at the purchase (AT-2)".to_owned(),
    }
}
