//! A click token that a checkout carried (AT-6, fifth place; AT-12).

use entity::value::{CandidateKind, TouchKind};

use super::click::{self, Conversion};
use super::{Claim, View};

/// Claims of the clicks behind each checkout's token, the purchase's own checkout first.
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let own = view.purchase.map(|p| p.id);
    let mut references: Vec<_> = view.person.touches.iter().filter(|t| t.kind == TouchKind::ClientReference).collect();
    references.sort_by_key(|t| (t.purchase.is_none() || t.purchase != own, t.at, t.id));
    let reached = |t: &&_| view.purchase.is_some() || at_or_before(t, view.at);
    let conversions = references.into_iter().filter(reached);
    conversions.flat_map(|by| click::claims(view, &Conversion { kind: CandidateKind::ClientReference, by, at: conversion(view, by) })).collect()
}

fn at_or_before(touch: &crate::domain::person::Touch, at: chrono::DateTime<chrono::Utc>) -> bool {
    touch.at <= at
}

/// AT-2: the sign-up where one was tracked, otherwise the purchase. A program that also takes existing customers counts from the purchase.
fn conversion(view: &View<'_>, by: &crate::domain::person::Touch) -> chrono::DateTime<chrono::Utc> {
    let checkout = if view.purchase.is_some_and(|p| by.purchase == Some(p.id)) { view.at } else { by.at };
    let new_only = by
        .click
        .and_then(|click| view.world.enrollments.get(&click.enrollment)?.terms_at(view.at))
        .is_none_or(|version| version.terms.new_customers_only);
    let signup = view.person.signups.iter().map(|s| s.at).min().filter(|at| *at <= checkout);
    if new_only { signup.unwrap_or(checkout) } else { checkout }
}
