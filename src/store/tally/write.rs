//! Writing what one person, or one period, adds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{EnrollmentId, TallyEntryId, TallyId};
use entity::{tally, tally_entry, tally_sum};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::sum::ids;
use super::{Sheet, StoreError, Stored, disturb};
use crate::domain::access::Scope;
use crate::domain::origin::By;
use crate::domain::tally::{Entry, Owner, Place, Tally};

/// How many rows one statement writes: PostgreSQL and SQLite limit the values of a statement.
const ROWS: usize = 500;

/// Where a sum of an enrollment has changed, and when.
pub type Moved = BTreeSet<(EnrollmentId, DateTime<Utc>)>;

/// What changes a tally.
struct Change {
    tally: TallyId,
    enrollment: Option<EnrollmentId>,
    place: Place,
    by: i64,
}

/// Makes `entries` what one person or period adds on a sheet, in place of what is stored of it there. Gives where sums of enrollments have changed. Where later
/// entries may have another outcome now, their tally is due.
///
/// # Errors
/// [`StoreError`] when the database fails or a stored place cannot be read.
pub async fn write<C: ConnectionTrait>(
    db: &C,
    (scope, sheet): (Scope, Sheet),
    stored: &[Stored],
    entries: &[Entry],
    now: DateTime<Utc>,
) -> Result<Moved, StoreError> {
    let mut left: BTreeMap<(String, Vec<u8>), &Stored> =
        stored.iter().map(|one| ((one.tally.clone(), one.row.place.clone()), one)).collect();
    let tallies: BTreeMap<Tally, String> = entries.iter().map(|entry| (entry.tally, sheet.name(&entry.tally))).collect();
    let ids = known(db, (scope, sheet), &tallies, now).await?;
    let (mut changes, mut fresh) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some((name, id)) = tallies.get(&entry.tally).and_then(|name| Some((name, *ids.get(name)?))) else { continue };
        let key = (name.clone(), entry.place.to_bytes());
        let enrollment = enrollment_of(&entry.tally);
        let known = left.remove(&key);
        let row = row(id, entry, key.1, known.map_or_else(|| TallyEntryId::new_at(now), |known| known.row.id));
        match known {
            Some(known) if known.row == row => {}
            Some(known) => {
                let by = row.amount.saturating_sub(known.row.amount);
                changes.push(Change { tally: id, enrollment, place: entry.place.clone(), by });
                crate::store::row::save(db, row).await?;
            }
            None => {
                changes.push(Change { tally: id, enrollment, place: entry.place.clone(), by: row.amount });
                fresh.push(row);
            }
        }
    }
    let mut gone = Vec::new();
    for one in left.into_values() {
        let place = Place::from_bytes(&one.row.place);
        let place = place.ok_or_else(|| StoreError::Corrupt { what: "place in a tally", why: "its bytes are of no place".to_owned() })?;
        changes.push(Change { tally: one.row.tally_id, enrollment: one.enrollment, place, by: one.row.amount.saturating_neg() });
        gone.push(one.row.id);
    }
    for some in gone.chunks(ROWS) {
        tally_entry::Entity::delete_many().filter(tally_entry::Column::Id.is_in(some.iter().copied())).exec(db).await?;
    }
    for some in fresh.chunks(ROWS) {
        let rows = some.iter().cloned().map(sea_orm::IntoActiveModel::into_active_model);
        tally_entry::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    changes.retain(|change| change.by != 0);
    add(db, &changes).await?;
    disturb(db, &disturbed(db, &changes).await?, now).await?;
    Ok(changes.iter().filter_map(|change| Some((change.enrollment?, change.place.time()))).collect())
}

const fn enrollment_of(tally: &Tally) -> Option<EnrollmentId> {
    match tally.owner {
        Owner::Enrollment(id) => Some(id),
        Owner::Program(_) => None,
    }
}

