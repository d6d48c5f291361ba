//! Leads: what a partner earns for a customer who signed up or began a trial and has not bought yet (CO-10).

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use entity::value::{CustomerId, DecisionReason, EnrollmentId, HoldReason, LeadEvent, LeadReward, Terms, TouchKind};

use super::Commission;
use super::earned::Amounts;
use super::fold::Fold;
use super::share::{Lot, commissions, sharers};
use crate::domain::attribution::{Bound, Share, still_shares};
use crate::domain::commission::Earned;
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Signup, Standing, TermsVersion, Trial};
use crate::domain::step::Steps;
use crate::domain::tally::Place;

/// Something that makes a customer a lead; a trial with the subscription's id at its source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event<'a> {
    at: DateTime<Utc>,
    customer: CustomerId,
    kind: LeadEvent,
    object: Option<&'a str>,
}

/// An event that the terms of whoever had the customer reward.
pub(super) struct Rewarded<'a> {
    event: Event<'a>,
    version: &'a TermsVersion,
    reward: LeadReward,
    /// Who shares in it, the winner first, and whether each of them has it from an earlier event already.
    shares: Vec<(Share, bool)>,
}

impl Rewarded<'_> {
    /// When.
    pub(super) const fn at(&self) -> DateTime<Utc> {
        self.event.at
    }
}

