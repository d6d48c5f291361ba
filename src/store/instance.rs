//! The one row that says which secret this database belongs to.

use chrono::{DateTime, Utc};
use entity::instance::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::StoreError;

/// The id of the one row.
const ONLY: Uuid = Uuid::nil();

/// The row, once there is one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(db: &C) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(ONLY).one(db).await?)
}

/// Stores the row unless there is one, and gives what is there then: of two processes that begin together the first one counts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin<C: ConnectionTrait>(db: &C, key_id: &str, proof: &str, now: DateTime<Utc>) -> Result<Model, StoreError> {
    let row = Model { id: ONLY, key_id: key_id.to_owned(), proof: proof.to_owned(), created_at: now, updated_at: now };
    let nothing = OnConflict::column(Column::Id).do_nothing().to_owned();
    Entity::insert(row.into_active_model().reset_all()).on_conflict(nothing).exec_without_returning(db).await?;
    find(db).await?.ok_or(StoreError::Corrupt { what: "instance", why: "it was stored and is not there".to_owned() })
}

/// Gives the database to another secret, if it still belongs to the one with this id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn hand_over<C: ConnectionTrait>(
    db: &C,
    from: &str,
    (key_id, proof): (&str, &str),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let change = ActiveModel { key_id: Set(key_id.to_owned()), proof: Set(proof.to_owned()), updated_at: Set(now), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(ONLY)).filter(Column::KeyId.eq(from)).exec(db).await?;
    Ok(())
}
