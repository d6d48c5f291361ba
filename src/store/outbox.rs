//! The outbox: what is owed to the outside, written in the transaction of its cause.

use chrono::{DateTime, Duration, Utc};
use entity::outbox_message::{ActiveModel, Column, Entity, Model};
use entity::value::{MessageId, OutboxStatus};
use sea_orm::sea_query::Expr;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use crate::domain::access::Scope;

/// Adds a message.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn add<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    topic: &str,
    key: String,
    payload: serde_json::Value,
    now: DateTime<Utc>,
) -> Result<MessageId, StoreError> {
    let id = MessageId::new_at(now);
    let model = ActiveModel {
        id: Set(id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        topic: Set(topic.to_owned()),
        key: Set(key),
        payload: Set(payload),
        status: Set(OutboxStatus::Pending),
        attempts: Set(0),
        next_attempt_at: Set(Some(now)),
        created_at: Set(now),
        finished_at: Set(None),
    };
    Entity::insert(model).exec_without_returning(db).await?;
    Ok(id)
}

/// A message that still has to be sent, with the attempt counted.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn attempt<C: ConnectionTrait>(db: &C, id: MessageId, next: DateTime<Utc>) -> Result<Option<Model>, StoreError> {
    let change = ActiveModel { next_attempt_at: Set(Some(next)), ..Default::default() };
    let query = Entity::update_many()
        .set(change)
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(OutboxStatus::Pending));
    Ok(query.exec_with_returning(db).await?.into_iter().next())
}

/// Records that a message was sent, or given up.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn finish<C: ConnectionTrait>(db: &C, id: MessageId, status: OutboxStatus, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { status: Set(status), finished_at: Set(Some(now)), next_attempt_at: Set(None), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Puts a message off until a time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn put_off<C: ConnectionTrait>(db: &C, id: MessageId, until: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { next_attempt_at: Set(Some(until)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Status.eq(OutboxStatus::Pending)).exec(db).await?;
    Ok(())
}

/// Messages that wait, oldest first. `older` leaves out what has just been added.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, older: Duration, limit: u64) -> Result<Vec<MessageId>, StoreError> {
    let query = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Status.eq(OutboxStatus::Pending))
        .filter(Column::NextAttemptAt.lte(now - older))
        .order_by_asc(Column::NextAttemptAt)
        .limit(limit);
    Ok(query.into_tuple().all(db).await?)
}
