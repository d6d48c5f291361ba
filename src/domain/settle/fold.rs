//! The fold: one moment of the history after the other, each with the binding that the earlier ones left.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{BindingStage, CustomerId, DecisionReason, EnrollmentId, HoldReason, PurchaseId, Terms, TouchKind};

use super::earned::{amounts, fully_returned_at, received};
use super::holds::holds;
use super::share::{self, Lot, sharers};
use super::stood::{Stand, Stood, Whole, rest, show, standing};
use super::{Commission, Decision, Settlement, Winner};
use crate::domain::attribution::{Bound, Candidate, Choice, Claim, Share, View, choose};
use crate::domain::commission::{Case, Earlier, Parties};
use crate::domain::origin::By;
use crate::domain::person::{Enrollment, Person, Purchase, TermsVersion, Tie, World};
use crate::domain::step::Steps;

/// A point of the history at which something is concluded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// A sign-up, a checkout that was gone through, or an entry by hand, and whose.
    Evidence(DateTime<Utc>, CustomerId),
    /// A purchase, by its place in the person's list.
    Purchase(usize),
}

/// The history so far.
pub(super) struct Fold<'a> {
    pub person: &'a Person,
    pub world: &'a World,
    pub now: DateTime<Utc>,
    /// When which customer paid anything at all.
    paid: Vec<(CustomerId, DateTime<Utc>)>,
    pub bindings: Vec<Bound>,
    earlier: BTreeMap<EnrollmentId, Vec<(CustomerId, Earlier)>>,
    decisions: Vec<Decision>,
    /// What stands of purchases that were paid out (FR-5).
    stood: &'a Stood,
    /// What purchases earn all together.
    wholes: BTreeMap<PurchaseId, Whole>,
    due: Option<DateTime<Utc>>,
}

impl<'a> Fold<'a> {
    pub fn new(person: &'a Person, world: &'a World, now: DateTime<Utc>, stood: &'a Stood) -> Self {
        let paid = person.purchases.iter().filter(|p| bought(p));
        Self {
            person,
            world,
            now,
            paid: paid.filter_map(|p| Some((p.customer, p.state.at?))).collect(),
            bindings: Vec::new(),
            earlier: BTreeMap::new(),
            decisions: Vec::with_capacity(person.purchases.len()),
            stood,
            wholes: BTreeMap::new(),
            due: None,
        }
    }

    /// Goes through the history. Gives also what purchases earn all together, where somebody won them.
    pub fn settle(mut self) -> (Settlement, BTreeMap<PurchaseId, Whole>) {
        for moment in self.moments() {
            match moment {
                Moment::Evidence(at, customer) => self.lead(at, customer),
                Moment::Purchase(index) => self.purchase(index),
            }
        }
        let leads = self.rewards().iter().flat_map(|one| self.earned_by_lead(one)).collect();
        self.move_bindings();
        (Settlement { bindings: self.bindings, decisions: self.decisions, leads, due: self.due }, self.wholes)
    }

    /// CO-1: the bindings show the versions to which they were moved by now; the next move is waited for.
    fn move_bindings(&mut self) {
        let mut next: Option<DateTime<Utc>> = None;
        for bound in &mut self.bindings {
            let Some(enrollment) = self.world.enrollments.get(&bound.enrollment) else { continue };
            if bound.ended_at.is_none() {
                let coming = enrollment.next_move(bound.terms, bound.at, self.now);
                next = next.into_iter().chain(coming).min();
            }
            let until = bound.ended_at.map_or(self.now, |ended| ended.min(self.now));
            if let Some(version) = enrollment.bound_terms(bound.terms, bound.at, until) {
                bound.terms = version.id;
            }
        }
        if let Some(next) = next {
            self.due_at(next);
        }
    }

    /// All moments in order of source time; evidence stands before a purchase of the same instant, purchases of one instant by their key.
    fn moments(&self) -> Vec<Moment> {
        let binding = |kind| matches!(kind, TouchKind::Signup | TouchKind::ClientReference | TouchKind::Manual | TouchKind::Import);
        let evidence = self.person.touches.iter().filter(|t| binding(t.kind)).map(|t| (t.counts_from(self.person), t.customer));
        let evidence = evidence.map(|(at, customer)| ((at, None), Moment::Evidence(at, customer)));
        let purchases = self.person.purchases.iter().enumerate().map(|(index, p)| {
            let at = p.state.at.unwrap_or(p.state.known_at);
            ((at, Some(&p.state.key)), Moment::Purchase(index))
        });
        let mut all: Vec<_> = evidence.chain(purchases).collect();
        all.sort_by_key(|(place, _)| *place);
        all.dedup_by(|a, b| a.1 == b.1);
        all.into_iter().map(|(_, moment)| moment).collect()
    }

