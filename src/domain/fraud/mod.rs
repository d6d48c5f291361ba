//! Signs of fraud (FR-1 to FR-3): what is looked at, one kind of sign a file, and what follows.
//!
//! Decides which signs speak against a commission and whether they hold it. A sign takes nothing away (FR-4): a person releases or rejects.
//! Everything looked at is a stored row with its time, so it does not matter in which order things were told.

mod click;
mod email;
mod list;
mod partner;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{AdParameter, ClickId, EnrollmentId, FraudSettings, HoldReason, PartnerId, PurchaseId, Signal};
use serde::{Deserialize, Serialize};

/// One sign that speaks against a commission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Which.
    pub signal: Signal,
    /// What matched, with personal data masked.
    pub matched: String,
    /// When it happened, where it is about a moment.
    pub at: Option<DateTime<Utc>>,
    /// The click that it is about.
    pub click: Option<ClickId>,
}

impl Evidence {
    const fn of(signal: Signal, matched: String) -> Self {
        Self { signal, matched, at: None, click: None }
    }

    /// The sign in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let says = match self.signal {
            Signal::SameExternalId => "the buyer has the merchant's id of the partner",
            Signal::SameEmail => "the buyer's e-mail is the partner's own",
            Signal::SameCard => "the buyer paid with a card of the partner's own purchases",
            Signal::EmailAlias => "the buyer's e-mail is the partner's own but for dots and what follows a plus sign",
            Signal::SameDomain => "the buyer's e-mail is of the partner's own domain",
            Signal::SameAddress => "the click came from an address from which the partner was seen within 24 hours",
            Signal::PaidAd => "the click came from paid advertising that the program does not allow",
            Signal::BannedReferrer => "the click came from a place that the program bans",
            Signal::Velocity => "too many visitors of the partner came from one address on that day",
            Signal::DisposableEmail => "the buyer's e-mail is a throw-away address",
            Signal::RefundRate => "too much of what the partner brings is paid back",
            Signal::DuplicatePartner => "an older partner is paid to the same destination",
        };
        format!("{says}: {}", self.matched)
    }
}

/// By what a person or a partner can be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// The merchant's own ids.
    pub external_ids: BTreeSet<String>,
    /// Normalised addresses (ID-3).
    pub emails: BTreeSet<String>,
}

/// A partner as far as signs go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partner {
    /// By what the partner can be known: as a partner, and as those who sign in for it.
    pub traits: Traits,
    /// Keyed hashes of cards with which the partner itself bought.
    pub cards: BTreeSet<String>,
    /// Where the partner was seen: keyed hash of an address, with the first and the last time.
    pub seen: BTreeMap<Vec<u8>, (DateTime<Utc>, DateTime<Utc>)>,
    /// An older partner who is paid to the same destination.
    pub twin: Option<PartnerId>,
}

/// A visit through a link as far as signs go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// Keyed hash of the visitor's address; its key changes with the day (PV-1).
    pub address: Option<Vec<u8>>,
    /// Parameters of paid advertising that the page's address carried.
    pub ads: Vec<AdParameter>,
    /// The host from which the visitor came.
    pub referrer: Option<String>,
    /// How many visitors the partner's links had had from this address on that day, this one included.
    pub rank: u64,
}

/// What a partner brought within the time before a purchase that a rate is asked of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// How many purchases.
    pub purchases: u64,
    /// Of how many of them money had gone back by then.
    pub returned: u64,
}

/// Everything that signs are looked for in, around one person.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The partners.
    pub partners: BTreeMap<PartnerId, Partner>,
    /// The person.
    pub person: Traits,
    /// The person's visits.
    pub visits: BTreeMap<ClickId, Visit>,
    /// Keyed hashes of the cards that paid for a purchase.
    pub cards: BTreeMap<PurchaseId, BTreeSet<String>>,
    /// What an enrollment had brought before a purchase; only where a program asks.
    pub records: BTreeMap<(PurchaseId, EnrollmentId), Record>,
}

/// A commission that is looked at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The purchase, if one earned it.
    pub purchase: Option<PurchaseId>,
    /// Who would earn.
    pub enrollment: EnrollmentId,
    /// The partner.
    pub partner: PartnerId,
    /// The clicks by which the partner earns, with their times, oldest first; none where another word names the partner.
    pub clicks: Vec<(ClickId, DateTime<Utc>)>,
}

/// What signs came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suspicion {
    /// Every sign, those that a person released included.
    pub evidence: Vec<Evidence>,
    /// What the signs that nobody released add up to.
    pub score: u16,
    /// Why the commission is held, if it is.
    pub hold: Option<HoldReason>,
}

/// Looks for every sign that the program's settings ask for. Those in `released` were looked at by a person and hold no more.
#[must_use]
pub fn look(watch: &Watch, settings: &FraudSettings, subject: &Subject, released: &BTreeSet<Signal>) -> Suspicion {
    let Some(partner) = watch.partners.get(&subject.partner) else {
        return Suspicion::default();
    };
    let case = Case { watch, subject, settings, partner };
    let mut evidence = partner::signs(&case);
    evidence.extend(email::signs(&case));
    evidence.extend(click::signs(&case));
    evidence.retain(|one| settings.looks_for(one.signal));
    evidence.sort_by_key(|one| one.signal);
    let open = || evidence.iter().map(|one| one.signal).filter(|signal| !released.contains(signal));
    let score = open().fold(0_u16, |sum, signal| sum.saturating_add(signal.strength().score()));
    let own = open().filter(|signal| signal.is_of_self_referral()).fold(0_u16, |sum, signal| sum.saturating_add(signal.strength().score()));
    let hold = match settings.hold_score {
        enough if own >= enough => Some(HoldReason::SelfReferral),
        enough if score >= enough => Some(HoldReason::Fraud),
        _ => None,
    };
    Suspicion { evidence, score, hold }
}

/// One commission with all that it is looked at by.
#[derive(Clone, Copy)]
struct Case<'a> {
    watch: &'a Watch,
    subject: &'a Subject,
    settings: &'a FraudSettings,
    partner: &'a Partner,
}
