//! The inbox: every event that was acknowledged, with its raw bytes (IN-2), its lease (IN-5) and its outcome.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use entity::inbox_event::{ActiveModel, Column, Entity, Model};
use entity::stripe_connection;
use entity::value::{ConnectionId, EventId, IgnoreReason, InboxStatus, MerchantId};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, OnConflict, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::StoreError;

/// An event to be stored.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its id, if it is stored.
    pub id: EventId,
    /// When it came, by our clock.
    pub received_at: DateTime<Utc>,
    /// The connection, once it is known.
    pub connection: Option<(ConnectionId, MerchantId)>,
    /// The mode of the endpoint.
    pub livemode: bool,
    /// What makes the event's id unique: the connection, or the account at a platform's endpoint.
    pub source: String,
    /// The event's id.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// The account it is about.
    pub account: Option<String>,
    /// The API version in which it is rendered.
    pub api_version: Option<String>,
    /// The source's time.
    pub occurred_at: DateTime<Utc>,
    /// The raw bytes.
    pub body: Vec<u8>,
    /// Since when it waits to be worked off, by the shared clock.
    pub due_at: DateTime<Utc>,
    /// What is known of its outcome already: [`InboxStatus::Received`], or an end.
    pub status: InboxStatus,
    /// Why it ended.
    pub reason: Option<IgnoreReason>,
}

/// Stores events in one statement, each unless it is there already: unique on source, mode and event id. Gives the ids of those that were not.
///
/// # Errors
/// [`StoreError`] when the database fails; nothing was stored then.
pub async fn insert<C: ConnectionTrait>(db: &C, mut events: Vec<Received>) -> Result<HashSet<EventId>, StoreError> {
    // Two statements that store the same events in the same order never wait for each other in a circle.
    events.sort_by(|one, other| (&one.source, one.livemode, &one.event_id).cmp(&(&other.source, other.livemode, &other.event_id)));
    let name = [Column::Source, Column::Livemode, Column::EventId];
    let conflict = OnConflict::columns(name).do_nothing().to_owned();
    let rows = events.into_iter().map(row);
    let stored = Entity::insert_many(rows).on_conflict(conflict).exec_with_returning_keys(db).await?;
    Ok(stored.into_iter().collect())
}

fn row(event: Received) -> ActiveModel {
    let ended = event.status != InboxStatus::Received && event.status != InboxStatus::Unrouted;
    ActiveModel {
        id: Set(event.id),
        connection_id: Set(event.connection.map(|(connection, _)| connection)),
        merchant_id: Set(event.connection.map(|(_, merchant)| merchant)),
        livemode: Set(event.livemode),
        source: Set(event.source),
        event_id: Set(event.event_id),
        event_type: Set(event.event_type),
        account: Set(event.account),
        api_version: Set(event.api_version),
        occurred_at: Set(event.occurred_at),
        body: Set(event.body),
        status: Set(event.status),
        reason: Set(event.reason),
        attempts: Set(0),
        next_attempt_at: Set(Some(event.due_at)),
        lease_until: Set(None),
        lease_owner: Set(None),
        error: Set(None),
        received_at: Set(event.received_at),
        finished_at: Set(ended.then_some(event.received_at)),
    }
}

/// Takes the lease of an event that waits, and counts the attempt before any work (a crash counts as one). Nothing when another worker
/// holds it or it has ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lease<C: ConnectionTrait>(
    db: &C,
    id: EventId,
    owner: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Model>, StoreError> {
    let change = ActiveModel { lease_until: Set(Some(until)), lease_owner: Set(Some(owner.to_owned())), ..Default::default() };
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now));
    let taken = Entity::update_many()
        .set(change)
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(InboxStatus::Received))
        .filter(free)
        .exec_with_returning(db)
        .await?;
    Ok(taken.into_iter().next())
}

