//! Bindings: what the last settling of a person concluded about whom they are bound to (AT-5).

use chrono::{DateTime, Utc};
use entity::binding::{ActiveModel, Column, Entity, Model};
use entity::value::{BindingId, CustomerId, ProgramId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::attribution::Bound;

/// The stored bindings of these customers, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_customers<C: ConnectionTrait>(db: &C, customers: &[CustomerId]) -> Result<Vec<Model>, StoreError> {
    let query =
        Entity::find().filter(Column::CustomerId.is_in(customers.iter().copied())).order_by_asc(Column::BoundAt).order_by_asc(Column::Id);
    Ok(query.all(db).await?)
}

/// Whether a stored binding says the same as a concluded one.
#[must_use]
pub fn same(stored: &Model, bound: &Bound) -> bool {
    stored.customer_id == bound.owner
        && stored.enrollment_id == bound.enrollment
        && stored.terms_id == bound.terms
        && stored.source == bound.source
        && stored.touch_id == bound.touch
        && stored.bound_at == bound.at
        && stored.ended_at == bound.ended_at
        && stored.stage == bound.stage
}

/// Replaces the stored bindings of a person by the concluded ones. They are derived, so nothing is lost.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn replace<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    members: &[CustomerId],
    bindings: &[(Bound, ProgramId)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::CustomerId.is_in(members.iter().copied())).exec(db).await?;
    if bindings.is_empty() {
        return Ok(());
    }
    let rows = bindings.iter().map(|(bound, program)| ActiveModel {
        id: Set(BindingId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        customer_id: Set(bound.owner),
        enrollment_id: Set(bound.enrollment),
        program_id: Set(*program),
        terms_id: Set(bound.terms),
        stage: Set(bound.stage),
        source: Set(bound.source),
        touch_id: Set(bound.touch),
        bound_at: Set(bound.at),
        ended_at: Set(bound.ended_at),
        created_at: Set(now),
    });
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Hands the bindings of one customer to another, ended: the next settling concludes anew.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let query = Entity::update_many()
        .col_expr(Column::CustomerId, Expr::value(to))
        .col_expr(Column::EndedAt, Expr::col(Column::BoundAt))
        .filter(Column::CustomerId.eq(from));
    query.exec(db).await?;
    Ok(())
}
