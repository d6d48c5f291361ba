//! Which customers are one person, where no strong key says so: by a click that one of them carried to sign-up or checkout, else by e-mail
//! (ID-2, ID-4, ID-5).
//!
//! A function of what is known of the customers around, and of no order. It decides who belongs together, and until when an e-mail leads to
//! one person alone. It never joins customers for good, and never two who both have an account of their own (ID-6).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{ClickId, CustomerId};

#[cfg(test)]
mod tests;

/// How many customers an e-mail, a click, or a chain of them may tie together. Beyond it they are no evidence of one person.
pub const MOST: usize = 50;

/// How much later than the merchant's server or the payment provider a page may tell of an e-mail: both speak of one sign-up, in any order.
const LATE: Duration = Duration::hours(1);

/// Since when an e-mail is a customer's, by the word of somebody who is believed. What only a page said, as anybody can, ties nobody to
/// anybody (SN-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Since when.
    pub at: DateTime<Utc>,
    /// Since when by the word of the merchant's server or of the payment provider, if either says so. A page is believed only of an e-mail that
    /// these had not told of long before: anybody can follow a link, and then name an e-mail of which they heard (SN-4).
    pub proven_at: Option<DateTime<Utc>>,
    /// Until when, if it is over: what it tied stays tied, and nothing new is (ID-9). Also from when on too many share it.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A customer, as far as it matters who else it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Whether the merchant gave it an id.
    pub claimed: bool,
    /// Whether it has an account of any kind: an id of the merchant's, a customer at the payment provider, or a sign-up.
    pub account: bool,
    /// Its e-mails, by hash, without those that too many had before.
    pub emails: BTreeMap<String, Since>,
    /// The clicks that it signed up or bought with, without those that too many share.
    pub clicks: BTreeSet<ClickId>,
    /// Whether an e-mail was left out because too many had it before.
    pub crowded: bool,
}

/// The customers around one, by id: at least everyone who can be reached through customers without an id of the merchant's.
pub type Circle = BTreeMap<CustomerId, Known>;

/// The customers that are one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Who stands for them.
    pub root: CustomerId,
    /// All of them, the root included.
    pub members: BTreeSet<CustomerId>,
    /// Whether the root has an id of the merchant's.
    pub claimed: bool,
    /// Whether the e-mail leads to several customers, so that it leads to none (ID-4).
    pub ambiguous: bool,
    /// Members who are the same as another one by more than an e-mail.
    pub same: BTreeMap<CustomerId, CustomerId>,
    /// Members whom an e-mail ties to the others until then only: it leads to more people since (ID-4), or to nobody (ID-9).
    pub doubtful: BTreeMap<CustomerId, DateTime<Utc>>,
}

/// The group of a customer of the circle, or nothing when it is not there. Where its root has an id of the merchant's, the circle has to hold
/// everyone around the root as well.
#[must_use]
pub fn group(circle: &Circle, start: CustomerId) -> Option<Group> {
    let around = Around::new(circle);
    let own = around.place(start)?;
    let belongs = |id: CustomerId| match around.place(id) {
        Some(place) if own.ambiguous => place.root == own.root && (id == own.root || around.carried.get(&id) == Some(&own.root)),
        Some(place) => place.root == own.root && !place.ambiguous,
        None => false,
    };
    let members: BTreeSet<CustomerId> = circle.keys().copied().filter(|id| belongs(*id)).collect();
    let same = members.iter().filter_map(|id| Some((*id, around.same(*id)?))).collect();
    let doubtful = members.iter().filter_map(|id| Some((*id, around.doubt(*id)?))).collect();
    let claimed = circle.get(&own.root)?.claimed;
    let crowded = !claimed && members.iter().any(|id| circle.get(id).is_some_and(|known| known.crowded));
    Some(Group { root: own.root, members, claimed, ambiguous: own.ambiguous || crowded, same, doubtful })
}

/// Where somebody belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    root: CustomerId,
    ambiguous: bool,
    /// From when on the e-mail leads to others as well.
    doubt: Option<DateTime<Utc>>,
}

impl Place {
    const fn of(root: CustomerId) -> Self {
        Self { root, ambiguous: false, doubt: None }
    }

    const fn nowhere(own: CustomerId) -> Self {
        Self { root: own, ambiguous: true, doubt: None }
    }
}

