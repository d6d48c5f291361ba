//! Settling a period of the tiers: what the level that was reached in it adds at its end (CO-7).
//!
//! A pure function of the sums that purchases of the period made, the world and the time.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use entity::value::{Currency, EnrollmentId, HoldReason, Period as Calendar, TermsId, TierEffect, TierPeriodId, Tiers};

use super::Commission;
use super::metric::threshold;
use super::stated::{Told, statement};
use super::wide::{Earning, Sides, Wide};
use crate::domain::exchange::Rates;
use crate::domain::lifecycle::{Circumstances, place};
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Enrollment, Standing, TermsVersion, World};
use crate::domain::step::Steps;
use crate::domain::tally::{Asked, Entry, Measure, Owner, Place, Stretch, Tally, level_reached};

/// One period of the tiers of one enrollment, for purchases in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its id.
    pub id: TierPeriodId,
    /// Whose.
    pub enrollment: EnrollmentId,
    /// By which version.
    pub terms: TermsId,
    /// Of the purchases.
    pub currency: Currency,
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// Its end, not included.
    pub to: DateTime<Utc>,
}

/// What follows from the sums of a period.
#[derive(Clone, Debug, Default)]
pub struct PeriodSettlement {
    /// What is added, and what the recruiter has of it.
    pub commissions: Vec<Commission>,
    /// What that adds to sums over many persons.
    pub entries: Vec<Entry>,
    /// Which sums that took.
    pub asked: Asked,
    /// When time alone will change something next.
    pub due: Option<DateTime<Utc>>,
}

/// Settles a period at the time `now`: nothing is added before its end.
#[must_use]
pub fn settle_period(
    period: &Period,
    world: &World,
    standing: &BTreeMap<(EnrollmentId, Origin), Standing>,
    rates: &Rates,
    now: DateTime<Utc>,
) -> PeriodSettlement {
    let mut wide = Wide::new(world, now);
    let mut settled = PeriodSettlement::default();
    if now < period.to {
        return PeriodSettlement { due: Some(period.to), ..settled };
    }
    let known = world.enrollments.get(&period.enrollment);
    let found = known.and_then(|known| Some((known, known.terms_version(period.terms)?)));
    if let Some((known, version)) = found {
        let own = standing.get(&(known.id, Origin::first(By::TierPeriod(period.id))));
        if let Some(added) = true_up(&mut wide, period, (known, version), (own, rates)) {
            let place = Place::end_of_period(period.to, version.id);
            wide.recruiters(std::slice::from_ref(&added), (&place, rates), standing);
            settled.commissions.push(added);
        }
    }
    settled.commissions.append(&mut wide.second_level);
    let waits = settled.commissions.iter().filter(|one| one.pending > one.held).map(|one| one.release_at);
    // Nobody rings for a period when a rate is told: it asks again.
    let awaits_rate = settled.commissions.iter().any(|one| one.holds.contains(&HoldReason::AwaitingRate));
    let tomorrow = awaits_rate.then(|| now + Duration::days(1));
    settled.due = waits.filter(|at| now < *at).chain(tomorrow).min();
    (settled.entries, settled.asked) = wide.running.into_parts();
    settled
}

/// The tallies of a version's tiers in the period of a time.
fn stretch(tiers: &Tiers, at: DateTime<Utc>) -> Option<Stretch> {
    (tiers.effect == TierEffect::Retroactive && tiers.period != Calendar::Lifetime).then(|| Stretch::of(tiers.period, at))
}

fn true_up(
    wide: &mut Wide<'_>,
    period: &Period,
    (known, version): (&Enrollment, &TermsVersion),
    (stored, rates): (Option<&Standing>, &Rates),
) -> Option<Commission> {
    let tiers = version.terms.tiers.as_ref()?;
    let stretch = stretch(tiers, period.from)?;
    let end = Place::start_of(period.to);
    let owner = Owner::Enrollment(known.id);
    let metric = Tally { owner, measure: Measure::Metric(tiers.metric), stretch, currency: tiers.currency };
    let sum = wide.running.before(metric, &end);
    let (level, _) = level_reached(tiers.levels.iter().map(|level| level.from), sum);
    let mut steps = Steps::default();
    let uplift = match level.and_then(|level| Some((u16::try_from(level).ok()?, tiers.levels.get(level)?))) {
        Some((level, of)) => {
            let measure = Measure::Uplift { terms: version.id, level };
            let uplift = wide.running.before(Tally { owner, measure, stretch, currency: Some(period.currency) }, &end).max(0);
            let text = format!("by {} in {stretch} the partner reached the level from {}", tiers.metric, threshold(tiers, of.from));
            steps.add("CO-7", text, None);
            steps.add("CO-7", "what its reward adds to that of the purchases of the period", Some(uplift));
            uplift
        }
        None => 0,
    };
    if uplift == 0 && stored.is_none() {
        return None;
    }
    let standing = stored.cloned().unwrap_or_default();
    let (by, currency) = (By::TierPeriod(period.id), period.currency);
    // It belongs to the period, and stands behind everything that was bought in it.
    let at = period.to;
    let place_at = Place::end_of_period(period.to, version.id);
    let earning = Earning { by, place: place_at.first_level(known.id), currency, enrollment: known, version };
    let is_void = standing.rejected && standing.paid.is_none();
    let whole = if is_void { Sides::default() } else { Sides { earned: uplift, amount: uplift, at_risk: 0 } };
    let sides = wide.caps(&earning, whole, &mut steps);
    let statement = statement(&Told { currency, at, rates }, known, &standing, (sides.earned, sides.amount), &mut steps);
    let Sides { earned, amount, at_risk } = if statement.is_missing { Sides::default() } else { sides };
    let holds = if statement.waits { vec![HoldReason::AwaitingRate] } else { Vec::new() };
    let release_at = at + Duration::days(i64::from(version.terms.hold_days));
    let stands = place(&Circumstances { amount, standing: &standing, holds: &holds, at_risk, release_at, now: wide.now });
    Some(Commission {
        origin: Origin::first(by),
        enrollment: known.id,
        program: known.program,
        partner: known.partner,
        terms: version.id,
        earned,
        amount,
        pending: stands.pending,
        held: stands.held,
        at_risk,
        currency,
        at,
        state: stands.state,
        holds,
        release_at,
        steps: steps.into_vec(),
        stated: statement.stated,
        evidence: Vec::new(),
        score: 0,
    })
}
