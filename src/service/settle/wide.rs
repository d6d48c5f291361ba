//! The sums over many persons while one person, or one period, is settled: read and written under the locks of those whose sums they are.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::{EnrollmentId, ProgramId};
use sea_orm::DatabaseTransaction;

use crate::domain::access::Scope;
use crate::domain::person::World;
use crate::domain::settle::Settlement;
use crate::domain::tally::{Asked, Entry, Owner, Tally};
use crate::service::ServiceError;
use crate::service::person::Gathered;
use crate::store::tally::{Sheet, Stored};
use crate::store::{self, StoreError};

/// How often sums are asked for at most. What is asked for depends on facts and terms, and only which of it on sums.
const MOST: usize = 20;

/// Decides what follows from a person's facts, with the sums that others made. Those stay as they are until the end of the transaction.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn decide(tx: &DatabaseTransaction, gathered: &mut Gathered, now: DateTime<Utc>) -> Result<Settlement, ServiceError> {
    lock(tx, &gathered.world).await?;
    suppose(tx, gathered, Sheet::Ledger, now).await
}

/// The same with the sums of a sheet, where nothing is to be written on the ledger: without locks, so that sums may move meanwhile.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn suppose(
    tx: &DatabaseTransaction,
    gathered: &mut Gathered,
    sheet: Sheet,
    now: DateTime<Utc>,
) -> Result<Settlement, ServiceError> {
    for _ in 0..MOST {
        let settlement = crate::domain::settle::settle(&gathered.person, &gathered.world, now);
        if !learn(tx, sheet, &mut gathered.world, &settlement.asked, &gathered.tallied).await? {
            return Ok(settlement);
        }
    }
    Err(ServiceError::Internal("a person asks for sums without end".to_owned()))
}

/// Takes the locks of all whose sums may be read or changed: of a whole program where it has a budget, else of each enrollment (CO-6).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) async fn lock(tx: &DatabaseTransaction, world: &World) -> Result<(), StoreError> {
    let summed = world.enrollments.values().filter(|enrollment| enrollment.reach.has_sums());
    let keys: BTreeSet<String> = summed
        .map(|enrollment| {
            let budget = !enrollment.reach.program.is_empty();
            if budget { format!("tally/{}", enrollment.program) } else { format!("tally/{}", enrollment.id) }
        })
        .collect();
    store::lock::acquire(tx, keys).await
}

/// Looks up the sums that were asked for and are not known. False when there are none.
pub(super) async fn learn(
    tx: &DatabaseTransaction,
    sheet: Sheet,
    world: &mut World,
    asked: &Asked,
    own: &[Stored],
) -> Result<bool, StoreError> {
    let missing: Asked = asked.iter().filter(|key| !world.sums.contains_key(*key)).cloned().collect();
    if missing.is_empty() {
        return Ok(false);
    }
    let on = |tally: &Tally| if sheet.is_of(program_of(world, tally)) { sheet } else { Sheet::Ledger };
    let names = missing.iter().map(|(tally, _)| (*tally, on(tally).name(tally))).collect();
    let sums = store::tally::sums(tx, &missing, own, &names).await?;
    world.sums.extend(sums);
    Ok(true)
}

/// Of which program a sum is.
fn program_of(world: &World, tally: &Tally) -> Option<ProgramId> {
    match tally.owner {
        Owner::Program(id) => Some(id),
        Owner::Enrollment(id) => world.enrollments.get(&id).map(|known| known.program),
    }
}

/// Writes what somebody would add on the sheet of a recount.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn write_down(
    tx: &DatabaseTransaction,
    (scope, sheet): (Scope, Sheet),
    world: &World,
    (stored, entries): (&[Stored], &[Entry]),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let stored: Vec<Stored> = stored.iter().filter(|one| one.recount == sheet.recount()).cloned().collect();
    let entries: Vec<Entry> = entries.iter().filter(|entry| sheet.is_of(program_of(world, &entry.tally))).cloned().collect();
    if !(stored.is_empty() && entries.is_empty()) {
        store::tally::write(tx, (scope, sheet), &stored, &entries, now).await?;
    }
    Ok(())
}

/// Writes what somebody adds to sums, and sees to it that the periods of tiers in which sums have changed are settled at their end, or at once
/// when that is over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) async fn write(
    tx: &DatabaseTransaction,
    scope: Scope,
    stored: &[Stored],
    entries: &[Entry],
    (world, now): (&World, DateTime<Utc>),
) -> Result<(), StoreError> {
    if stored.is_empty() && entries.is_empty() {
        return Ok(());
    }
    let whose = |id: EnrollmentId| world.enrollments.get(&id).map(|known| (known.program, known.partner));
    let periods = entries.iter().filter_map(|entry| store::tier_period::Draft::of(entry, whose)).collect();
    store::tier_period::begin(tx, scope, periods, now).await?;
    let moved = store::tally::write(tx, (scope, Sheet::Ledger), stored, entries, now).await?;
    store::tier_period::wake(tx, &moved, now).await
}
