//! How a turn of work on a pull ends: it goes on, waits, or is over.

use chrono::{DateTime, Duration, Utc};
use entity::value::{SyncDataType, SyncMode, SyncStatus};
use entity::{sync_dataset, sync_pull};

use super::pull::Ended;
use super::{adopt, page, scope_of, tell};
use crate::service::{ServiceError, Services};
use crate::store;
use crate::stripe::error::ReadError;

/// After so many attempts without getting on a pull has failed.
const ATTEMPTS: i32 = 10;
/// The first pause between attempts; each next one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::seconds(2);
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::minutes(15);

/// Writes how a turn ended, and rings for what comes next.
pub(super) async fn end(services: &Services, pull: &sync_pull::Model, owner: &str, ended: Ended) -> Result<(), ServiceError> {
    let now = services.clock.now();
    let outcome = match ended {
        Ended::Lost => return Ok(()),
        Ended::More => {
            tracing::info!(connection = %pull.connection_id, data = %pull.data_type, pages = pull.pages, objects = pull.objects, "a pull goes on");
            if store::sync::pull::pause(services.db.write(), pull.id, owner, (now, None), now).await? {
                adopt::ring(services, pull.id).await;
            }
            return Ok(());
        }
        Ended::Refused(error) if error.retry() && pull.attempts < ATTEMPTS => {
            let asked = error.retry_after().and_then(|after| Duration::from_std(after).ok()).unwrap_or_default();
            let at = now + asked.max(pause(pull.attempts));
            tracing::info!(connection = %pull.connection_id, data = %pull.data_type, %error, again = %at, "a pull waits");
            store::sync::pull::pause(services.db.write(), pull.id, owner, (at, Some(error.to_string())), now).await?;
            tell(services, pull).await;
            return Ok(());
        }
        Ended::Complete => (SyncStatus::Complete, None),
        Ended::Off(status, why) => (status, Some(why.to_owned())),
        Ended::Refused(error) => (status(&error), Some(advice(&error))),
    };
    finish(services, pull, owner, outcome, now).await
}

fn pause(attempts: i32) -> Duration {
    let doubled = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    (FIRST_PAUSE * 2_i32.saturating_pow(doubled)).min(LONGEST_PAUSE)
}

const fn status(error: &ReadError) -> SyncStatus {
    match error {
        ReadError::Permission { .. } | ReadError::Unauthorised => SyncStatus::AuthError,
        ReadError::NotFound | ReadError::OtherMode => SyncStatus::NotSupported,
        ReadError::Malformed(_) | ReadError::BadId => SyncStatus::ValidationError,
        ReadError::RateLimited { .. } | ReadError::Transient { .. } | ReadError::Refused { .. } => SyncStatus::FetchError,
    }
}

/// What is wrong and what to do about it.
fn advice(error: &ReadError) -> String {
    match error {
        ReadError::Permission { permission: Some(name) } => {
            format!("the key lacks the permission {name}; grant it in Stripe's dashboard under Developers, API keys, and pull again")
        }
        ReadError::Permission { permission: None } => {
            "the key lacks a permission for this kind of data; grant read access and pull again".to_owned()
        }
        ReadError::Unauthorised => "Stripe does not accept the key any more; link the connection again".to_owned(),
        ReadError::NotFound => "this account has no such data".to_owned(),
        other => other.to_string(),
    }
}

/// Ends a pull, brings its kind of data up to date, and goes on with the next one, or with settling when it was the last.
async fn finish(
    services: &Services,
    pull: &sync_pull::Model,
    owner: &str,
    (status, error): (SyncStatus, Option<String>),
    now: DateTime<Utc>,
) -> Result<(), ServiceError> {
    let tx = services.db.begin().await?;
    if !store::sync::pull::finish(&tx, pull.id, owner, (status, error.clone()), now).await? {
        return Ok(());
    }
    if let Some(dataset) = store::sync::dataset::lock(&tx, pull.connection_id, pull.data_type).await? {
        let plan = store::sync::plan::mode(&tx, pull.connection_id).await?;
        let follows = plan.is_some_and(|(mode, _)| mode == SyncMode::Continuous);
        store::row::save(&tx, after(dataset, pull, (status, error.clone()), follows, now)).await?;
    }
    let next = store::sync::pull::next(&tx, pull.connection_id).await?;
    if next.is_none() {
        store::customer::hasten(&tx, scope_of(pull), now + page::SETTLED_WITHIN, now).await?;
    }
    tx.commit().await?;
    let (pages, objects) = (pull.pages, pull.objects);
    tracing::info!(connection = %pull.connection_id, data = %pull.data_type, %status, error, pages, objects, "a pull ended");
    tell(services, pull).await;
    if let Some(next) = next {
        adopt::ring(services, next.id).await;
    }
    Ok(())
}

/// A kind of data after a pull of it.
fn after(
    dataset: sync_dataset::Model,
    pull: &sync_pull::Model,
    (status, error): (SyncStatus, Option<String>),
    follows: bool,
    now: DateTime<Utc>,
) -> sync_dataset::Model {
    let next_at = dataset.interval_hours.filter(|_| follows).map(|hours| now + Duration::hours(hours.into()));
    let mut row = sync_dataset::Model { status: Some(status), error, next_at, updated_at: now, ..dataset };
    if status == SyncStatus::Complete {
        let joins = matches!((pull.from_at, row.covered_to), (Some(from), Some(to)) if to >= from);
        if !joins {
            row.covered_from = pull.from_at;
        }
        row.covered_to = pull.started_at.or(row.covered_to);
        row.last_success_at = Some(now);
        // What Stripe lists as events is only ever that of a while.
        if row.data_type == SyncDataType::Events && row.covered_to.is_none() {
            row.covered_to = Some(now);
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<i64> = [1, 2, 3, 20].map(|attempt| pause(attempt).num_seconds()).into();
        assert_eq!(pauses, [2, 4, 8, 900]);
    }

    #[test]
    fn each_refusal_has_its_status() {
        for (error, expected) in [
            (ReadError::Permission { permission: None }, SyncStatus::AuthError),
            (ReadError::Unauthorised, SyncStatus::AuthError),
            (ReadError::NotFound, SyncStatus::NotSupported),
            (ReadError::Malformed("it is not JSON"), SyncStatus::ValidationError),
            (ReadError::Transient { status: None }, SyncStatus::FetchError),
        ] {
            assert_eq!(status(&error), expected, "{error}");
            assert!(!advice(&error).is_empty());
        }
    }
}
