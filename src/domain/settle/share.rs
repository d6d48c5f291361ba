//! What each of those earns who share what one thing brings (AT-16): mostly one alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{ClickId, Currency, DecisionReason, EnrollmentId, HoldReason, allocate};

use super::Commission;
use super::earned::Amounts;
use super::fold::Fold;
use super::stated::{Told, statement};
use super::suspicion::suspicion;
use super::wide::{Earning, Sides};
use crate::domain::attribution::{Share, still_shares};
use crate::domain::exchange::Rates;
use crate::domain::lifecycle::{Circumstances, place};
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Standing, TermsVersion};
use crate::domain::step::Steps;
use crate::domain::tally::Place;

/// What was won, and by whom.
pub(super) struct Lot<'a> {
    pub by: By,
    /// Where it stands among what all persons bring.
    pub place: Place,
    pub at: DateTime<Utc>,
    pub currency: Currency,
    /// The rates that hold for it.
    pub rates: &'a Rates,
    pub version: &'a TermsVersion,
    /// The winner first.
    pub shares: Vec<Share>,
    pub amounts: Amounts,
    /// Why it is kept back whatever time says, beside rates and signs of fraud.
    pub holds: &'a dyn Fn(&Standing) -> Vec<HoldReason>,
    /// What was decided by hand, and what was paid out, for each enrollment.
    pub standing: &'a BTreeMap<EnrollmentId, Standing>,
}

/// Who shares: the winner, and those of `shares` who still take part. The others' parts fall to the rest.
pub(super) fn sharers(fold: &Fold<'_>, winner: EnrollmentId, version: &TermsVersion, shares: Vec<Share>, at: DateTime<Utc>) -> Vec<Share> {
    let lasts = |share: &Share| share.enrollment == winner || still_shares(fold.world, share.enrollment, version, at).is_ok();
    let left: Vec<Share> = shares.into_iter().filter(lasts).collect();
    if left.iter().any(|share| share.enrollment == winner) {
        left
    } else {
        vec![Share { enrollment: winner, weight: 1, clicks: BTreeSet::new() }]
    }
}

/// The commissions of those who share, the winner's first, each with its own steps. The parts of each amount sum to the whole.
pub(super) fn commissions(fold: &mut Fold<'_>, lot: &Lot<'_>) -> Vec<(Option<Commission>, Steps)> {
    let Amounts { now: earned, before, at_risk } = &lot.amounts;
    let whole = |amount: i64| split(amount, &lot.shares);
    let (amounts, before, kept) = (whole(earned.amount), whole(*before), whole(earned.amount.saturating_sub(*at_risk)));
    let mut parts = Vec::with_capacity(lot.shares.len());
    for (((share, amount), before), kept) in lot.shares.iter().zip(amounts).zip(before).zip(kept) {
        let mut steps = Steps::default();
        if lot.shares.len() > 1 {
            let text = format!("the part of {} by its weight of {}", share.enrollment, share.weight);
            steps.add("AT-16", text, Some(amount));
        }
        let at_risk = amount.saturating_sub(kept).max(0);
        parts.push((parts.len(), Part { enrollment: share.enrollment, clicks: &share.clicks, amount, before, at_risk }, steps));
    }
    // A cap takes them in by their places (CO-6).
    parts.sort_by_key(|(_, part, _)| part.enrollment);
    let awaits_rate = earned.reason == DecisionReason::AwaitingRate;
    let mut commissions = Vec::with_capacity(parts.len());
    for (number, part, mut steps) in parts {
        commissions.push((number, (commission(fold, lot, &part, awaits_rate, &mut steps), steps)));
    }
    commissions.sort_by_key(|(number, _)| *number);
    commissions.into_iter().map(|(_, one)| one).collect()
}

/// One whole in the proportion of the weights.
pub(super) fn split(whole: i64, shares: &[Share]) -> Vec<i64> {
    let weights: Vec<i64> = shares.iter().map(|share| i64::from(share.weight)).collect();
    let alone = || std::iter::once(whole).chain(std::iter::repeat(0)).take(shares.len()).collect();
    allocate(whole, &weights).unwrap_or_else(|_| alone())
}

struct Part<'a> {
    enrollment: EnrollmentId,
    /// The clicks on which it rests.
    clicks: &'a BTreeSet<ClickId>,
    amount: i64,
    before: i64,
    at_risk: i64,
}

/// What one of them earns; nothing when that never was anything, so that it is not shown as reversed (LC).
fn commission(fold: &mut Fold<'_>, lot: &Lot<'_>, part: &Part<'_>, awaits_rate: bool, steps: &mut Steps) -> Option<Commission> {
    let Part { enrollment, at_risk, .. } = *part;
    let terms = &lot.version.terms;
    let known = fold.world.enrollments.get(&enrollment)?;
    let standing = lot.standing.get(&enrollment).cloned().unwrap_or_default();
    let mut holds = (lot.holds)(&standing);
    let is_void = standing.rejected && standing.paid.is_none();
    let whole = if is_void { (0, 0) } else { (part.before, part.amount) };
    let (earned, amount) = whole;
    let earning =
        Earning { by: lot.by, place: lot.place.first_level(known.id), currency: lot.currency, enrollment: known, version: lot.version };
    let Sides { earned, amount, at_risk } = fold.wide.caps(&earning, Sides { earned, amount, at_risk }, steps);
    let whole = (earned, amount);
    let statement = statement(&Told { currency: lot.currency, at: lot.at, rates: lot.rates }, known, &standing, whole, steps);
    let awaits_rate = awaits_rate || statement.waits;
    if awaits_rate {
        holds.push(HoldReason::AwaitingRate);
    }
    let suspicion = suspicion(fold.person, fold.world, (lot.by.purchase(), known, part.clicks), &standing, steps);
    holds.extend(suspicion.hold.filter(|_| !standing.approved));
    let release_at = lot.at + Duration::days(i64::from(terms.hold_days));
    let (before, amount) = if statement.is_missing { (0, 0) } else { whole };
    let place = place(&Circumstances { amount, standing: &standing, holds: &holds, at_risk, release_at, now: fold.now });
    if place.waits {
        fold.due_at(release_at);
    }
    let ever = before > 0 || awaits_rate || lot.standing.contains_key(&enrollment);
    ever.then(|| Commission {
        origin: Origin::first(lot.by),
        enrollment,
        program: known.program,
        partner: known.partner,
        terms: lot.version.id,
        earned: before,
        amount,
        pending: place.pending,
        held: place.held,
        at_risk,
        currency: lot.currency,
        at: lot.at,
        state: place.state,
        holds,
        release_at,
        steps: Vec::new(),
        stated: statement.stated,
        evidence: suspicion.evidence,
        score: suspicion.score,
    })
}
