//! One pull: leased, read page by page, paced, and given back when it has to wait (CN-4).

use std::time::Instant;

use chrono::{DateTime, Duration, Utc};
use entity::value::{Mode, SyncDataType, SyncPullId, SyncStatus};
use entity::{sync_dataset, sync_pull};

use super::{adopt, page, progress};
use crate::domain::access::Scope;
use crate::service::{ServiceError, Services, reading};
use crate::store::sync::pull::Place;
use crate::store::{self};
use crate::stripe::client::Client;
use crate::stripe::error::ReadError;
use crate::stripe::list::{List, PAGE, Want, lists};

/// How long a worker has for the next step before another may take the pull.
const LEASE: Duration = Duration::seconds(120);
/// How long a worker stays with one pull before it lets others have a turn.
const SLICE: std::time::Duration = std::time::Duration::from_secs(20);
/// After so many attempts without getting on a pull has failed.
const ATTEMPTS: i32 = 10;
/// The first pause between attempts; each next one is twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::seconds(2);
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::minutes(15);

/// How a turn of work on a pull ended.
pub(super) enum Ended {
    /// Everything is here.
    Complete,
    /// There is more, for the next turn.
    More,
    /// Another worker has it by now.
    Lost,
    /// Stripe did not give a page.
    Refused(ReadError),
    /// It was switched off, or its connection was.
    Off(SyncStatus, &'static str),
}

/// One worker's hold on a pull.
pub(super) struct Held<'a> {
    pub services: &'a Services,
    pub pull: sync_pull::Model,
    pub owner: &'a str,
    pub scope: Scope,
    pub client: Client,
    pub place: Place,
    /// Whether the key lacks the permission for what a page of this list could tell beside ids.
    pub bare: bool,
    /// Whether the list of payments by invoice may not be asked, so that no payment is asked about.
    pub blind: bool,
}

/// Works on a pull for a while, if it is its turn and nobody else works on it. `owner` names this worker.
///
/// # Errors
/// [`ServiceError`] when the database fails; the lease then runs out and another worker goes on.
pub async fn process(services: &Services, id: SyncPullId, owner: &str) -> Result<(), ServiceError> {
    let now = services.clock.now();
    let Some(seen) = find(services, id).await? else { return Ok(()) };
    let first = store::sync::pull::next(services.db.read(), seen.connection_id).await?;
    if first.is_none_or(|first| first.id != id) {
        return Ok(());
    }
    let Some(pull) = store::sync::pull::lease(services.db.write(), id, owner, now + LEASE, now).await? else {
        return Ok(());
    };
    let data = pull.data_type;
    if pull.started_at.is_none() {
        tracing::info!(connection = %pull.connection_id, data = %data, reason = %pull.reason, from = ?pull.from_at, "a pull begins");
        begin(services, &pull, now).await?;
    }
    let (pull, ended) = turn(services, pull, owner).await?;
    end(services, &pull, owner, ended).await
}

async fn find(services: &Services, id: SyncPullId) -> Result<Option<sync_pull::Model>, ServiceError> {
    use sea_orm::EntityTrait;
    Ok(sync_pull::Entity::find_by_id(id).one(services.db.read()).await?)
}

/// Shows that a kind of data is being pulled.
async fn begin(services: &Services, pull: &sync_pull::Model, now: DateTime<Utc>) -> Result<(), ServiceError> {
    if let Some(dataset) = store::sync::dataset::one(services.db.read(), pull.connection_id, pull.data_type).await? {
        let row = sync_dataset::Model { status: Some(SyncStatus::Processing), updated_at: now, ..dataset };
        store::row::save(services.db.write(), row).await?;
    }
    progress::tell(services, pull.merchant_id, pull.livemode, (pull.connection_id, pull.data_type)).await;
    Ok(())
}

/// Reads pages until the end, the end of the turn, or a refusal.
async fn turn(services: &Services, pull: sync_pull::Model, owner: &str) -> Result<(sync_pull::Model, Ended), ServiceError> {
    if let Some(off) = switched_off(services, &pull).await? {
        return Ok((pull, off));
    }
    let Some(client) = reading::client(services, pull.connection_id).await? else {
        return Ok((pull, Ended::Off(SyncStatus::AuthError, "the connection is not linked; link it again")));
    };
    let place = Place {
        list: pull.list,
        cursor: pull.cursor.clone(),
        pages: pull.pages,
        objects: pull.objects,
        changed: pull.changed,
        started_at: pull.started_at.unwrap_or_else(|| services.clock.now()),
    };
    let scope = Scope::merchant_wide(pull.merchant_id, Mode::from_livemode(pull.livemode));
    let mut held = Held { services, pull, owner, scope, client, place, bare: false, blind: false };
    let ended = read(&mut held).await?;
    Ok((held.pull, ended))
}

