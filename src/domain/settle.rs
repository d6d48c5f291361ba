//! Settling a person: the fold over sign-ups, checkouts and purchases in order of source time (idea "one road for money").
//!
//! A pure function of the person, the world and the time. Whatever order facts came in, the same facts give the same result.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use entity::value::{
    AccrueOn, BindingStage, CommissionState, DecisionReason, EnrollmentId, HoldReason, OutOfBand, PartnerId, ProgramId, PurchaseId,
    PurchaseStatus, TermsId, TouchKind,
};

use super::attribution::{Bound, Candidate, Choice, Claim, View, choose};
use super::commission::{Earlier, Earned, earn};
use super::lifecycle::{Circumstances, state as state_of};
use super::person::{Person, Purchase, Standing, TermsVersion, World};
use super::purchase::{Flag, KeyKind, PurchaseState};
use super::step::{Step, Steps};

/// What follows from a person's facts.
#[derive(Clone, Debug, Default)]
pub struct Settlement {
    /// The bindings of the person's history, oldest first; all but the last are ended.
    pub bindings: Vec<Bound>,
    /// One decision for each purchase (SL-4).
    pub decisions: Vec<Decision>,
    /// When time alone will change something next.
    pub due: Option<DateTime<Utc>>,
}

/// What was concluded for a purchase, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The purchase.
    pub purchase: PurchaseId,
    /// The conclusion.
    pub reason: DecisionReason,
    /// The base in minor units; zero when nobody won.
    pub base: i64,
    /// Who earns, under which terms, how much.
    pub commission: Option<Commission>,
    /// Everyone who was considered (AT-7).
    pub candidates: Vec<Candidate>,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

/// What a purchase earns an enrollment. The amount may be zero: then the reason says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commission {
    /// Who earns.
    pub enrollment: EnrollmentId,
    /// In which program.
    pub program: ProgramId,
    /// Which partner.
    pub partner: PartnerId,
    /// Under which terms.
    pub terms: TermsId,
    /// How much, in minor units of the purchase's currency.
    pub amount: i64,
    /// The state that follows (LC).
    pub state: CommissionState,
    /// Why it is kept back.
    pub holds: Vec<HoldReason>,
    /// When it is payable if nothing keeps it back.
    pub release_at: DateTime<Utc>,
}

/// Settles a person at the time `now`.
#[must_use]
pub fn settle(person: &Person, world: &World, now: DateTime<Utc>) -> Settlement {
    let mut fold = Fold::new(person, world, now);
    for moment in fold.moments() {
        match moment {
            Moment::Evidence(at) => fold.lead(at),
            Moment::Purchase(index) => fold.purchase(index),
        }
    }
    Settlement { bindings: fold.bindings, decisions: fold.decisions, due: fold.due }
}

/// A point of the history at which something is concluded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// A sign-up, a checkout that was gone through, or an entry by hand.
    Evidence(DateTime<Utc>),
    /// A purchase, by its place in the person's list.
    Purchase(usize),
}

struct Fold<'a> {
    person: &'a Person,
    world: &'a World,
    now: DateTime<Utc>,
    first_success: Option<DateTime<Utc>>,
    bindings: Vec<Bound>,
    earlier: BTreeMap<EnrollmentId, Vec<Earlier>>,
    decisions: Vec<Decision>,
    due: Option<DateTime<Utc>>,
}

impl<'a> Fold<'a> {
    fn new(person: &'a Person, world: &'a World, now: DateTime<Utc>) -> Self {
        let paid = person.purchases.iter().filter(|p| !p.conflict && received(&p.state) > 0 && p.state.net_total() > 0);
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
        if let Some(reason) = self.before_choice(purchase) {
            self.decide_nobody(purchase, reason, Vec::new(), Steps::default());
            return;
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
            return;
        };
        steps.add("AT-6", format!("won: {note}"), None);
        self.rebind(bound, at);
        self.decide(purchase, enrollment, &version, Won { candidates, review }, steps);
    }

    /// What is decided without asking who brought the purchase.
    fn before_choice(&mut self, purchase: &Purchase) -> Option<DecisionReason> {
        let state = &purchase.state;
        let part_paid = state.collected > 0 && state.at.is_some();
        match state.status {
            PurchaseStatus::PendingParent => return Some(DecisionReason::PendingParent),
            PurchaseStatus::Provisional => {
                let end = state.at.unwrap_or(state.known_at) + self.world.grace;
                if self.now < end {
                    self.due_at(end);
                    return Some(DecisionReason::Provisional);
                }
                if self.has_twin(purchase) {
                    return Some(DecisionReason::Review);
                }
            }
            PurchaseStatus::Failed if !part_paid => return Some(DecisionReason::PaymentFailed),
            PurchaseStatus::Unpaid if !part_paid => return Some(DecisionReason::PaymentNotPaid),
            PurchaseStatus::Voided | PurchaseStatus::Merged => return Some(DecisionReason::PaymentNotPaid),
            PurchaseStatus::Failed | PurchaseStatus::Unpaid | PurchaseStatus::Paid => {}
        }
        if purchase.skip {
            return Some(DecisionReason::SkippedByMerchant);
        }
        purchase.conflict.then_some(DecisionReason::IdentityConflict)
    }

