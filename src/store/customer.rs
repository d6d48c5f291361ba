//! Customers.

use chrono::{DateTime, Utc};
use entity::customer::{ActiveModel, Column, Entity, Model};
use entity::value::CustomerId;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, LockType};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use super::claim::Called;
use crate::domain::access::Scope;

/// A customer by id, whatever became of it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: CustomerId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Customers by id, smallest id first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_ids<C: ConnectionTrait>(db: &C, ids: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).order_by_asc(Column::Id).all(db).await?)
}

/// Customers by id, smallest id first, locked until the end of the transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock<C: ConnectionTrait>(db: &C, ids: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).order_by_asc(Column::Id);
    // SQLite has one writer and no row locks; its builder leaves the lock out.
    Ok(query.lock(LockType::Update).all(db).await?)
}

/// Stores a new customer, who is called nothing yet. `claimed` says whether an external id names it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn insert<C: ConnectionTrait>(db: &C, scope: Scope, claimed: bool, now: DateTime<Utc>) -> Result<Model, StoreError> {
    let model = ActiveModel {
        id: Set(CustomerId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        name: Set(None),
        email: Set(None),
        claimed: Set(claimed),
        signed_up_at: Set(None),
        due_at: Set(None),
        merged_into: Set(None),
        created_at: Set(now),
        version: Set(0),
    };
    Ok(model.insert(db).await?)
}

/// Records that an external id names a customer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim<C: ConnectionTrait>(db: &C, id: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { claimed: Set(true), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Claimed.eq(false)).exec(db).await?;
    Ok(())
}

/// Writes what all sources call a customer. What none of them says stays as it was written before sources were kept.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn call<C: ConnectionTrait>(db: &C, id: CustomerId, called: &Called) -> Result<(), StoreError> {
    for (column, text) in [(Column::Name, &called.name), (Column::Email, &called.email)] {
        let Some(text) = text else { continue };
        let other = column.is_null().or(column.ne(text.as_str()));
        Entity::update_many().col_expr(column, Expr::value(text.as_str())).filter(Column::Id.eq(id)).filter(other).exec(db).await?;
    }
    Ok(())
}

/// Records that no external id names a customer any more.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn unclaim<C: ConnectionTrait>(db: &C, id: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { claimed: Set(false), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Records a sign-up: of several the earliest stays. True when this is it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn signed_up<C: ConnectionTrait>(db: &C, id: CustomerId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let change = ActiveModel { signed_up_at: Set(Some(at)), ..Default::default() };
    let earlier = Column::SignedUpAt.is_null().or(Column::SignedUpAt.gt(at));
    Ok(Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(earlier).exec(db).await?.rows_affected > 0)
}

/// Marks a customer as the same one as another (ID-7).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn merge_into<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { merged_into: Set(Some(to)), due_at: Set(None), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(from)).exec(db).await?;
    Ok(())
}

/// Writes when time alone will next change something for a person, and counts the settling.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn settled<C: ConnectionTrait>(db: &C, id: CustomerId, due: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    let change = ActiveModel { due_at: Set(due), ..Default::default() };
    let version = Expr::col(Column::Version).add(1);
    Entity::update_many().set(change).col_expr(Column::Version, version).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Customers for whom something is due by `now`, longest overdue first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, limit: u64) -> Result<Vec<CustomerId>, StoreError> {
    let query = Entity::find().filter(Column::DueAt.lte(now)).order_by_asc(Column::DueAt).limit(limit);
    Ok(query.select_only().column(Column::Id).into_tuple().all(db).await?)
}

/// Makes these customers due at `at`, unless they are due earlier.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn defer<C: ConnectionTrait>(db: &C, ids: &[CustomerId], at: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { due_at: Set(Some(at)), ..Default::default() };
    let later = Condition::any().add(Column::DueAt.is_null()).add(Column::DueAt.gt(at));
    Entity::update_many().set(change).filter(Column::Id.is_in(ids.iter().copied())).filter(later).exec(db).await?;
    Ok(())
}

/// Makes everyone due now who would be due by `by`. Says how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn hasten<C: ConnectionTrait>(db: &C, scope: Scope, by: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let change = ActiveModel { due_at: Set(Some(now)), ..Default::default() };
    let query = Entity::update_many()
        .set(change)
        .filter(Column::MerchantId.eq(scope.merchant()))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::DueAt.gt(now))
        .filter(Column::DueAt.lte(by));
    Ok(query.exec(db).await?.rows_affected)
}

/// Customers of all merchants after this one, smallest id first: for work on every row.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn page_after<C: ConnectionTrait>(db: &C, after: Option<CustomerId>, limit: u64) -> Result<Vec<Model>, StoreError> {
    let after = Condition::all().add_option(after.map(|id| Column::Id.gt(id)));
    Ok(Entity::find().filter(after).order_by_asc(Column::Id).limit(limit).all(db).await?)
}
