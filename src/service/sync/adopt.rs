//! What time brings: a plan for each new connection, and pulls for what is due.

use chrono::{DateTime, Duration, Months, Utc};
use entity::value::{SyncDataType, SyncDatasetId, SyncMode, SyncPlanId, SyncPullId, SyncReason, SyncStatus};
use entity::{stripe_connection, sync_dataset, sync_plan, sync_pull};
use sea_orm::DatabaseTransaction;

use super::{always_whole, interval};
use crate::domain::access::Scope;
use crate::queue::{Job, JobKind};
use crate::service::{ServiceError, Services};
use crate::store::{self, Fault, StoreError};

/// How many connections and kinds of data one look takes on.
const BATCH: u64 = 50;
/// How far before the last pull the next one begins: clocks differ, and lists lag.
pub(super) const OVERLAP: Duration = Duration::hours(1);
/// Kinds whose time comes so soon are pulled with those whose time has come, so that they fit together.
const TOGETHER: Duration = Duration::minutes(30);
/// After a longer break what changed cannot be found among the new: Stripe lists events for 30 days.
const LONG: Duration = Duration::days(29);

/// Makes a plan for every linked connection that has none, with the first pulls. Says how many pulls wait now.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn adopt(services: &Services) -> Result<usize, ServiceError> {
    let mut made = 0;
    for connection in store::sync::plan::missing(services.db.read(), BATCH).await? {
        let tx = services.db.begin().await?;
        match plan(&tx, &connection, services.settings.sync, services.clock.now()).await {
            Ok(pulls) => {
                tx.commit().await?;
                made += pulls;
            }
            // Another process was quicker.
            Err(error) if error.fault() == Fault::Duplicate => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(made)
}

/// Writes a plan with its kinds of data, and the pulls of a connection that is new. Says how many pulls.
pub(in crate::service) async fn plan(
    tx: &DatabaseTransaction,
    connection: &stripe_connection::Model,
    mode: SyncMode,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let row = sync_plan::Model {
        id: SyncPlanId::new_at(now),
        merchant_id: connection.merchant_id,
        livemode: connection.livemode,
        connection_id: connection.id,
        mode,
        enabled: true,
        created_at: now,
        updated_at: now,
    };
    store::row::insert(tx, row).await?;
    let mut pulls = 0;
    for (place, data) in (0..).zip(SyncDataType::ALL) {
        let is_events = *data == SyncDataType::Events;
        let dataset = sync_dataset::Model {
            id: SyncDatasetId::new_at(now),
            merchant_id: connection.merchant_id,
            livemode: connection.livemode,
            connection_id: connection.id,
            data_type: *data,
            enabled: true,
            // What happened before is told by the objects themselves.
            fetch_on_first_link: !is_events,
            interval_hours: Some(interval(*data)),
            sync_order: place,
            sync_from: None,
            months_to_sync: None,
            locked: false,
            status: None,
            error: None,
            last_success_at: None,
            covered_from: is_events.then_some(now),
            covered_to: is_events.then_some(now),
            next_at: (is_events && mode == SyncMode::Continuous).then(|| now + Duration::hours(interval(*data).into())),
            created_at: now,
            updated_at: now,
        };
        let dataset = store::row::insert(tx, dataset).await?;
        if mode != SyncMode::Manual && dataset.fetch_on_first_link {
            pull(tx, dataset, SyncReason::FirstLink, now).await?;
            pulls += 1;
        }
    }
    tracing::info!(connection = %connection.id, %mode, pulls, "a connection is synced from now on");
    Ok(pulls)
}

/// Puts a kind of data in line.
pub(super) async fn pull(
    tx: &DatabaseTransaction,
    dataset: sync_dataset::Model,
    reason: SyncReason,
    now: DateTime<Utc>,
) -> Result<sync_pull::Model, StoreError> {
    let row = sync_pull::Model {
        id: SyncPullId::new_at(now),
        merchant_id: dataset.merchant_id,
        livemode: dataset.livemode,
        connection_id: dataset.connection_id,
        data_type: dataset.data_type,
        sync_order: dataset.sync_order,
        reason,
        status: SyncStatus::Queued,
        from_at: start(&dataset, reason, now),
        list: 0,
        cursor: None,
        pages: 0,
        objects: 0,
        missed: 0,
        attempts: 0,
        next_attempt_at: Some(now),
        lease_until: None,
        lease_owner: None,
        error: None,
        started_at: None,
        finished_at: None,
        created_at: now,
        updated_at: now,
    };
    let row = store::row::insert(tx, row).await?;
    let dataset = sync_dataset::Model { status: Some(SyncStatus::Queued), error: None, next_at: None, updated_at: now, ..dataset };
    store::row::save(tx, dataset).await?;
    Ok(row)
}

/// The oldest that a pull fetches. A pull that nobody asked for goes on where the last one began, unless that was too long ago.
fn start(dataset: &sync_dataset::Model, reason: SyncReason, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let months = dataset.months_to_sync.and_then(|months| u32::try_from(months).ok());
    let by_months = months.and_then(|months| now.checked_sub_months(Months::new(months)));
    let bound = dataset.sync_from.into_iter().chain(by_months).max();
    let recent = dataset.covered_to.filter(|to| now - *to <= LONG).map(|to| to - OVERLAP);
    match dataset.data_type {
        // Stripe lists no older ones.
        SyncDataType::Events => Some(recent.unwrap_or(now - Duration::days(30))),
        data if always_whole(data) || reason != SyncReason::Interval => bound,
        _ => recent.max(bound).or(bound),
    }
}

/// Puts in line what is due (IN-12). Says how many pulls.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn due(services: &Services) -> Result<usize, ServiceError> {
    let now = services.clock.now();
    let mut made = 0;
    for seen in store::sync::dataset::due(services.db.read(), now, now + TOGETHER, BATCH).await? {
        let scope = Scope::merchant_wide(seen.merchant_id, entity::value::Mode::from_livemode(seen.livemode));
        let tx = services.db.begin().await?;
        let Some(dataset) = store::scoped::lock::<sync_dataset::Entity>(&tx, scope, seen.id).await? else { continue };
        // Somebody else put it in line.
        if dataset.updated_at != seen.updated_at {
            continue;
        }
        match pull(&tx, dataset, SyncReason::Interval, now).await {
            Ok(_) => {
                tx.commit().await?;
                made += 1;
            }
            Err(error) if error.fault() == Fault::Duplicate => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(made)
}

/// Rings for a pull.
pub(super) async fn ring(services: &Services, id: SyncPullId) {
    if let Err(error) = services.queue.push(&[Job { kind: JobKind::Pull, id: id.uuid() }]).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use entity::value::{ConnectionId, MerchantId};

    use super::*;

    fn day(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2025, 6, day, 0, 0, 0).unwrap()
    }

    fn dataset(data: SyncDataType) -> sync_dataset::Model {
        sync_dataset::Model {
            id: SyncDatasetId::new(),
            merchant_id: MerchantId::new(),
            livemode: false,
            connection_id: ConnectionId::new(),
            data_type: data,
            enabled: true,
            fetch_on_first_link: true,
            interval_hours: Some(6),
            sync_order: 0,
            sync_from: None,
            months_to_sync: None,
            locked: false,
            status: None,
            error: None,
            last_success_at: None,
            covered_from: None,
            covered_to: None,
            next_at: None,
            created_at: day(1),
            updated_at: day(1),
        }
    }

    #[test]
    fn a_pull_goes_on_where_the_last_one_began() {
        let covered = sync_dataset::Model { covered_to: Some(day(9)), ..dataset(SyncDataType::Payments) };
        assert_eq!(start(&covered, SyncReason::Interval, day(10)), Some(day(9) - OVERLAP));
        assert_eq!(start(&covered, SyncReason::Manual, day(10)), None, "who asks gets everything");
        let long_ago = sync_dataset::Model { covered_to: Some(day(9) - Duration::days(60)), ..covered.clone() };
        assert_eq!(start(&long_ago, SyncReason::Interval, day(10)), None);
        let small = sync_dataset::Model { data_type: SyncDataType::Products, ..covered };
        assert_eq!(start(&small, SyncReason::Interval, day(10)), None);
    }

    #[test]
    fn the_later_bound_counts() {
        let bound = sync_dataset::Model { sync_from: Some(day(1)), months_to_sync: Some(1), ..dataset(SyncDataType::Payments) };
        assert_eq!(start(&bound, SyncReason::FirstLink, day(10)), Some(day(1)));
        let covered = sync_dataset::Model { covered_to: Some(day(1)), ..bound };
        assert_eq!(start(&covered, SyncReason::Interval, day(10)), Some(day(1)), "no older ones, although the overlap would reach there");
    }

    #[test]
    fn events_are_asked_for_as_long_as_stripe_has_them() {
        let events = dataset(SyncDataType::Events);
        assert_eq!(start(&events, SyncReason::Manual, day(10)), Some(day(10) - Duration::days(30)));
        let covered = sync_dataset::Model { covered_to: Some(day(9)), ..events };
        assert_eq!(start(&covered, SyncReason::Manual, day(10)), Some(day(9) - OVERLAP));
    }
}
