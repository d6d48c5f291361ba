//! What a recount finds in periods of tiers: those that are stored, and those that there would be (CO-7).

use entity::recount;
use entity::value::{RecountKind, RecountPhase, RecountStatus};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::found::Found;
use super::range::sheet;
use super::scope_of;
use super::slice::{end, hold, next, supposed};
use super::sums::PERIODS;
use crate::service::settle::{Compared, Looked, standing_of};
use crate::service::{ServiceError, Services, retry};
use crate::store::{self, StoreError};

/// The next stored periods: what each earned, held against what it should; for a reattribution what stands before others are settled.
pub(super) async fn stored(services: &Services, at: &recount::Model) -> Result<Option<recount::Model>, ServiceError> {
    let (scope, now) = (scope_of(at), services.clock.now());
    let supposing = supposed(services, at, scope).await?;
    let mut found = Found::default();
    let tx = services.db.moment().await?;
    let page = store::tier_period::of_program(&tx, at.program_id, at.place, PERIODS).await?;
    for row in &page {
        if at.kind == RecountKind::Reattribution {
            let standing = standing_of(&tx, store::commission::of_period(&tx, row.id).await?).await?;
            let as_it_is = |one: Compared| Compared { after: one.before, ..one };
            found.note(at, &standing.into_iter().map(as_it_is).collect::<Vec<_>>());
            continue;
        }
        let mut looked = Looked::stored(&tx, scope, row, (supposing.as_ref(), sheet(at))).await?;
        let settled = looked.settle(&tx, sheet(at), now).await?;
        found.note(at, &looked.compare(&settled)?);
    }
    drop(tx);
    let mut to = next(&services.clock, at, page.last().map(|row| row.id.uuid()));
    if page.is_empty() {
        to = match (at.kind, at.round) {
            (RecountKind::Reattribution, _) => recount::Model { phase: RecountPhase::Others, place: Uuid::nil(), ..to },
            (_, 0) => ended(to),
            _ => recount::Model { phase: RecountPhase::NewPeriods, place: Uuid::nil(), ..to },
        };
    }
    write(services, at, &to, &found).await
}

/// The next periods that there would be.
pub(super) async fn new(services: &Services, at: &recount::Model) -> Result<Option<recount::Model>, ServiceError> {
    let (scope, now) = (scope_of(at), services.clock.now());
    let supposing = supposed(services, at, scope).await?;
    let mut found = Found::default();
    let tx = services.db.moment().await?;
    let page = store::tally::uplifts(&tx, at.id, at.place, PERIODS).await?;
    for (_, tally) in &page {
        // Each level has a sum; the period is looked at once.
        if store::tally::has_lower(&tx, sheet(at), tally).await? {
            continue;
        }
        let looked = Looked::of_sum(&tx, scope, tally, (supposing.as_ref(), sheet(at))).await?;
        if let Some((mut looked, false)) = looked {
            let settled = looked.settle(&tx, sheet(at), now).await?;
            found.note(at, &looked.compare(&settled)?);
        }
    }
    drop(tx);
    let mut to = next(&services.clock, at, page.last().map(|(id, _)| id.uuid()));
    if page.is_empty() {
        to = ended(to);
    }
    write(services, at, &to, &found).await
}

async fn write(
    services: &Services,
    at: &recount::Model,
    to: &recount::Model,
    found: &Found,
) -> Result<Option<recount::Model>, ServiceError> {
    retry::races(|| async {
        let Some(tx) = hold(services, at).await? else { return Ok(None) };
        found.clone().write(&tx, at, to.updated_at).await?;
        let mut to = recount::Model { changed: at.changed.saturating_add(found.changed()), ..to.clone() };
        if to.status == RecountStatus::Done {
            to = finish(&tx, to).await?;
        }
        end(tx, at, to).await
    })
    .await
}

/// A recount that went through everything.
pub(super) fn ended(to: recount::Model) -> recount::Model {
    recount::Model { status: RecountStatus::Done, next_at: None, finished_at: Some(to.updated_at), ..to }
}

/// What is left of a recount that has ended: what it found, without what came to nothing, and without its sums.
pub(super) async fn finish(tx: &DatabaseTransaction, to: recount::Model) -> Result<recount::Model, StoreError> {
    store::tally::forget(tx, to.id).await?;
    Ok(recount::Model { changed: store::recount::moved(tx, to.id).await?, ..to })
}
