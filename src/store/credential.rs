//! What stands behind a credential: the key of that hash, the member behind an access token.
//!
//! These finders take no scope: they are what a scope is made from.

use chrono::{DateTime, Duration, Utc};
use entity::value::{ApiKeyId, MembershipId, MerchantId, Role, UserId};
use entity::{api_key, membership, user};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::StoreError;

/// How exactly the last use of a key is kept.
const LAST_USE: Duration = Duration::minutes(1);

/// The key of that hash, unless it was revoked.
///
/// # Errors
/// When the database fails.
pub async fn api_key(conn: &impl ConnectionTrait, hash: &[u8]) -> Result<Option<api_key::Model>, StoreError> {
    let found = api_key::Entity::find().filter(api_key::Column::Hash.eq(hash)).filter(api_key::Column::RevokedAt.is_null());
    Ok(found.one(conn).await?)
}

/// Notes that a key was used at `now`, unless that was noted within the last minute.
///
/// # Errors
/// When the database fails.
pub async fn used(conn: &impl ConnectionTrait, key: ApiKeyId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let column = api_key::Column::LastUsedAt;
    let stale = Condition::any().add(column.is_null()).add(column.lt(now - LAST_USE));
    let update = api_key::Entity::update_many().col_expr(column, Expr::value(now));
    update.filter(api_key::Column::Id.eq(key)).filter(stale).exec(conn).await?;
    Ok(())
}

/// A membership and its user, if the membership is still there and is that user's.
///
/// # Errors
/// When the database fails.
pub async fn member(
    conn: &impl ConnectionTrait,
    membership: MembershipId,
    user: UserId,
) -> Result<Option<(membership::Model, user::Model)>, StoreError> {
    let found = membership::Entity::find_by_id(membership).filter(membership::Column::UserId.eq(user));
    let joined = found.join(JoinType::InnerJoin, membership::Relation::User.def()).select_also(user::Entity);
    let found = joined.one(conn).await?;
    Ok(found.and_then(|(membership, user)| Some((membership, user?))))
}

/// The first owner of a merchant, in whose name the shell acts.
///
/// # Errors
/// When the database fails.
pub async fn first_owner(conn: &impl ConnectionTrait, merchant: MerchantId) -> Result<Option<membership::Model>, StoreError> {
    let owners = membership::Entity::find()
        .filter(membership::Column::MerchantId.eq(merchant))
        .filter(membership::Column::Role.eq(Role::Owner))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id);
    Ok(owners.one(conn).await?)
}
