//! Payouts that a merchant made by its own means and records here: they claim what is payable, and the ledger moves (PO-2, RF-7).

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{Currency, EntryKind, LedgerAccount, MessageId, Money, PartnerId, PayoutId, PayoutStatus, UserId};
use entity::{ledger_entry, partner, payout};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use super::error::{Refusal, RefusalCode};
use super::idempotency::{Asked, ask};
use super::settle::{periods, ring, settle};
use super::{ServiceError, Services, retry};
use crate::domain::access::{Action, Scope, Viewer};
use crate::domain::ledger::{Line, Posting};
use crate::store;
use crate::store::ledger::{About, Stated};
use crate::store::scoped::find;

/// The longest reference, in characters.
const LONGEST_REFERENCE: usize = 200;

/// A payout to be recorded.
#[derive(Clone, Debug, Serialize)]
pub struct NewPayout {
    /// Who was paid.
    pub partner: PartnerId,
    /// In what.
    pub currency: Currency,
    /// What the merchant's bank or tool calls it.
    pub reference: Option<String>,
    /// How much was paid, in minor units. When it is not what is payable now, nothing is recorded.
    pub amount: Option<i64>,
}

/// Records that everything payable to a partner in one currency was paid, for a request that may be sent again: the same key brings back the
/// payout of the first time. A negative balance is netted in later payouts (RF-7).
///
/// # Errors
/// [`ServiceError::Refused`] when there is no such partner, nothing is payable, or another sum than was paid; denied to those who may not
/// move money.
pub async fn record(services: &Services, viewer: &Viewer, new: NewPayout, key: Option<&str>) -> Result<payout::Model, ServiceError> {
    let scope = viewer.allow(Action::MoveMoney)?;
    if new.reference.as_ref().is_some_and(|text| text.chars().count() > LONGEST_REFERENCE) {
        return Err(Refusal::new("reference", RefusalCode::OutOfRange, format!("at most {LONGEST_REFERENCE} characters")).into());
    }
    let by = match viewer {
        Viewer::User { user, .. } => Some(*user),
        Viewer::Public | Viewer::Server { .. } | Viewer::Snippet { .. } => None,
    };
    let (row, messages) = retry::races(|| async {
        let tx = services.db.begin().await?;
        let mark = match ask::<PayoutId>(&tx, (viewer, scope), "payoutRecord", (key, &new), services.clock.now()).await? {
            Asked::First(mark) => mark,
            Asked::Again(id) => return Ok((found(&tx, scope, id).await?, Vec::new())),
        };
        if find::<partner::Entity, _>(&tx, scope, new.partner).await?.is_none() {
            return Err(Refusal::not_found("partnerId", "partner").into());
        }
        let (id, messages) = pay_and_settle(&tx, services, scope, &new, by).await?;
        mark.done(&tx, id).await?;
        let row = found(&tx, scope, id).await?;
        tx.commit().await?;
        Ok((row, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(row)
}

async fn found(tx: &DatabaseTransaction, scope: Scope, id: PayoutId) -> Result<payout::Model, ServiceError> {
    let row = find::<payout::Entity, _>(tx, scope, id).await?;
    row.ok_or_else(|| ServiceError::Internal("a recorded payout is not there".to_owned()))
}

async fn pay_and_settle(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    new: &NewPayout,
    by: Option<UserId>,
) -> Result<(PayoutId, Vec<MessageId>), ServiceError> {
    let id = pay(tx, services, scope, new, by).await?;
    let customers = store::purchase::customers_of_payout(tx, id).await?;
    let mut messages = settle(tx, scope, &customers, services.clock.now()).await?;
    let ended = store::tier_period::of_payout(tx, id).await?;
    messages.extend(periods(tx, &ended, services.clock.now()).await?);
    Ok((id, messages))
}

async fn pay(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    new: &NewPayout,
    by: Option<UserId>,
) -> Result<PayoutId, ServiceError> {
    let now = services.clock.now();
    let NewPayout { partner, currency, .. } = *new;
    store::lock::acquire(tx, [format!("payout/{partner}/{}", currency.as_str())]).await?;
    let entries = store::ledger::unclaimed(tx, scope, partner, currency).await?;
    let sum = entries.iter().try_fold(0_i64, |sum, entry| sum.checked_add(entry.amount));
    let amount = sum.ok_or_else(|| ServiceError::Internal("the payable sum is beyond 64 bits".to_owned()))?;
    if amount <= 0 {
        let text = "nothing is payable to this partner in this currency; a negative balance is netted in later payouts";
        return Err(Refusal::new("partnerId", RefusalCode::WrongState, text).into());
    }
    if new.amount.is_some_and(|paid| paid != amount) {
        let text = format!("{} are payable now, not what was paid", Money::new(amount, currency));
        return Err(Refusal::new("amount", RefusalCode::WrongState, text).into());
    }
    let id = PayoutId::new_at(now);
    let row = payout::ActiveModel {
        id: Set(id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        partner_id: Set(partner),
        currency: Set(currency),
        amount: Set(amount),
        reference: Set(new.reference.clone()),
        status: Set(PayoutStatus::Paid),
        created_by: Set(by),
        created_at: Set(now),
    };
    let claimed: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
    store::ledger::claim(tx, row, id, &claimed.into_iter().collect::<Vec<_>>()).await?;
    let about =
        About { currency, partner, enrollment: None, purchase: None, commission: None, decision: None, payout: Some(id), occurred_at: now };
    for (program, sums) in by_program(&entries)? {
        let lines = vec![
            Line { account: LedgerAccount::PartnerPayable, amount: sums.amount.saturating_neg() },
            Line { account: LedgerAccount::PayoutClearing, amount: sums.amount },
        ];
        let amounts = vec![sums.stated.saturating_neg(), sums.stated];
        let stated = program.map(|currency| Stated { currency, amounts, quote: None });
        let posting = Posting { kind: EntryKind::Payout, lines };
        store::ledger::post_stated(tx, scope, (&posting, stated.as_ref()), &about, now).await?;
    }
    Ok(id)
}

/// What entries sum to in their own currency, and in a program's.
#[derive(Clone, Copy, Default)]
struct Sums {
    amount: i64,
    stated: i64,
}

/// The entries of a payout by the currency in which they are stated too, so that what is paid leaves nothing behind in that one either
/// (MO-2). Those that sum to nothing move nothing.
fn by_program(entries: &[ledger_entry::Model]) -> Result<BTreeMap<Option<Currency>, Sums>, ServiceError> {
    let overflow = || ServiceError::Internal("the payable sum is beyond 64 bits".to_owned());
    let mut sums: BTreeMap<Option<Currency>, Sums> = BTreeMap::new();
    for entry in entries {
        let sum = sums.entry(entry.program_currency).or_default();
        sum.amount = sum.amount.checked_add(entry.amount).ok_or_else(overflow)?;
        sum.stated = sum.stated.checked_add(entry.program_amount.unwrap_or(0)).ok_or_else(overflow)?;
    }
    sums.retain(|_, sum| sum.amount != 0);
    Ok(sums)
}
