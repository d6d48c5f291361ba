//! A click token that a checkout carried (AT-6, fifth place; AT-12).

use chrono::{DateTime, Utc};
use entity::value::{CandidateKind, TouchKind};

use super::click::{self, Conversion};
use super::{Claim, View};
use crate::domain::person::Touch;

/// Claims of the clicks behind each checkout's token, the purchase's own checkout first.
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let own = view.purchase.map(|p| p.id);
    let mut references: Vec<_> = view.person.touches.iter().filter(|t| t.kind == TouchKind::ClientReference).collect();
    // Of two at once what they name decides: their own ids say only which was told first (IN-6).
    references.sort_by_key(|t| (t.purchase.is_none() || t.purchase != own, t.at, t.click.map(|click| click.id), t.id));
    let reached = |t: &&Touch| view.purchase.is_some() || t.at <= view.at;
    let conversions = references.into_iter().filter(reached);
    conversions
        .flat_map(|by| click::claims(view, &Conversion { kind: CandidateKind::ClientReference, by, at: conversion(view, by) }))
        .collect()
}

/// AT-2: the purchase's own checkout converts when its money comes, another one when it was gone through; a sign-up before comes first.
fn conversion(view: &View<'_>, by: &Touch) -> DateTime<Utc> {
    let own = if view.purchase.is_some_and(|p| by.purchase == Some(p.id)) { view.at } else { by.at };
    click::conversion(view, by, own)
}
