//! Writing whole rows.

use sea_orm::{ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, ModelTrait};

use super::StoreError;

/// Adds a row.
///
/// # Errors
/// [`StoreError`]; its fault is `Duplicate` when a unique index knows the row.
pub async fn insert<M, A, C>(conn: &C, row: M) -> Result<M, StoreError>
where
    M: ModelTrait + IntoActiveModel<A>,
    M::Entity: EntityTrait<Model = M>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
    C: ConnectionTrait,
{
    Ok(row.into_active_model().reset_all().insert(conn).await?)
}

/// Writes a row that is there over its older self. Take it with [`super::scoped::lock`] first.
///
/// # Errors
/// [`StoreError`]; its fault is `Duplicate` when a unique index knows the new values.
pub async fn save<M, A, C>(conn: &C, row: M) -> Result<M, StoreError>
where
    M: ModelTrait + IntoActiveModel<A>,
    M::Entity: EntityTrait<Model = M>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
    C: ConnectionTrait,
{
    Ok(row.into_active_model().reset_all().update(conn).await?)
}
