//! The fold: one moment of the history after the other, each with the binding that the earlier ones left.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{BindingStage, DecisionReason, EnrollmentId, HoldReason, TouchKind};

use super::earned::{amounts, fully_returned_at, received};
use super::share::{Lot, commissions, sharers};
use super::{Decision, Settlement, Winner};
use crate::domain::attribution::{Bound, Candidate, Choice, Claim, Share, View, choose};
use crate::domain::commission::Earlier;
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
    first_success: Option<DateTime<Utc>>,
    bindings: Vec<Bound>,
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
        Settlement { bindings: self.bindings, decisions: self.decisions, due: self.due }
    }

    /// All moments in order of source time; evidence stands before a purchase of the same instant, purchases of one instant by their key.
    fn moments(&self) -> Vec<Moment> {
        let binding = |kind| matches!(kind, TouchKind::Signup | TouchKind::ClientReference | TouchKind::Manual | TouchKind::Import);
        let evidence = self.person.touches.iter().filter(|t| binding(t.kind)).map(|t| t.counts_from(self.person));
        let evidence = evidence.map(|at| ((at, None), Moment::Evidence(at)));
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
        let Choice { winner, shares, .. } = choose(&self.view(None, at));
        self.rebind(winner.filter(|winner| winner.binds).and_then(|winner| bound_by(&winner, at, &shares)), at);
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
        let Choice { winner, candidates, reason, review, shares } = choose(&self.view(Some(purchase), at));
        let bound = winner.as_ref().filter(|w| w.binds).and_then(|w| bound_by(w, at, &shares));
        let won = winner.as_ref().and_then(|w| Some((w.enrollment?, w.terms.ok()?.clone(), w.note.clone())));
        let Some((enrollment, version, note)) = won else {
            let zero = purchase.state.total <= 0 || received(&purchase.state) <= 0;
            let reason = if zero { DecisionReason::ZeroAmount } else { reason };
            self.decide_nobody(purchase, reason, candidates, steps);
            return bought(purchase);
        };
        steps.add("AT-6", format!("won: {note}"), None);
        self.rebind(bound, at);
        self.decide(purchase, enrollment, &version, Won { candidates, review, shares }, steps)
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
        let amounts = amounts(state, terms, earlier, &mut steps);
        let at = state.at.unwrap_or(state.known_at);
        let (reason, base, counts) = (amounts.now.reason, amounts.now.base, amounts.now.counts);
        if counts {
            earlier.push(Earlier { at, returned_at: fully_returned_at(state) });
        }
        let shares = sharers(self, enrollment, version, won.shares, at);
        let rejected = shares.iter().all(|share| purchase.standing.get(&share.enrollment).is_some_and(|standing| standing.rejected));
        let lot = Lot { purchase, at, version, shares, amounts, review: won.review };
        let commissions = commissions(self, &lot, &mut steps);
        let awaits_rate = commissions.iter().any(|commission| commission.holds.contains(&HoldReason::AwaitingRate));
        let reason = if awaits_rate { DecisionReason::AwaitingRate } else { reason };
        self.decisions.push(Decision {
            purchase: purchase.id,
            reason: if rejected { DecisionReason::FraudRejected } else { reason },
            base,
            winner: Some(Winner { enrollment, program: known.program, terms: version.id }),
            commissions,
            candidates: won.candidates,
            steps: steps.into_vec(),
        });
        counts || base > 0
    }

    fn decide_nobody(&mut self, purchase: &Purchase, reason: DecisionReason, candidates: Vec<Candidate>, steps: Steps) {
        let steps = steps.into_vec();
        self.decisions.push(Decision { purchase: purchase.id, reason, base: 0, winner: None, commissions: Vec::new(), candidates, steps });
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
    shares: Vec<Share>,
}

fn bound_by(winner: &Claim<'_>, at: DateTime<Utc>, shares: &[Share]) -> Option<Bound> {
    Some(Bound {
        enrollment: winner.enrollment?,
        terms: winner.terms.ok()?.id,
        source: winner.source,
        touch: winner.touch,
        customer: winner.customer,
        at,
        ended_at: None,
        stage: BindingStage::Lead,
        shares: shares.to_vec(),
    })
}