/// How an event ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It had its effect.
    Done,
    /// It has none, for this reason.
    Ignored(IgnoreReason),
    /// It failed and is tried again.
    Retry {
        /// When.
        at: DateTime<Utc>,
        /// What went wrong, without personal data.
        error: String,
    },
    /// Nothing was tried, and the attempt does not count.
    Later {
        /// When it is its turn again.
        at: DateTime<Utc>,
    },
    /// It failed for good (IN-11).
    Failed(String),
}

/// Records the outcome, if `owner` still holds the lease: a worker that slept past its lease changes nothing.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn finish<C: ConnectionTrait>(
    db: &C,
    id: EventId,
    owner: &str,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut change = ActiveModel { lease_until: Set(None), lease_owner: Set(None), ..Default::default() };
    let untried = matches!(outcome, Outcome::Later { .. });
    match outcome {
        Outcome::Done => {
            change.status = Set(InboxStatus::Done);
            change.error = Set(None);
        }
        Outcome::Ignored(reason) => {
            change.status = Set(InboxStatus::Ignored);
            change.reason = Set(Some(reason));
            change.error = Set(None);
        }
        Outcome::Retry { at, error } => {
            change.next_attempt_at = Set(Some(at));
            change.error = Set(Some(error));
        }
        Outcome::Later { at } => change.next_attempt_at = Set(Some(at)),
        Outcome::Failed(error) => {
            change.status = Set(InboxStatus::Failed);
            change.error = Set(Some(error));
        }
    }
    if change.status.is_set() {
        change.finished_at = Set(Some(now));
        change.next_attempt_at = Set(None);
    }
    let mut held = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::LeaseOwner.eq(owner));
    if untried {
        held = held.col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1));
    }
    Ok(held.exec(db).await?.rows_affected > 0)
}

/// Events that wait and that nobody works on, oldest first: the sweeper rings for them (QU-1). `older` leaves out what has just come.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, older: Duration, limit: u64) -> Result<Vec<EventId>, StoreError> {
    let free = Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now));
    let query = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Status.eq(InboxStatus::Received))
        .filter(Column::NextAttemptAt.lte(now - older))
        .filter(free)
        .order_by_asc(Column::NextAttemptAt)
        .limit(limit);
    Ok(query.into_tuple().all(db).await?)
}

/// Whether an event waits for a connection. Spelled out, so that the index of those few rows is used.
pub(super) fn is_unrouted() -> SimpleExpr {
    Expr::col((Entity, Column::Status)).eq(Expr::cust("'UNROUTED'"))
}

/// Gives the events of an account that no connection was known for to the connection that has now proved to be of it (IN-4). Returns how
/// many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn route<C: ConnectionTrait>(
    db: &C,
    account: &str,
    livemode: bool,
    to: (ConnectionId, MerchantId),
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let change = ActiveModel {
        connection_id: Set(Some(to.0)),
        merchant_id: Set(Some(to.1)),
        status: Set(InboxStatus::Received),
        next_attempt_at: Set(Some(now)),
        ..Default::default()
    };
    let query =
        Entity::update_many().set(change).filter(Column::Account.eq(account)).filter(Column::Livemode.eq(livemode)).filter(is_unrouted());
    Ok(query.exec(db).await?.rows_affected)
}

/// Events of one account that wait for a connection.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Unrouted {
    /// The account, where the events name one.
    pub account: Option<String>,
    /// Whether they are live.
    pub livemode: bool,
    /// How many.
    pub events: i64,
    /// When the newest of them came.
    pub newest: DateTime<Utc>,
}

/// What waits for a connection, by account and mode. For the operator of the instance only: no merchant has proved to own these accounts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn unrouted<C: ConnectionTrait>(db: &C) -> Result<Vec<Unrouted>, StoreError> {
    let query = Entity::find()
        .select_only()
        .columns([Column::Account, Column::Livemode])
        .column_as(Column::Id.count(), "events")
        .column_as(Column::ReceivedAt.max(), "newest")
        .filter(is_unrouted())
        .group_by(Column::Account)
        .group_by(Column::Livemode)
        .order_by_asc(Column::Account)
        .order_by_asc(Column::Livemode);
    Ok(query.into_model().all(db).await?)
}

