//! The sign-up record: clicks that a tracked sign-up names (AT-6, sixth place).

use entity::value::{CandidateKind, TouchKind};

use super::click::{self, Conversion};
use super::{Claim, View};

/// Claims of the clicks behind each sign-up, earliest sign-up first: that one is the conversion (AT-2).
pub(super) fn claims<'a>(view: &View<'a>) -> Vec<Claim<'a>> {
    let mut signups: Vec<_> = view.person.touches.iter().filter(|t| t.kind == TouchKind::Signup).collect();
    signups.sort_by_key(|touch| (touch.at, touch.id));
    let reached = |at| view.purchase.is_some() || at <= view.at;
    let conversions = signups.into_iter().filter(|t| reached(t.at));
    let conversion = |by| Conversion { kind: CandidateKind::Signup, by, at: click::conversion(view, by, by.at) };
    conversions.flat_map(|by| click::claims(view, &conversion(by))).collect()
}
