//! Whose a code is and was (CS-2, AT-8): the present mapping stands in the code's row, former ones in a table of their own.

use entity::value::ConnectionId;
use entity::{coupon, former_mapping, promotion_code};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use crate::domain::fact::Code;
use crate::domain::person::CodeMapping;

/// Every mapping, present and former, of these codes of one connection. Codes are named by Stripe's ids, here and in the answer.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_codes<C: ConnectionTrait>(
    conn: &C,
    connection: ConnectionId,
    promotion_codes: &[String],
    coupons: &[String],
) -> Result<Vec<CodeMapping>, StoreError> {
    let mut mappings = Vec::new();
    if !promotion_codes.is_empty() {
        use promotion_code::Column;
        let rows = promotion_code::Entity::find()
            .filter(Column::ConnectionId.eq(connection))
            .filter(Column::StripeId.is_in(promotion_codes));
        mappings.extend(rows.all(conn).await?.into_iter().filter_map(|row| {
            let code = Code { promotion_code: Some(row.stripe_id), coupon: None };
            Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to })
        }));
    }
    if !coupons.is_empty() {
        use coupon::Column;
        let rows = coupon::Entity::find().filter(Column::ConnectionId.eq(connection)).filter(Column::StripeId.is_in(coupons));
        mappings.extend(rows.all(conn).await?.into_iter().filter_map(|row| {
            let code = Code { promotion_code: None, coupon: Some(row.stripe_id) };
            Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to })
        }));
    }
    mappings.extend(former(conn, connection, promotion_codes, coupons).await?);
    Ok(mappings)
}

/// Former mappings alone.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn former<C: ConnectionTrait>(
    conn: &C,
    connection: ConnectionId,
    promotion_codes: &[String],
    coupons: &[String],
) -> Result<Vec<CodeMapping>, StoreError> {
    use former_mapping::Column;
    if promotion_codes.is_empty() && coupons.is_empty() {
        return Ok(Vec::new());
    }
    let any = Condition::any().add(Column::PromotionCode.is_in(promotion_codes)).add(Column::Coupon.is_in(coupons));
    let rows = former_mapping::Entity::find().filter(Column::ConnectionId.eq(connection)).filter(any).all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|row| CodeMapping {
            code: Code { promotion_code: row.promotion_code, coupon: row.coupon },
            enrollment: row.enrollment_id,
            from: row.mapped_from,
            to: Some(row.mapped_to),
        })
        .collect())
}
