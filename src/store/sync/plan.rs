//! How connections are kept up to date.

use entity::sync_plan::{Column, Entity, Model};
use entity::value::{ConnectionId, ConnectionStatus, SyncMode};
use entity::{stripe_connection, sync_plan};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::scoped::select;

/// The plan of a connection that the scope covers.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, scope: Scope, connection: ConnectionId) -> Result<Option<Model>, StoreError> {
    Ok(select::<Entity>(scope).filter(Column::ConnectionId.eq(connection)).one(db).await?)
}

/// How a connection is kept up to date and whether it is at all, for deliveries to it. Nothing when it has no plan yet.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn mode<C: ConnectionTrait>(db: &C, connection: ConnectionId) -> Result<Option<(SyncMode, bool)>, StoreError> {
    let query = Entity::find().select_only().columns([Column::Mode, Column::Enabled]).filter(Column::ConnectionId.eq(connection));
    Ok(query.into_tuple().one(db).await?)
}

/// Connections with a key that have no plan yet, the oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn missing<C: ConnectionTrait>(db: &C, limit: u64) -> Result<Vec<stripe_connection::Model>, StoreError> {
    use stripe_connection::Column as Connection;
    let mut planned = Query::select();
    planned.column(sync_plan::Column::ConnectionId).from(sync_plan::Entity);
    let query = stripe_connection::Entity::find()
        .filter(Connection::Status.eq(ConnectionStatus::Linked))
        .filter(Connection::Secret.is_not_null())
        .filter(Connection::Id.not_in_subquery(planned))
        .order_by_asc(Connection::CreatedAt)
        .limit(limit);
    Ok(query.all(db).await?)
}
