//! What is written to Stripe, and how far it has come.

use chrono::{DateTime, Utc};
use entity::stripe_write::{ActiveModel, Column, Entity, Model};
use entity::value::{ConnectionId, EnrollmentId, StripeWriteId, StripeWriteKind, StripeWriteReason, StripeWriteStatus};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::StoreError;
use super::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(stripe_write, StripeWriteId, |_partner| nothing());

/// Which writes; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct StripeWriteFilter {
    /// Of this connection.
    pub connection_id: Option<ConnectionId>,
    /// Of this kind.
    pub kind: Option<StripeWriteKind>,
    /// In this state.
    pub status: Option<StripeWriteStatus>,
    /// About this: Stripe's id of what is changed, the coupon's id, or the code.
    pub subject: Option<String>,
    /// Of codes for this enrollment.
    pub enrollment_id: Option<EnrollmentId>,
}

/// A page of writes.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: StripeWriteFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.connection_id.map(|id| Column::ConnectionId.eq(id)))
        .add_option(filter.kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(filter.status.map(|status| Column::Status.eq(status)))
        .add_option(filter.subject.map(|subject| Column::Subject.eq(subject)))
        .add_option(filter.enrollment_id.map(|id| Column::EnrollmentId.eq(id)));
    fetch(conn, select::<Entity>(scope).filter(condition), &by_time!(stripe_write, order), window).await
}

/// Those that are not over yet.
fn open() -> Condition {
    Condition::all().add(Column::Status.is_in([StripeWriteStatus::Pending, StripeWriteStatus::Written]))
}

/// What is still to be written about a subject.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_of(
    tx: &DatabaseTransaction,
    connection: ConnectionId,
    (kind, subject): (StripeWriteKind, &str),
) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Subject.eq(subject))
        .filter(open())
        .lock_exclusive();
    Ok(query.all(tx).await?)
}

/// The newest write of a kind about any of these subjects.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newest<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    kind: StripeWriteKind,
    subjects: &[String],
) -> Result<Option<Model>, StoreError> {
    let query = select::<Entity>(scope).filter(Column::Kind.eq(kind)).filter(Column::Subject.is_in(subjects));
    Ok(query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).one(db).await?)
}

/// A write by its id, whoever's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: StripeWriteId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// What made these objects at Stripe, by their ids there.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn makers<C: ConnectionTrait>(db: &C, scope: Scope, made: &[(ConnectionId, String)]) -> Result<Vec<Model>, StoreError> {
    if made.is_empty() {
        return Ok(Vec::new());
    }
    let any = made.iter().fold(Condition::any(), |any, (connection, object)| {
        any.add(Column::ConnectionId.eq(*connection).and(Column::Object.eq(object.as_str())))
    });
    let made = [StripeWriteKind::Coupon, StripeWriteKind::PromotionCode];
    Ok(select::<Entity>(scope).filter(any).filter(Column::Kind.is_in(made)).order_by_asc(Column::CreatedAt).all(db).await?)
}

/// Takes a write that is not over and that nobody else works on until `until`, with the attempt counted.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim<C: ConnectionTrait>(
    db: &C,
    id: StripeWriteId,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Model>, StoreError> {
    let change = ActiveModel { next_at: Set(Some(until)), ..Default::default() };
    let free = Condition::any().add(Column::NextAt.is_null()).add(Column::NextAt.lte(now));
    let query = Entity::update_many()
        .set(change)
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.eq(id))
        .filter(open())
        .filter(free);
    if query.exec(db).await?.rows_affected == 0 {
        return Ok(None);
    }
    by_id(db, id).await
}

/// Changes a write unless it is over.
async fn change<C: ConnectionTrait>(db: &C, id: StripeWriteId, change: ActiveModel) -> Result<bool, StoreError> {
    let query = Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(open());
    Ok(query.exec(db).await?.rows_affected > 0)
}

/// Notes the code that Stripe is about to be asked for.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sent<C: ConnectionTrait>(db: &C, id: StripeWriteId, code: &str) -> Result<bool, StoreError> {
    change(db, id, ActiveModel { sent: Set(Some(code.to_owned())), ..Default::default() }).await
}

/// Notes what was made or changed at Stripe.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn written<C: ConnectionTrait>(db: &C, id: StripeWriteId, object: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let row = ActiveModel {
        status: Set(StripeWriteStatus::Written),
        reason: Set(None),
        object: Set(Some(object.to_owned())),
        updated_at: Set(now),
        ..Default::default()
    };
    change(db, id, row).await
}

/// Notes that it was read back and is right. Says whether it was open.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn verified<C: ConnectionTrait>(db: &C, id: StripeWriteId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let row = ActiveModel {
        status: Set(StripeWriteStatus::Verified),
        reason: Set(None),
        next_at: Set(None),
        verified_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    change(db, id, row).await
}

/// What is wrong, and when it is tried again; without a time it is given up.
#[derive(Clone, Copy, Debug)]
pub struct Setback {
    /// Why.
    pub reason: StripeWriteReason,
    /// When it is tried again.
    pub again: Option<DateTime<Utc>>,
    /// Whether the next try takes another idempotency key.
    pub turn: bool,
}

/// Notes that it is not done.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_back<C: ConnectionTrait>(db: &C, row: &Model, setback: Setback, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut next = ActiveModel {
        reason: Set(Some(setback.reason)),
        next_at: Set(setback.again),
        turn: Set(row.turn.saturating_add(i32::from(setback.turn))),
        updated_at: Set(now),
        ..Default::default()
    };
    if setback.again.is_none() {
        next.status = Set(StripeWriteStatus::Failed);
    }
    change(db, row.id, next).await
}
