//! What a program makes of signs of fraud: changed by hand, checked, and written down (FR-1 to FR-3).

use entity::program;
use entity::value::{AdParameter, BasisPoints, FraudSettings, InterventionKind, ProgramId, Signal};

use super::affected::{Affected, customers_of};
use super::check::{self, Faults};
use super::intervention::{self, Word};
use super::{Refusal, RefusalCode, ServiceError, Services};
use crate::domain::access::{Action, Viewer};
use crate::store;
use crate::store::scoped::lock;

/// The most entries of a list.
const LONGEST_LIST: usize = 500;

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The signs that are looked for.
    pub signals: Option<Vec<Signal>>,
    /// The score at which a commission is held, 1 to 1000.
    pub hold_score: Option<i32>,
    /// Paid advertising that partners may use.
    pub allowed_ads: Option<Vec<AdParameter>>,
    /// Hosts from which no visit may come.
    pub banned_referrers: Option<Vec<String>>,
    /// Domains of throw-away addresses.
    pub disposable_domains: Option<Vec<String>>,
    /// Domains that many people share.
    pub shared_domains: Option<Vec<String>>,
    /// How many visitors a partner may bring from one address on one day, 1 to 10000.
    pub visitors_per_address: Option<i32>,
    /// From which share of refunded purchases on the sign speaks, in basis points, 1 to 10000.
    pub refund_share: Option<i32>,
    /// How many purchases it takes before that is asked, 1 to 10000.
    pub refund_minimum: Option<i32>,
}

/// Changes what a program makes of signs of fraud. Who it concerns is settled again.
///
/// # Errors
/// Refused with the fields that cannot stand; denied to those who may not manage programs.
pub async fn update(services: &Services, viewer: &Viewer, id: ProgramId, change: Change) -> Result<program::Model, ServiceError> {
    let scope = viewer.allow(Action::ManagePrograms)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let row = lock::<program::Entity>(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("programId", "program"))?;
    let fraud = changed(row.fraud.clone(), change)?;
    if fraud == row.fraud {
        return Ok(row);
    }
    let row = store::row::save(&tx, program::Model { fraud, ..row }).await?;
    let what = "the program looks for other signs of fraud";
    let word = Word { kind: InterventionKind::FraudSettings, subject: &id.to_string(), commission: None, what, reason: None };
    intervention::record(&tx, viewer, scope, word, now).await?;
    customers_of(&tx, services, scope, &Affected::Program(id)).await?;
    tx.commit().await?;
    Ok(row)
}

fn changed(old: FraudSettings, change: Change) -> Result<FraudSettings, ServiceError> {
    let mut faults = Faults::default();
    let fraud = FraudSettings {
        signals: change.signals.map_or(old.signals, sorted),
        hold_score: number(&mut faults, "holdScore", change.hold_score, (1, 1000), old.hold_score),
        allowed_ads: change.allowed_ads.map_or(old.allowed_ads, sorted),
        banned_referrers: hosts(&mut faults, "bannedReferrers", change.banned_referrers, old.banned_referrers),
        disposable_domains: hosts(&mut faults, "disposableDomains", change.disposable_domains, old.disposable_domains),
        shared_domains: hosts(&mut faults, "sharedDomains", change.shared_domains, old.shared_domains),
        visitors_per_address: number(&mut faults, "visitorsPerAddress", change.visitors_per_address, (1, 10_000), old.visitors_per_address),
        refund_share: share(&mut faults, change.refund_share, old.refund_share),
        refund_minimum: number(&mut faults, "refundMinimum", change.refund_minimum, (1, 10_000), old.refund_minimum),
    };
    faults.done()?;
    Ok(fraud)
}

/// Each once, in the order of their list.
fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list.dedup();
    list
}

fn number(faults: &mut Faults, field: &str, given: Option<i32>, (low, high): (u16, u16), old: u16) -> u16 {
    let Some(given) = given else { return old };
    u16::try_from(given).ok().filter(|given| (low..=high).contains(given)).unwrap_or_else(|| {
        faults.add(field, RefusalCode::OutOfRange, format!("must be from {low} to {high}"));
        old
    })
}

fn share(faults: &mut Faults, given: Option<i32>, old: BasisPoints) -> BasisPoints {
    let Some(given) = given else { return old };
    let share = u32::try_from(given).ok().and_then(|given| BasisPoints::new(given).ok());
    share.filter(|share| *share > BasisPoints::ZERO && *share <= BasisPoints::ONE).unwrap_or_else(|| {
        faults.add("refundShare", RefusalCode::OutOfRange, "must be from 1 to 10000 basis points");
        old
    })
}

/// Hosts in the form in which they are compared, each once.
fn hosts(faults: &mut Faults, field: &str, given: Option<Vec<String>>, old: Vec<String>) -> Vec<String> {
    let Some(given) = given else { return old };
    if given.len() > LONGEST_LIST {
        faults.add(field, RefusalCode::OutOfRange, format!("must be at most {LONGEST_LIST}"));
        return old;
    }
    let read = given.iter().enumerate().filter_map(|(index, text)| faults.take(&format!("{field}.{index}"), check::host(text)));
    let read: Vec<String> = read.collect();
    sorted(read)
}

#[cfg(test)]
mod tests {
    use entity::value::{FraudSettings, Signal};

    use super::{Change, ServiceError, changed};

    fn refused(change: Change) -> Vec<String> {
        match changed(FraudSettings::default(), change) {
            Err(ServiceError::Refused(refusals)) => refusals.into_iter().map(|refusal| refusal.field.join(".")).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_field_that_cannot_stand_is_named() {
        let change = Change {
            hold_score: Some(0),
            banned_referrers: Some(vec!["coupons.example".into(), "https://x.example".into()]),
            visitors_per_address: Some(10_001),
            refund_share: Some(10_001),
            refund_minimum: Some(-1),
            ..Change::default()
        };
        assert_eq!(refused(change), ["holdScore", "bannedReferrers.1", "visitorsPerAddress", "refundShare", "refundMinimum"]);
        assert_eq!(refused(Change { shared_domains: Some(vec![String::new(); 501]), ..Change::default() }), ["sharedDomains"]);
    }

    #[test]
    fn what_is_left_out_stays_and_lists_are_kept_in_one_form() {
        let change = Change {
            signals: Some(vec![Signal::PaidAd, Signal::SameEmail, Signal::PaidAd]),
            banned_referrers: Some(vec!["Bücher.Example.".into(), "a.example".into(), "A.example".into()]),
            refund_share: Some(10_000),
            ..Change::default()
        };
        let fraud = changed(FraudSettings { hold_score: 75, ..FraudSettings::default() }, change).unwrap();
        assert_eq!(fraud.signals, [Signal::SameEmail, Signal::PaidAd]);
        assert_eq!(fraud.banned_referrers, ["a.example", "xn--bcher-kva.example"]);
        assert_eq!((fraud.hold_score, fraud.refund_share.get()), (75, 10_000));
    }
}
