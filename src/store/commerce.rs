//! The lists of a shop's business. Partners see none of them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::commerce_record::{ActiveModel, Column, Entity, Model};
use entity::snapshot;
use entity::value::{CommerceId, CommerceKind, ConnectionId, Currency};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use super::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, TimeOrder, Window, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(commerce_record, CommerceId, |_partner| nothing());

/// Which records; every field that is given must fit.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// Of this connection.
    pub connection: Option<ConnectionId>,
    /// In one of these states.
    pub status: Option<Vec<String>>,
    /// In one of these currencies.
    pub currency: Option<Vec<Currency>>,
    /// Made at the source at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Made at the source before this time.
    pub to: Option<DateTime<Utc>>,
    /// Belonging to this object of Stripe's.
    pub parent: Option<String>,
    /// With this id of Stripe's.
    pub source_id: Option<String>,
}

impl RecordFilter {
    fn condition(&self, kind: CommerceKind) -> Condition {
        Condition::all()
            .add(Column::Kind.eq(kind))
            .add_option(self.connection.map(|id| Column::ConnectionId.eq(id)))
            .add_option(self.status.as_ref().map(|words| Column::Status.is_in(words.iter().map(String::as_str))))
            .add_option(self.currency.as_ref().map(|codes| Column::Currency.is_in(codes.iter().copied())))
            .add_option(self.from.map(|from| Column::SourceCreatedAt.gte(from)))
            .add_option(self.to.map(|to| Column::SourceCreatedAt.lt(to)))
            .add_option(self.parent.as_ref().map(|id| Column::ParentId.eq(id.as_str())))
            .add_option(self.source_id.as_ref().map(|id| Column::SourceId.eq(id.as_str())))
    }
}

/// A page of records of one kind, by when they were made at the source. Their bodies are left out: [`bodies`] reads those that are asked for.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    (kind, filter): (CommerceKind, &RecordFilter),
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let order: Ordering<Entity> = Ordering {
        column: Column::SourceCreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending: order == TimeOrder::Newest,
        place: |row: &Model| Position::new(SortKey::Time(row.source_created_at), row.id.uuid()),
    };
    fetch(db, light(scope).filter(filter.condition(kind)), &order, window).await
}

/// The records of one kind that belong to these objects of Stripe's, without their bodies, the newest first: at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn children<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    kind: CommerceKind,
    parents: &[(ConnectionId, String)],
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let connections: BTreeSet<ConnectionId> = parents.iter().map(|(connection, _)| *connection).collect();
    let query = light(scope)
        .filter(Column::Kind.eq(kind))
        .filter(Column::ConnectionId.is_in(connections))
        .filter(Column::ParentId.is_in(parents.iter().map(|(_, id)| id.as_str())))
        .order_by_desc(Column::SourceCreatedAt)
        .order_by_desc(Column::Id)
        .limit(limit);
    Ok(query.all(db).await?)
}

fn light(scope: Scope) -> sea_orm::Select<Entity> {
    let columns = Column::iter().filter(|column| !matches!(column, Column::Body));
    select::<Entity>(scope).select_only().columns(columns).column_as(Expr::value(None::<Vec<u8>>), "body")
}

/// The raw objects with these ids, as last told: from the snapshots, and where there is none from the records.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn bodies<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    objects: &[(ConnectionId, String)],
) -> Result<HashMap<(ConnectionId, String), Vec<u8>>, StoreError> {
    if objects.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = || objects.iter().map(|(_, id)| id.as_str());
    let connections: BTreeSet<ConnectionId> = objects.iter().map(|(connection, _)| *connection).collect();
    let kept = select::<Entity>(scope).select_only().columns([Column::ConnectionId, Column::SourceId, Column::Body]);
    let kept: Vec<(ConnectionId, String, Option<Vec<u8>>)> = kept
        .filter(Column::ConnectionId.is_in(connections.iter().copied()))
        .filter(Column::SourceId.is_in(ids()))
        .filter(Column::Body.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    let told = snapshot::Entity::find()
        .select_only()
        .columns([snapshot::Column::ConnectionId, snapshot::Column::ObjectId, snapshot::Column::Body])
        .filter(snapshot::Column::MerchantId.eq(scope.merchant()))
        .filter(snapshot::Column::Livemode.eq(scope.livemode()))
        .filter(snapshot::Column::ConnectionId.is_in(connections.iter().copied()))
        .filter(snapshot::Column::ObjectId.is_in(ids()));
    let told: Vec<(ConnectionId, String, Vec<u8>)> = told.into_tuple().all(db).await?;
    let kept = kept.into_iter().filter_map(|(connection, id, body)| Some(((connection, id), body?)));
    Ok(kept.chain(told.into_iter().map(|(connection, id, body)| ((connection, id), body))).collect())
}

/// The stored records with these names, without their bodies.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn known<C: ConnectionTrait>(db: &C, scope: Scope, connection: ConnectionId, ids: &[&str]) -> Result<Vec<Model>, StoreError> {
    let query = light(scope).filter(Column::ConnectionId.eq(connection)).filter(Column::SourceId.is_in(ids.iter().copied()));
    Ok(query.all(db).await?)
}

/// Stores records, each over its older self.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save<C: ConnectionTrait>(db: &C, rows: Vec<Model>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let name = [Column::ConnectionId, Column::Kind, Column::SourceId];
    let updated = [
        Column::ParentId,
        Column::Status,
        Column::Currency,
        Column::Amount,
        Column::Derived,
        Column::Body,
        Column::Digest,
        Column::SourceCreatedAt,
        Column::SourceModifiedAt,
        Column::ToldAt,
        Column::ToldRank,
        Column::UpdatedAt,
    ];
    let conflict = OnConflict::columns(name).update_columns(updated).to_owned();
    Entity::insert_many(rows.into_iter().map(active)).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

fn active(row: Model) -> ActiveModel {
    ActiveModel {
        id: Set(row.id),
        merchant_id: Set(row.merchant_id),
        livemode: Set(row.livemode),
        connection_id: Set(row.connection_id),
        kind: Set(row.kind),
        source_id: Set(row.source_id),
        parent_id: Set(row.parent_id),
        status: Set(row.status),
        currency: Set(row.currency),
        amount: Set(row.amount),
        derived: Set(row.derived),
        body: Set(row.body),
        digest: Set(row.digest),
        source_created_at: Set(row.source_created_at),
        source_modified_at: Set(row.source_modified_at),
        told_at: Set(row.told_at),
        told_rank: Set(row.told_rank),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
    }
}