/// S8: a kind or a plan that was switched off while its pull waited.
async fn switched_off(services: &Services, pull: &sync_pull::Model) -> Result<Option<Ended>, ServiceError> {
    let db = services.db.read();
    let plan = store::sync::plan::mode(db, pull.connection_id).await?;
    let dataset = store::sync::dataset::one(db, pull.connection_id, pull.data_type).await?;
    Ok(if plan.is_none_or(|(_, enabled)| !enabled) {
        Some(Ended::Off(SyncStatus::ValidationError, "the sync of this connection was switched off"))
    } else if dataset.is_none_or(|dataset| !dataset.enabled) {
        Some(Ended::Off(SyncStatus::ValidationError, "this kind of data was switched off"))
    } else {
        None
    })
}

async fn read(held: &mut Held<'_>) -> Result<Ended, ServiceError> {
    let began = Instant::now();
    let all = lists(held.pull.data_type);
    let mut limit = PAGE;
    let mut restarted = false;
    while let Some(list) = usize::try_from(held.place.list).ok().and_then(|at| all.get(at)) {
        if began.elapsed() > SLICE {
            return Ok(Ended::More);
        }
        held.pace().await;
        let want = Want { after: held.place.cursor.clone(), from: held.pull.from_at, limit, bare: held.bare };
        match held.client.page(list, &want).await {
            Ok(batch) => {
                held.place.pages += 1;
                match page::take_in(held, list, batch).await? {
                    None => {}
                    Some(ended) => return Ok(ended),
                }
            }
            Err(ReadError::Permission { .. }) if list.expands() && !held.bare => held.bare = true,
            // A page that is longer than what is taken in comes in smaller ones.
            Err(ReadError::Malformed(_)) if limit > 1 => limit /= 4,
            // The object at which the last page ended is gone: from the newest on again.
            Err(ReadError::NotFound) if held.place.cursor.is_some() && !restarted => {
                (held.place.cursor, restarted) = (None, true);
            }
            Err(error) => return Ok(Ended::Refused(error)),
        }
    }
    Ok(Ended::Complete)
}

impl Held<'_> {
    /// Waits as long as it takes to stay below the pace that is set, since the last question of this pull.
    pub async fn pace(&self) {
        let pause = std::time::Duration::from_secs(1) / self.services.settings.sync_rate.max(1);
        tokio::time::sleep(pause).await;
    }

    /// Until when the lease is good if work goes on now.
    pub fn until(&self) -> DateTime<Utc> {
        self.services.clock.now() + LEASE
    }

    /// The next list.
    pub fn next_list(&mut self) {
        self.place.list += 1;
        (self.place.cursor, self.bare) = (None, false);
    }

    /// The list that is being read begins anew or goes on after this object.
    pub fn at(&mut self, list: &List, object: Option<String>) {
        if !list.is_single() && object.is_some() {
            self.place.cursor = object;
        }
    }
}

/// Writes how a turn ended, and rings for what comes next.
async fn end(services: &Services, pull: &sync_pull::Model, owner: &str, ended: Ended) -> Result<(), ServiceError> {
    let now = services.clock.now();
    let outcome = match ended {
        Ended::Lost => return Ok(()),
        Ended::More => {
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
        ReadError::NotFound => SyncStatus::NotSupported,
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
    let scope = Scope::merchant_wide(pull.merchant_id, Mode::from_livemode(pull.livemode));
    if !store::sync::pull::finish(&tx, pull.id, owner, (status, error.clone()), now).await? {
        return Ok(());
    }
    let row = find_in(&tx, pull.id).await?;
    if let Some(dataset) = store::sync::dataset::one(&tx, pull.connection_id, pull.data_type).await? {
        let plan = store::sync::plan::mode(&tx, pull.connection_id).await?;
        let follows = plan.is_some_and(|(mode, _)| mode == entity::value::SyncMode::Continuous);
        store::row::save(&tx, outcome(dataset, &row.unwrap_or_else(|| pull.clone()), (status, error.clone()), follows, now)).await?;
    }
    let next = store::sync::pull::next(&tx, pull.connection_id).await?;
    if next.is_none() {
        store::customer::hasten(&tx, scope, now + page::SETTLED_WITHIN, now).await?;
    }
    tx.commit().await?;
    tracing::info!(connection = %pull.connection_id, data = %pull.data_type, %status, error, "a pull ended");
    progress::tell(services, pull.merchant_id, pull.livemode, (pull.connection_id, pull.data_type)).await;
    if let Some(next) = next {
        adopt::ring(services, next.id).await;
    }
    Ok(())
}

async fn find_in(tx: &sea_orm::DatabaseTransaction, id: SyncPullId) -> Result<Option<sync_pull::Model>, ServiceError> {
    use sea_orm::EntityTrait;
    Ok(sync_pull::Entity::find_by_id(id).one(tx).await?)
}

/// A kind of data after a pull of it.
fn outcome(
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
