//! Attempts to link an account by Stripe's own pages. Found by the hash of their state, as browsers name no tenant.

use chrono::{DateTime, Utc};
use entity::link_attempt::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::StoreError;

/// The attempt with this state, in any condition.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_state<C: ConnectionTrait>(db: &C, hash: &[u8]) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::StateHash.eq(hash)).one(db).await?)
}

/// Binds an attempt to the browser that holds what has this hash.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn bind<C: ConnectionTrait>(db: &C, id: Uuid, browser: &[u8]) -> Result<(), StoreError> {
    let change = ActiveModel { browser_hash: Set(Some(browser.to_vec())), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Uses an attempt up. One of several that come at once wins.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn use_up<C: ConnectionTrait>(db: &C, id: Uuid, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel { used_at: Set(Some(now)), ..Default::default() };
    let open =
        Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::UsedAt.is_null()).filter(Column::ExpiresAt.gt(now));
    Ok(open.exec(db).await?.rows_affected == 1)
}

/// Forgets attempts that were over before this time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_before<C: ConnectionTrait>(db: &C, time: DateTime<Utc>) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::ExpiresAt.lt(time)).exec(db).await?;
    Ok(())
}
