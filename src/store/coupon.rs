//! Stripe's coupons, and whose they are.

use entity::coupon::{Column, Entity, Model};
use entity::value::{ConnectionId, CouponId, EnrollmentId};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use super::StoreError;
use super::enrollment::held_by;
use super::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(coupon, CouponId, |partner| held_by(Column::EnrollmentId, partner));

/// Which coupons; an empty filter is all.
#[derive(Clone, Debug, Default)]
pub struct CouponFilter {
    /// Of this connection.
    pub connection: Option<ConnectionId>,
    /// That are or were this enrollment's.
    pub enrollment: Option<EnrollmentId>,
    /// With this id of Stripe's.
    pub stripe_id: Option<String>,
}

impl CouponFilter {
    fn condition(self) -> Condition {
        Condition::all()
            .add_option(self.connection.map(|connection| Column::ConnectionId.eq(connection)))
            .add_option(self.enrollment.map(|enrollment| Column::EnrollmentId.eq(enrollment)))
            .add_option(self.stripe_id.map(|id| Column::StripeId.eq(id)))
    }
}

/// A page of coupons.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: CouponFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    fetch(conn, select::<Entity>(scope).filter(filter.condition()), &by_time!(coupon, order), window).await
}

/// All coupons of a filter; used with Stripe's id, which few rows share.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn all<C: ConnectionTrait>(conn: &C, scope: Scope, filter: CouponFilter) -> Result<Vec<Model>, StoreError> {
    Ok(select::<Entity>(scope).filter(filter.condition()).all(conn).await?)
}

/// The coupons at these places: a connection, and Stripe's id there.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn at<C: ConnectionTrait>(conn: &C, scope: Scope, places: &[(ConnectionId, String)]) -> Result<Vec<Model>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let here = |(connection, id): &(ConnectionId, String)| Column::ConnectionId.eq(*connection).and(Column::StripeId.eq(id.as_str()));
    let any = places.iter().fold(Condition::any(), |any, place| any.add(here(place)));
    Ok(select::<Entity>(scope).filter(any).all(conn).await?)
}
