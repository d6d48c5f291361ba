//! Sums over many persons (CO-6, CO-7): entries with their places, and sums of buckets of time, so that the sum before any place takes a few
//! hundred rows at most, however many entries there are.

mod disturbed;
mod sheet;
mod sum;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{CustomerId, EnrollmentId, PurchaseId, RecountId, TallyId, TierPeriodId};
use entity::{tally, tally_entry};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

pub use disturbed::{Disturbed, disturbed};
pub use sheet::{Sheet, forget, has_lower, is_settled, of_program, uplifts};
pub use sum::sums;
pub use write::{Moved, write};

use super::StoreError;
use super::scoped::{nothing, scoped};

scoped!(tally, TallyId, |_partner| nothing());

/// A stored entry with the tally that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The entry.
    pub row: tally_entry::Model,
    /// The name of the tally.
    pub tally: String,
    /// The enrollment, where the tally is that of one.
    pub enrollment: Option<EnrollmentId>,
    /// The recount that adds it up for itself, if one does.
    pub recount: Option<RecountId>,
}

/// The entries of these purchases, and of these customers as leads: on the ledger's sheet and on this one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_person<C: ConnectionTrait>(
    db: &C,
    sheet: Sheet,
    purchases: &[PurchaseId],
    customers: &[CustomerId],
) -> Result<Vec<Stored>, StoreError> {
    use tally_entry::Column;
    let by_purchase = Column::PurchaseId.is_in(purchases.iter().copied());
    of(db, sheet, Condition::any().add(by_purchase).add(Column::CustomerId.is_in(customers.iter().copied()))).await
}

/// The entries of a period of the tiers, likewise.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_period<C: ConnectionTrait>(db: &C, sheet: Sheet, period: TierPeriodId) -> Result<Vec<Stored>, StoreError> {
    of(db, sheet, Condition::all().add(tally_entry::Column::TierPeriodId.eq(period))).await
}

async fn of<C: ConnectionTrait>(db: &C, sheet: Sheet, which: Condition) -> Result<Vec<Stored>, StoreError> {
    let rows = tally_entry::Entity::find().filter(which).all(db).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: BTreeSet<TallyId> = rows.iter().map(|row| row.tally_id).collect();
    let tallies = tally::Entity::find().filter(tally::Column::Id.is_in(ids)).all(db).await?;
    let tallies: BTreeMap<TallyId, tally::Model> = tallies.into_iter().map(|row| (row.id, row)).collect();
    let stored = |row: tally_entry::Model| {
        let tally = tallies.get(&row.tally_id).filter(|tally| tally.recount_id.is_none() || tally.recount_id == sheet.recount())?;
        Some(Stored { row, tally: tally.name.clone(), enrollment: tally.enrollment_id, recount: tally.recount_id })
    };
    Ok(rows.into_iter().filter_map(stored).collect())
}

/// Hands what one customer added as a lead to another.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn move_to<C: ConnectionTrait>(db: &C, from: CustomerId, to: CustomerId) -> Result<(), StoreError> {
    let change = tally_entry::ActiveModel { customer_id: Set(Some(to)), ..Default::default() };
    tally_entry::Entity::update_many().set(change).filter(tally_entry::Column::CustomerId.eq(from)).exec(db).await?;
    Ok(())
}

/// Tallies of which an earlier entry may have changed the outcome of later ones, longest overdue first. A reattribution sees to those of its
/// program itself.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, limit: u64) -> Result<Vec<TallyId>, StoreError> {
    use tally::Column;
    let query = tally::Entity::find().filter(Column::DueAt.lte(now)).filter(Column::RecountId.is_null()).order_by_asc(Column::DueAt);
    let query = query.filter(sheet::reattributed().not()).limit(limit);
    Ok(query.select_only().column(Column::Id).into_tuple().all(db).await?)
}

/// A tally by its id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: TallyId) -> Result<Option<tally::Model>, StoreError> {
    Ok(tally::Entity::find_by_id(id).one(db).await?)
}

/// Notes that nobody's outcome is to be looked for any more, unless something has changed since this version.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn calm<C: ConnectionTrait>(db: &C, id: TallyId, version: i64) -> Result<(), StoreError> {
    use tally::Column;
    let change = tally::ActiveModel { due_at: Set(None), ..Default::default() };
    tally::Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::Version.eq(version)).exec(db).await?;
    Ok(())
}

/// Notes that the outcome of later entries of these tallies may have changed.
///
/// # Errors
/// [`StoreError`] when the database fails.
async fn disturb<C: ConnectionTrait>(db: &C, tallies: &BTreeSet<TallyId>, now: DateTime<Utc>) -> Result<(), StoreError> {
    use tally::Column;
    if tallies.is_empty() {
        return Ok(());
    }
    tally::Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.is_in(tallies.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}
