//! Stripe's promotion codes, and whose they are.

use entity::promotion_code::{Column, Entity, Model};
use entity::value::{ConnectionId, EnrollmentId, PromotionCodeId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use super::StoreError;
use super::enrollment::held_by;
use super::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(promotion_code, PromotionCodeId, |partner| held_by(Column::EnrollmentId, partner));

/// Which promotion codes; an empty filter is all.
#[derive(Clone, Debug, Default)]
pub struct PromotionCodeFilter {
    /// Of this connection.
    pub connection: Option<ConnectionId>,
    /// That are or were this enrollment's.
    pub enrollment: Option<EnrollmentId>,
    /// With this id of Stripe's.
    pub stripe_id: Option<String>,
    /// With this text, in any case (CS-2).
    pub code: Option<String>,
    /// Active at Stripe, or not.
    pub active: Option<bool>,
}

impl PromotionCodeFilter {
    fn condition(self) -> Condition {
        Condition::all()
            .add_option(self.connection.map(|connection| Column::ConnectionId.eq(connection)))
            .add_option(self.enrollment.map(|enrollment| Column::EnrollmentId.eq(enrollment)))
            .add_option(self.stripe_id.map(|id| Column::StripeId.eq(id)))
            .add_option(self.code.map(|code| Column::CodeFolded.eq(code.trim().to_lowercase())))
            .add_option(self.active.map(|active| Column::Active.eq(active)))
    }
}

/// A page of promotion codes.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: PromotionCodeFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    fetch(conn, select::<Entity>(scope).filter(filter.condition()), &by_time!(promotion_code, order), window).await
}

/// All promotion codes of a filter; used with Stripe's id or a code's text, which few rows share.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn all<C: ConnectionTrait>(conn: &C, scope: Scope, filter: PromotionCodeFilter) -> Result<Vec<Model>, StoreError> {
    Ok(select::<Entity>(scope).filter(filter.condition()).all(conn).await?)
}
