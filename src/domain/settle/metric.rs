//! What a purchase adds to what its partners brought, and which level of the tiers it earns by (CO-7).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{CustomerId, EnrollmentId, Money, Terms, TierEffect, TierMetric, Tiers};

use super::Commission;
use super::fold::Fold;
use super::share::{Lot, split};
use crate::domain::person::{Enrollment, Purchase, TermsVersion};
use crate::domain::step::Steps;
use crate::domain::tally::{Bounds, Entry, Measure, Owner, Place, Stretch, Tally, level_reached};

/// What was counted of a purchase, as far as metrics ask.
pub(super) struct Brought<'p> {
    pub purchase: &'p Purchase,
    /// What it is worth by now, in minor units.
    pub base: i64,
    /// What each of those who share earns.
    pub commissions: &'p [Commission],
    /// The level by which it earned, if its terms have levels that count from then on.
    pub level: Option<Level>,
    /// What each level would add at the end of the period.
    pub uplifts: Vec<i64>,
}

/// By which sum a level was chosen, and within what it stays so.
#[derive(Clone, Copy)]
pub(super) struct Level {
    tally: Tally,
    bounds: Bounds,
}

fn tally(enrollment: EnrollmentId, tiers: &Tiers, at: DateTime<Utc>) -> Tally {
    let stretch = Stretch::of(tiers.period, at);
    Tally { owner: Owner::Enrollment(enrollment), measure: Measure::Metric(tiers.metric), stretch, currency: tiers.currency }
}

/// The threshold of a level in words.
pub(super) fn threshold(tiers: &Tiers, from: i64) -> String {
    match tiers.currency {
        Some(currency) => format!("{} {currency}", Money::new(from, currency).to_decimal()),
        None => from.to_string(),
    }
}

impl Fold<'_> {
    /// The terms with the reward of the level that the partner had reached before, where levels count from then on (CO-7).
    pub(super) fn by_level(
        &mut self,
        (enrollment, version): (EnrollmentId, &TermsVersion),
        (place, at): (&Place, DateTime<Utc>),
        steps: &mut Steps,
    ) -> (Option<Terms>, Option<Level>) {
        let Some(tiers) = version.terms.tiers.as_ref().filter(|tiers| tiers.effect == TierEffect::Future) else { return (None, None) };
        let tally = tally(enrollment, tiers, at);
        let sum = self.wide.running.before(tally, &place.first_level(enrollment));
        let (reached, bounds) = level_reached(tiers.levels.iter().map(|level| level.from), sum);
        let reached = reached.and_then(|level| tiers.levels.get(level));
        let told = reached.map_or_else(|| "no level".to_owned(), |level| format!("the level from {}", threshold(tiers, level.from)));
        steps.add("CO-7", format!("by {} in {} the partner had reached {told}", tiers.metric, tally.stretch), None);
        let terms = reached.map(|level| Terms { reward: level.reward, ..(*version.terms).clone() });
        (terms, Some(Level { tally, bounds }))
    }

    /// Counts a purchase towards what its partners brought.
    pub(super) fn count(&mut self, known: &Enrollment, lot: &Lot<'_>, brought: &Brought<'_>) {
        let void = |id: &EnrollmentId| lot.standing.get(id).is_some_and(|standing| standing.rejected && standing.paid.is_none());
        let bases: BTreeMap<EnrollmentId, i64> = lot
            .shares
            .iter()
            .map(|share| share.enrollment)
            .zip(split(brought.base.max(0), &lot.shares))
            .filter(|(id, _)| !void(id))
            .collect();
        let counts = i64::from(brought.base > 0 && bases.contains_key(&known.id));
        let is_first = counts > 0 && self.is_first(known.id, &lot.version.terms, (brought.purchase.customer, lot.at));
        for (metric, period, currency) in &known.reach.metrics {
            let in_other = currency.is_some_and(|currency| currency != lot.currency);
            for share in &lot.shares {
                let id = share.enrollment;
                let is_winner = id == known.id;
                let amount = match metric {
                    _ if in_other => 0,
                    TierMetric::Revenue => bases.get(&id).copied().unwrap_or(0),
                    TierMetric::Purchases if is_winner => counts,
                    TierMetric::Customers if is_winner => i64::from(is_first),
                    TierMetric::Purchases | TierMetric::Customers => 0,
                    TierMetric::Commission => {
                        brought.commissions.iter().find(|one| one.enrollment == id).map_or(0, |one| one.amount.max(0))
                    }
                };
                let stretch = Stretch::of(*period, lot.at);
                let tally = Tally { owner: Owner::Enrollment(id), measure: Measure::Metric(*metric), stretch, currency: *currency };
                let level = brought.level.filter(|level| is_winner && level.tally == tally);
                let bounds = level.map_or(Bounds::FREE, |level| level.bounds);
                self.wide.running.add(Entry { tally, place: lot.place.first_level(id), amount, bounds, by: lot.by });
            }
        }
        self.uplifts(lot, brought);
    }

    /// What each level would add to what those who share earn, for the end of the period.
    fn uplifts(&mut self, lot: &Lot<'_>, brought: &Brought<'_>) {
        let Some(tiers) = &lot.version.terms.tiers else { return };
        let stretch = Stretch::of(tiers.period, lot.at);
        for (level, uplift) in (0..).zip(&brought.uplifts) {
            for (share, amount) in lot.shares.iter().zip(split(*uplift, &lot.shares)) {
                let id = share.enrollment;
                let void = lot.standing.get(&id).is_some_and(|standing| standing.rejected && standing.paid.is_none());
                let measure = Measure::Uplift { terms: lot.version.id, level };
                let tally = Tally { owner: Owner::Enrollment(id), measure, stretch, currency: Some(lot.currency) };
                let amount = if void { 0 } else { amount };
                self.wide.running.add(Entry { tally, place: lot.place.first_level(id), amount, bounds: Bounds::FREE, by: lot.by });
            }
        }
    }

    /// Whether the customer had bought nothing before that counts for the enrollment and is not paid back; notes that they have now.
    fn is_first(&mut self, enrollment: EnrollmentId, terms: &Terms, (customer, at): (CustomerId, DateTime<Utc>)) -> bool {
        let person = self.person;
        let before = self.brought.entry(enrollment).or_default();
        let known = before.iter().any(|(other, then)| person.tie((customer, at), (*other, *then)).counts(terms));
        before.push((customer, at));
        !known
    }
}
