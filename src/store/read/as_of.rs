//! What was true at a time, from what never changes: ledger entries and versions of terms.

use chrono::{DateTime, Utc};
use entity::value::{Currency, EnrollmentId, PartnerId, ProgramId};
use entity::{enrollment, ledger_entry, payout, terms};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder};

use super::ledger::{Stands, standing};
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
    /// In payouts that were planned or on their way.
    pub reserved: i64,
    /// Paid out up to then, in the currency in which it was earned.
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
    use ledger_entry::Column;
    let is_paid = Condition::all().add(payout::Column::PaidAt.is_not_null()).add(payout::Column::PaidAt.lt(at));
    let query = standing(scope, &[partner], (Column::Currency, Column::Amount), is_paid).filter(Column::CreatedAt.lt(at));
    let query = match currency {
        Some(currency) => query.filter(Column::Currency.eq(currency)),
        None => query,
    };
    let past = |Stands { currency, pending, payable, reserved, paid, .. }| PastBalance { currency, pending, payable, reserved, paid };
    Ok(query.into_model::<Stands>().all(conn).await?.into_iter().map(past).collect())
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
