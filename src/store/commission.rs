//! Commissions: what enrollments earned. Their amounts are sums of ledger entries and stand nowhere else.

use chrono::{DateTime, Utc};
use entity::commission::{ActiveModel, Column, Entity, Model};
use entity::value::{CommissionId, CommissionState, Currency, CustomerId, HoldReasons, PurchaseId, TierPeriodId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::settle::Commission;

/// The commissions that these purchases, and these customers as leads, earned.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_person<C: ConnectionTrait>(db: &C, purchases: &[PurchaseId], customers: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    let own =
        Condition::any().add(Column::PurchaseId.is_in(purchases.iter().copied())).add(Column::CustomerId.is_in(customers.iter().copied()));
    Ok(Entity::find().filter(own).all(db).await?)
}

/// What a period of the tiers earned.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_period<C: ConnectionTrait>(db: &C, period: TierPeriodId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::TierPeriodId.eq(period)).all(db).await?)
}

/// Hands what one customer earned as a lead to another: its subject stays, so that both may have it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { customer_id: Set(Some(to)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
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

/// Stores a new commission.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, scope: Scope, commission: &Commission, now: DateTime<Utc>) -> Result<Model, StoreError> {
    let model = ActiveModel {
        id: Set(CommissionId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        kind: Set(commission.origin.kind()),
        subject: Set(commission.origin.to_string()),
        purchase_id: Set(commission.origin.purchase()),
        customer_id: Set(commission.origin.customer()),
        tier_period_id: Set(commission.origin.tier_period()),
        through_id: Set(commission.origin.through),
        enrollment_id: Set(commission.enrollment),
        program_id: Set(commission.program),
        partner_id: Set(commission.partner),
        currency: Set(commission.currency),
        program_currency: Set(commission.stated.as_ref().map(|stated| stated.currency)),
        state: Set(commission.state),
        holds: Set(commission.holds.clone().into()),
        release_at: Set(Some(commission.release_at)),
        approved_at: Set(None),
        rejected_at: Set(None),
        rejected_reason: Set(None),
        steps: Set(steps(commission)?),
        held: Set(commission.held),
        program_held: Set(0),
        purchased_at: Set(commission.at),
        created_at: Set(now),
        updated_at: Set(now),
    };
    Ok(model.insert(db).await?)
}

/// How the amount of a commission came about, as it is stored.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be written as JSON.
pub fn steps(commission: &Commission) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(&commission.steps).map_err(|error| StoreError::Corrupt { what: "steps of a commission", why: error.to_string() })
}

/// What facts and time change of a commission.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its state.
    pub state: CommissionState,
    /// The currency of its amount.
    pub currency: Currency,
    /// Why it is kept back.
    pub holds: HoldReasons,
    /// How much of it is, in minor units.
    pub held: i64,
    /// The same in the program's currency, in its minor units.
    pub program_held: i64,
    /// When its waiting time ends.
    pub release_at: Option<DateTime<Utc>>,
    /// How its amount came about.
    pub steps: serde_json::Value,
    /// When it was earned.
    pub at: DateTime<Utc>,
}

impl Change {
    /// Whether the row says so already.
    #[must_use]
    pub fn is_in(&self, row: &Model) -> bool {
        let same = row.state == self.state && row.holds == self.holds && row.release_at == self.release_at;
        same && row.steps == self.steps
            && row.purchased_at == self.at
            && row.currency == self.currency
            && row.held == self.held
            && row.program_held == self.program_held
    }
}

/// Writes what follows from facts and time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn change<C: ConnectionTrait>(db: &C, id: CommissionId, to: Change, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel {
        state: Set(to.state),
        currency: Set(to.currency),
        holds: Set(to.holds),
        held: Set(to.held),
        program_held: Set(to.program_held),
        release_at: Set(to.release_at),
        steps: Set(to.steps),
        purchased_at: Set(to.at),
        updated_at: Set(now),
        ..Default::default()
    };
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
