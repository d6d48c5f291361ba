//! The fold: one moment of the history after the other, each with the binding that the earlier ones left.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use entity::value::{BindingStage, CommissionState, DecisionReason, EnrollmentId, HoldReason, TouchKind};

use super::earned::{earned, fully_returned_at, received};
use super::holds::holds;
use super::{Commission, Decision, Settlement};
use crate::domain::attribution::{Bound, Candidate, Choice, Claim, View, choose};
use crate::domain::commission::Earlier;
use crate::domain::lifecycle::{Circumstances, state as state_of};
use crate::domain::origin::{By, Origin};
use crate::domain::person::{Person, Purchase, TermsVersion, World};
use crate::domain::step::Steps;

/// A point of the history at which something is concluded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// A sign-up, a checkout that was gone through, or an entry by hand.
    Evidence(DateTime<Utc>),
    /// A purchase, by its place in the person's list.
    Purchase(usize),
}

/// The history so far.
pub(super) struct Fold<'a> {
    pub person: &'a Person,
    pub world: &'a World,
    pub now: DateTime<Utc>,
    pub first_success: Option<DateTime<Utc>>,
    pub bindings: Vec<Bound>,
    earlier: BTreeMap<EnrollmentId, Vec<Earlier>>,
    decisions: Vec<Decision>,
    due: Option<DateTime<Utc>>,
}

impl<'a> Fold<'a> {
    pub fn new(person: &'a Person, world: &'a World, now: DateTime<Utc>) -> Self {
        let paid = person.purchases.iter().filter(|p| bought(p));
        Self {
            person,
            world,
            now,
            first_success: paid.filter_map(|p| p.state.at).min(),
            bindings: Vec::new(),
            earlier: BTreeMap::new(),
            decisions: Vec::with_capacity(person.purchases.len()),
            due: None,
        }
    }

    /// Goes through the history.
    pub fn settle(mut self) -> Settlement {
        for moment in self.moments() {
            match moment {
                Moment::Evidence(at) => self.lead(at),
                Moment::Purchase(index) => self.purchase(index),
            }
        }
        let leads = self.leads();
        Settlement { bindings: self.bindings, decisions: self.decisions, leads, due: self.due }
    }

    /// All moments in order of source time; evidence stands before a purchase of the same instant, purchases of one instant by their key.
    fn moments(&self) -> Vec<Moment> {
        let binding = |kind| matches!(kind, TouchKind::Signup | TouchKind::ClientReference | TouchKind::Manual | TouchKind::Import);
        let evidence = self.person.touches.iter().filter(|t| binding(t.kind)).map(|t| ((t.at, None), Moment::Evidence(t.at)));
        let purchases = self.person.purchases.iter().enumerate().map(|(index, p)| {
            let at = p.state.at.unwrap_or(p.state.known_at);
            ((at, Some(&p.state.key)), Moment::Purchase(index))
        });
        let mut all: Vec<_> = evidence.chain(purchases).collect();
        all.sort_by_key(|(place, _)| *place);
        all.dedup_by(|a, b| a.1 == b.1);
        all.into_iter().map(|(_, moment)| moment).collect()
    }

    fn view<'v>(&'v self, purchase: Option<&'v Purchase>, at: DateTime<Utc>) -> View<'v> {
        View { person: self.person, world: self.world, purchase, at, binding: self.bindings.last(), first_success: self.first_success }
    }

    /// Binds the person without a purchase: at the sign-up, at a checkout that brings no money, or by hand (AT-5, AT-13, AT-15).
    fn lead(&mut self, at: DateTime<Utc>) {
        let winner = choose(&self.view(None, at)).winner.filter(|winner| winner.binds);
        self.rebind(winner.and_then(|winner| bound_by(&winner, at)), at);
    }

    fn purchase(&mut self, index: usize) {
        let Some(purchase) = self.person.purchases.get(index) else { return };
        let counts = self.attribute(purchase);
        // AT-5: who has paid for something is a customer, also when nobody earned it: a code that repeats on renewals must not re-bind (AT-10).
        if counts && let Some(current) = self.bindings.last_mut() {
            current.stage = BindingStage::Customer;
        }
    }

