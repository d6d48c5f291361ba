//! Settling a person: the fold over sign-ups, checkouts and purchases in order of source time (idea "one road for money").
//!
//! A pure function of the person, the world and the time. Whatever order facts came in, the same facts give the same result.

mod before;
mod earned;
mod fold;
mod holds;
mod stated;
mod suspicion;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use entity::value::{CommissionState, DecisionReason, EnrollmentId, HoldReason, Money, PartnerId, ProgramId, PurchaseId, TermsId};

use super::attribution::{Bound, Candidate};
use super::exchange::Quote;
use super::fraud::Evidence;
use super::person::{Person, World};
use super::step::Step;

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
    /// Who earns, under which terms, how much: the winner first. Empty when nobody won.
    pub commissions: Vec<Commission>,
    /// Everyone who was considered (AT-7).
    pub candidates: Vec<Candidate>,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

impl Decision {
    /// Who won, and what that earns.
    #[must_use]
    pub fn winner(&self) -> Option<&Commission> {
        self.commissions.first()
    }

    /// What the purchase earns all enrollments together, in minor units of its currency.
    #[must_use]
    pub fn amount(&self) -> i64 {
        self.commissions.iter().fold(0, |sum, commission| sum.saturating_add(commission.amount))
    }
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
    /// The same in the program's currency, where it has one (MO-2).
    pub stated: Option<Stated>,
    /// The signs of fraud that speak against it, those that a person released included (FR-4).
    pub evidence: Vec<Evidence>,
    /// What the signs that nobody released add up to.
    pub score: u16,
}

/// An amount in a program's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The amount; zero while it waits for a rate (MO-4).
    pub amount: Money,
    /// The rate by which it came about; nothing where the currency is the purchase's own, or the rate is not known yet.
    pub quote: Option<Quote>,
}

/// Settles a person at the time `now`.
#[must_use]
pub fn settle(person: &Person, world: &World, now: DateTime<Utc>) -> Settlement {
    fold::Fold::new(person, world, now).settle()
}
