//! What settling needs to know of partners, codes and terms: one query a kind, for all that a person's evidence names.

use std::collections::{BTreeMap, BTreeSet};

use entity::value::{ClickId, ConnectionId, EnrollmentId};
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
        let rejected = row.bot || row.rejected_at.is_some();
        (row.id, Click { id: row.id, visitor: row.visitor, at: row.clicked_at, enrollment: row.enrollment_id, rejected })
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
    let promotions: BTreeSet<&str> = codes.iter().filter_map(|code| code.promotion_code.as_deref()).collect();
    let coupons: BTreeSet<&str> = codes.iter().filter_map(|code| code.coupon.as_deref()).collect();
    let mut mappings = Vec::new();
    if !promotions.is_empty() {
        let query = promotion_code::Entity::find()
            .filter(promotion_code::Column::ConnectionId.eq(connection))
            .filter(promotion_code::Column::Livemode.eq(scope.livemode()))
            .filter(promotion_code::Column::StripeId.is_in(promotions.iter().copied()));
        mappings.extend(query.all(db).await?.into_iter().filter_map(|row| {
            let code = Code { promotion_code: Some(row.stripe_id), coupon: None };
            Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to })
        }));
    }
    if !coupons.is_empty() {
        let query = coupon::Entity::find()
            .filter(coupon::Column::ConnectionId.eq(connection))
            .filter(coupon::Column::Livemode.eq(scope.livemode()))
            .filter(coupon::Column::StripeId.is_in(coupons.iter().copied()));
        mappings.extend(query.all(db).await?.into_iter().filter_map(|row| {
            let code = Code { promotion_code: None, coupon: Some(row.stripe_id) };
            Some(CodeMapping { code, enrollment: row.enrollment_id?, from: row.mapped_from?, to: row.mapped_to })
        }));
    }
    let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    mappings.extend(super::mapping::former(db, connection, &owned(promotions), &owned(coupons)).await?);
    Ok(mappings)
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
