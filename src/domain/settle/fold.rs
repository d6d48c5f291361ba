//! The fold: one moment of the history after the other, each with the binding that the earlier ones left.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{BindingStage, CustomerId, DecisionReason, EnrollmentId, HoldReason, PurchaseId, Terms, TierEffect, TouchKind};

use super::earned::{amounts, fully_returned_at, received};
use super::holds::holds;
use super::lead::Rewarded;
use super::metric::Brought;
use super::share::{self, Lot, sharers};
use super::stood::{Stand, Stood, Whole, rest, show};
use super::wide::Wide;
use super::{Commission, Decision, Settlement, Winner};
use crate::domain::attribution::{Bound, Candidate, Choice, Claim, Share, View, choose};
use crate::domain::commission::{Case, Earlier, Parties};
use crate::domain::origin::By;
use crate::domain::person::{Enrollment, Person, Purchase, TermsVersion, Tie, World};
use crate::domain::step::Steps;
use crate::domain::tally::Place;

/// A point of the history at which something is concluded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// A sign-up, a checkout that was gone through, or an entry by hand, and whose.
    Evidence(DateTime<Utc>, CustomerId),
    /// A purchase, by its place in the person's list.
    Purchase(usize),
    /// What is to be rewarded as a lead, by its place in the list.
    Lead(usize),
}

/// The history so far.
pub(super) struct Fold<'a> {
    pub person: &'a Person,
    pub world: &'a World,
    pub now: DateTime<Utc>,
    /// When which customer paid anything at all.
    paid: Vec<(CustomerId, DateTime<Utc>)>,
    pub bindings: Vec<Bound>,
    pub earlier: BTreeMap<EnrollmentId, Vec<Past>>,
    /// Whose purchases count for each enrollment, with their times (CO-7).
    pub brought: BTreeMap<EnrollmentId, Vec<(CustomerId, DateTime<Utc>)>>,
    pub wide: Wide<'a>,
    pub decisions: Vec<Decision>,
    leads: Vec<Commission>,
    /// What stands of purchases that were paid out (FR-5).
    stood: &'a Stood,
    /// What purchases earn all together.
    wholes: BTreeMap<PurchaseId, Whole>,
    due: Option<DateTime<Utc>>,
}

