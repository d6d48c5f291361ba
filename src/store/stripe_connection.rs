//! Stripe connections.

use entity::stripe_connection::{Column, Entity, Model};
use entity::value::{ConnectionId, ConnectionStatus};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use super::page::{NameOrder, PageError, Slice, Window, by_name, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(stripe_connection, ConnectionId, |_partner| nothing());

/// A page of connections, of one state if that is given.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    status: Option<ConnectionStatus>,
    order: NameOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let status = status.map(|status| Column::Status.eq(status));
    let query = select::<Entity>(scope).filter(Condition::all().add_option(status));
    fetch(conn, query, &by_name!(stripe_connection, order), window).await
}

/// The connection whose webhook URL ends in this word. Without a scope: Stripe's deliveries name none, and prove themselves by signature.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_endpoint<C: ConnectionTrait>(conn: &C, endpoint: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Endpoint.eq(endpoint)).one(conn).await?)
}
