//! Clicks: visits through partners' links.

use chrono::{DateTime, Utc};
use entity::click::{Column, Entity, Model};
use entity::value::ClickId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::StoreError;
use crate::domain::access::Scope;

/// A click of the merchant's mode.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(db: &C, scope: Scope, id: ClickId) -> Result<Option<Model>, StoreError> {
    let query = Entity::find_by_id(id).filter(Column::MerchantId.eq(scope.merchant())).filter(Column::Livemode.eq(scope.livemode()));
    Ok(query.one(db).await?)
}

/// The latest clicks of a visitor up to `at`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_visitor<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    visitor: Uuid,
    at: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::Visitor.eq(visitor))
        .filter(Column::ClickedAt.lte(at))
        .filter(Column::MerchantId.eq(scope.merchant()))
        .filter(Column::Livemode.eq(scope.livemode()))
        .order_by_desc(Column::ClickedAt)
        .limit(limit);
    Ok(query.all(db).await?)
}
