//! Settings of a sync (S7, S8).

use chrono::{DateTime, Duration, Utc};
use entity::value::{ConnectionId, SyncDataType, SyncMode, SyncReason};
use entity::{stripe_connection, sync_dataset, sync_plan};
use sea_orm::DatabaseTransaction;

use super::adopt;
use crate::domain::access::{Action, Scope, Viewer};
use crate::service::check::Faults;
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;

/// The most hours between two pulls: a month.
const LONGEST_INTERVAL: i32 = 24 * 30;
/// The most months that are looked back: ten years.
const MOST_MONTHS: i32 = 120;

/// What to change of a plan; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanChange {
    /// Once, all the time, or when asked.
    pub mode: Option<SyncMode>,
    /// Whether anything is pulled at all.
    pub enabled: Option<bool>,
}

/// Changes how a connection is kept up to date. A connection that had no plan gets one.
///
/// # Errors
/// Refused when there is no such connection; denied to those who may not connect.
pub async fn change_plan(
    services: &Services,
    viewer: &Viewer,
    connection: ConnectionId,
    change: PlanChange,
) -> Result<sync_plan::Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let plan = planned(&tx, services, scope, connection, change.mode).await?;
    let mode = change.mode.unwrap_or(plan.mode);
    match mode {
        SyncMode::Continuous if plan.mode != mode => follow(&tx, scope, connection, now).await?,
        SyncMode::OneOff if plan.mode != mode => once(&tx, scope, connection, now).await?,
        _ => {}
    }
    let plan = sync_plan::Model { mode, enabled: change.enabled.unwrap_or(plan.enabled), updated_at: now, ..plan };
    let plan = store::row::save(&tx, plan).await?;
    let first = store::sync::pull::next(&tx, connection).await?;
    tx.commit().await?;
    if let Some(first) = first {
        adopt::ring(services, first.id).await;
    }
    Ok(plan)
}

/// The plan of a connection; made when there is none.
async fn planned(
    tx: &DatabaseTransaction,
    services: &Services,
    scope: Scope,
    connection: ConnectionId,
    mode: Option<SyncMode>,
) -> Result<sync_plan::Model, ServiceError> {
    let found = store::scoped::lock::<stripe_connection::Entity>(tx, scope, connection).await?;
    let found = found.ok_or_else(|| Refusal::not_found("connectionId", "connection"))?;
    if let Some(plan) = store::sync::plan::of(tx, scope, connection).await? {
        return Ok(plan);
    }
    adopt::plan(tx, &found, mode.unwrap_or(services.settings.sync), services.clock.now()).await?;
    let plan = store::sync::plan::of(tx, scope, connection).await?;
    plan.ok_or_else(|| ServiceError::Internal("a plan that was just made is not there".to_owned()))
}

/// From now on each kind that is pulled by itself is: at once where it was never pulled.
async fn follow(tx: &DatabaseTransaction, scope: Scope, connection: ConnectionId, now: DateTime<Utc>) -> Result<(), ServiceError> {
    for dataset in store::sync::dataset::of(tx, scope, connection).await? {
        if dataset.next_at.is_some() || dataset.status.is_some_and(entity::value::SyncStatus::is_open) {
            continue;
        }
        let next_at = dataset.interval_hours.map(|hours| next(&dataset, hours, now));
        store::row::save(tx, sync_dataset::Model { next_at, updated_at: now, ..dataset }).await?;
    }
    Ok(())
}

/// S7: what was never pulled is pulled once.
async fn once(tx: &DatabaseTransaction, scope: Scope, connection: ConnectionId, now: DateTime<Utc>) -> Result<(), ServiceError> {
    for dataset in store::sync::dataset::of(tx, scope, connection).await? {
        if dataset.enabled && dataset.fetch_on_first_link && dataset.status.is_none() {
            adopt::pull(tx, dataset, SyncReason::FirstLink, now).await?;
        } else if dataset.next_at.is_some() {
            store::row::save(tx, sync_dataset::Model { next_at: None, updated_at: now, ..dataset }).await?;
        }
    }
    Ok(())
}

