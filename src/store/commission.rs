//! Commissions: what a purchase earned an enrollment. Their amounts are sums of ledger entries and stand nowhere else.

use chrono::{DateTime, Utc};
use entity::commission::{ActiveModel, Column, Entity, Model};
use entity::value::{CommissionId, CommissionState, Currency, HoldReasons, PurchaseId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::settle::Commission;

/// The commissions of these purchases.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_purchases<C: ConnectionTrait>(db: &C, purchases: &[PurchaseId]) -> Result<Vec<Model>, StoreError> {
    if purchases.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(Column::PurchaseId.is_in(purchases.iter().copied())).all(db).await?)
}

/// A commission within the scope.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(db: &C, scope: Scope, id: CommissionId) -> Result<Option<Model>, StoreError> {
    let mut query = Entity::find_by_id(id).filter(Column::MerchantId.eq(scope.merchant())).filter(Column::Livemode.eq(scope.livemode()));
    if let Some(partner) = scope.partner() {
        query = query.filter(Column::PartnerId.eq(partner));
    }
    Ok(query.one(db).await?)
}

/// Of what purchase a new commission is.
#[derive(Clone, Copy, Debug)]
pub struct Of {
    /// The purchase.
    pub purchase: PurchaseId,
    /// Its currency.
    pub currency: Currency,
    /// When the money came.
    pub purchased_at: DateTime<Utc>,
}

/// Stores a new commission.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    of: Of,
    commission: &Commission,
    now: DateTime<Utc>,
) -> Result<CommissionId, StoreError> {
    let id = CommissionId::new_at(now);
    let model = ActiveModel {
        id: Set(id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        purchase_id: Set(of.purchase),
        enrollment_id: Set(commission.enrollment),
        program_id: Set(commission.program),
        partner_id: Set(commission.partner),
        currency: Set(of.currency),
        program_currency: Set(commission.stated.as_ref().map(|stated| stated.amount.currency)),
        state: Set(commission.state),
        holds: Set(commission.holds.clone().into()),
        release_at: Set(Some(commission.release_at)),
        approved_at: Set(None),
        rejected_at: Set(None),
        rejected_reason: Set(None),
        purchased_at: Set(of.purchased_at),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Entity::insert(model).exec_without_returning(db).await?;
    Ok(id)
}

/// Writes the state that follows from facts and time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_state<C: ConnectionTrait>(
    db: &C,
    id: CommissionId,
    state: CommissionState,
    holds: HoldReasons,
    release_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let change =
        ActiveModel { state: Set(state), holds: Set(holds), release_at: Set(release_at), updated_at: Set(now), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Records an approval by hand, or takes it back.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_approved<C: ConnectionTrait>(db: &C, id: CommissionId, at: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    let change = ActiveModel { approved_at: Set(at), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Records a rejection by hand with its reason, or takes it back.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_rejected<C: ConnectionTrait>(
    db: &C,
    id: CommissionId,
    rejected: Option<(DateTime<Utc>, String)>,
) -> Result<(), StoreError> {
    let (at, reason) = rejected.unzip();
    let change = ActiveModel { rejected_at: Set(at), rejected_reason: Set(reason), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}
