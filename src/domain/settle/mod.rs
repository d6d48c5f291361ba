//! Settling a person: the fold over sign-ups, checkouts and purchases in order of source time (idea "one road for money").
//!
//! A pure function of the person, the world and the time. Whatever order facts came in, the same facts give the same result.

mod before;
mod earned;
mod fold;
mod holds;
mod lead;
mod metric;
mod period;
mod share;
mod stated;
mod stood;
mod suspicion;
#[cfg(test)]
mod tests;
mod wide;

use chrono::{DateTime, Utc};
use entity::value::{CommissionState, Currency, DecisionReason, EnrollmentId, HoldReason, PartnerId, ProgramId, PurchaseId, TermsId};

use super::attribution::{Bound, Candidate};
use super::fraud::Evidence;
use super::ledger::Target;
use super::origin::Origin;
use super::person::{Person, World};
use super::step::Step;
use super::tally::{Asked, Entry};
pub use period::{Period, PeriodSettlement, settle_period};
pub use stated::Stated;

/// What follows from a person's facts.
#[derive(Clone, Debug, Default)]
pub struct Settlement {
    /// The bindings of the person's history, oldest first; all but the last are ended.
    pub bindings: Vec<Bound>,
    /// One decision for each purchase (SL-4).
    pub decisions: Vec<Decision>,
    /// What the person earned partners as a lead (CO-10).
    pub leads: Vec<Commission>,
    /// What those earned who recruited the partners that earned by the person (CO-11).
    pub second_level: Vec<Commission>,
    /// What the person adds to sums over many persons (CO-6, CO-7).
    pub entries: Vec<Entry>,
    /// Which of these sums decided something. Where one was not known, it counted as zero, and all this is preliminary.
    pub asked: Asked,
    /// When time alone will change something next.
    pub due: Option<DateTime<Utc>>,
}

impl Settlement {
    /// Everything that is earned.
    pub fn commissions(&self) -> impl Iterator<Item = &Commission> {
        self.decisions.iter().flat_map(|decision| &decision.commissions).chain(&self.leads).chain(&self.second_level)
    }
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
    /// Who won, whatever that earns.
    pub winner: Option<Winner>,
    /// Who earns, under which terms, how much: the winner first. Empty when nobody won, or there never was anything to earn.
    pub commissions: Vec<Commission>,
    /// Everyone who was considered (AT-7).
    pub candidates: Vec<Candidate>,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

impl Decision {
    /// What the purchase earns all enrollments together, in minor units of its currency.
    #[must_use]
    pub fn amount(&self) -> i64 {
        self.commissions.iter().fold(0, |sum, commission| sum.saturating_add(commission.amount))
    }
}

/// Who won a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Winner {
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// Its program.
    pub program: ProgramId,
    /// The terms that apply.
    pub terms: TermsId,
}

/// What an enrollment earns. The amount may be zero when it once was not: what was never earned is no commission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commission {
    /// By what.
    pub origin: Origin,
    /// Who earns.
    pub enrollment: EnrollmentId,
    /// In which program.
    pub program: ProgramId,
    /// Which partner.
    pub partner: PartnerId,
    /// Under which terms.
    pub terms: TermsId,
    /// How much it earned, whatever went back of it later, in minor units of `currency`.
    pub earned: i64,
    /// How much is left of that.
    pub amount: i64,
    /// The part of `amount` that is not payable yet.
    pub pending: i64,
    /// The part of `pending` that is kept back for a reason, and not by time alone (DP-1, RF-2).
    pub held: i64,
    /// The part of `amount` that open disputes and refunds under way would take.
    pub at_risk: i64,
    /// Of the purchase, or of the lead's reward.
    pub currency: Currency,
    /// When it was earned: when the purchase was paid, the customer became a lead, or the period ended.
    pub at: DateTime<Utc>,
    /// The state that follows (LC).
    pub state: CommissionState,
    /// Why it is kept back.
    pub holds: Vec<HoldReason>,
    /// When it is payable if nothing keeps it back.
    pub release_at: DateTime<Utc>,
    /// How the amount came about, where no decision of a purchase tells.
    pub steps: Vec<Step>,
    /// The program's currency in which it is stated too, where it has one (MO-2).
    pub stated: Option<Stated>,
    /// The signs of fraud that speak against it, those that a person released included (FR-4).
    pub evidence: Vec<Evidence>,
    /// What the signs that nobody released add up to.
    pub score: u16,
}

impl Commission {
    /// Where it should stand on the ledger.
    #[must_use]
    pub const fn target(&self) -> Target {
        Target { earned: self.earned, amount: self.amount, pending: self.pending }
    }

    /// Whether there is something to keep of it, when it is earned for the first time: what waits for a rate is kept, and shown (MO-4).
    #[must_use]
    pub fn is_to_be_kept(&self) -> bool {
        self.earned > 0 || self.holds.contains(&HoldReason::AwaitingRate)
    }
}

/// Settles a person at the time `now`.
#[must_use]
pub fn settle(person: &Person, world: &World, now: DateTime<Utc>) -> Settlement {
    let stood = stood::Stood::of(person, world, now);
    let (mut settlement, _) = fold::Fold::new(person, world, now, &stood).settle();
    settlement.asked.extend(stood.into_asked());
    settlement
}