/// How many events wait for a connection, in test and in live mode.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count_unrouted<C: ConnectionTrait>(db: &C) -> Result<(u64, u64), StoreError> {
    let count = |livemode: bool| Entity::find().filter(is_unrouted()).filter(Column::Livemode.eq(livemode)).count(db);
    Ok((count(false).await?, count(true).await?))
}

/// Puts a failed event back in line with a clean count (IN-11). False when it is not failed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replay<C: ConnectionTrait>(db: &C, id: EventId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel {
        status: Set(InboxStatus::Received),
        attempts: Set(0),
        next_attempt_at: Set(Some(now)),
        finished_at: Set(None),
        lease_until: Set(None),
        lease_owner: Set(None),
        ..Default::default()
    };
    let query = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Status.eq(InboxStatus::Failed));
    Ok(query.exec(db).await?.rows_affected > 0)
}

/// Puts events back in line that had no effect because their connection was disabled since `since`: access was taken back without anybody's
/// wish that sales be missed. Returns how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn revive<C: ConnectionTrait>(
    db: &C,
    of: &stripe_connection::Model,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let change = ActiveModel {
        status: Set(InboxStatus::Received),
        reason: Set(None),
        next_attempt_at: Set(Some(now)),
        finished_at: Set(None),
        ..Default::default()
    };
    let query = Entity::update_many()
        .set(change)
        .filter(Column::MerchantId.eq(of.merchant_id))
        .filter(Column::Livemode.eq(of.livemode))
        .filter(Column::ReceivedAt.gte(since))
        .filter(Column::ConnectionId.eq(of.id))
        .filter(Column::Status.eq(InboxStatus::Ignored))
        .filter(Column::Reason.eq(IgnoreReason::ConnectionDisabled));
    Ok(query.exec(db).await?.rows_affected)
}

/// So many events are counted at most: more are as bad.
const COUNTED: u64 = 1000;

/// How the inbox of a connection stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Events that wait longer than they should.
    pub waiting: usize,
    /// Since when the oldest of them waits.
    pub oldest: Option<DateTime<Utc>>,
    /// Events that failed for good.
    pub failed: usize,
    /// Recent events of the other mode.
    pub mismatched: usize,
}

/// How the inbox of a connection stands: what came before `prompt` and still waits, what failed, and what came in the wrong mode since `recent`.
/// Counts up to a thousand of each.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn standing<C: ConnectionTrait>(
    db: &C,
    of: &stripe_connection::Model,
    prompt: DateTime<Utc>,
    recent: DateTime<Utc>,
) -> Result<Standing, StoreError> {
    let own = |status: InboxStatus| {
        let query = Entity::find().select_only().column(Column::ReceivedAt).filter(Column::Status.eq(status));
        let query = query.filter(Column::MerchantId.eq(of.merchant_id)).filter(Column::Livemode.eq(of.livemode));
        query.filter(Column::ConnectionId.eq(of.id)).limit(COUNTED)
    };
    let waiting = own(InboxStatus::Received).filter(Column::ReceivedAt.lt(prompt)).order_by_asc(Column::ReceivedAt);
    let waiting: Vec<DateTime<Utc>> = waiting.into_tuple().all(db).await?;
    let failed: Vec<DateTime<Utc>> = own(InboxStatus::Failed).into_tuple().all(db).await?;
    let mismatched = own(InboxStatus::Ignored).filter(Column::ReceivedAt.gte(recent)).filter(Column::Reason.eq(IgnoreReason::ModeMismatch));
    let mismatched: Vec<DateTime<Utc>> = mismatched.into_tuple().all(db).await?;
    Ok(Standing { waiting: waiting.len(), oldest: waiting.first().copied(), failed: failed.len(), mismatched: mismatched.len() })
}
