//! Leads: what a partner earns for a customer who signed up or began a trial and has not bought yet (CO-10).

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use entity::value::{CommissionState, CustomerId, LeadEvent, LeadReward};

use super::Commission;
use super::fold::Fold;
use crate::domain::attribution::{Bound, still_earns};
use crate::domain::lifecycle::{Circumstances, state as state_of};
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Enrollment, Standing, TermsVersion};
use crate::domain::step::Steps;

/// Something that makes a customer a lead.
type Event = (DateTime<Utc>, CustomerId, LeadEvent);

impl Fold<'_> {
    /// What the person earned partners as a lead: once for each enrollment, by the first event that its terms reward.
    pub(super) fn leads(&mut self) -> Vec<Commission> {
        let mut rewarded = BTreeSet::new();
        let mut leads = Vec::new();
        for event in self.events() {
            let Some((enrollment, version, reward)) = self.rewarded(event) else { continue };
            if rewarded.insert(enrollment.id) {
                leads.push(self.earned_by_lead(event, enrollment, version, reward));
            }
        }
        for lead in leads.iter().filter(|lead| lead.state == CommissionState::Pending) {
            self.due_at(lead.release_at);
        }
        leads
    }

    /// Sign-ups and trials before the person bought anything, in order of time.
    fn events(&self) -> Vec<Event> {
        let signups = self.person.signups.iter().map(|one| (one.at, one.customer, LeadEvent::Signup));
        let trials = self.person.trials.iter().map(|one| (one.at, one.customer, LeadEvent::Trial));
        let mut events: Vec<Event> = signups.chain(trials).filter(|(at, ..)| self.first_success.is_none_or(|first| *at < first)).collect();
        events.sort();
        events
    }

    /// Whom an event earns something, and what.
    fn rewarded(&self, (at, _, event): Event) -> Option<(&Enrollment, &TermsVersion, LeadReward)> {
        let bound = self.bound_at(at, event)?;
        let enrollment = self.world.enrollments.get(&bound.enrollment)?;
        let version = enrollment.terms_version(bound.terms)?;
        let reward = version.terms.lead.filter(|reward| reward.on == event)?;
        still_earns(self.world, version, bound.enrollment, at).ok()?;
        Some((enrollment, version, reward))
    }

    /// The binding at the event. A trial may begin a little before the checkout that names the partner is completed, and before a sign-up
    /// that comes late (AT-13); it then counts for whoever the person was bound to first, if that was before any purchase.
    fn bound_at(&self, at: DateTime<Utc>, event: LeadEvent) -> Option<&Bound> {
        let during = |bound: &&Bound| bound.at <= at && bound.ended_at.is_none_or(|ended| at < ended);
        let late = |bound: &&Bound| {
            let version = self.world.enrollments.get(&bound.enrollment).and_then(|known| known.terms_version(bound.terms));
            let window = version.map_or(0, |version| version.terms.late_binding_days);
            let unbought = self.first_success.is_none_or(|first| bound.at < first);
            event == LeadEvent::Trial && at < bound.at && bound.at < at + Duration::days(i64::from(window)) && unbought
        };
        self.bindings.iter().find(during).or_else(|| self.bindings.first().filter(late))
    }

    fn earned_by_lead(&self, (at, customer, event): Event, known: &Enrollment, version: &TermsVersion, reward: LeadReward) -> Commission {
        let origin = Origin::first(By::Lead(customer));
        let standing = self.lead_standing(known);
        let release_at = at + Duration::days(i64::from(version.terms.hold_days));
        let (amount, now) = (reward.amount, self.now);
        let mut steps = Steps::default();
        let what = if event == LeadEvent::Signup { "the customer signed up" } else { "the customer began a trial" };
        steps.add("CO-10", format!("{what}, bound to the partner; counts once"), Some(amount));
        Commission {
            origin,
            enrollment: known.id,
            program: known.program,
            partner: known.partner,
            terms: version.id,
            amount: if standing.rejected && !standing.paid { 0 } else { amount },
            currency: reward.currency,
            at,
            state: state_of(&Circumstances { amount, standing: &standing, holds: &[], release_at, now }),
            holds: Vec::new(),
            release_at,
            steps: steps.into_vec(),
        }
    }

    /// What was decided by hand of the person as a lead of the enrollment, under whichever of the person's customers it stands.
    fn lead_standing(&self, known: &Enrollment) -> Standing {
        let own = self.person.standing.iter().filter(|((enrollment, origin), _)| *enrollment == known.id && origin.is_lead());
        own.fold(Standing::default(), |sum, (_, one)| Standing {
            approved: sum.approved || one.approved,
            rejected: sum.rejected || one.rejected,
            paid: sum.paid || one.paid,
        })
    }
}
