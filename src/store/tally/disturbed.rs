//! Whose outcome the sums do not fit any more.
//!
//! Sums grow with places, so a bound is kept on one side of a place and broken on the other: the place where the sum passes it is found by
//! going down the buckets, and the entries on the wrong side by an index. Only as many bounds are looked at as differ, and those are the caps
//! and thresholds of the terms, and the few entries that a cap let through in part.

use std::collections::BTreeSet;

use entity::value::{CustomerId, PurchaseId, TallyId, TierPeriodId};
use entity::{tally_entry, tally_sum};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tally_entry::{Column, Entity};

use super::StoreError;
use crate::domain::tally::Place;

/// Who is to be settled again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disturbed {
    /// By purchases.
    pub purchases: BTreeSet<PurchaseId>,
    /// By customers as leads.
    pub customers: BTreeSet<CustomerId>,
    /// By periods of tiers.
    pub periods: BTreeSet<TierPeriodId>,
    /// Whether there may be more.
    pub more: bool,
}

impl Disturbed {
    /// Whether there is nobody.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.purchases.is_empty() && self.customers.is_empty() && self.periods.is_empty()
    }
}

/// Looks for at most `limit` entries of a tally for each bound whose outcome the sums do not fit.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn disturbed<C: ConnectionTrait>(db: &C, tally: TallyId, limit: u64) -> Result<Disturbed, StoreError> {
    let mut found = Disturbed::default();
    for column in [Column::Low, Column::High, Column::Most] {
        let mut last = None;
        while let Some(bound) = next(db, tally, column, last).await? {
            last = Some(bound);
            let Some(broken) = broken(db, tally, column, bound).await? else { continue };
            let query = Entity::find().filter(Column::TallyId.eq(tally)).filter(column.eq(bound)).filter(broken);
            let rows = query.order_by_asc(Column::Place).limit(limit).all(db).await?;
            found.more |= u64::try_from(rows.len()).unwrap_or(u64::MAX) >= limit;
            for row in rows {
                found.purchases.extend(row.purchase_id);
                found.customers.extend(row.customer_id);
                found.periods.extend(row.tier_period_id);
            }
        }
    }
    Ok(found)
}

/// The next larger bound among those of the entries.
async fn next<C: ConnectionTrait>(db: &C, tally: TallyId, column: Column, last: Option<i64>) -> Result<Option<i64>, StoreError> {
    let mut query = Entity::find().select_only().column(column).filter(Column::TallyId.eq(tally)).filter(column.is_not_null());
    if let Some(last) = last {
        query = query.filter(column.gt(last));
    }
    Ok(query.order_by_asc(column).limit(1).into_tuple::<Option<i64>>().one(db).await?.flatten())
}

/// Which entries with a bound break it; nothing when none can.
async fn broken<C: ConnectionTrait>(db: &C, tally: TallyId, column: Column, bound: i64) -> Result<Option<SimpleExpr>, StoreError> {
    Ok(match column {
        // The sum before them is less than the bound up to the one with which it is reached. No sum is less than nothing.
        Column::Low => match bound.checked_sub(1).filter(|less| *less >= 0) {
            Some(less) => Some(match passes(db, tally, less).await? {
                Some(place) => Column::Place.lte(place),
                None => Column::Place.is_not_null(),
            }),
            None => None,
        },
        // The sum before them is more than the bound behind the one with which it is passed.
        Column::High => passes(db, tally, bound).await?.map(|place| Column::Place.gt(place)),
        _ => passes(db, tally, bound).await?.map(|place| Column::Place.gte(place)),
    })
}

/// The place of the first entry with which the sum is more than `bound`.
async fn passes<C: ConnectionTrait>(db: &C, tally: TallyId, bound: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let mut sum = 0_i64;
    let mut bucket: Option<i64> = None;
    for level in Place::levels().rev() {
        bucket = first_of(buckets(db, tally, level, bucket.map(Place::within)).await?, bound, &mut sum);
        if bucket.is_none() {
            return Ok(None);
        }
    }
    let Some(bucket) = bucket else { return Ok(None) };
    let [from, to] = [bucket, bucket + 1].map(|bucket| Place::start_of_narrowest(bucket).to_bytes());
    let query = Entity::find().select_only().column(Column::Place).column(Column::Amount);
    let query = query.filter(Column::TallyId.eq(tally)).filter(Column::Place.gte(from)).filter(Column::Place.lt(to));
    let entries: Vec<(Vec<u8>, i64)> = query.order_by_asc(Column::Place).into_tuple().all(db).await?;
    Ok(first_of(entries, bound, &mut sum))
}

/// The first of some parts with which the sum is more than `bound`; `sum` is then that before it.
fn first_of<T>(parts: Vec<(T, i64)>, bound: i64, sum: &mut i64) -> Option<T> {
    for (part, amount) in parts {
        let with = sum.saturating_add(amount);
        if with > bound {
            return Some(part);
        }
        *sum = with;
    }
    None
}

/// The buckets of a level in their order, or those within one of the level above.
async fn buckets<C: ConnectionTrait>(
    db: &C,
    tally: TallyId,
    level: i32,
    within: Option<(i64, i64)>,
) -> Result<Vec<(i64, i64)>, StoreError> {
    use tally_sum::{Column, Entity};
    let mut query = Entity::find().select_only().column(Column::Bucket).column(Column::Amount);
    query = query.filter(Column::TallyId.eq(tally)).filter(Column::Level.eq(level));
    if let Some((from, to)) = within {
        query = query.filter(Column::Bucket.gte(from)).filter(Column::Bucket.lt(to));
    }
    Ok(query.order_by_asc(Column::Bucket).into_tuple().all(db).await?)
}
