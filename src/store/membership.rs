//! Memberships: what a user may do with a merchant. They hold no mode, except a partner's, so they take the merchant instead of a scope.

use entity::membership::{Column, Entity, Model};
use entity::value::{MembershipId, MerchantId, Role, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use super::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};

/// The most memberships of one user that are read.
const MAX_OF_USER: u64 = 200;

/// The membership with this id, whoever's it is: for what a genuine token names.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find<C: ConnectionTrait>(conn: &C, id: MembershipId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// A merchant's membership, to be changed in this transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock<C: ConnectionTrait>(conn: &C, merchant: MerchantId, id: MembershipId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).filter(Column::MerchantId.eq(merchant)).lock_exclusive().one(conn).await?)
}

/// A user's memberships, the oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_user<C: ConnectionTrait>(conn: &C, user: UserId) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find().filter(Column::UserId.eq(user)).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
    Ok(query.limit(MAX_OF_USER).all(conn).await?)
}

/// A page of a merchant's memberships, of one role if that is given.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    merchant: MerchantId,
    role: Option<Role>,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant));
    if let Some(role) = role {
        query = query.filter(Column::Role.eq(role));
    }
    fetch(conn, query, &by_time!(membership, order), window).await
}

/// How many owners a merchant has.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn owners<C: ConnectionTrait>(conn: &C, merchant: MerchantId) -> Result<u64, StoreError> {
    let query = Entity::find().filter(Column::MerchantId.eq(merchant)).filter(Column::Role.eq(Role::Owner));
    Ok(query.count(conn).await?)
}

/// Removes a membership and its refresh tokens.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn remove<C: ConnectionTrait>(conn: &C, id: MembershipId) -> Result<(), StoreError> {
    use entity::refresh_token;
    refresh_token::Entity::delete_many().filter(refresh_token::Column::MembershipId.eq(id)).exec(conn).await?;
    Entity::delete_by_id(id).exec(conn).await?;
    Ok(())
}