/// An earlier purchase, and what it would earn by each level that may be reached at the end of a period (CO-7).
pub(super) struct Past {
    pub customer: CustomerId,
    pub one: Earlier,
    pub levels: Vec<i64>,
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
            brought: BTreeMap::new(),
            wide: Wide::new(world, now),
            leads: Vec::new(),
            decisions: Vec::with_capacity(person.purchases.len()),
            stood,
            wholes: BTreeMap::new(),
            due: None,
        }
    }

    /// Settles the person. Gives also what purchases earn all together, where somebody won them.
    pub fn settle(mut self) -> (Settlement, BTreeMap<PurchaseId, Whole>) {
        let has_sums = self.world.enrollments.values().any(|known| known.reach.has_sums());
        // Leads stand between purchases in the sums, and follow from the bindings alone: those are made out beforehand.
        let rewards = if has_sums { Self::new(self.person, self.world, self.now, self.stood).bound() } else { Vec::new() };
        self.go_through(&rewards);
        if !has_sums {
            for reward in self.rewards() {
                self.reward(&reward);
            }
        }
        self.move_bindings();
        let waits = self.wide.second_level.iter().filter(|one| one.pending > one.held && self.now < one.release_at);
        if let Some(next) = waits.map(|one| one.release_at).min() {
            self.due_at(next);
        }
        let (entries, asked) = self.wide.running.into_parts();
        let (leads, second_level) = (self.leads, self.wide.second_level);
        let settlement =
            Settlement { bindings: self.bindings, decisions: self.decisions, leads, second_level, entries, asked, due: self.due };
        (settlement, self.wholes)
    }

    /// What is to be rewarded of the person as a lead.
    fn bound(mut self) -> Vec<Rewarded<'a>> {
        self.go_through(&[]);
        self.rewards()
    }

    /// Goes through the history.
    fn go_through(&mut self, rewards: &[Rewarded<'a>]) {
        for moment in self.moments(rewards) {
            match moment {
                Moment::Evidence(at, customer) => self.lead(at, customer),
                Moment::Purchase(index) => self.purchase(index),
                Moment::Lead(index) => rewards.get(index).into_iter().for_each(|reward| self.reward(reward)),
            }
        }
    }

    fn reward(&mut self, reward: &Rewarded<'_>) {
        let earned = self.earned_by_lead(reward);
        self.leads.extend(earned);
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
    fn moments(&self, rewards: &[Rewarded<'_>]) -> Vec<Moment> {
        let binding = |kind| matches!(kind, TouchKind::Signup | TouchKind::ClientReference | TouchKind::Manual | TouchKind::Import);
        let evidence = self.person.touches.iter().filter(|t| binding(t.kind)).map(|t| (t.counts_from(self.person), t.customer));
        let evidence = evidence.map(|(at, customer)| ((at, None), Moment::Evidence(at, customer)));
        let purchases = self.person.purchases.iter().enumerate().map(|(index, p)| {
            let at = p.state.at.unwrap_or(p.state.known_at);
            ((at, Some(&p.state.key)), Moment::Purchase(index))
        });
        let leads = rewards.iter().enumerate().map(|(index, reward)| ((reward.at(), None), Moment::Lead(index)));
        let mut all: Vec<_> = evidence.chain(leads).chain(purchases).collect();
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
        let at = state.at.unwrap_or(state.known_at);
        let place = Place::purchase(purchase.id, state);
        let (by_level, level) = self.by_level((enrollment, version), (&place, at), &mut steps);
        let terms: &Terms = by_level.as_ref().unwrap_or(&version.terms);
        let parties = self.parties(purchase, (known, terms), at);
        let (earlier, levels) = self.past((enrollment, &version.terms), (purchase.customer, at));
        let case = Case { state, terms, earlier: &earlier, parties };
        let amounts = amounts(&case, &mut steps);
        let levels: Vec<i64> = levels.iter().map(|(terms, earlier)| amounts_of(&Case { terms, earlier, ..case })).collect();
        let uplifts = levels.iter().map(|of| of.saturating_sub(amounts.now.amount)).collect();
        let (reason, base, counts, before) = (amounts.now.reason, amounts.now.base, amounts.now.counts, amounts.now.amount);
        self.wholes.insert(purchase.id, Whole { earned: amounts.before, amount: before });
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
            place,
            at,
            currency: state.currency,
            rates: &state.rates,
            version,
            shares,
            amounts,
            holds: &|standing| holds(state, terms, won.review, standing),
            standing: &purchase.standing,
        };
        let commissions = self.commissions(&lot, &stands, enrollment, &mut steps);
        let amount = commissions.iter().fold(0_i64, |sum, one| sum.saturating_add(one.amount));
        let mut candidates = won.candidates;
        show(&mut candidates, &stands, true);
        if counts {
            let one = Earlier { at, returned_at: fully_returned_at(state), amount, currency: state.currency };
            self.earlier.entry(enrollment).or_default().push(Past { customer: purchase.customer, one, levels });
        }
        self.count(known, &lot, &Brought { purchase, base, commissions: &commissions, level, uplifts });
        self.wide.recruiters(&commissions, (&lot.place, &state.rates), &self.person.standing);
        let awaits_rate = commissions.iter().any(|commission| commission.holds.contains(&HoldReason::AwaitingRate));
        let reason = match reason {
            _ if rejected => DecisionReason::FraudRejected,
            _ if awaits_rate => DecisionReason::AwaitingRate,
            DecisionReason::Commissioned if before > 0 && amount == 0 => DecisionReason::CapReached,
            reason => reason,
        };
        self.decisions.push(Decision {
            purchase: purchase.id,
            reason,
            base,
            winner: Some(Winner { enrollment, program: known.program, terms: version.id }),
            commissions,
            candidates,
            steps: steps.into_vec(),
        });
        counts || base > 0
    }

    /// What those earn who share, with what stands beside it (FR-5): the winner first.
    fn commissions(&mut self, lot: &Lot<'_>, stands: &[&Stand], winner: EnrollmentId, steps: &mut Steps) -> Vec<Commission> {
        stands.iter().for_each(|stand| self.keep(&stand.commission, &lot.place));
        let mut commissions = Vec::new();
        for (commission, more) in share::commissions(self, lot) {
            steps.extend(more);
            commissions.extend(commission);
        }
        stands.iter().for_each(|stand| steps.push(stand.step()));
        commissions.extend(stands.iter().map(|stand| stand.commission.clone()));
        commissions.sort_by_key(|one| one.enrollment != winner);
        commissions
    }

    /// The earlier purchases of whoever this is, as they are; and for each level that may be reached at the end of a period, the terms with its
    /// reward and the same purchases as they would be by it (CO-7).
    fn past(
        &self,
        (enrollment, terms): (EnrollmentId, &Terms),
        (customer, at): (CustomerId, DateTime<Utc>),
    ) -> (Vec<Earlier>, Vec<(Terms, Vec<Earlier>)>) {
        let all = self.earlier.get(&enrollment).map_or(&[][..], Vec::as_slice);
        let own = || all.iter().filter(|past| self.person.tie((customer, at), (past.customer, past.one.at)).counts(terms));
        let tiers = terms.tiers.iter().filter(|tiers| tiers.effect == TierEffect::Retroactive);
        let by_level = tiers.flat_map(|tiers| tiers.levels.iter().enumerate()).map(|(index, level)| {
            let past = own().map(|past| Earlier { amount: past.levels.get(index).copied().unwrap_or(past.one.amount), ..past.one });
            (Terms { reward: level.reward, ..terms.clone() }, past.collect())
        });
        let by_level = by_level.collect();
        (own().map(|past| past.one).collect(), by_level)
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

/// What a purchase earns as things are.
fn amounts_of(case: &Case<'_>) -> i64 {
    amounts(case, &mut Steps::default()).now.amount
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
