//! Kinds of data: what is wanted of each, and how far it has come.

use chrono::{DateTime, Utc};
use entity::sync_dataset::{Column, Entity, Model};
use entity::value::{ConnectionId, ConnectionStatus, SyncDataType, SyncMode, SyncStatus};
use entity::{stripe_connection, sync_plan};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::scoped::select;

/// All kinds of data of a connection, in the order in which they are pulled.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of<C: ConnectionTrait>(db: &C, scope: Scope, connection: ConnectionId) -> Result<Vec<Model>, StoreError> {
    let query = select::<Entity>(scope).filter(Column::ConnectionId.eq(connection));
    Ok(query.order_by_asc(Column::SyncOrder).order_by_asc(Column::Id).all(db).await?)
}

/// One kind of data of a connection, for the work on it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn one<C: ConnectionTrait>(db: &C, connection: ConnectionId, data: SyncDataType) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::ConnectionId.eq(connection)).filter(Column::DataType.eq(data)).one(db).await?)
}

/// The same, and nobody else changes it before the transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock(tx: &DatabaseTransaction, connection: ConnectionId, data: SyncDataType) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::ConnectionId.eq(connection)).filter(Column::DataType.eq(data));
    Ok(query.lock_exclusive().one(tx).await?)
}

/// Kinds of data whose time comes by `by`, where at least one's has come by `now`, of connections that are followed and linked; and those
/// that failed for lack of access, where the connection was linked anew since.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, by: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, StoreError> {
    let mut followed = Query::select();
    followed
        .column(sync_plan::Column::ConnectionId)
        .from(sync_plan::Entity)
        .and_where(sync_plan::Column::Mode.eq(SyncMode::Continuous))
        .and_where(sync_plan::Column::Enabled.eq(true));
    let mut ripe = Query::select();
    ripe.column(Column::ConnectionId).from(Entity).and_where(Column::NextAt.lte(now)).and_where(Column::Enabled.eq(true));
    let on_time = Condition::all().add(Column::NextAt.lte(by)).add(Column::ConnectionId.in_subquery(ripe));
    let query = Entity::find()
        .filter(Column::Enabled.eq(true))
        .filter(Column::ConnectionId.in_subquery(followed))
        .filter(Column::ConnectionId.in_subquery(linked()))
        .filter(Condition::any().add(on_time).add(regained()))
        .order_by_asc(Column::NextAt)
        .limit(limit);
    Ok(query.all(db).await?)
}

fn linked() -> sea_orm::sea_query::SelectStatement {
    let mut linked = Query::select();
    linked
        .column(stripe_connection::Column::Id)
        .from(stripe_connection::Entity)
        .and_where(stripe_connection::Column::Status.eq(ConnectionStatus::Linked))
        .and_where(stripe_connection::Column::Secret.is_not_null());
    linked
}

/// What failed for lack of access, on a connection that was linked anew since.
fn regained() -> Condition {
    let mut changed = Query::select();
    changed
        .column(stripe_connection::Column::Id)
        .from(stripe_connection::Entity)
        .and_where(Expr::col((stripe_connection::Entity, stripe_connection::Column::Id)).equals((Entity, Column::ConnectionId)))
        .and_where(Expr::col((stripe_connection::Entity, stripe_connection::Column::LinkedAt)).gt(Expr::col((Entity, Column::UpdatedAt))));
    Condition::all().add(Column::Status.eq(SyncStatus::AuthError)).add(Expr::exists(changed))
}
