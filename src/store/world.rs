//! What settling needs to know of partners, codes and terms: one query a kind, for all that a person's evidence names.

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{ClickId, ConnectionId, EnrollmentId, Span};
use entity::{click, coupon, link, promotion_code};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
pub use super::enrolled::{enrolled, enrollments};
use crate::domain::access::Scope;
use crate::domain::fact::Code;
use crate::domain::person::{Click, CodeMapping};

/// Clicks by id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn clicks<C: ConnectionTrait>(db: &C, scope: Scope, ids: &BTreeSet<ClickId>) -> Result<BTreeMap<ClickId, Click>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = click::Entity::find()
        .filter(click::Column::Id.is_in(ids.iter().copied()))
        .filter(click::Column::MerchantId.eq(scope.merchant()))
        .filter(click::Column::Livemode.eq(scope.livemode()));
    let clicks = query.all(db).await?.into_iter().map(|row| {
        let click = Click {
            id: row.id,
            visitor: row.visitor,
            at: row.clicked_at,
            link: row.link_id,
            enrollment: row.enrollment_id,
            bot: row.bot,
            rejected_at: row.rejected_at,
        };
        (row.id, click)
    });
    Ok(clicks.collect())
}

/// The mappings of these codes to enrollments, for one connection.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn code_mappings<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    codes: &BTreeSet<Code>,
) -> Result<Vec<CodeMapping>, StoreError> {
    let named = |id: fn(&Code) -> Option<&String>| -> Vec<String> {
        codes.iter().filter_map(id).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (promotions, mut coupons) = (named(|code| code.promotion_code.as_ref()), named(|code| code.coupon.as_ref()));
    let mut mappings = super::mapping::former(db, connection, &promotions, &coupons).await?;
    let promotions = codes_of(db, connection, scope, &promotions).await?;
    coupons.extend(promotions.values().filter_map(|row| row.coupon.clone()));
    let coupons = coupons_of(db, connection, scope, &coupons).await?;
    mappings.extend(promotions.values().filter_map(|row| {
        let code = Code { promotion_code: Some(row.stripe_id.clone()), coupon: None };
        Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to, inactive: Vec::new() })
    }));
    mappings.extend(coupons.values().filter_map(|row| {
        let code = Code { promotion_code: None, coupon: Some(row.stripe_id.clone()) };
        Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to, inactive: Vec::new() })
    }));
    for mapping in &mut mappings {
        let promotion = mapping.code.promotion_code.as_ref().and_then(|id| promotions.get(id));
        mapping.inactive.extend(promotion.iter().flat_map(|row| row.inactive.iter().copied()));
        let coupon = mapping.code.coupon.as_ref().or_else(|| promotion?.coupon.as_ref()).and_then(|id| coupons.get(id));
        mapping.inactive.extend(coupon.and_then(|row| row.deleted_at).map(|from| Span { from, to: None }));
    }
    Ok(mappings)
}

/// The promotion codes of one connection, by Stripe's id.
async fn codes_of<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    ids: &[String],
) -> Result<BTreeMap<String, promotion_code::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    use promotion_code::Column;
    let query = promotion_code::Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::StripeId.is_in(ids));
    Ok(query.all(db).await?.into_iter().map(|row| (row.stripe_id.clone(), row)).collect())
}

/// The coupons of one connection, by Stripe's id.
async fn coupons_of<C: ConnectionTrait>(
    db: &C,
    connection: ConnectionId,
    scope: Scope,
    ids: &[String],
) -> Result<BTreeMap<String, coupon::Model>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    use coupon::Column;
    let query = coupon::Entity::find()
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::StripeId.is_in(ids));
    Ok(query.all(db).await?.into_iter().map(|row| (row.stripe_id.clone(), row)).collect())
}

/// Partners named by key: the code of a link, or the id of an enrollment. Of several links with one code the oldest counts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn partner_keys<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    keys: &BTreeSet<String>,
) -> Result<BTreeMap<String, EnrollmentId>, StoreError> {
    let mut found = BTreeMap::new();
    for key in keys {
        if let Ok(id) = key.parse::<EnrollmentId>() {
            found.insert(key.clone(), id);
        }
    }
    let mut folded: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for key in keys {
        folded.entry(key.to_lowercase()).or_default().push(key);
    }
    if !folded.is_empty() {
        let query = link::Entity::find()
            .filter(link::Column::MerchantId.eq(scope.merchant()))
            .filter(link::Column::Livemode.eq(scope.livemode()))
            .filter(link::Column::CodeFolded.is_in(folded.keys().map(String::as_str)))
            .order_by_desc(link::Column::Id);
        for row in query.all(db).await? {
            for key in folded.get(&row.code_folded).into_iter().flatten() {
                found.insert((*key).clone(), row.enrollment_id);
            }
        }
    }
    Ok(found)
}