impl<'a> Fold<'a> {
    /// What is to be rewarded of the person as a lead: once for each enrollment and customer, by the first event that its terms reward.
    pub(super) fn rewards(&self) -> Vec<Rewarded<'a>> {
        let mut rewarded: Vec<(EnrollmentId, CustomerId, DateTime<Utc>)> = Vec::new();
        let mut rewards = Vec::new();
        for event in self.events() {
            let Some((bound, version, reward)) = self.rewarded(event) else { continue };
            let Event { at, customer, .. } = event;
            let has = |id: EnrollmentId| {
                let same = |other, then| self.tie_counts((customer, at), (other, then), &version.terms);
                rewarded.iter().any(|(known, other, then)| *known == id && same(*other, *then))
            };
            if has(bound.enrollment) {
                continue;
            }
            let shares = sharers(self, bound.enrollment, version, bound.shares.clone(), at);
            let had: Vec<bool> = shares.iter().map(|share| has(share.enrollment)).collect();
            let shares: Vec<(Share, bool)> = shares.into_iter().zip(had).collect();
            rewarded.extend(shares.iter().map(|(share, _)| (share.enrollment, customer, at)));
            rewards.push(Rewarded { event, version, reward, shares });
        }
        rewards
    }

    /// Sign-ups and trials in order of time.
    fn events(&self) -> Vec<Event<'a>> {
        let person = self.person;
        let signup = |one: &'a Signup| Event { at: one.at, customer: one.customer, kind: LeadEvent::Signup, object: None };
        let trial = |one: &'a Trial| Event { at: one.at, customer: one.customer, kind: LeadEvent::Trial, object: Some(&one.object) };
        let mut events: Vec<Event<'a>> = person.signups.iter().map(signup).chain(person.trials.iter().map(trial)).collect();
        events.sort();
        events
    }

    fn tie_counts(&self, a: (CustomerId, DateTime<Utc>), b: (CustomerId, DateTime<Utc>), terms: &Terms) -> bool {
        self.person.tie(a, b).counts(terms)
    }

    /// Whom an event earns something, and what: whoever has bought before is no lead.
    fn rewarded(&self, event: Event<'_>) -> Option<(&Bound, &'a TermsVersion, LeadReward)> {
        let Event { at, customer, kind, .. } = event;
        let (bound, version) = self.bound_at(at, customer)?;
        let reward = version.terms.lead.filter(|reward| reward.on == kind)?;
        still_shares(self.world, bound.enrollment, version, at).ok()?;
        let bought = self.view(None, (customer, at)).first_success(&version.terms);
        bought.is_none_or(|first| at < first).then_some((bound, version, reward))
    }

    /// The binding at the event and its terms. A trial may begin a little before the checkout that names the partner is completed, and
    /// anything before a sign-up that is told late (AT-13); it then counts for whoever the customer was bound to first within that time, if
    /// that was before any purchase and by no word of a hand, which says itself from when on it counts.
    fn bound_at(&self, at: DateTime<Utc>, customer: CustomerId) -> Option<(&Bound, &'a TermsVersion)> {
        let world = self.world;
        let known = |bound: &'_ Bound| world.enrollments.get(&bound.enrollment)?.bound_terms(bound.terms, bound.at, at);
        let own = |(bound, version): &(&Bound, &TermsVersion)| self.tie_counts((customer, at), (bound.customer, bound.at), &version.terms);
        let all = || self.bindings.iter().filter_map(|bound| Some((bound, known(bound)?))).filter(own);
        let during = |(bound, _): &(&Bound, &TermsVersion)| bound.at <= at && bound.ended_at.is_none_or(|ended| at < ended);
        let late = |(bound, version): &(&Bound, &TermsVersion)| {
            let window = Duration::days(i64::from(version.terms.late_binding_days));
            let unbought = self.view(None, (customer, at)).first_success(&version.terms).is_none_or(|first| bound.at < first);
            let by_hand = matches!(bound.source, TouchKind::Manual | TouchKind::Import);
            at < bound.at && bound.at < at + window && unbought && !by_hand
        };
        all().filter(during).next_back().or_else(|| all().next().filter(late))
    }

    /// What those who share earn by the customer as a lead, and what their recruiters do.
    pub(super) fn earned_by_lead(&mut self, found: &Rewarded<'_>) -> Vec<Commission> {
        let Rewarded { event: Event { at, customer, kind, object }, version, reward, ref shares } = *found;
        let mut told = Steps::default();
        let what = if kind == LeadEvent::Signup { "the customer signed up" } else { "the customer began a trial" };
        told.add("CO-10", format!("{what}, and counts once"), Some(reward.amount));
        let unproved = kind == LeadEvent::Signup && !self.is_proved(customer, at, &version.terms);
        if unproved {
            let text = "only a page told of it: it waits until the merchant's server, a payment or a person says so as well";
            told.add("SN-4", text, None);
        }
        let holds = |standing: &Standing| if unproved && !standing.approved { vec![HoldReason::Review] } else { Vec::new() };
        let earned = Earned { reason: DecisionReason::Commissioned, base: 0, amount: reward.amount, counts: false };
        let rates = self.person.rates.get(&at.date_naive()).cloned().unwrap_or_default();
        let lot = Lot {
            by: By::Lead(customer),
            place: Place::lead(at, object, customer),
            at,
            currency: reward.currency,
            rates: &rates,
            version,
            shares: shares.iter().map(|(share, _)| share.clone()).collect(),
            amounts: Amounts { now: earned, before: reward.amount, at_risk: 0 },
            holds: &holds,
            standing: &self.leads_standing(customer),
        };
        let mut leads = Vec::new();
        for ((lead, steps), (_, has)) in commissions(self, &lot).into_iter().zip(shares) {
            if *has {
                continue;
            }
            let mut all = told.clone();
            all.extend(steps);
            leads.extend(lead.map(|lead| Commission { steps: all.into_vec(), ..lead }));
        }
        self.wide.recruiters(&leads, (&lot.place, &rates), &self.person.standing);
        leads
    }

    /// SN-4: whether more than a page, on which anybody can say it, tells of the customer.
    fn is_proved(&self, customer: CustomerId, at: DateTime<Utc>, terms: &Terms) -> bool {
        let own = |other: CustomerId, then: DateTime<Utc>| self.tie_counts((customer, at), (other, then), terms);
        let server = |one: &Signup| one.told_by_server_at.is_some_and(|told| own(one.customer, told));
        self.person.signups.iter().any(server)
            || self.person.trials.iter().any(|one| own(one.customer, one.at))
            || self.person.purchases.iter().any(|one| own(one.customer, one.state.at.unwrap_or(one.state.known_at)))
    }

    /// What was decided by hand of the person as a lead of each enrollment, under whichever of the person's customers it stands; and what
    /// was paid of this one.
    fn leads_standing(&self, customer: CustomerId) -> BTreeMap<EnrollmentId, Standing> {
        let own = Origin::first(By::Lead(customer));
        let mut standing: BTreeMap<EnrollmentId, Standing> = BTreeMap::new();
        for ((enrollment, origin), one) in &self.person.standing {
            if !matches!(origin, Origin { by: By::Lead(_), through: None }) {
                continue;
            }
            let sum = standing.entry(*enrollment).or_default();
            sum.approved |= one.approved;
            sum.rejected |= one.rejected;
            sum.released.extend(one.released.iter().copied());
            if *origin == own {
                (sum.paid, sum.stated_in) = (one.paid, one.stated_in);
            }
        }
        standing
    }
}
