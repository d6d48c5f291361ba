//! Touches: the evidence that partners brought people (AT-1).

use chrono::{DateTime, Utc};
use entity::touch::{ActiveModel, Column, Entity, Model};
use entity::value::{ClickId, CustomerId, EnrollmentId, PurchaseId, TouchId, TouchKind};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use crate::domain::access::Scope;

/// A touch to be stored. `source`, `kind` and `position` name it, so telling it twice stores it once.
#[derive(Clone, Debug)]
pub struct Draft {
    /// On whom it was found.
    pub customer: CustomerId,
    /// What kind of evidence.
    pub kind: TouchKind,
    /// The object or call that told of it.
    pub source: String,
    /// Its place among touches of one source.
    pub position: i32,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The click behind it.
    pub click: Option<ClickId>,
    /// The promotion code, with its connection.
    pub promotion_code: Option<String>,
    /// The coupon, with its connection.
    pub coupon: Option<String>,
    /// The partner's key as given.
    pub partner_key: Option<String>,
    /// The enrollment, where the touch names one itself.
    pub enrollment: Option<EnrollmentId>,
    /// The purchase that carries it.
    pub purchase: Option<PurchaseId>,
}

/// Stores touches; one that is there already takes the new owner, purchase and time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save<C: ConnectionTrait>(db: &C, scope: Scope, drafts: Vec<Draft>, now: DateTime<Utc>) -> Result<(), StoreError> {
    if drafts.is_empty() {
        return Ok(());
    }
    let rows = drafts.into_iter().map(|draft| row(scope, draft, now));
    let name = [Column::MerchantId, Column::Livemode, Column::Kind, Column::Source, Column::Position];
    let changed =
        [Column::CustomerId, Column::At, Column::ClickId, Column::PromotionCode, Column::Coupon, Column::PartnerKey, Column::PurchaseId];
    let conflict = OnConflict::columns(name).update_columns(changed).to_owned();
    Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

fn row(scope: Scope, draft: Draft, now: DateTime<Utc>) -> ActiveModel {
    ActiveModel {
        id: Set(TouchId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        customer_id: Set(draft.customer),
        kind: Set(draft.kind),
        source: Set(draft.source),
        at: Set(draft.at),
        click_id: Set(draft.click),
        promotion_code: Set(draft.promotion_code),
        coupon: Set(draft.coupon),
        partner_key: Set(draft.partner_key),
        enrollment_id: Set(draft.enrollment),
        purchase_id: Set(draft.purchase),
        position: Set(draft.position),
        rejected_at: Set(None),
        created_at: Set(now),
    }
}

/// Stores touches that say the same whenever they are told: one that is there already stays as it is. True when any was not.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn add<C: ConnectionTrait>(db: &C, scope: Scope, drafts: Vec<Draft>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    if drafts.is_empty() {
        return Ok(false);
    }
    let rows = drafts.into_iter().map(|draft| row(scope, draft, now));
    let query = Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(query.exec_without_returning(db).await? > 0)
}

/// All touches of these customers, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_customers<C: ConnectionTrait>(db: &C, customers: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    let query =
        Entity::find().filter(Column::CustomerId.is_in(customers.iter().copied())).order_by_asc(Column::At).order_by_asc(Column::Id);
    Ok(query.all(db).await?)
}

/// Hands the touches of one customer to another.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { customer_id: Set(to), ..Default::default() };
    Entity::update_many().set(change).filter(Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
}

/// Hands the touches of one purchase to another.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_purchase<C: ConnectionTrait>(db: &C, from: PurchaseId, to: PurchaseId) -> Result<(), StoreError> {
    let change = ActiveModel { purchase_id: Set(Some(to)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::PurchaseId.eq(from)).exec(db).await?;
    Ok(())
}
