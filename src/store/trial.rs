//! Trials: what makes a customer a lead without a sign-up (CO-10).

use chrono::{DateTime, Utc};
use entity::trial::{ActiveModel, Column, Entity, Model};
use entity::value::{ConnectionId, CustomerId, TrialId};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use super::StoreError;
use crate::domain::access::Scope;

/// Stores when a customer's subscription began with a trial. What is told again changes nothing, unless it is told of somebody else.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    (connection, object): (ConnectionId, &str),
    customer: CustomerId,
    (began, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), StoreError> {
    let model = ActiveModel {
        id: Set(TrialId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        connection_id: Set(connection),
        object_id: Set(object.to_owned()),
        customer_id: Set(customer),
        began_at: Set(began),
        created_at: Set(now),
    };
    let conflict = OnConflict::columns([Column::ConnectionId, Column::Livemode, Column::ObjectId])
        .update_columns([Column::CustomerId, Column::BeganAt])
        .to_owned();
    Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// The trials of these customers.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_customers<C: ConnectionTrait>(db: &C, customers: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::CustomerId.is_in(customers.iter().copied())).all(db).await?)
}

/// Hands the trials of one customer to another.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let change = ActiveModel { customer_id: Set(to), ..Default::default() };
    Entity::update_many().set(change).filter(Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
}
