//! The figures of dashboards and portals: what each purchase, customer and period adds to them, and in which bucket.
//!
//! What a thing adds is a function of what it is now, like a target of the ledger. So the figures move by `adds now - added before`, in the
//! transaction that changes the thing, and are the same whatever order things came in.

mod figure;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{CommissionState, Currency, EnrollmentId, LinkId, PartnerId, ProgramId};
use serde::{Deserialize, Serialize};

pub use figure::{Figure, Figures};

/// How long a bucket is, in seconds. All time zones of today begin their days at a quarter of an hour of UTC.
pub const QUARTER: i64 = 15 * 60;
/// How many buckets a day of UTC has.
pub const QUARTERS_A_DAY: i64 = 96;

/// The bucket of a time: quarters of an hour since 1970.
#[must_use]
pub const fn bucket(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(QUARTER)
}

/// For whom a figure counts, finest first. Whoever is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The program.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramId>,
    /// The partner's place in it.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub enrollment: Option<EnrollmentId>,
    /// The partner.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerId>,
    /// The link through which the customer came.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkId>,
    /// The code that the customer used, as `<connection id>/<Stripe id>`.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Where a figure counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The bucket.
    #[serde(rename = "b")]
    pub bucket: i64,
    /// The currency of its sums; nothing for what is no money.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// For whom.
    #[serde(flatten)]
    pub place: Place,
}

/// What one thing adds to the figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adds(BTreeMap<Key, Figures>);

/// How it is stored: a list, as JSON has no keys but texts.
impl Serialize for Adds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl<'de> Deserialize<'de> for Adds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Vec::<(Key, Figures)>::deserialize(deserializer)?.into_iter().collect()))
    }
}

impl Adds {
    /// Nothing.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one figure.
    pub fn add(&mut self, key: Key, figure: Figure, by: i64) {
        if by == 0 {
            return;
        }
        let figures = self.0.entry(key.clone()).or_default();
        figures.add(figure, by);
        if figures.are_zero() {
            self.0.remove(&key);
        }
    }

    /// Adds everything of another one.
    pub fn join(&mut self, other: Self) {
        for (key, figures) in other.0 {
            for (figure, by) in figures.iter() {
                self.add(key.clone(), figure, by);
            }
        }
    }

    /// What has to be added to `before` so that it becomes this.
    #[must_use]
    pub fn less(&self, before: &Self) -> Self {
        let mut rest = self.clone();
        for (key, figures) in &before.0 {
            for (figure, by) in figures.iter() {
                rest.add(key.clone(), figure, by.saturating_neg());
            }
        }
        rest
    }

    /// The figures with their keys, none of them zero throughout.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Figures)> {
        self.0.iter()
    }
}

/// A purchase as far as the figures know it.
#[derive(Clone, Copy, Debug)]
pub struct Sale {
    /// When it was paid.
    pub at: DateTime<Utc>,
    /// Its currency.
    pub currency: Currency,
    /// What was received, in minor units, tax included.
    pub gross: i64,
    /// What went back of it.
    pub refunded: i64,
    /// What was found commissionable.
    pub net: i64,
    /// Whether it is the first that its person ever paid for.
    pub first: bool,
}

/// What a purchase adds, apart from what it earns anybody. Only what money was received for counts.
#[must_use]
pub fn sale(sale: &Sale, place: Place) -> Adds {
    let mut adds = Adds::nothing();
    if sale.gross <= 0 {
        return adds;
    }
    let key = Key { bucket: bucket(sale.at), currency: Some(sale.currency), place };
    let figures = [
        (Figure::Purchases, 1),
        (Figure::Customers, i64::from(sale.first)),
        (Figure::Gross, sale.gross),
        (Figure::Refunded, sale.refunded),
        (Figure::Net, sale.net),
    ];
    for (figure, by) in figures {
        adds.add(key.clone(), figure, by);
    }
    adds
}

/// A commission as far as the figures know it. All sums are minor units of its currency.
#[derive(Clone, Copy, Debug)]
pub struct Earned {
    /// When it was earned.
    pub at: DateTime<Utc>,
    /// Its currency.
    pub currency: Currency,
    /// Its state.
    pub state: CommissionState,
    /// What is left of it.
    pub amount: i64,
    /// The part of `amount` that is not payable yet.
    pub pending: i64,
    /// The part of `pending` that is kept back for a reason (DP-1, RF-2).
    pub held: i64,
    /// What payouts paid of it; more than `amount` where something went back later (RF-7).
    pub paid: i64,
    /// What is on its way in payouts that are not confirmed.
    pub sent: i64,
    /// Whether the rest of what is payable is in a payout that is planned.
    pub planned: bool,
}

impl Earned {
    /// A commission of which nothing is left.
    #[must_use]
    pub const fn nothing(at: DateTime<Utc>, currency: Currency, state: CommissionState) -> Self {
        Self { at, currency, state, amount: 0, pending: 0, held: 0, paid: 0, sent: 0, planned: false }
    }
}

/// What a commission adds: it counts at the time of what earned it. It is one in the state in which it is; each part of its amount is summed as
/// what it is, so that an open dispute over a share of it leaves the rest pending, payable or paid.
#[must_use]
pub fn commission(earned: &Earned, place: Place) -> Adds {
    let Earned { at, currency, state, amount, pending, held, paid, sent, planned } = *earned;
    let key = Key { bucket: bucket(at), currency: Some(currency), place };
    let mut adds = Adds::nothing();
    adds.add(key.clone(), Figure::count_of(state), 1);
    let paid = paid.clamp(0, amount.max(0));
    let sent = sent.clamp(0, amount.max(0).saturating_sub(paid));
    let payable = if planned { Figure::Reserved } else { Figure::Approved };
    let parts = [
        (Figure::Pending, pending.saturating_sub(held)),
        (Figure::Held, held),
        (payable, amount.saturating_sub(pending).saturating_sub(paid).saturating_sub(sent)),
        (Figure::Reserved, sent),
        (Figure::Paid, paid),
    ];
    for (figure, part) in parts {
        adds.add(key.clone(), figure, part);
    }
    adds
}

/// What a sign-up adds.
#[must_use]
pub fn sign_up(at: DateTime<Utc>, place: Place) -> Adds {
    let mut adds = Adds::nothing();
    adds.add(Key { bucket: bucket(at), currency: None, place }, Figure::SignUps, 1);
    adds
}

/// What a click adds.
#[must_use]
pub fn click(at: DateTime<Utc>, place: Place) -> Adds {
    let mut adds = Adds::nothing();
    adds.add(Key { bucket: bucket(at), currency: None, place }, Figure::Clicks, 1);
    adds
}