/// The circle, with what follows from clicks alone.
struct Around<'a> {
    circle: &'a Circle,
    /// Guests who are found by a click, and whom it finds.
    carried: BTreeMap<CustomerId, CustomerId>,
    /// The e-mails of everyone else, those of the guests whom they stand for included.
    emails: BTreeMap<CustomerId, BTreeMap<&'a str, Since>>,
}

impl<'a> Around<'a> {
    fn new(circle: &'a Circle) -> Self {
        let guests = circle.iter().filter(|(_, known)| !known.account);
        let carried: BTreeMap<CustomerId, CustomerId> = guests.filter_map(|(id, known)| Some((*id, carrier(circle, known)?))).collect();
        let mut proven: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
        for (email, since) in circle.values().flat_map(|known| &known.emails) {
            if let Some(at) = since.proven_at {
                proven.entry(email).and_modify(|first| *first = at.min(*first)).or_insert(at);
            }
        }
        let counts =
            |email: &str, since: &Since| since.proven_at.is_some() || proven.get(email).is_none_or(|first| since.at <= *first + LATE);
        let mut emails: BTreeMap<CustomerId, BTreeMap<&str, Since>> = BTreeMap::new();
        for (id, known) in circle {
            let of = emails.entry(carried.get(id).copied().unwrap_or(*id)).or_default();
            for (email, since) in known.emails.iter().filter(|(email, since)| counts(email, since)) {
                of.entry(email).and_modify(|known| *known = known.first(*since)).or_insert(*since);
            }
        }
        Self { circle, carried, emails }
    }
}

impl Around<'_> {
    /// ID-2: an id of the merchant's first, then a click that somebody with an account carried, then the e-mail.
    fn place(&self, id: CustomerId) -> Option<Place> {
        self.circle.get(&id)?;
        let account = self.carried.get(&id).copied().unwrap_or(id);
        Some(if self.claimed(account) { Place::of(account) } else { self.by_email(account) })
    }

    /// From when on nothing ties somebody to others by e-mail: it leads to several, or is nobody's any longer.
    fn doubt(&self, id: CustomerId) -> Option<DateTime<Utc>> {
        let by_others = self.place(id)?.doubt;
        let account = self.carried.get(&id).unwrap_or(&id);
        // One e-mail that still holds is enough.
        let ends: Option<Vec<_>> = self.emails.get(account).and_then(|all| all.values().map(|since| since.ended_at).collect());
        by_others.into_iter().chain(ends.into_iter().flatten().max()).min()
    }

    fn claimed(&self, id: CustomerId) -> bool {
        self.circle.get(&id).is_some_and(|known| known.claimed)
    }

    /// Guests who carried a click that nobody with an account did.
    fn fellows(&self, id: CustomerId) -> Vec<CustomerId> {
        let guest = |other: &CustomerId, known: &Known| !known.account && !self.carried.contains_key(other);
        let Some(own) = self.circle.get(&id).filter(|known| guest(&id, known)) else { return Vec::new() };
        let free = |click: &ClickId| !self.circle.values().any(|known| known.account && known.clicks.contains(click));
        let clicks: BTreeSet<ClickId> = own.clicks.iter().copied().filter(free).collect();
        let fellows =
            self.circle.iter().filter(|(other, known)| **other != id && guest(other, known) && !known.clicks.is_disjoint(&clicks));
        fellows.map(|(other, _)| *other).collect()
    }

    /// Those who share an e-mail, and since when it is theirs.
    fn sharing(&self, id: CustomerId) -> BTreeMap<CustomerId, Since> {
        let Some(own) = self.emails.get(&id) else { return BTreeMap::new() };
        let since = |other: &BTreeMap<&str, Since>| own.keys().filter_map(|email| other.get(email)).copied().reduce(Since::first);
        self.emails.iter().filter(|(other, _)| **other != id).filter_map(|(other, emails)| Some((*other, since(emails)?))).collect()
    }

    /// Those without an id of the merchant's whom e-mails, or clicks among guests, tie to this one.
    fn neighbours(&self, id: CustomerId) -> BTreeSet<CustomerId> {
        let tied = self.sharing(id).into_keys().chain(self.fellows(id));
        tied.filter(|other| !self.claimed(*other)).collect()
    }

    /// ID-4: where the e-mails of somebody without an id of the merchant's lead.
    fn by_email(&self, id: CustomerId) -> Place {
        if let Some(place) = self.led(id) {
            return place;
        }
        let (mut chain, mut frontier, mut ends) = (BTreeSet::from([id]), vec![id], Vec::new());
        while let Some(next) = frontier.pop() {
            for other in self.neighbours(next) {
                match self.led(other) {
                    Some(end) => ends.push(end),
                    None if chain.insert(other) => frontier.push(other),
                    None => {}
                }
            }
            if chain.len() > MOST {
                return Place::nowhere(id);
            }
        }
        let Some(first) = ends.first() else {
            return Place::of(chain.first().copied().unwrap_or(id));
        };
        if ends.iter().any(|end| end.ambiguous || end.root != first.root) {
            return Place::nowhere(id);
        }
        Place { doubt: ends.iter().filter_map(|end| end.doubt).min(), ..*first }
    }

    /// Where the own e-mails lead, if they lead to anybody with an id of the merchant's. What was matched stays matched: who claims the
    /// e-mail later only makes doubtful what comes later.
    fn led(&self, id: CustomerId) -> Option<Place> {
        let claimants: BTreeMap<CustomerId, Since> = self.sharing(id).into_iter().filter(|(other, _)| self.claimed(*other)).collect();
        let start = self.emails.get(&id)?.values().map(|since| since.at).min()?;
        let before: Vec<CustomerId> = claimants.iter().filter(|(_, since)| since.at <= start).map(|(id, _)| *id).collect();
        let root = match before.as_slice() {
            [] => first_of(&claimants),
            [only] => Some(*only),
            _ => None,
        };
        if claimants.is_empty() {
            return None;
        }
        let Some(root) = root else { return Some(Place::nowhere(id)) };
        let others = claimants.iter().filter(|(other, _)| **other != root);
        Some(Place { doubt: others.map(|(_, since)| since.at).min(), ..Place::of(root) })
    }

    /// Of those who are one by more than an e-mail, the one who stands for them.
    fn same(&self, id: CustomerId) -> Option<CustomerId> {
        if let Some(account) = self.carried.get(&id) {
            return Some(*account);
        }
        let (mut all, mut frontier) = (BTreeSet::from([id]), vec![id]);
        while let Some(next) = frontier.pop() {
            frontier.extend(self.fellows(next).into_iter().filter(|other| all.insert(*other)));
        }
        all.first().copied().filter(|first| *first != id)
    }
}

