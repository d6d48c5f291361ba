//! One pull: leased, read page by page, paced, and given back when it has to wait (CN-4).

use std::time::Instant;

use chrono::{DateTime, Duration, Utc};
use entity::value::{SyncPullId, SyncStatus};
use entity::{sync_dataset, sync_pull};

use super::outcome::end;
use super::{page, scope_of, tell};
use crate::domain::access::Scope;
use crate::service::stripe_connection::access::{self, Access};
use crate::service::{ServiceError, Services};
use crate::store;
use crate::store::sync::pull::Place;
use crate::stripe::error::ReadError;
use crate::stripe::list::{List, PAGE, Want, lists};

/// How long a worker has for the next step before another may take the pull. Who is slower finds its place taken and stores nothing.
const LEASE: Duration = Duration::seconds(30);
/// How long a worker stays with one pull before it lets others have a turn.
const TURN: std::time::Duration = std::time::Duration::from_secs(5);

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
    pub access: Access,
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
    let Some(seen) = store::sync::pull::by_id(services.db.read(), id).await? else { return Ok(()) };
    let first = store::sync::pull::next(services.db.read(), seen.connection_id).await?;
    if first.is_none_or(|first| first.id != id) {
        return Ok(());
    }
    let Some(pull) = store::sync::pull::lease(services.db.write(), id, owner, now + LEASE, now).await? else {
        return Ok(());
    };
    if pull.started_at.is_none() {
        tracing::info!(connection = %pull.connection_id, data = %pull.data_type, reason = %pull.reason, from = ?pull.from_at, "a pull begins");
        begin(services, &pull, now).await?;
    }
    let (pull, ended) = turn(services, pull, owner).await?;
    end(services, &pull, owner, ended).await
}

/// Shows that a kind of data is being pulled.
async fn begin(services: &Services, pull: &sync_pull::Model, now: DateTime<Utc>) -> Result<(), ServiceError> {
    let tx = services.db.begin().await?;
    if let Some(dataset) = store::sync::dataset::lock(&tx, pull.connection_id, pull.data_type).await? {
        store::row::save(&tx, sync_dataset::Model { status: Some(SyncStatus::Processing), updated_at: now, ..dataset }).await?;
    }
    tx.commit().await?;
    tell(services, pull).await;
    Ok(())
}

/// Reads pages until the end, the end of the turn, or a refusal.
async fn turn(services: &Services, pull: sync_pull::Model, owner: &str) -> Result<(sync_pull::Model, Ended), ServiceError> {
    let Some(access) = access::of(services, pull.connection_id).await? else {
        return Ok((pull, Ended::Off(SyncStatus::AuthError, "the connection is not linked; link it again")));
    };
    let place = Place {
        list: pull.list,
        cursor: pull.cursor.clone(),
        pages: pull.pages,
        objects: pull.objects,
        missed: pull.missed,
        started_at: pull.started_at.unwrap_or_else(|| services.clock.now()),
    };
    let scope = scope_of(&pull);
    let mut held = Held { services, pull, owner, scope, access, place, bare: false, blind: false };
    let ended = read(&mut held).await?;
    let Held { mut pull, place, .. } = held;
    (pull.pages, pull.objects, pull.missed, pull.started_at) = (place.pages, place.objects, place.missed, Some(place.started_at));
    Ok((pull, ended))
}

/// S8: a kind or a plan that was switched off while its pull waited or ran.
async fn switched_off(held: &Held<'_>) -> Result<Option<Ended>, ServiceError> {
    let (db, pull) = (held.services.db.read(), &held.pull);
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
        if began.elapsed() > TURN {
            return Ok(Ended::More);
        }
        if let Some(off) = switched_off(held).await? {
            return Ok(off);
        }
        held.pace().await;
        let want = Want { after: held.place.cursor.clone(), from: held.pull.from_at, limit, bare: held.bare };
        match held.access.note(held.services, held.access.client.page(list, &want).await).await {
            Ok(batch) => {
                held.place.pages += 1;
                if let Some(ended) = page::take_in(held, list, batch).await? {
                    return Ok(ended);
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
        tokio::time::sleep(std::time::Duration::from_secs(1) / self.services.settings.sync_rate.max(1)).await;
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

    /// The list that is being read goes on after this object.
    pub fn at(&mut self, list: &List, object: Option<String>) {
        if !list.is_single() && object.is_some() {
            self.place.cursor = object;
        }
    }
}
