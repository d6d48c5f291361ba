//! What is gathered before a person is settled: the person's own history, and the world of partners and terms around it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use entity::value::{
    CandidateKind, ClickId, Currency, CustomerId, EnrollmentId, LinkId, PurchaseId, Signal, Span, Terms, TouchId, TouchKind,
};
use uuid::Uuid;

pub use super::enrollment::{Enrollment, PartnerTraits, Recruiter, TermsMove, TermsOf, TermsVersion};
use super::exchange::Rates;
use super::fact::{Code, Traits};
use super::fraud::Watch;
use super::origin::Origin;
use super::purchase::PurchaseState;
use super::tally::Sums;

/// One person: a customer, and every customer that is the same one by e-mail (ID-4, ID-5).
#[derive(Clone, Debug)]
pub struct Person {
    /// The customer who stands for the person.
    pub root: CustomerId,
    /// Whether the merchant ever told us of the person: by sign-up, or by an id of their own.
    pub claimed: bool,
    /// Whether the e-mail leads to more than one customer, so that it leads to none (ID-4).
    pub ambiguous: bool,
    /// Customers who are the same as another one by more than an e-mail (ID-2).
    pub same: BTreeMap<CustomerId, CustomerId>,
    /// Customers whom an e-mail ties to the others until then only: it leads to more people since (ID-4), or to nobody (ID-9).
    pub doubtful: BTreeMap<CustomerId, DateTime<Utc>>,
    /// Sign-ups.
    pub signups: Vec<Signup>,
    /// Subscriptions that began with a trial.
    pub trials: Vec<Trial>,
    /// All evidence that partners brought the person.
    pub touches: Vec<Touch>,
    /// All purchases.
    pub purchases: Vec<Purchase>,
    /// What was decided by hand, and what was paid out, of what purchases do not earn on the first level.
    pub standing: BTreeMap<(EnrollmentId, Origin), Standing>,
    /// The rates of the days on which something else than a purchase may have earned (MO-2).
    pub rates: BTreeMap<NaiveDate, Rates>,
}

/// What ties two customers of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// They are the same, by an id or by a click that both carried (ID-2).
    Same,
    /// An e-mail alone: it counts where the terms say so (ID-4).
    Email,
    /// An e-mail that led to others as well, or to nobody, at the later of the two times: it counts nowhere (ID-4, ID-9).
    Doubtful,
}

impl Person {
    /// What ties one customer at one time to another one at another time.
    #[must_use]
    pub fn tie(&self, (a, a_at): (CustomerId, DateTime<Utc>), (b, b_at): (CustomerId, DateTime<Utc>)) -> Tie {
        if self.stands_for(a) == self.stands_for(b) {
            Tie::Same
        } else if self.doubts(a, a_at.max(b_at)) || self.doubts(b, a_at.max(b_at)) {
            Tie::Doubtful
        } else {
            Tie::Email
        }
    }

    /// Whether the e-mail of a customer led to others as well, or to nobody, at that time.
    #[must_use]
    pub fn doubts(&self, customer: CustomerId, at: DateTime<Utc>) -> bool {
        self.doubtful.get(&customer).is_some_and(|from| *from <= at)
    }

    /// Who stands for all customers that are the same as this one by more than an e-mail.
    #[must_use]
    pub fn stands_for(&self, customer: CustomerId) -> CustomerId {
        self.same.get(&customer).copied().unwrap_or(customer)
    }
}

impl Tie {
    /// Whether what one did counts for the other under these terms.
    #[must_use]
    pub fn counts(self, terms: &Terms) -> bool {
        match self {
            Self::Same => true,
            Self::Email => terms.email_match,
            Self::Doubtful => false,
        }
    }
}

/// One tracked sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signup {
    /// The customer who signed up.
    pub customer: CustomerId,
    /// When, by anybody's word.
    pub at: DateTime<Utc>,
    /// When the merchant's server first told of it, which a page cannot.
    pub told_by_server_at: Option<DateTime<Utc>>,
}

impl Signup {
    /// When the customer converted under these terms (AT-2). Anybody can say on a page that somebody with this id signed up, before it is true;
    /// so the server's word stands before it, unless it comes so late that the server only gets to an old customer then (AT-13).
    #[must_use]
    pub fn converted_at(&self, terms: &Terms) -> DateTime<Utc> {
        let late = Duration::days(i64::from(terms.late_binding_days));
        self.told_by_server_at.filter(|at| *at <= self.at + late).unwrap_or(self.at)
    }
}

/// One subscription that began with a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The customer who began it.
    pub customer: CustomerId,
    /// When.
    pub at: DateTime<Utc>,
    /// The subscription's id at its source, which decides between trials of one second.
    pub object: String,
}

/// One piece of evidence (AT-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Its id.
    pub id: TouchId,
    /// The customer on whom it was found.
    pub customer: CustomerId,
    /// What kind of evidence.
    pub kind: TouchKind,
    /// When it happened: the click, the sign-up, the end of the checkout. For a word by hand, the time from which on it counts.
    pub at: DateTime<Utc>,
    /// When a word by hand was said: of two that cover a purchase, the later word counts (AT-15). For other evidence the same as `at`.
    pub said_at: DateTime<Utc>,
    /// The click behind it.
    pub click: Option<Click>,
    /// The partner, where the touch names one itself.
    pub enrollment: Option<EnrollmentId>,
    /// The purchase that carries it.
    pub purchase: Option<PurchaseId>,
}

