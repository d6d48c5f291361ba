//! What was asked before under an idempotency key.

use entity::idempotency::{Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::StoreError;

/// Puts a key down, unless it is there. `None` when it was put down now; otherwise the row that was there first.
///
/// Within a transaction; on PostgreSQL it waits for another one that holds the same key.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim<C: ConnectionTrait>(conn: &C, row: Model) -> Result<Option<Model>, StoreError> {
    let (scope, key) = (row.scope.clone(), row.key.clone());
    let nothing = OnConflict::columns([Column::Scope, Column::Key]).do_nothing().to_owned();
    let done = Entity::insert(row.into_active_model().reset_all()).on_conflict(nothing).exec_without_returning(conn).await?;
    if done == 1 {
        return Ok(None);
    }
    let there = Entity::find().filter(Column::Scope.eq(scope)).filter(Column::Key.eq(key)).one(conn).await?;
    there.map(Some).ok_or(StoreError::Corrupt { what: "idempotency key", why: "it is there and cannot be found".to_owned() })
}

/// Writes what came of it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn answer<C: ConnectionTrait>(conn: &C, id: Uuid, response: serde_json::Value) -> Result<(), StoreError> {
    Entity::update_many().col_expr(Column::Response, Expr::value(response)).filter(Column::Id.eq(id)).exec(conn).await?;
    Ok(())
}
