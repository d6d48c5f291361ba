//! Coupons and promotion codes as Stripe tells of them. Whose they are is set elsewhere, and only ended here.

use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, CouponId, PromotionCodeId};
use entity::{coupon, promotion_code};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::fact;

/// Stores a coupon, new or changed. A deleted one ends the mapping of itself and of all its codes (CS-5).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save_coupon<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    connection: ConnectionId,
    object: &str,
    told: &fact::Coupon,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ended = told.deleted.then_some(told.stamp.at);
    let model = coupon::ActiveModel {
        id: Set(CouponId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        connection_id: Set(connection),
        stripe_id: Set(object.to_owned()),
        name: Set(told.name.clone()),
        percent_off_bps: Set(told.percent_off.and_then(|points| i32::try_from(points).ok())),
        amount_off: Set(told.amount_off),
        currency: Set(told.currency),
        duration: Set(told.duration.clone()),
        deleted_at: Set(ended),
        enrollment_id: Set(None),
        mapped_from: Set(None),
        mapped_to: Set(None),
        source_at: Set(told.stamp.at),
        created_at: Set(now),
    };
    use coupon::Column;
    let name = [Column::ConnectionId, Column::Livemode, Column::StripeId];
    let changed =
        [Column::Name, Column::PercentOffBps, Column::AmountOff, Column::Currency, Column::Duration, Column::DeletedAt, Column::SourceAt];
    let conflict = OnConflict::columns(name).update_columns(changed).to_owned();
    coupon::Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    if let Some(at) = ended {
        let this = Column::ConnectionId.eq(connection).and(Column::Livemode.eq(scope.livemode())).and(Column::StripeId.eq(object));
        let open = Column::MappedTo.is_null().or(Column::MappedTo.gt(at));
        let query = coupon::Entity::update_many().col_expr(Column::MappedTo, Expr::value(at)).filter(this).filter(open);
        query.exec(db).await?;
        end_codes(db, scope, connection, promotion_code::Column::Coupon, object, at).await?;
    }
    Ok(())
}

/// Stores a promotion code, new or changed. One that is no longer active ends its mapping at that time (CS-5).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save_promotion_code<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    connection: ConnectionId,
    object: &str,
    told: &fact::PromotionCode,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let model = promotion_code::ActiveModel {
        id: Set(PromotionCodeId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        connection_id: Set(connection),
        stripe_id: Set(object.to_owned()),
        code: Set(told.code.clone()),
        code_folded: Set(told.code.to_lowercase()),
        coupon: Set(told.coupon.clone()),
        active: Set(told.active),
        enrollment_id: Set(None),
        mapped_from: Set(None),
        mapped_to: Set(None),
        source_at: Set(told.stamp.at),
        created_at: Set(now),
    };
    use promotion_code::Column;
    let name = [Column::ConnectionId, Column::Livemode, Column::StripeId];
    let changed = [Column::Code, Column::CodeFolded, Column::Coupon, Column::Active, Column::SourceAt];
    let conflict = OnConflict::columns(name).update_columns(changed).to_owned();
    promotion_code::Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    if !told.active {
        end_codes(db, scope, connection, Column::StripeId, object, told.stamp.at).await?;
    }
    Ok(())
}

/// Ends the mappings of the codes whose `column` is `value`, unless they ended before.
async fn end_codes<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    connection: ConnectionId,
    column: promotion_code::Column,
    value: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    use promotion_code::Column;
    let these = Column::ConnectionId.eq(connection).and(Column::Livemode.eq(scope.livemode())).and(column.eq(value));
    let mapped = Column::EnrollmentId.is_not_null().and(Column::MappedTo.is_null().or(Column::MappedTo.gt(at)));
    let query = promotion_code::Entity::update_many().col_expr(Column::MappedTo, Expr::value(at)).filter(these).filter(mapped);
    query.exec(db).await?;
    Ok(())
}