    /// SL-8: a payment that nobody linked to an invoice, beside a paid invoice of the same buyer and amount whose payment nobody named,
    /// may be the same money. It is never counted twice; a person has to look.
    fn has_twin(&self, payment: &Purchase) -> bool {
        let same = |p: &&Purchase| {
            let (a, b) = (&p.state, &payment.state);
            a.key.kind == KeyKind::Invoice && !a.payment_known && a.status == PurchaseStatus::Paid && same_money(a, b)
        };
        self.person.purchases.iter().any(|p| same(&p))
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

    fn decide(&mut self, purchase: &Purchase, enrollment: EnrollmentId, version: &TermsVersion, won: Won, mut steps: Steps) {
        let Some(known) = self.world.enrollments.get(&enrollment) else {
            return;
        };
        let state = &purchase.state;
        let terms = &version.terms;
        let earlier = self.earlier.entry(enrollment).or_default();
        let earned = earned(state, terms, earlier, &mut steps);
        let at = state.at.unwrap_or(state.known_at);
        if earned.counts {
            earlier.push(Earlier { at, returned_at: fully_returned_at(state) });
            if let Some(current) = self.bindings.last_mut() {
                current.stage = BindingStage::Customer;
            }
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
            enrollment,
            program: known.program,
            partner: known.partner,
            terms: version.id,
            amount,
            state: commission_state,
            holds,
            release_at,
        };
        self.decisions.push(Decision {
            purchase: purchase.id,
            reason: if standing.rejected { DecisionReason::FraudRejected } else { earned.reason },
            base: earned.base,
            commission: Some(commission),
            candidates: won.candidates,
            steps: steps.into_vec(),
        });
    }

    fn decide_nobody(&mut self, purchase: &Purchase, reason: DecisionReason, candidates: Vec<Candidate>, steps: Steps) {
        let steps = steps.into_vec();
        self.decisions.push(Decision { purchase: purchase.id, reason, base: 0, commission: None, candidates, steps });
    }

    fn due_at(&mut self, at: DateTime<Utc>) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

/// What the purchase earns, or that it earns nothing before it is paid in full (SL-5).
fn earned(state: &PurchaseState, terms: &entity::value::Terms, earlier: &[Earlier], steps: &mut Steps) -> Earned {
    let nothing = |reason| Earned { reason, base: 0, amount: 0, counts: false };
    let paid = matches!(state.status, PurchaseStatus::Paid | PurchaseStatus::Provisional);
    if !paid && terms.accrue_on == AccrueOn::Paid {
        return nothing(DecisionReason::PaymentNotPaid);
    }
    earn(state, terms, earlier, steps).unwrap_or_else(|error| {
        steps.add("CO-2", format!("cannot be computed: {error}"), None);
        nothing(DecisionReason::Review)
    })
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

fn same_money(a: &PurchaseState, b: &PurchaseState) -> bool {
    a.payer.buyer.is_some() && a.payer.buyer == b.payer.buyer && a.currency == b.currency && a.collected == b.collected
}

/// What was received, by whatever way, in minor units.
const fn received(state: &PurchaseState) -> i64 {
    state.collected.saturating_add(state.off_platform)
}

/// RF-10: when all of the money had gone back, if it had.
fn fully_returned_at(state: &PurchaseState) -> Option<DateTime<Utc>> {
    let mut sum = 0_i64;
    state.returned.iter().find_map(|one| {
        sum = sum.saturating_add(one.amount);
        (sum >= received(state)).then_some(one.at)
    })
}

/// Why a commission is kept back (LC, DP-1, RF-2, SL-6). What only asks for a look ends with an approval by hand; a dispute does not.
fn holds(state: &PurchaseState, terms: &entity::value::Terms, review: bool, standing: &Standing) -> Vec<HoldReason> {
    let mut holds = Vec::new();
    if state.disputed > 0 || (state.inquired > 0 && terms.hold_inquiries) {
        holds.push(HoldReason::Dispute);
    }
    if state.pending_refunds > 0 {
        holds.push(HoldReason::RefundPending);
    }
    if !standing.approved {
        if state.flags.contains(&Flag::OutOfBand) && terms.out_of_band == OutOfBand::Hold {
            holds.push(HoldReason::OutOfBand);
        }
        if review || state.flags.contains(&Flag::NetMismatch) {
            holds.push(HoldReason::Review);
        }
    }
    holds
}
