//! Sums of a recount's own: what persons and periods would add to sums over many persons, if what it supposes held.
//!
//! What somebody adds may depend on what others added before. So everybody is gone through again, until the outcome of each fits the sums: what
//! stands first in the order of time fits after the first round, and each round carries that further.

use entity::recount;
use entity::value::RecountPhase;
use uuid::Uuid;

use super::range::{range, sheet};
use super::scope_of;
use super::slice::{Size, decided, end, hold, next, page, supposed};
use crate::service::settle::{self, write_down};
use crate::service::{ServiceError, Services, retry};
use crate::store;

/// How many sums of periods one step looks at.
pub(super) const PERIODS: u64 = 100;
/// After so many rounds something is wrong.
const ROUNDS: i32 = 100;

/// The next persons.
pub(super) async fn persons(services: &Services, at: &recount::Model, size: Size) -> Result<Option<recount::Model>, ServiceError> {
    let (scope, now) = (scope_of(at), services.clock.now());
    let supposing = supposed(services, at, scope).await?;
    let tx = services.db.moment().await?;
    let range = range(&tx, at).await?;
    let page = page(&tx, at, scope, range, size).await?;
    let all = decided(&tx, at, (range, &page), supposing.as_ref(), now).await?;
    drop(tx);
    let mut to = next(&services.clock, at, page.last().map(|(id, _)| id.uuid()));
    if page.is_empty() {
        (to.phase, to.place) = (RecountPhase::PeriodSums, Uuid::nil());
    }
    retry::races(|| async {
        let Some(tx) = hold(services, at).await? else { return Ok(None) };
        for one in &all {
            let (stored, entries) = (&one.gathered.tallied[..], &one.settlement.entries[..]);
            write_down(&tx, (scope, sheet(at)), &one.gathered.world, (stored, entries), now).await?;
        }
        end(tx, at, to.clone()).await
    })
    .await
}

/// The next periods of tiers. After the last one it is seen whether everything fits.
pub(super) async fn periods(services: &Services, at: &recount::Model) -> Result<Option<recount::Model>, ServiceError> {
    let (scope, now) = (scope_of(at), services.clock.now());
    let supposing = supposed(services, at, scope).await?;
    let tx = services.db.moment().await?;
    let page = store::tally::uplifts(&tx, at.id, at.place, PERIODS).await?;
    let mut all = Vec::with_capacity(page.len());
    for (_, tally) in &page {
        if let Some((mut looked, _)) = settle::Looked::of_sum(&tx, scope, tally, (supposing.as_ref(), sheet(at))).await? {
            let settled = looked.settle(&tx, sheet(at), now).await?;
            all.push((looked, settled));
        }
    }
    drop(tx);
    let to = next(&services.clock, at, page.last().map(|(id, _)| id.uuid()));
    retry::races(|| async {
        let Some(tx) = hold(services, at).await? else { return Ok(None) };
        for (looked, settled) in &all {
            write_down(&tx, (scope, sheet(at)), &looked.world, (&looked.tallied, &settled.entries), now).await?;
        }
        let mut to = to.clone();
        if page.is_empty() {
            to.place = Uuid::nil();
            if store::tally::is_settled(&tx, at.id).await? {
                to.phase = RecountPhase::Persons;
            } else if at.round < ROUNDS {
                (to.phase, to.round) = (RecountPhase::Sums, at.round + 1);
            } else {
                return Err(ServiceError::Internal("the sums of a recount do not come to rest".to_owned()));
            }
        }
        end(tx, at, to).await
    })
    .await
}
