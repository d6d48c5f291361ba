//! What was true at a time, from what never changes: ledger entries and versions of terms.

use chrono::{DateTime, Utc};
use entity::value::{Currency, EnrollmentId, LedgerAccount, PartnerId, ProgramId};
use entity::{enrollment, ledger_entry, terms};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::access::Scope;
use crate::store::scoped::{find, select};
use crate::store::{StoreError, world};

/// What stood for a partner in one currency, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastBalance {
    /// In what.
    pub currency: Currency,
    /// Earned and not payable yet, with what was held.
    pub pending: i64,
    /// Payable. Negative when refunds of paid commissions outweighed it (RF-7).
    pub payable: i64,
    /// Paid out up to then.
    pub paid: i64,
}

/// What stood for a partner just before `at`, by currency: the sums of the entries that were written before it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn balances<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    partner: PartnerId,
    currency: Option<Currency>,
    at: DateTime<Utc>,
) -> Result<Vec<PastBalance>, StoreError> {
    use ledger_entry::{Column, Entity};
    if scope.partner().is_some_and(|own| own != partner) {
        return Ok(Vec::new());
    }
    // Wide, as the clearing account is the merchant's and its sum is what the partner was paid.
    let wide = Scope::merchant_wide(scope.merchant(), scope.mode());
    let accounts = [LedgerAccount::PartnerPending, LedgerAccount::PartnerPayable, LedgerAccount::PayoutClearing];
    let mut query = select::<Entity>(wide)
        .select_only()
        .columns([Column::Currency, Column::Account])
        .column_as(Expr::col((Entity, Column::Amount)).sum().cast_as("BIGINT"), "sum")
        .filter(Column::PartnerId.eq(partner))
        .filter(Column::Account.is_in(accounts))
        .filter(Column::CreatedAt.lt(at))
        .group_by(Column::Currency)
        .group_by(Column::Account)
        .order_by_asc(Column::Currency);
    if let Some(currency) = currency {
        query = query.filter(Column::Currency.eq(currency));
    }
    let mut balances: Vec<PastBalance> = Vec::new();
    for (currency, account, sum) in query.into_tuple::<(Currency, LedgerAccount, i64)>().all(conn).await? {
        if balances.last().is_none_or(|balance| balance.currency != currency) {
            balances.push(PastBalance { currency, pending: 0, payable: 0, paid: 0 });
        }
        if let Some(balance) = balances.last_mut() {
            match account {
                LedgerAccount::PartnerPending => balance.pending = sum,
                LedgerAccount::PartnerPayable => balance.payable = sum,
                _ => balance.paid = sum,
            }
        }
    }
    Ok(balances)
}

/// The version of a program's terms that was in force at `at`; the first one also for the time before it, as for late facts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn program_terms<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    program: ProgramId,
    at: DateTime<Utc>,
) -> Result<Option<terms::Model>, StoreError> {
    use terms::{Column, Entity};
    // What is assigned to some is in force for nobody else.
    let versions = || select::<Entity>(scope).filter(Column::ProgramId.eq(program)).filter(Column::Assigned.eq(false));
    let begun = versions().filter(Column::EffectiveFrom.lte(at)).order_by_desc(Column::EffectiveFrom).order_by_desc(Column::Version);
    match begun.one(conn).await? {
        Some(version) => Ok(Some(version)),
        None => Ok(versions().order_by_asc(Column::EffectiveFrom).order_by_asc(Column::Version).one(conn).await?),
    }
}

/// The version of the terms under which an enrollment would have been bound at `at`, its own terms included.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn enrollment_terms<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    id: EnrollmentId,
    at: DateTime<Utc>,
) -> Result<Option<terms::Model>, StoreError> {
    if find::<enrollment::Entity, _>(conn, scope, id).await?.is_none() {
        return Ok(None);
    }
    let known = world::enrollments(conn, scope, &[id].into(), None).await?;
    let Some(version) = known.get(&id).and_then(|enrollment| enrollment.usual_terms_at(at)) else {
        return Ok(None);
    };
    // What applies to an enrollment is theirs to read, whoever else it was written for.
    let wide = Scope::merchant_wide(scope.merchant(), scope.mode());
    find::<terms::Entity, _>(conn, wide, version.id).await
}
