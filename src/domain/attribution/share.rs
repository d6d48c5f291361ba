//! Several partners who share what one customer brings (AT-16).
//!
//! Clicks are shared, where the terms say so: those by which the winner won, with every other eligible click of the same program. Whoever is
//! named outright, by a hand, a code or metadata, has the purchase alone.

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{Attribution, ClickId, DecisionReason, EnrollmentId};

use super::standing::{after_archive, lasting};
use super::{Basis, Claim, View};
use crate::domain::person::{TermsVersion, World};

/// One partner's share in what a person brings: `weight` of the sum of all weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whose.
    pub enrollment: EnrollmentId,
    /// How much of the sum of all.
    pub weight: u32,
    /// The clicks on which it rests; none where the partner was named outright.
    pub clicks: BTreeSet<ClickId>,
}

/// The clicks that share with the winner at `won`, by their places among `claims`, with the weight of each. Empty when the winner has all.
pub(super) fn weights(view: &View<'_>, claims: &[Claim<'_>], won: usize) -> BTreeMap<usize, u32> {
    let Some(winner) = claims.get(won) else { return BTreeMap::new() };
    let Some((Basis::Click(_), version)) = winner.terms.ok().map(|version| (winner.basis, version)) else {
        return BTreeMap::new();
    };
    let program = |id: Option<EnrollmentId>| view.world.enrollments.get(&id?).map(|enrollment| enrollment.program);
    let mut clicks: BTreeMap<_, usize> = BTreeMap::new();
    for (place, claim) in claims.iter().enumerate() {
        let shares = claim.terms.is_ok() && program(claim.enrollment) == program(winner.enrollment);
        if let (true, Basis::Click(id)) = (shares, claim.basis) {
            clicks.entry((claim.at, id)).or_insert(place);
        }
    }
    let places: Vec<usize> = clicks.into_values().collect();
    let alone = places.iter().filter_map(|place| claims.get(*place)).all(|claim| claim.enrollment == winner.enrollment);
    if alone {
        return BTreeMap::new();
    }
    let weights = weigh(version.terms.attribution, places.len());
    places.into_iter().zip(weights).collect()
}

/// The weights of so many clicks in the order of their times; none when the winner has all.
fn weigh(attribution: Attribution, clicks: usize) -> Vec<u32> {
    let between = u32::try_from(clicks.saturating_sub(2)).unwrap_or(u32::MAX);
    match attribution {
        Attribution::LastOrFirst => Vec::new(),
        Attribution::Linear => vec![1; clicks],
        Attribution::PositionBased if between == 0 => vec![1; clicks],
        Attribution::PositionBased => {
            // 2 of 5 for each end, 1 of 5 for all between, in units of one click between.
            let end = between.saturating_mul(2);
            (0..clicks).map(|place| if place == 0 || place + 1 == clicks { end } else { 1 }).collect()
        }
    }
}

/// The shares by partner, the winner's first: the winner has all where there are no weights.
pub(super) fn shares(claims: &[Claim<'_>], won: usize, weights: &BTreeMap<usize, u32>) -> Vec<Share> {
    let winner = claims.get(won).and_then(|claim| claim.enrollment);
    let all = [(won, 1)].into();
    let mut shares: Vec<Share> = Vec::new();
    for (place, weight) in if weights.is_empty() { &all } else { weights } {
        let Some((claim, enrollment)) = claims.get(*place).and_then(|claim| Some((claim, claim.enrollment?))) else { continue };
        let click = if let Basis::Click(id) = claim.basis { Some(id) } else { None };
        match shares.iter_mut().find(|share| share.enrollment == enrollment) {
            Some(share) => {
                share.weight = share.weight.saturating_add(*weight);
                share.clicks.extend(click);
            }
            None => shares.push(Share { enrollment, weight: *weight, clicks: click.into_iter().collect() }),
        }
    }
    shares.sort_by_key(|share| (Some(share.enrollment) != winner, share.enrollment));
    shares
}

/// Whether a partner still has a share in a purchase of that time under the terms of the one who won it (AT-14).
pub(in crate::domain) fn still_shares(
    world: &World,
    id: EnrollmentId,
    version: &TermsVersion,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<(), DecisionReason> {
    let enrollment = lasting(world, id, at)?;
    after_archive(enrollment, version, at).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_16_weights_follow_the_place() {
        let position = |clicks| weigh(Attribution::PositionBased, clicks);
        assert_eq!((position(1), position(2), position(3), position(5)), (vec![1], vec![1, 1], vec![2, 1, 2], vec![6, 1, 1, 1, 6]));
        assert_eq!(weigh(Attribution::Linear, 3), [1, 1, 1]);
        assert_eq!(weigh(Attribution::LastOrFirst, 3), [0_u32; 0]);
    }
}
