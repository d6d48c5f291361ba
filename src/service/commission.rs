//! What people decide about commissions by hand (LC). Only the hand's word is stored; state and entries follow by settling.

use entity::commission;
use entity::value::CommissionId;
use sea_orm::DatabaseTransaction;

use super::error::{Refusal, RefusalCode};
use super::settle::{ring, settle};
use super::{ServiceError, Services, retry};
use crate::domain::access::Scope;
use crate::store::{self, StoreError};

/// The longest reason for a rejection, in characters.
const LONGEST_REASON: usize = 500;

/// Approves a commission before its hold ends, and releases what only waited for a look. An open dispute keeps it held (DP-1).
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such commission, [`ServiceError::Store`] when the database fails.
pub async fn approve(services: &Services, scope: Scope, id: CommissionId) -> Result<(), ServiceError> {
    let now = services.clock.now();
    decide(services, scope, id, Word::Approved(now)).await
}

/// Rejects a commission: it earns nothing, for a reason that the partner can be told.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such commission, it was paid, or the reason is missing or too long.
pub async fn reject(services: &Services, scope: Scope, id: CommissionId, reason: String) -> Result<(), ServiceError> {
    let reason = reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let text = format!("say why, in 1 to {LONGEST_REASON} characters: the partner can be told");
        return Err(Refusal::new("reason", RefusalCode::Invalid, text).into());
    }
    let now = services.clock.now();
    decide(services, scope, id, Word::Rejected(now, reason)).await
}

/// Takes back an approval or a rejection: facts and time decide again.
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such commission, [`ServiceError::Store`] when the database fails.
pub async fn restore(services: &Services, scope: Scope, id: CommissionId) -> Result<(), ServiceError> {
    decide(services, scope, id, Word::None).await
}

#[derive(Clone)]
enum Word {
    Approved(chrono::DateTime<chrono::Utc>),
    Rejected(chrono::DateTime<chrono::Utc>, String),
    None,
}

async fn decide(services: &Services, scope: Scope, id: CommissionId, word: Word) -> Result<(), ServiceError> {
    let messages = retry::races(|| async {
        let tx = services.db.begin().await?;
        let row = store::commission::find(&tx, scope, id).await?.ok_or_else(|| Refusal::not_found("id", "commission"))?;
        let purchase = match row.purchase_id {
            Some(id) => store::purchase::by_id(&tx, id).await?,
            None => None,
        };
        let customer = row.customer_id.or(purchase.and_then(|purchase| purchase.customer_id));
        write(&tx, &row, word.clone()).await?;
        let messages = settle(&tx, scope, &customer.into_iter().collect(), services.clock.now()).await?;
        tx.commit().await?;
        Ok(messages)
    })
    .await?;
    ring(services, &messages).await;
    Ok(())
}

async fn write(tx: &DatabaseTransaction, row: &commission::Model, word: Word) -> Result<(), ServiceError> {
    let paid = !store::ledger::paid(tx, &[row.id]).await?.is_empty();
    let (approved, rejected) = match word {
        Word::Rejected(..) if paid => {
            let text = "this commission was paid out: a refund or a write-off corrects it, a rejection cannot";
            return Err(Refusal::new("id", RefusalCode::WrongState, text).into());
        }
        Word::Approved(at) => (Some(at), None),
        Word::Rejected(at, reason) => (None, Some((at, reason))),
        Word::None => (None, None),
    };
    store::commission::set_approved(tx, row.id, approved).await?;
    store::commission::set_rejected(tx, row.id, rejected).await.map_err(StoreError::into)
}
