//! Writing off what a partner owes: a negative balance that no later payout will net (RF-7).

use entity::partner;
use entity::value::{Currency, InterventionKind, Money, PartnerId};
use serde::Serialize;

use super::idempotency::{Asked, ask};
use super::intervention::{self, Word};
use super::payout::{entries, overflow, post, turn};
use super::{Refusal, RefusalCode, ServiceError, Services, retry};
use crate::domain::access::{Action, Viewer};
use crate::domain::payout::{total, write_off};
use crate::store;
use crate::store::scoped::find;

/// What is to be written off.
#[derive(Clone, Debug, Serialize)]
pub struct WriteOff {
    /// Who owes it.
    pub partner: PartnerId,
    /// In what.
    pub currency: Currency,
    /// Why.
    pub reason: String,
}

/// Brings a negative payable balance to nothing by an entry at the merchant's expense, and says how much that was. For a request that may be
/// sent again: the same key brings back what was written off the first time.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such partner, nothing is owed, or the reason is missing or too long; denied to those who may not
/// move money.
pub async fn balance(services: &Services, viewer: &Viewer, asked: WriteOff, key: Option<&str>) -> Result<Money, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    let asked = WriteOff { reason: intervention::reason(&asked.reason)?, ..asked };
    let WriteOff { partner, currency, .. } = asked;
    let minor = retry::races(|| async {
        let now = services.clock.now();
        let tx = services.db.begin().await?;
        let mark = match ask::<i64>(&tx, (viewer, scope), "balanceWriteOff", (key, &asked), now).await? {
            Asked::First(mark) => mark,
            Asked::Again(minor) => return Ok(minor),
        };
        if find::<partner::Entity, _>(&tx, scope, partner).await?.is_none() {
            return Err(Refusal::not_found("partnerId", "partner").into());
        }
        store::lock::acquire(&tx, [turn(partner, currency)]).await?;
        let owed = entries(&store::payout::unclaimed(&tx, scope, partner, currency).await?);
        let sum = total(&owed).map_err(overflow)?;
        if sum >= 0 {
            let text = "this partner owes nothing in this currency: only a payable balance below zero can be written off";
            return Err(Refusal::new("partnerId", RefusalCode::WrongState, text).into());
        }
        post(&tx, scope, write_off(&owed, currency).map_err(overflow)?, (partner, None), now).await?;
        let minor = sum.saturating_neg();
        let (kind, subject) = (InterventionKind::BalanceWriteOff, partner.to_string());
        let what = format!("{}, which the partner owed, were written off", Money::new(minor, currency));
        let word = Word { kind, subject: &subject, commission: None, what: &what, reason: Some(&asked.reason) };
        intervention::record(&tx, viewer, scope, word, now).await?;
        mark.done(&tx, minor).await?;
        tx.commit().await?;
        Ok(minor)
    })
    .await?;
    Ok(Money::new(minor, currency))
}
