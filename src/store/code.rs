//! Coupons and promotion codes as Stripe tells of them. Whose they are is set elsewhere.

use chrono::{DateTime, Utc};
use entity::value::{ConnectionId, CouponId, PromotionCodeId, Spans};
use entity::{coupon, promotion_code};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::fact;

/// Stores a coupon, new or changed. Says whether it changed what purchases are a partner's: a deleted one ends the mapping of itself and of
/// all its codes at that time (CS-5).
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
) -> Result<bool, StoreError> {
    use coupon::Column;
    let this = Column::ConnectionId.eq(connection).and(Column::Livemode.eq(scope.livemode())).and(Column::StripeId.eq(object));
    let known = coupon::Entity::find().filter(this).one(db).await?;
    let ended = told.deleted_at.or_else(|| known.as_ref().and_then(|row| row.deleted_at));
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
    let name = [Column::ConnectionId, Column::Livemode, Column::StripeId];
    let changed =
        [Column::Name, Column::PercentOffBps, Column::AmountOff, Column::Currency, Column::Duration, Column::DeletedAt, Column::SourceAt];
    let conflict = OnConflict::columns(name).update_columns(changed).to_owned();
    coupon::Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(known.is_none_or(|row| row.deleted_at != ended))
}

/// Stores a promotion code, new or changed. Says whether it changed what purchases are a partner's: while it is not active it is nobody's
/// (CS-5).
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
) -> Result<bool, StoreError> {
    use promotion_code::Column;
    let this = Column::ConnectionId.eq(connection).and(Column::Livemode.eq(scope.livemode())).and(Column::StripeId.eq(object));
    let known = promotion_code::Entity::find().filter(this).one(db).await?;
    let inactive = Spans(told.life.gaps());
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
        inactive: Set(inactive.clone()),
        enrollment_id: Set(None),
        mapped_from: Set(None),
        mapped_to: Set(None),
        source_at: Set(told.stamp.at),
        created_at: Set(now),
    };
    let name = [Column::ConnectionId, Column::Livemode, Column::StripeId];
    let changed = [Column::Code, Column::CodeFolded, Column::Coupon, Column::Active, Column::Inactive, Column::SourceAt];
    let conflict = OnConflict::columns(name).update_columns(changed).to_owned();
    promotion_code::Entity::insert(model).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(known.is_none_or(|row| row.inactive != inactive || row.coupon != told.coupon))
}