/// A visit through a partner's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Click {
    /// Its id: decides between clicks of one instant (AT-3).
    pub id: ClickId,
    /// The visitor, who may have clicked more than once.
    pub visitor: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Through which link.
    pub link: LinkId,
    /// Whose link.
    pub enrollment: EnrollmentId,
    /// Whether a machine made it: such a click never counted.
    pub bot: bool,
    /// When it was rejected as fraud, if it is (FR-5).
    pub rejected_at: Option<DateTime<Utc>>,
}

impl Click {
    /// Whether it counts (AT-2).
    #[must_use]
    pub const fn counts(&self) -> bool {
        !self.bot && self.rejected_at.is_none()
    }
}

/// A purchase of the person.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Its id.
    pub id: PurchaseId,
    /// The customer whose identities it carries.
    pub customer: CustomerId,
    /// When it was first told to us: what waits for something waits from here on, however old the thing itself is.
    pub told_at: DateTime<Utc>,
    /// Its state.
    pub state: PurchaseState,
    /// Codes in order, those known by discount id resolved (AT-9).
    pub codes: Vec<Code>,
    /// Whether the merchant asks not to reward it, on the purchase, its subscription or its buyer (AT-17).
    pub skip: bool,
    /// Whether strong identities contradict each other (ID-6).
    pub conflict: bool,
    /// What was decided by hand, and what was paid out, for each enrollment.
    pub standing: BTreeMap<EnrollmentId, Standing>,
    /// What was known of the paying customer at the time (CO-8).
    pub buyer: Traits,
}

/// What a commission carries that no fact tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Approved by hand.
    pub approved: bool,
    /// Rejected by hand.
    pub rejected: bool,
    /// What payouts paid of it, in minor units of the purchase's currency and less what later ones netted; nothing when none ever did. What is
    /// on its way counts as paid (RF-8).
    pub paid: Option<i64>,
    /// Whether some of that is on its way, and not confirmed.
    pub on_its_way: bool,
    /// Whether what is payable of it is in a payout that was planned and not sent, so that it is not paid (RF-8).
    pub planned: bool,
    /// When a payout first paid something of it (FR-5): when that was sent.
    pub paid_at: Option<DateTime<Utc>>,
    /// Signs of fraud that a person looked at and released (FR-4).
    pub released: BTreeSet<Signal>,
    /// The program's currency in which it was stated when it was first earned, and that it was in none; nothing before that (MO-2).
    pub stated_in: Option<Option<Currency>>,
}

/// The world around a person.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The enrollments that any evidence names.
    pub enrollments: BTreeMap<EnrollmentId, Enrollment>,
    /// Codes that belong to partners. Validity is judged at the time of use (AT-8).
    pub codes: Vec<CodeMapping>,
    /// Partners named by key in metadata.
    pub keys: BTreeMap<String, EnrollmentId>,
    /// What others added to sums over many persons, as far as they were asked for.
    pub sums: Sums,
    /// What signs of fraud are looked for in.
    pub watch: Watch,
    /// How long a payment waits to learn whether it belongs to an invoice (SL-8), and a refund to be told its payment before that is asked
    /// for (IN-8).
    pub grace: chrono::Duration,
    /// How long what speaks of something unknown waits for it before it counts as an orphan (IN-8).
    pub orphan_after: chrono::Duration,
}

/// A code that belongs to a partner in `[from, to)` (CS-2, AT-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMapping {
    /// Promotion code, or coupon when only that is set (CS-8).
    pub code: Code,
    /// Whose it is.
    pub enrollment: EnrollmentId,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when, not included.
    pub to: Option<DateTime<Utc>>,
    /// When the code could not be used in between: switched off, or its coupon deleted (CS-5).
    pub inactive: Vec<Span>,
}

impl CodeMapping {
    /// Whether the code was the partner's, and could be used, at `at` (AT-8).
    #[must_use]
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        let own = Span { from: self.from, to: self.to };
        own.contains(at) && !self.inactive.iter().any(|gap| gap.contains(at))
    }
}

impl Person {
    /// When the first thing was known to happen to the person, words by hand aside.
    #[must_use]
    pub fn first_at(&self) -> Option<DateTime<Utc>> {
        let by_hand = |kind| matches!(kind, TouchKind::Manual | TouchKind::Import);
        let touches = self.touches.iter().filter(|touch| !by_hand(touch.kind)).map(|touch| touch.at);
        let purchases = self.purchases.iter().map(|purchase| purchase.state.at.unwrap_or(purchase.state.known_at));
        touches.chain(self.signups.iter().map(|signup| signup.at)).chain(purchases).min()
    }
}

impl Touch {
    /// From when on the touch counts. A word by hand about the past reaches back to the person's first moment at most (AT-15).
    #[must_use]
    pub fn counts_from(&self, person: &Person) -> DateTime<Utc> {
        if self.said_at <= self.at {
            return self.at;
        }
        let first = person.first_at().unwrap_or(self.said_at);
        self.at.max(first.min(self.said_at))
    }

    /// The place of this evidence in the order of candidates (AT-6); clicks stand behind the sign-up that used them.
    #[must_use]
    pub const fn candidate_kind(&self) -> CandidateKind {
        match self.kind {
            TouchKind::Metadata => CandidateKind::Metadata,
            TouchKind::Manual | TouchKind::Import => CandidateKind::Manual,
            TouchKind::Coupon => CandidateKind::Coupon,
            TouchKind::ClientReference => CandidateKind::ClientReference,
            TouchKind::Click | TouchKind::Signup => CandidateKind::Signup,
        }
    }
}
