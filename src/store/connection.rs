//! Stripe connections: as viewers list them, within a scope; and as deliveries and workers look them up, by what a delivery names.

use chrono::{DateTime, Utc};
use entity::stripe_connection::{ActiveModel, Column, Entity, Model};
use entity::value::{ConnectionId, ConnectionStatus};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

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

/// The connection whose webhook address ends in this word. Deliveries name no tenant, and prove themselves by their signature.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_endpoint<C: ConnectionTrait>(db: &C, endpoint: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Endpoint.eq(endpoint)).one(db).await?)
}

/// The connection of an account in one mode that was not unlinked, for deliveries at a platform's endpoint (IN-4).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_account<C: ConnectionTrait>(db: &C, account: &str, livemode: bool) -> Result<Option<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::Account.eq(account))
        .filter(Column::Livemode.eq(livemode))
        .filter(Column::Status.ne(ConnectionStatus::Unlinked));
    Ok(query.one(db).await?)
}

/// A connection by id, for work on its own events.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: ConnectionId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Records that the merchant took the access back (S14): no calls are made from now on, and the history stays.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn deauthorize<C: ConnectionTrait>(db: &C, id: ConnectionId, why: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel {
        status: Set(ConnectionStatus::Deauthorized),
        status_reason: Set(Some(why.to_owned())),
        secret: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Records that something arrived, and learns the account that the deliveries name.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn heard<C: ConnectionTrait>(db: &C, id: ConnectionId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { last_event_at: Set(Some(at)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}