    pub fn view<'v>(&'v self, purchase: Option<&'v Purchase>, (customer, at): (CustomerId, DateTime<Utc>)) -> View<'v> {
        let binding = self.binding_of(customer, at).and_then(|index| self.bindings.get(index));
        View { person: self.person, world: self.world, purchase, customer, at, binding, paid: &self.paid }
    }

    /// The open binding that is this customer's: an own one, or one whose terms match by e-mail (ID-4).
    fn binding_of(&self, customer: CustomerId, at: DateTime<Utc>) -> Option<usize> {
        let terms = |bound: &Bound| self.world.enrollments.get(&bound.enrollment)?.bound_terms(bound.terms, bound.at, at);
        let own = |bound: &Bound| {
            let tie = self.person.tie((customer, at), (bound.customer, bound.at));
            tie == Tie::Same || terms(bound).is_none_or(|version| tie.counts(&version.terms))
        };
        self.bindings.iter().rposition(|bound| bound.ended_at.is_none() && own(bound))
    }

    /// Binds the person without a purchase: at the sign-up, at a checkout that brings no money, or by hand (AT-5, AT-13, AT-15).
    fn lead(&mut self, at: DateTime<Utc>, customer: CustomerId) {
        let Choice { winner, shares, .. } = choose(&self.view(None, (customer, at)));
        let bound = winner.filter(|winner| winner.binds).and_then(|winner| self.bound_by(&winner, at, &shares));
        self.rebind(bound, customer, at);
    }

    fn purchase(&mut self, index: usize) {
        let Some(purchase) = self.person.purchases.get(index) else { return };
        let counts = self.attribute(purchase);
        // AT-5: who has paid for something is a customer, also when nobody earned it: a code that repeats on renewals must not re-bind (AT-10).
        let at = purchase.state.at.unwrap_or(purchase.state.known_at);
        let current = self.binding_of(purchase.customer, at).and_then(|index| self.bindings.get_mut(index));
        if counts && let Some(current) = current {
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
        let Choice { winner, candidates, reason, review, shares } = choose(&self.view(Some(purchase), (purchase.customer, at)));
        let bound = winner.as_ref().filter(|w| w.binds).and_then(|w| self.bound_by(w, at, &shares));
        // CO-1: the evidence may be older than a time that is judged by one version.
        let version = |w: &Claim<'_>| {
            let judged = w.enrollment.and_then(|id| self.world.enrollments.get(&id)?.judged_by(at));
            Some(judged.unwrap_or(w.terms.ok()?).clone())
        };
        let won = winner.as_ref().and_then(|w| Some((w.enrollment?, version(w)?, w.note.clone())));
        let Some((enrollment, version, note)) = won else {
            let stands = self.stood.all(purchase.id);
            if !stands.is_empty() {
                return self.stand(purchase, &stands, candidates);
            }
            let zero = purchase.state.total <= 0 || received(&purchase.state) <= 0;
            let reason = if zero { DecisionReason::ZeroAmount } else { reason };
            self.decide_nobody(purchase, reason, candidates, steps);
            return bought(purchase);
        };
        steps.add("AT-6", format!("won: {note}"), None);
        self.rebind(bound, purchase.customer, at);
        self.decide(purchase, enrollment, &version, Won { candidates, review, shares }, steps)
    }

    fn rebind(&mut self, bound: Option<Bound>, customer: CustomerId, at: DateTime<Utc>) {
        let Some(mut bound) = bound else { return };
        if let Some(current) = self.binding_of(customer, at).and_then(|index| self.bindings.get_mut(index)) {
            if current.enrollment == bound.enrollment {
                return;
            }
            current.ended_at = Some(at);
            // Whoever has bought stays a customer under the next partner, so that a code which repeats on renewals cannot re-bind (AT-10).
            bound.stage = current.stage;
        }
        for other in self.bindings.iter_mut().filter(|other| other.owner == bound.owner && other.ended_at.is_none()) {
            other.ended_at = Some(at);
        }
        self.bindings.push(bound);
    }

    fn bound_by(&self, winner: &Claim<'_>, at: DateTime<Utc>, shares: &[Share]) -> Option<Bound> {
        let version = winner.terms.ok()?;
        let enrollment = winner.enrollment?;
        let known = self.world.enrollments.get(&enrollment)?;
        let shared = version.terms.email_match && !self.person.doubts(winner.customer, at);
        Some(Bound {
            enrollment,
            terms: known.bound_under(version),
            source: winner.source,
            touch: winner.touch,
            customer: winner.customer,
            owner: if shared { self.person.root } else { self.person.stands_for(winner.customer) },
            at,
            ended_at: None,
            stage: BindingStage::Lead,
            shares: shares.to_vec(),
        })
    }

