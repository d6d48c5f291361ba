//! Pulls: what is still to be fetched, with its lease and its place, and the history of what was.

use chrono::{DateTime, Duration, Utc};
use entity::sync_pull::{ActiveModel, Column, Entity, Model};
use entity::value::{ConnectionId, SyncDataType, SyncPullId, SyncStatus};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use crate::store::scoped::select;

fn open() -> Condition {
    Condition::all().add(Column::Status.is_in([SyncStatus::Queued, SyncStatus::Processing]))
}

/// Which pulls; an empty filter is all.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
#[graphql(name = "StripeSyncPullFilter")]
pub struct PullFilter {
    /// Of this connection.
    pub connection_id: Option<ConnectionId>,
    /// Of one of these kinds of data.
    pub data_type: Option<Vec<SyncDataType>>,
    /// In one of these states.
    pub status: Option<Vec<SyncStatus>>,
}

/// A page of pulls.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    filter: &PullFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.connection_id.map(|id| Column::ConnectionId.eq(id)))
        .add_option(filter.data_type.as_ref().map(|kinds| Column::DataType.is_in(kinds.iter().copied())))
        .add_option(filter.status.as_ref().map(|status| Column::Status.is_in(status.iter().copied())));
    fetch(db, select::<Entity>(scope).filter(condition), &by_time!(sync_pull, order), window).await
}

/// A pull by its id, for the work on it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: SyncPullId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The pull of a connection that is to be worked on next: one at a time, in their order.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn next<C: ConnectionTrait>(db: &C, connection: ConnectionId) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::ConnectionId.eq(connection)).filter(open());
    Ok(query.order_by_asc(Column::SyncOrder).order_by_asc(Column::Id).one(db).await?)
}

/// The pulls of a connection that wait or run: at most one of each kind.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_of<C: ConnectionTrait>(db: &C, scope: Scope, connection: ConnectionId) -> Result<Vec<Model>, StoreError> {
    Ok(select::<Entity>(scope).filter(Column::ConnectionId.eq(connection)).filter(open()).order_by_asc(Column::Id).all(db).await?)
}

/// The kinds of data of a connection that are being pulled or wait for it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn waiting_kinds<C: ConnectionTrait>(db: &C, connection: ConnectionId) -> Result<Vec<SyncDataType>, StoreError> {
    let query = Entity::find().select_only().column(Column::DataType).filter(Column::ConnectionId.eq(connection)).filter(open());
    Ok(query.into_tuple().all(db).await?)
}

/// Pulls whose turn it is and that nobody works on, oldest first: the sweeper rings for them (QU-1). `older` leaves out what has just come.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, older: Duration, limit: u64) -> Result<Vec<SyncPullId>, StoreError> {
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now));
    let query = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(open())
        .filter(Column::NextAttemptAt.lte(now - older))
        .filter(free)
        .filter(Expr::exists(before()).not())
        .order_by_asc(Column::NextAttemptAt)
        .limit(limit);
    Ok(query.into_tuple().all(db).await?)
}

/// The pulls of the same connection whose turn comes first.
fn before() -> SelectStatement {
    let other = Alias::new("other");
    let of = |column: Column| Expr::col((other.clone(), column));
    let own = |column: Column| Expr::col((Entity, column));
    let same_place = Condition::all().add(of(Column::SyncOrder).eq(own(Column::SyncOrder))).add(of(Column::Id).lt(own(Column::Id)));
    let mut before = Query::select();
    before
        .expr(Expr::value(1))
        .from_as(Entity, other.clone())
        .and_where(of(Column::ConnectionId).eq(own(Column::ConnectionId)))
        .and_where(of(Column::Status).is_in([SyncStatus::Queued.as_str(), SyncStatus::Processing.as_str()]))
        .cond_where(Condition::any().add(of(Column::SyncOrder).lt(own(Column::SyncOrder))).add(same_place));
    before
}

/// Takes the lease of a pull that waits, and counts the attempt before any work. Nothing when another worker holds it or it has ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lease<C: ConnectionTrait>(
    db: &C,
    id: SyncPullId,
    owner: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Model>, StoreError> {
    let change = ActiveModel {
        lease_until: Set(Some(until)),
        lease_owner: Set(Some(owner.to_owned())),
        status: Set(SyncStatus::Processing),
        ..Default::default()
    };
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now));
    let taken = Entity::update_many()
        .set(change)
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.eq(id))
        .filter(open())
        .filter(Column::NextAttemptAt.lte(now))
        .filter(free)
        .exec(db)
        .await?;
    if taken.rows_affected == 0 {
        return Ok(None);
    }
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// How far a pull has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which of its lists.
    pub list: i32,
    /// The last object of that list.
    pub cursor: Option<String>,
    /// How many pages were read.
    pub pages: i64,
    /// How many objects they held.
    pub objects: i64,
    /// Of events: how many no delivery had brought.
    pub missed: i64,
    /// When the first page was asked for.
    pub started_at: DateTime<Utc>,
}

/// Writes how far a pull has come, in the transaction of the facts up to there. False when another worker has it by now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn advance<C: ConnectionTrait>(
    db: &C,
    id: SyncPullId,
    owner: &str,
    place: &Place,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = ActiveModel {
        list: Set(place.list),
        cursor: Set(place.cursor.clone()),
        pages: Set(place.pages),
        objects: Set(place.objects),
        missed: Set(place.missed),
        started_at: Set(Some(place.started_at)),
        attempts: Set(0),
        error: Set(None),
        lease_until: Set(Some(until)),
        updated_at: Set(now),
        ..Default::default()
    };
    held(db, id, owner, change).await
}

/// Gives a pull back, to be tried again at `at`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn pause<C: ConnectionTrait>(
    db: &C,
    id: SyncPullId,
    owner: &str,
    (at, error): (DateTime<Utc>, Option<String>),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut change = ActiveModel {
        next_attempt_at: Set(Some(at)),
        lease_until: Set(None),
        lease_owner: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    match error {
        Some(error) => change.error = Set(Some(error)),
        // A slice of work that ended in time is no failed attempt.
        None => change.attempts = Set(0),
    }
    held(db, id, owner, change).await
}

/// Ends a pull. False when another worker has it by now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn finish<C: ConnectionTrait>(
    db: &C,
    id: SyncPullId,
    owner: &str,
    (status, error): (SyncStatus, Option<String>),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let change = ActiveModel {
        status: Set(status),
        error: Set(error),
        next_attempt_at: Set(None),
        lease_until: Set(None),
        lease_owner: Set(None),
        finished_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    held(db, id, owner, change).await
}

async fn held<C: ConnectionTrait>(db: &C, id: SyncPullId, owner: &str, change: ActiveModel) -> Result<bool, StoreError> {
    let held = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::LeaseOwner.eq(owner)).filter(open());
    Ok(held.exec(db).await?.rows_affected > 0)
}
