//! Payouts that a merchant makes by its own means (PO-1, PO-2, RF-7, RF-8): planned, sent and confirmed, or recorded in one step.
//!
//! A payout claims entries of the ledger, and moves their sum from what is payable to the clearing account. Its amount never changes: a plan
//! from which a file for a bank was made cannot become one over another sum. So where a claimed commission changes before the payout is sent,
//! it is cancelled and another one is planned in its place (`claim`), and whoever would send the first is refused and told of the second.

mod claim;
mod step;

use entity::value::{Currency, InterventionKind, Money, PartnerId, PayoutId, PayoutStatus, UserId};
use entity::{partner, payout};
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use self::claim::{Conversion, claim};
pub(super) use self::claim::{entries, overflow, post, replan};
pub use self::step::{Step, advance};
use super::error::{Refusal, RefusalCode};
use super::idempotency::{Asked, ask};
use super::intervention::{self, Word};
use super::settle::{ring, settle_all};
use super::{ServiceError, Services, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::payout::total;
use crate::store;
use crate::store::scoped::find;

/// The longest reference, in characters.
const LONGEST_REFERENCE: usize = 200;

/// A payout to be planned, or recorded.
#[derive(Clone, Debug, Serialize)]
pub struct NewPayout {
    /// Who is paid.
    pub partner: PartnerId,
    /// In what it was earned.
    pub currency: Currency,
    /// In what it is paid, where that is another currency (MO-5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paid_in: Option<Currency>,
    /// What the merchant's bank or tool calls it.
    pub reference: Option<String>,
    /// How much was earned, in minor units. When it is not what is payable now, nothing is made.
    pub amount: Option<i64>,
}

/// Plans a payout of everything payable to a partner in one currency: its entries are claimed and its amount stands before anything is sent
/// (PO-1). For a request that may be sent again: the same key brings back the payout of the first time.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such partner, nothing is payable, or another sum than was expected, or no rate is known for the
/// currency in which it is to be paid; denied to those who may not move money.
pub async fn plan(services: &Services, viewer: &Viewer, new: NewPayout, key: Option<&str>) -> Result<payout::Model, ServiceError> {
    make(services, viewer, ("payoutPlan", PayoutStatus::Planned), new, key).await
}

/// Records that everything payable to a partner in one currency was paid: plans, sends and confirms in one step. A negative balance is netted
/// in later payouts (RF-7).
///
/// # Errors
/// As [`plan`].
pub async fn record(services: &Services, viewer: &Viewer, new: NewPayout, key: Option<&str>) -> Result<payout::Model, ServiceError> {
    make(services, viewer, ("payoutRecord", PayoutStatus::Paid), new, key).await
}

async fn make(
    services: &Services,
    viewer: &Viewer,
    (operation, status): (&str, PayoutStatus),
    new: NewPayout,
    key: Option<&str>,
) -> Result<payout::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    check_reference(new.reference.as_deref())?;
    let (row, messages) = retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        let mark = match ask::<PayoutId>(&tx, (viewer, scope), operation, (key, &new), now).await? {
            Asked::First(mark) => mark,
            Asked::Again(id) => return Ok((found(&tx, scope, id).await?, Vec::new())),
        };
        if find::<partner::Entity, _>(&tx, scope, new.partner).await?.is_none() {
            return Err(Refusal::not_found("partnerId", "partner").into());
        }
        let done = (status == PayoutStatus::Paid).then_some(now);
        let row = payout::Model {
            id: PayoutId::new_at(now),
            merchant_id: scope.merchant(),
            livemode: scope.livemode(),
            partner_id: new.partner,
            currency: new.currency,
            amount: 0,
            reference: new.reference.clone(),
            status,
            sent_at: done,
            paid_at: done,
            cancelled_at: None,
            cancelled_reason: None,
            replaced_by_id: None,
            paid_currency: None,
            paid_amount: None,
            rate_num: None,
            rate_den: None,
            rate_day: None,
            rate_source: None,
            created_by: by(viewer),
            created_at: now,
        };
        let made = all_payable(&tx, scope, row, &new).await?;
        if status == PayoutStatus::Paid {
            let (subject, what) = (made.id.to_string(), "a payout was recorded as paid");
            let word = Word { kind: InterventionKind::PayoutConfirm, subject: &subject, commission: None, what, reason: None };
            intervention::record(&tx, viewer, scope, word, now).await?;
        }
        let earners = store::payout::earners_of_payout(&tx, made.id).await?;
        let messages = settle_all(&tx, scope, earners, now).await?;
        // A refund that came in at the same moment has planned it anew already.
        let row = in_place_of(&tx, scope, made.id).await?;
        mark.done(&tx, row.id).await?;
        tx.commit().await?;
        Ok((row, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}

const fn by(viewer: &Viewer) -> Option<UserId> {
    match viewer {
        Viewer::User { user, .. } => Some(*user),
        Viewer::Public | Viewer::Server { .. } | Viewer::Snippet { .. } => None,
    }
}

fn check_reference(reference: Option<&str>) -> Result<(), Refusal> {
    if reference.is_some_and(|text| text.chars().count() > LONGEST_REFERENCE) {
        return Err(Refusal::new("reference", RefusalCode::OutOfRange, format!("at most {LONGEST_REFERENCE} characters")));
    }
    Ok(())
}

async fn found(tx: &DatabaseTransaction, scope: Scope, id: PayoutId) -> Result<payout::Model, ServiceError> {
    let row = find::<payout::Entity, _>(tx, scope, id).await?;
    row.ok_or_else(|| ServiceError::Internal("a payout that was made is not there".to_owned()))
}

/// The payout itself, or the last one that was planned in its place.
async fn in_place_of(tx: &DatabaseTransaction, scope: Scope, id: PayoutId) -> Result<payout::Model, ServiceError> {
    let mut row = found(tx, scope, id).await?;
    while let Some(next) = row.replaced_by_id {
        row = found(tx, scope, next).await?;
    }
    Ok(row)
}

/// Claims everything that is payable.
async fn all_payable(tx: &DatabaseTransaction, scope: Scope, row: payout::Model, new: &NewPayout) -> Result<payout::Model, ServiceError> {
    let NewPayout { partner, currency, paid_in, amount: expected, .. } = *new;
    store::lock::acquire(tx, [turn(partner, currency)]).await?;
    let claimed = store::payout::unclaimed(tx, scope, partner, currency).await?;
    let amount = Money::new(total(&entries(&claimed)).map_err(overflow)?, currency);
    if amount.minor <= 0 {
        let text = "nothing is payable to this partner in this currency; a negative balance is netted in later payouts";
        return Err(Refusal::new("partnerId", RefusalCode::WrongState, text).into());
    }
    if expected.is_some_and(|expected| expected != amount.minor) {
        return Err(Refusal::new("amount", RefusalCode::WrongState, format!("{amount} are payable now, not what was given")).into());
    }
    let conversion = match paid_in.filter(|paid_in| *paid_in != currency) {
        Some(paid_in) => Some(Conversion::of_day(tx, scope, amount, paid_in, row.created_at).await?),
        None => None,
    };
    claim(tx, scope, payout::Model { amount: amount.minor, ..row }, &claimed, conversion).await
}

/// The lock of all who take what is payable to a partner in one currency.
pub(super) fn turn(partner: PartnerId, currency: Currency) -> String {
    format!("payout/{partner}/{}", currency.as_str())
}
