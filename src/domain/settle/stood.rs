//! FR-5: what was paid out before a click behind it was rejected stands as it was then. Only what was not paid is decided without the click.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{EnrollmentId, PurchaseId, mul_div_half_up};

use super::earned::{Amounts, fully_returned_at};
use super::fold::{Fold, Past};
use super::share::split;
use super::{Commission, Decision, Winner};
use crate::domain::attribution::{Candidate, Share, Verdict};
use crate::domain::commission::Earlier;
use crate::domain::person::{Person, Purchase, World};
use crate::domain::step::Step;
use crate::domain::tally::{Asked, Place};

/// What stands, by purchase.
#[derive(Default)]
pub(super) struct Stood {
    stands: BTreeMap<PurchaseId, Vec<Stand>>,
    /// Which sums over many persons decided it.
    asked: Asked,
}

/// What one partner was paid of a purchase, and keeps.
pub(super) struct Stand {
    /// The commission as it was: what goes back of the purchase still goes back of it.
    pub commission: Commission,
    /// Of which decision.
    pub decision: Decision,
    /// What that one earned all together.
    whole: Whole,
}

/// What a purchase earns all together, in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Whole {
    /// Whatever went back later.
    pub earned: i64,
    /// What is left of that.
    pub amount: i64,
}

impl Stood {
    /// Settles the person as of each payout after which a click was rejected, the earliest first, and keeps what each of them paid.
    pub fn of(person: &Person, world: &World, now: DateTime<Utc>) -> Self {
        let mut stood = Self::default();
        for (at, paid) in paid(person) {
            let then = as_of(person, at);
            let (settlement, wholes) = Fold::new(&then, world, now, &stood).settle();
            stood.asked.extend(settlement.asked);
            for decision in settlement.decisions {
                let whole = wholes.get(&decision.purchase).copied().unwrap_or_default();
                let own = decision.commissions.iter().filter(|of| paid.contains(&(decision.purchase, of.enrollment)));
                let stands: Vec<Stand> =
                    own.map(|commission| Stand { commission: commission.clone(), decision: decision.clone(), whole }).collect();
                stood.stands.entry(decision.purchase).or_default().extend(stands);
            }
        }
        stood
    }

    /// Which sums over many persons decided it.
    pub fn into_asked(self) -> Asked {
        self.asked
    }

    /// Everything that stands of a purchase.
    pub fn all(&self, purchase: PurchaseId) -> Vec<&Stand> {
        self.stands.get(&purchase).into_iter().flatten().collect()
    }

    /// What stands of a purchase beyond what these shares of `whole` give anyway.
    pub fn beyond(&self, purchase: PurchaseId, shares: &[Share], whole: i64) -> Vec<&Stand> {
        let parts: BTreeMap<EnrollmentId, i64> = shares.iter().map(|share| share.enrollment).zip(split(whole, shares)).collect();
        let own = |stand: &Stand| parts.get(&stand.commission.enrollment).copied().unwrap_or(0);
        self.all(purchase).into_iter().filter(|stand| own(stand) < stand.commission.earned).collect()
    }
}

impl Fold<'_> {
    /// FR-5: decides a purchase of which nothing is left beside what stands.
    pub fn stand(&mut self, purchase: &Purchase, stands: &[&Stand], candidates: Vec<Candidate>) -> bool {
        let Some(decision) = standing(stands, candidates) else { return false };
        let (state, at) = (&purchase.state, purchase.state.at.unwrap_or(purchase.state.known_at));
        let place = Place::purchase(purchase.id, state);
        for commission in &decision.commissions {
            self.keep(commission, &place);
        }
        self.wide.recruiters(&decision.commissions, (&place, &state.rates), &self.person.standing);
        if let Some(winner) = decision.winner {
            let (returned_at, amount) = (fully_returned_at(state), decision.amount());
            let one = Earlier { at, returned_at, amount, currency: state.currency };
            self.earlier.entry(winner.enrollment).or_default().push(Past { customer: purchase.customer, one, levels: Vec::new() });
        }
        self.decisions.push(decision);
        true
    }

    /// A commission that stands may still wait for its time with the part that was not paid. Caps took it in when it was paid (CO-6).
    pub fn keep(&mut self, commission: &Commission, place: &Place) {
        if commission.pending > commission.held {
            self.due_at(commission.release_at);
        }
        self.wide.stands(commission, place);
    }
}