/// When a kind is pulled next.
fn next(dataset: &sync_dataset::Model, hours: i32, now: DateTime<Utc>) -> DateTime<Utc> {
    dataset.last_success_at.map_or(now, |last| (last + Duration::hours(hours.into())).max(now))
}

/// What to change of a kind of data; what is `None` stays, and an inner `None` empties.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatasetChange {
    /// Whether it is pulled.
    pub enabled: Option<bool>,
    /// Whether it is pulled when the connection is new.
    pub fetch_on_first_link: Option<bool>,
    /// How many hours lie between two pulls.
    pub interval_hours: Option<Option<i32>>,
    /// Its place among the kinds.
    pub sync_order: Option<i32>,
    /// The oldest that is pulled.
    pub sync_from: Option<Option<DateTime<Utc>>>,
    /// How many months back are pulled.
    pub months_to_sync: Option<Option<i32>>,
    /// Whether the settings are kept from being changed.
    pub locked: Option<bool>,
}

/// Changes what is wanted of a kind of data. While it is locked, only the lock itself can be changed.
///
/// # Errors
/// Refused when there is no such connection, for values out of bounds, or when it is locked; denied to those who may not connect.
pub async fn change_dataset(
    services: &Services,
    viewer: &Viewer,
    (connection, data): (ConnectionId, SyncDataType),
    change: DatasetChange,
) -> Result<sync_dataset::Model, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let now = services.clock.now();
    check(&change, now)?;
    let tx = services.db.begin().await?;
    let plan = planned(&tx, services, scope, connection, None).await?;
    let dataset = store::sync::dataset::lock(&tx, connection, data).await?;
    let old = dataset.ok_or_else(|| Refusal::not_found("dataType", "kind of data"))?;
    if old.locked && change.locked != Some(false) {
        return Err(
            Refusal::new("locked", RefusalCode::NotAllowed, "the settings of this kind of data are locked; unlock them first").into()
        );
    }
    let row = sync_dataset::Model {
        enabled: change.enabled.unwrap_or(old.enabled),
        fetch_on_first_link: change.fetch_on_first_link.unwrap_or(old.fetch_on_first_link),
        interval_hours: change.interval_hours.unwrap_or(old.interval_hours),
        sync_order: change.sync_order.unwrap_or(old.sync_order),
        sync_from: change.sync_from.unwrap_or(old.sync_from),
        months_to_sync: change.months_to_sync.unwrap_or(old.months_to_sync),
        locked: change.locked.unwrap_or(old.locked),
        updated_at: now,
        ..old
    };
    let follows = plan.mode == SyncMode::Continuous && !row.status.is_some_and(entity::value::SyncStatus::is_open);
    let next_at = row.interval_hours.filter(|_| follows).map(|hours| next(&row, hours, now));
    let row = store::row::save(&tx, sync_dataset::Model { next_at, ..row }).await?;
    tx.commit().await?;
    Ok(row)
}

fn check(change: &DatasetChange, now: DateTime<Utc>) -> Result<(), ServiceError> {
    let mut faults = Faults::default();
    if change.interval_hours.flatten().is_some_and(|hours| !(1..=LONGEST_INTERVAL).contains(&hours)) {
        faults.add("intervalHours", RefusalCode::OutOfRange, format!("must be from 1 to {LONGEST_INTERVAL}"));
    }
    if change.months_to_sync.flatten().is_some_and(|months| !(1..=MOST_MONTHS).contains(&months)) {
        faults.add("monthsToSync", RefusalCode::OutOfRange, format!("must be from 1 to {MOST_MONTHS}"));
    }
    if change.sync_from.flatten().is_some_and(|from| from > now) {
        faults.add("syncFrom", RefusalCode::OutOfRange, "must not lie in the future");
    }
    if change.sync_order.is_some_and(|place| !(0..1000).contains(&place)) {
        faults.add("syncOrder", RefusalCode::OutOfRange, "must be from 0 to 999");
    }
    faults.done()
}
