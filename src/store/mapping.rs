//! Whose a code was (AT-8). The present mapping stands in the code's own row.

use entity::former_mapping;
use entity::value::ConnectionId;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use crate::domain::fact::Code;
use crate::domain::person::CodeMapping;

/// The former mappings of these codes of one connection, all named by Stripe's ids.
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
            inactive: Vec::new(),
        })
        .collect())
}
