//! Events in the inbox, and messages in the outbox. Partners see none of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::inbox_event::{Column, Entity, Model};
use entity::value::{ConnectionId, EventId, InboxStatus, MessageId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, Iterable, QueryFilter, QuerySelect, TryGetable};

use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::store::scoped::{Scoped, nothing, scoped, select};

scoped!(inbox_event, EventId, |_partner| nothing());
scoped!(outbox_message, MessageId, |_partner| nothing());

/// Which events; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct InboxEventFilter {
    /// In one of these states.
    pub status: Option<Vec<InboxStatus>>,
    /// Of one of Stripe's types, such as `invoice.paid`.
    pub event_type: Option<Vec<String>>,
    /// With this id of Stripe's, `evt_...`.
    pub event_id: Option<String>,
    /// Of this connection.
    pub connection_id: Option<ConnectionId>,
    /// Received at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Received before this time.
    pub to: Option<DateTime<Utc>>,
}

impl InboxEventFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.status.as_ref().map(|status| Column::Status.is_in(status.iter().copied())))
            .add_option(self.event_type.as_ref().map(|types| Column::EventType.is_in(types.iter().map(String::as_str))))
            .add_option(self.event_id.as_ref().map(|id| Column::EventId.eq(id.as_str())))
            .add_option(self.connection_id.map(|connection| Column::ConnectionId.eq(connection)))
            .add_option(self.from.map(|from| Column::ReceivedAt.gte(from)))
            .add_option(self.to.map(|to| Column::ReceivedAt.lt(to)))
    }
}

/// A page of events, the last received first. Their bodies are left out: [`bodies`] reads those that are asked for.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: &InboxEventFilter,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let order: Ordering<Entity> = Ordering {
        column: Column::ReceivedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending: true,
        place: |row: &Model| Position::new(SortKey::Time(row.received_at), row.id.uuid()),
    };
    let light = Column::iter().filter(|column| !matches!(column, Column::Body));
    let query = select::<Entity>(scope).select_only().columns(light).column_as(Expr::value(Vec::<u8>::new()), "body");
    fetch(conn, query.filter(filter.condition()), &order, window).await
}

/// The bodies of these events, as received.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn bodies<C: ConnectionTrait>(conn: &C, scope: Scope, of: &[EventId]) -> Result<HashMap<EventId, Vec<u8>>, StoreError> {
    let query = select::<Entity>(scope).select_only().columns([Column::Id, Column::Body]).filter(Column::Id.is_in(of.iter().copied()));
    Ok(query.into_tuple().all(conn).await?.into_iter().collect())
}

/// Those of these ids whose rows the scope covers.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn covered<E, C>(conn: &C, scope: Scope, ids: &[E::Id]) -> Result<Vec<E::Id>, StoreError>
where
    E: Scoped,
    E::Id: TryGetable,
    C: ConnectionTrait,
{
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (id, _, _) = E::columns();
    Ok(select::<E>(scope).select_only().column(id).filter(id.is_in(ids.iter().copied())).into_tuple().all(conn).await?)
}