fn row(tally: TallyId, entry: &Entry, place: Vec<u8>, id: TallyEntryId) -> tally_entry::Model {
    let (mut purchase_id, mut customer_id, mut tier_period_id) = (None, None, None);
    match entry.by {
        By::Purchase(id) => purchase_id = Some(id),
        By::Lead(id) => customer_id = Some(id),
        By::TierPeriod(id) => tier_period_id = Some(id),
    }
    let bounds = entry.bounds;
    tally_entry::Model {
        id,
        tally_id: tally,
        place,
        amount: entry.amount,
        low: bounds.low,
        high: bounds.high,
        most: bounds.most,
        purchase_id,
        customer_id,
        tier_period_id,
    }
}

/// The ids of these tallies; those that are not there yet are made.
async fn known<C: ConnectionTrait>(
    db: &C,
    (scope, sheet): (Scope, Sheet),
    tallies: &BTreeMap<Tally, String>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, TallyId>, StoreError> {
    let found = ids(db, tallies.values().cloned().collect()).await?;
    let missing: Vec<tally::ActiveModel> = tallies
        .iter()
        .filter(|(_, name)| !found.contains_key(*name))
        .map(|(tally, name)| tally::ActiveModel {
            id: Set(TallyId::new_at(now)),
            merchant_id: Set(scope.merchant()),
            livemode: Set(scope.livemode()),
            name: Set(name.clone()),
            enrollment_id: Set(enrollment_of(tally)),
            program_id: Set(if let Owner::Program(id) = tally.owner { Some(id) } else { None }),
            recount_id: Set(sheet.recount()),
            due_at: Set(None),
            version: Set(0),
            created_at: Set(now),
        })
        .collect();
    if missing.is_empty() {
        return Ok(found);
    }
    let there = OnConflict::column(tally::Column::Name).do_nothing().to_owned();
    tally::Entity::insert_many(missing).on_conflict(there).exec_without_returning(db).await?;
    ids(db, tallies.values().cloned().collect()).await
}

/// Adds to the sums of all buckets in which something changed.
async fn add<C: ConnectionTrait>(db: &C, changes: &[Change]) -> Result<(), StoreError> {
    use tally_sum::{Column, Entity};
    let mut sums: BTreeMap<(TallyId, i32, i64), i64> = BTreeMap::new();
    for change in changes {
        for (level, bucket) in change.place.buckets() {
            let sum = sums.entry((change.tally, level, bucket)).or_default();
            *sum = sum.saturating_add(change.by);
        }
    }
    sums.retain(|_, sum| *sum != 0);
    let row = |((tally_id, level, bucket), amount): ((TallyId, i32, i64), i64)| tally_sum::ActiveModel {
        id: Set(Uuid::now_v7()),
        tally_id: Set(tally_id),
        level: Set(level),
        bucket: Set(bucket),
        amount: Set(amount),
    };
    let rows: Vec<tally_sum::ActiveModel> = sums.into_iter().map(row).collect();
    let more = Expr::col((Entity, Column::Amount)).add(Expr::col((Alias::new("excluded"), Column::Amount)));
    let known = OnConflict::columns([Column::TallyId, Column::Level, Column::Bucket]).value(Column::Amount, more).to_owned();
    for some in rows.chunks(ROWS) {
        Entity::insert_many(some.iter().cloned()).on_conflict(known.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The tallies in which something stands behind a change whose outcome depends on the sum before it.
async fn disturbed<C: ConnectionTrait>(db: &C, changes: &[Change]) -> Result<BTreeSet<TallyId>, StoreError> {
    use tally_entry::{Column, Entity};
    let mut first: BTreeMap<TallyId, &Place> = BTreeMap::new();
    for change in changes {
        let known = first.entry(change.tally).or_insert(&change.place);
        *known = (*known).min(&change.place);
    }
    let mut disturbed = BTreeSet::new();
    for (tally, place) in first {
        let bound = Condition::any().add(Column::Low.is_not_null()).add(Column::High.is_not_null()).add(Column::Most.is_not_null());
        let behind = Entity::find().filter(Column::TallyId.eq(tally)).filter(Column::Place.gt(place.to_bytes())).filter(bound);
        if behind.one(db).await?.is_some() {
            disturbed.insert(tally);
        }
    }
    Ok(disturbed)
}