/// Who was paid for which purchase before a click of theirs was rejected, by when.
fn paid(person: &Person) -> BTreeMap<DateTime<Utc>, BTreeSet<(PurchaseId, EnrollmentId)>> {
    let mut rejected: BTreeMap<EnrollmentId, DateTime<Utc>> = BTreeMap::new();
    for click in person.touches.iter().filter_map(|touch| touch.click).filter(|click| !click.bot) {
        if let Some(at) = click.rejected_at {
            let last = rejected.entry(click.enrollment).or_insert(at);
            *last = at.max(*last);
        }
    }
    let mut paid: BTreeMap<DateTime<Utc>, BTreeSet<(PurchaseId, EnrollmentId)>> = BTreeMap::new();
    for purchase in &person.purchases {
        for (enrollment, standing) in &purchase.standing {
            let before = |at: &DateTime<Utc>| rejected.get(enrollment).is_some_and(|rejected| at <= rejected);
            if let Some(at) = standing.paid_at.filter(before) {
                paid.entry(at).or_default().insert((purchase.id, *enrollment));
            }
        }
    }
    paid
}

/// The person as it was before anything was rejected at this time or later.
fn as_of(person: &Person, at: DateTime<Utc>) -> Person {
    let mut then = person.clone();
    for click in then.touches.iter_mut().filter_map(|touch| touch.click.as_mut()) {
        click.rejected_at = click.rejected_at.filter(|rejected| *rejected < at);
    }
    then
}

impl Stand {
    /// The part of an amount that stands: `own` where the purchase earned `all` by then as well, otherwise the same share of it.
    fn taken(&self, of: i64, (own, all): (i64, i64)) -> i64 {
        if of == all { own } else { self.share(of) }
    }

    /// A commission is a part of the whole, so the whole is not zero, and the share no greater than the amount.
    fn share(&self, of: i64) -> i64 {
        mul_div_half_up(of.into(), self.commission.earned.into(), self.whole.earned.into()).unwrap_or(of)
    }

    /// The candidate that it had, with the reason why it still has its part.
    fn candidate(&self, verdict: Verdict) -> Option<Candidate> {
        let own = |one: &&Candidate| is_taken(one) && one.enrollment == Some(self.commission.enrollment);
        let note = "the click was rejected as fraud after this purchase was paid out, which stands (FR-5)".to_owned();
        self.decision.candidates.iter().find(own).map(|known| Candidate { verdict, note, ..known.clone() })
    }

    /// What the steps say of it.
    pub fn step(&self) -> Step {
        let text = format!("the part of {} was paid out before a click was rejected, and stands", self.commission.enrollment);
        Step { rule: "FR-5".to_owned(), text, amount: Some(self.commission.amount) }
    }
}

fn is_taken(candidate: &Candidate) -> bool {
    matches!(candidate.verdict, Verdict::Won | Verdict::Shared)
}

/// What is left for others of what a purchase earns.
pub(super) fn rest(amounts: Amounts, stands: &[&Stand]) -> Amounts {
    let Amounts { mut now, before, at_risk } = amounts;
    let less = |of: i64, taken: &dyn Fn(&Stand) -> i64| stands.iter().fold(of, |left, one| left.saturating_sub(taken(one))).max(0);
    let (amount, kept) = (now.amount, now.amount.saturating_sub(at_risk));
    now.amount = less(amount, &|one| one.taken(amount, (one.commission.amount, one.whole.amount)));
    let before = less(before, &|one| one.taken(before, (one.commission.earned, one.whole.earned)));
    let at_risk = now.amount.saturating_sub(less(kept, &|one| one.share(kept))).max(0);
    Amounts { now, before, at_risk }
}

/// Shows those whose part stands among the candidates: the first as the winner, where nobody else won.
pub(super) fn show(candidates: &mut Vec<Candidate>, stands: &[&Stand], is_won: bool) {
    for (place, stand) in stands.iter().enumerate() {
        let verdict = if is_won || place > 0 { Verdict::Shared } else { Verdict::Won };
        candidates.extend(stand.candidate(verdict));
    }
}

/// The decision of a purchase of which nothing is left for anybody else: that by which it was last paid out.
fn standing(stands: &[&Stand], mut candidates: Vec<Candidate>) -> Option<Decision> {
    let last = stands.last()?;
    for candidate in candidates.iter_mut().filter(|one| is_taken(one)) {
        (candidate.verdict, candidate.weight) = (Verdict::Lost, None);
    }
    let mut stands = stands.to_vec();
    stands.sort_by_key(|one| last.decision.winner.is_none_or(|winner| one.commission.enrollment != winner.enrollment));
    show(&mut candidates, &stands, false);
    let mut steps = last.decision.steps.clone();
    steps.extend(stands.iter().map(|one| one.step()));
    let commissions: Vec<Commission> = stands.iter().map(|one| one.commission.clone()).collect();
    let first = commissions.first()?;
    let winner = Winner { enrollment: first.enrollment, program: first.program, terms: first.terms };
    Some(Decision { winner: Some(winner), commissions, candidates, steps, ..last.decision.clone() })
}
