//! Opaque tokens that are used once: refresh tokens, the set-up token and invitations. Found by hash, as only the hash is kept.

use chrono::{DateTime, Utc};
use entity::value::{InvitationId, UserId};
use entity::{invitation, refresh_token, setup_token};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::StoreError;

/// Uses up a refresh token, if it is neither used, ended nor over. One of several that come at once wins.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn use_refresh<C: ConnectionTrait>(conn: &C, hash: &[u8], now: DateTime<Utc>) -> Result<bool, StoreError> {
    use refresh_token::{Column, Entity};
    let open = Condition::all()
        .add(Column::Hash.eq(hash))
        .add(Column::UsedAt.is_null())
        .add(Column::RevokedAt.is_null())
        .add(Column::ExpiresAt.gt(now));
    let done = Entity::update_many().col_expr(Column::UsedAt, Expr::value(now)).filter(open).exec(conn).await?;
    Ok(done.rows_affected == 1)
}

/// The refresh token with this hash, in any state.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn refresh_by_hash<C: ConnectionTrait>(conn: &C, hash: &[u8]) -> Result<Option<refresh_token::Model>, StoreError> {
    Ok(refresh_token::Entity::find().filter(refresh_token::Column::Hash.eq(hash)).one(conn).await?)
}

/// Ends a family of refresh tokens.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end_family<C: ConnectionTrait>(conn: &C, family: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    use refresh_token::{Column, Entity};
    let open = Condition::all().add(Column::Family.eq(family)).add(Column::RevokedAt.is_null());
    Entity::update_many().col_expr(Column::RevokedAt, Expr::value(now)).filter(open).exec(conn).await?;
    Ok(())
}

/// Ends all refresh tokens of a user.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn end_of_user<C: ConnectionTrait>(conn: &C, user: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
    use refresh_token::{Column, Entity};
    let open = Condition::all().add(Column::UserId.eq(user)).add(Column::RevokedAt.is_null());
    Entity::update_many().col_expr(Column::RevokedAt, Expr::value(now)).filter(open).exec(conn).await?;
    Ok(())
}

/// Forgets refresh tokens that ended before `before`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget_refresh<C: ConnectionTrait>(conn: &C, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let over = refresh_token::Entity::delete_many().filter(refresh_token::Column::ExpiresAt.lt(before));
    Ok(over.exec(conn).await?.rows_affected)
}

/// Uses up the set-up token with this hash, if it is open, and with it every other one: an instance is set up once.
///
/// # Errors
/// [`StoreError`] when the database fails; a race when another one is used at the same time.
pub async fn use_setup<C: ConnectionTrait>(conn: &C, hash: &[u8], now: DateTime<Utc>) -> Result<bool, StoreError> {
    use setup_token::{Column, Entity};
    let open = Condition::all().add(Column::Hash.eq(hash)).add(Column::UsedAt.is_null()).add(Column::ExpiresAt.gt(now));
    let done = Entity::update_many().col_expr(Column::UsedAt, Expr::value(now)).filter(open).exec(conn).await?;
    if done.rows_affected != 1 {
        return Ok(false);
    }
    let others = Entity::update_many().col_expr(Column::UsedAt, Expr::value(now)).filter(Column::UsedAt.is_null());
    others.exec(conn).await?;
    Ok(true)
}

/// The open invitation with this hash, to be used up in this transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_invitation<C: ConnectionTrait>(
    conn: &C,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<invitation::Model>, StoreError> {
    use invitation::{Column, Entity};
    let open = Condition::all().add(Column::Hash.eq(hash)).add(Column::UsedAt.is_null()).add(Column::ExpiresAt.gt(now));
    Ok(Entity::find().filter(open).lock_exclusive().one(conn).await?)
}

/// Uses up an invitation.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn use_invitation<C: ConnectionTrait>(conn: &C, id: InvitationId, now: DateTime<Utc>) -> Result<(), StoreError> {
    use invitation::{Column, Entity};
    Entity::update_many().col_expr(Column::UsedAt, Expr::value(now)).filter(Column::Id.eq(id)).exec(conn).await?;
    Ok(())
}