    fn decide(&mut self, purchase: &Purchase, enrollment: EnrollmentId, version: &TermsVersion, won: Won, mut steps: Steps) -> bool {
        let Some(known) = self.world.enrollments.get(&enrollment) else { return false };
        let state = &purchase.state;
        let terms = &version.terms;
        let at = state.at.unwrap_or(state.known_at);
        let parties = self.parties(purchase, (known, terms), at);
        let all = self.earlier.get(&enrollment).map_or(&[][..], Vec::as_slice);
        let own = |(customer, one): &&(CustomerId, Earlier)| self.person.tie((purchase.customer, at), (*customer, one.at)).counts(terms);
        let earlier: Vec<Earlier> = all.iter().filter(own).map(|(_, one)| *one).collect();
        let amounts = amounts(&Case { state, terms, earlier: &earlier, parties }, &mut steps);
        let (reason, base, counts) = (amounts.now.reason, amounts.now.base, amounts.now.counts);
        self.wholes.insert(purchase.id, Whole { earned: amounts.before, amount: amounts.now.amount });
        let mut shares = sharers(self, enrollment, version, won.shares, at);
        let stands = self.stood.beyond(purchase.id, &shares, amounts.before);
        shares.retain(|share| stands.iter().all(|one| one.commission.enrollment != share.enrollment));
        let amounts = rest(amounts, &stands);
        if !stands.is_empty() && (shares.is_empty() || amounts.before == 0) {
            return self.stand(purchase, &stands, won.candidates);
        }
        let rejected = stands.is_empty()
            && shares.iter().all(|share| purchase.standing.get(&share.enrollment).is_some_and(|standing| standing.rejected));
        let lot = Lot {
            by: By::Purchase(purchase.id),
            at,
            currency: state.currency,
            rates: &state.rates,
            version,
            shares,
            amounts,
            holds: &|standing| holds(state, terms, won.review, standing),
            standing: &purchase.standing,
        };
        let mut commissions = Vec::new();
        for (commission, more) in share::commissions(self, &lot) {
            steps.extend(more);
            commissions.extend(commission);
        }
        for stand in &stands {
            steps.push(stand.step());
            commissions.push(self.keep(&stand.commission));
        }
        commissions.sort_by_key(|one| one.enrollment != enrollment);
        let mut candidates = won.candidates;
        show(&mut candidates, &stands, true);
        if counts {
            let amount = commissions.iter().fold(0_i64, |sum, one| sum.saturating_add(one.amount));
            let one = Earlier { at, returned_at: fully_returned_at(state), amount, currency: state.currency };
            self.earlier.entry(enrollment).or_default().push((purchase.customer, one));
        }
        let awaits_rate = commissions.iter().any(|commission| commission.holds.contains(&HoldReason::AwaitingRate));
        let reason = if awaits_rate { DecisionReason::AwaitingRate } else { reason };
        self.decisions.push(Decision {
            purchase: purchase.id,
            reason: if rejected { DecisionReason::FraudRejected } else { reason },
            base,
            winner: Some(Winner { enrollment, program: known.program, terms: version.id }),
            commissions,
            candidates,
            steps: steps.into_vec(),
        });
        counts || base > 0
    }

    /// FR-5: decides a purchase of which nothing is left beside what stands.
    fn stand(&mut self, purchase: &Purchase, stands: &[&Stand], candidates: Vec<Candidate>) -> bool {
        let Some(decision) = standing(stands, candidates) else { return false };
        let (state, at) = (&purchase.state, purchase.state.at.unwrap_or(purchase.state.known_at));
        for commission in &decision.commissions {
            self.keep(commission);
        }
        if let Some(winner) = decision.winner {
            let (returned_at, amount) = (fully_returned_at(state), decision.amount());
            let one = Earlier { at, returned_at, amount, currency: state.currency };
            self.earlier.entry(winner.enrollment).or_default().push((purchase.customer, one));
        }
        self.decisions.push(decision);
        true
    }

    /// A commission that stands may still wait for its time with the part that was not paid.
    fn keep(&mut self, commission: &Commission) -> Commission {
        if commission.pending > commission.held {
            self.due_at(commission.release_at);
        }
        commission.clone()
    }

    /// What conditions may ask about who buys and who earns (CO-8).
    fn parties<'p>(&self, purchase: &'p Purchase, (enrollment, terms): (&'p Enrollment, &Terms), at: DateTime<Utc>) -> Parties<'p> {
        let view = self.view(Some(purchase), (purchase.customer, at));
        let bound = view.binding.filter(|bound| bound.enrollment == enrollment.id);
        let since = bound.map_or(at, |bound| bound.at);
        let traits = enrollment.traits_at(at);
        Parties {
            country: purchase.state.payer.country.as_deref().or(purchase.buyer.country.as_deref()),
            is_new: view.first_success(terms).is_none_or(|first| first >= since),
            customer_metadata: Some(&purchase.buyer.metadata),
            partner: Some(enrollment.partner),
            group: traits.and_then(|traits| traits.group),
            partner_metadata: traits.map(|traits| &traits.metadata),
        }
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
