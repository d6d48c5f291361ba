//! Users: people who sign in, above all merchants.

use entity::user::{Column, Entity, Model};
use entity::value::UserId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::Expr};

use super::StoreError;

/// The user with this normalised address.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_email<C: ConnectionTrait>(conn: &C, email: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Email.eq(email)).one(conn).await?)
}

/// The user with this id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(conn: &C, id: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The user with this id, kept from others until the transaction ends: what opens a session and what ends all of them follow each other.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock<C: ConnectionTrait>(conn: &C, id: UserId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(conn).await?)
}

/// The users with these ids. Only for ids taken from memberships that the viewer may see.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_ids<C: ConnectionTrait>(conn: &C, ids: &[UserId]) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(conn).await?)
}

/// Whether there is any user at all.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn any<C: ConnectionTrait>(conn: &C) -> Result<bool, StoreError> {
    Ok(Entity::find().limit(1).one(conn).await?.is_some())
}

/// Ends every access token of a user, and sets a new password hash if one is given.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end_sessions<C: ConnectionTrait>(conn: &C, id: UserId, password_hash: Option<String>) -> Result<(), StoreError> {
    let mut update = Entity::update_many().col_expr(Column::SessionVersion, Expr::col(Column::SessionVersion).add(1));
    if let Some(hash) = password_hash {
        update = update.col_expr(Column::PasswordHash, Expr::value(hash));
    }
    update.filter(Column::Id.eq(id)).exec(conn).await?;
    Ok(())
}
