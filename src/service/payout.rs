//! Payouts that a merchant made by its own means and records here: they claim what is payable, and the ledger moves (PO-2, RF-7).

use std::collections::BTreeSet;

use entity::payout;
use entity::value::{Currency, EntryKind, LedgerAccount, PartnerId, PayoutId, PayoutStatus, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;

use super::error::{Refusal, RefusalCode};
use super::settle::{ring, settle};
use super::{ServiceError, Services, retry};
use crate::domain::access::Scope;
use crate::domain::ledger::{Line, Posting};
use crate::store;
use crate::store::ledger::About;

/// Records that everything payable to a partner in one currency was paid.
///
/// # Errors
/// [`ServiceError::Refused`] when nothing is payable: the balance is zero, or negative and netted in later payouts (RF-7).
pub async fn record(
    services: &Services,
    scope: Scope,
    partner: PartnerId,
    currency: Currency,
    reference: Option<String>,
    by: Option<UserId>,
) -> Result<PayoutId, ServiceError> {
    let (id, messages) = retry::races(|| async {
        let tx = services.db.begin().await?;
        let id = pay(&tx, services, scope, partner, currency, reference.clone(), by).await?;
        let customers = store::purchase::customers_of_payout(&tx, id).await?;
        let messages = settle(&tx, scope, &customers, services.clock.now()).await?;
        tx.commit().await?;
        Ok((id, messages))
    })
    .await?;
    ring(services, &messages).await;
    Ok(id)
}

async fn pay(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    partner: PartnerId,
    currency: Currency,
    reference: Option<String>,
    by: Option<UserId>,
) -> Result<PayoutId, ServiceError> {
    let now = services.clock.now();
    store::lock::acquire(tx, [format!("payout/{partner}/{}", currency.as_str())]).await?;
    let entries = store::ledger::unclaimed(tx, scope, partner, currency).await?;
    let sum = entries.iter().try_fold(0_i64, |sum, entry| sum.checked_add(entry.amount));
    let amount = sum.ok_or_else(|| ServiceError::Internal("the payable sum is beyond 64 bits".to_owned()))?;
    if amount <= 0 {
        let text = "nothing is payable to this partner in this currency; a negative balance is netted in later payouts";
        return Err(Refusal::new("partnerId", RefusalCode::WrongState, text).into());
    }
    let id = PayoutId::new_at(now);
    let row = payout::ActiveModel {
        id: Set(id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        partner_id: Set(partner),
        currency: Set(currency),
        amount: Set(amount),
        reference: Set(reference),
        status: Set(PayoutStatus::Paid),
        created_by: Set(by),
        created_at: Set(now),
    };
    let claimed: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
    store::ledger::claim(tx, row, id, &claimed.into_iter().collect::<Vec<_>>()).await?;
    let lines = vec![
        Line { account: LedgerAccount::PartnerPayable, amount: amount.saturating_neg() },
        Line { account: LedgerAccount::PayoutClearing, amount },
    ];
    let about = About {
        currency,
        partner,
        enrollment: None,
        purchase: None,
        commission: None,
        decision: None,
        payout: Some(id),
        occurred_at: now,
    };
    store::ledger::post(tx, scope, &Posting { kind: EntryKind::Payout, lines }, &about, now).await?;
    Ok(id)
}