/// Whom the clicks of a guest lead to: the one customer with an account who signed up or bought with any of them. Two who have both an
/// account of their own are never taken for one, so a click that both carried leads to nobody (ID-6).
fn carrier(circle: &Circle, guest: &Known) -> Option<CustomerId> {
    let carries = |known: &Known| known.account && !known.clicks.is_disjoint(&guest.clicks);
    let accounts: Vec<(&CustomerId, &Known)> = circle.iter().filter(|(_, known)| carries(known)).collect();
    let mut claimed = accounts.iter().filter(|(_, known)| known.claimed);
    match (claimed.next(), claimed.next()) {
        (Some((only, _)), None) => return Some(**only),
        (Some(_), Some(_)) => return None,
        (None, _) => {}
    }
    let (first, known) = accounts.first()?;
    let one_email = known.emails.keys().any(|email| accounts.iter().all(|(_, other)| other.emails.contains_key(email)));
    (accounts.len() == 1 || one_email).then_some(**first)
}

impl Since {
    fn first(self, other: Self) -> Self {
        Self {
            at: self.at.min(other.at),
            proven_at: self.proven_at.into_iter().chain(other.proven_at).min(),
            ended_at: self.ended_at.zip(other.ended_at).map(|(a, b)| a.max(b)),
        }
    }
}

/// Who was first; nobody when two were at once.
fn first_of(claimants: &BTreeMap<CustomerId, Since>) -> Option<CustomerId> {
    let mut places: Vec<_> = claimants.iter().map(|(id, since)| (since.at, *id)).collect();
    places.sort_unstable();
    match places.as_slice() {
        [(a, _), (b, _), ..] if a == b => None,
        [(_, first), ..] => Some(*first),
        [] => None,
    }
}