    /// Decides who earns what. True when the purchase has a base above zero, as far as can be known without terms where nobody won.
    fn attribute(&mut self, purchase: &Purchase) -> bool {
        if let Some(reason) = self.before_choice(purchase) {
            self.decide_nobody(purchase, reason, Vec::new(), Steps::default());
            return bought(purchase);
        }
        let at = purchase.state.at.unwrap_or(purchase.state.known_at);
        let mut steps = Steps::default();
        let Choice { winner, candidates, reason, review } = choose(&self.view(Some(purchase), at));
        let bound = winner.as_ref().filter(|w| w.binds).and_then(|w| bound_by(w, at));
        let won = winner.as_ref().and_then(|w| Some((w.enrollment?, w.terms.ok()?.clone(), w.note.clone())));
        let Some((enrollment, version, note)) = won else {
            let zero = purchase.state.total <= 0 || received(&purchase.state) <= 0;
            let reason = if zero { DecisionReason::ZeroAmount } else { reason };
            self.decide_nobody(purchase, reason, candidates, steps);
            return bought(purchase);
        };
        steps.add("AT-6", format!("won: {note}"), None);
        self.rebind(bound, at);
        self.decide(purchase, enrollment, &version, Won { candidates, review }, steps)
    }

    fn rebind(&mut self, bound: Option<Bound>, at: DateTime<Utc>) {
        let Some(mut bound) = bound else { return };
        if let Some(current) = self.bindings.last_mut() {
            if current.enrollment == bound.enrollment {
                return;
            }
            current.ended_at = Some(at);
            // Whoever has bought stays a customer under the next partner, so that a code which repeats on renewals cannot re-bind (AT-10).
            bound.stage = current.stage;
        }
        self.bindings.push(bound);
    }

    fn decide(&mut self, purchase: &Purchase, enrollment: EnrollmentId, version: &TermsVersion, won: Won, mut steps: Steps) -> bool {
        let Some(known) = self.world.enrollments.get(&enrollment) else { return false };
        let state = &purchase.state;
        let terms = &version.terms;
        let earlier = self.earlier.entry(enrollment).or_default();
        let earned = earned(state, terms, earlier, &mut steps);
        let at = state.at.unwrap_or(state.known_at);
        if earned.counts {
            earlier.push(Earlier { at, returned_at: fully_returned_at(state) });
        }
        let standing = purchase.standing.get(&enrollment).cloned().unwrap_or_default();
        let mut holds = holds(state, terms, won.review, &standing);
        if earned.reason == DecisionReason::AwaitingRate {
            holds.push(HoldReason::AwaitingRate);
        }
        let release_at = at + Duration::days(i64::from(terms.hold_days));
        let amount = if standing.rejected && !standing.paid { 0 } else { earned.amount };
        let commission_state =
            state_of(&Circumstances { amount: earned.amount, standing: &standing, holds: &holds, release_at, now: self.now });
        if commission_state == CommissionState::Pending {
            self.due_at(release_at);
        }
        let commission = Commission {
            origin: Origin::first(By::Purchase(purchase.id)),
            enrollment,
            program: known.program,
            partner: known.partner,
            terms: version.id,
            amount,
            currency: state.currency,
            at,
            state: commission_state,
            holds,
            release_at,
            steps: Vec::new(),
        };
        self.decisions.push(Decision {
            purchase: purchase.id,
            reason: if standing.rejected { DecisionReason::FraudRejected } else { earned.reason },
            base: earned.base,
            commissions: vec![commission],
            candidates: won.candidates,
            steps: steps.into_vec(),
        });
        earned.counts || earned.base > 0
    }

    fn decide_nobody(&mut self, purchase: &Purchase, reason: DecisionReason, candidates: Vec<Candidate>, steps: Steps) {
        let steps = steps.into_vec();
        self.decisions.push(Decision { purchase: purchase.id, reason, base: 0, commissions: Vec::new(), candidates, steps });
    }

    /// Asks to be settled again at this time.
    pub fn due_at(&mut self, at: DateTime<Utc>) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

/// Whether money was received for something, so that the person has bought (AT-5, AT-11).
fn bought(purchase: &Purchase) -> bool {
    !purchase.conflict && received(&purchase.state) > 0 && purchase.state.net_total() > 0
}

/// What the choice left besides its winner.
struct Won {
    candidates: Vec<Candidate>,
    review: bool,
}

fn bound_by(winner: &Claim<'_>, at: DateTime<Utc>) -> Option<Bound> {
    Some(Bound {
        enrollment: winner.enrollment?,
        terms: winner.terms.ok()?.id,
        source: winner.source,
        touch: winner.touch,
        customer: winner.customer,
        at,
        ended_at: None,
        stage: BindingStage::Lead,
    })
}
