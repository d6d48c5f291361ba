//! Merchants, the tenants.

use entity::merchant::{Column, Entity, Model};
use entity::value::MerchantId;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::StoreError;

/// The merchants with these ids. Only for ids taken from the viewer's own memberships.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_ids<C: ConnectionTrait>(conn: &C, ids: &[MerchantId]) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// Takes a merchant's row, so that of two transactions that do so the second waits for the first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &DatabaseTransaction, id: MerchantId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?)
}
