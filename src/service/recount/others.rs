//! The end of a reattribution: those whose outcome does not fit what was posted for others (CO-6, CO-7) are settled as well.

use std::collections::BTreeSet;

use entity::recount;
use entity::value::{MessageId, TierPeriodId};
use sea_orm::DatabaseTransaction;

use super::found::Found;
use super::periods::{ended, finish};
use super::scope_of;
use super::slice::{end, hold, next, post};
use crate::service::settle::{Compared, moved, periods, ring, standing_of};
use crate::service::{ServiceError, Services, retry};
use crate::store;

/// How many sums one step looks at.
const SUMS: u64 = 20;
/// For how many of each bound of a sum somebody is settled.
const BATCH: u64 = 20;
/// How many periods are settled.
const PERIODS: u64 = 50;

/// Settles the next ones. When there is nobody any more, the recount has ended.
pub(super) async fn settle(services: &Services, at: &recount::Model) -> Result<Option<recount::Model>, ServiceError> {
    let done = retry::races(|| async {
        let Some(tx) = hold(services, at).await? else { return Ok(None) };
        let (messages, nobody) = some(&tx, at, services).await?;
        let mut to = next(&services.clock, at, None);
        if nobody {
            to = finish(&tx, ended(to)).await?;
        }
        Ok(end(tx, at, to).await?.map(|row| (row, messages)))
    })
    .await?;
    let Some((row, messages)) = done else { return Ok(None) };
    ring(services, &messages).await;
    Ok(Some(row))
}

/// Settles some; says whether there was nobody left.
async fn some(tx: &DatabaseTransaction, at: &recount::Model, services: &Services) -> Result<(Vec<MessageId>, bool), ServiceError> {
    let now = services.clock.now();
    let due = store::tally::of_program(tx, at.program_id, now, SUMS).await?;
    let mut of_time = store::tier_period::due_in(tx, at.program_id, now, PERIODS).await?;
    let mut customers = BTreeSet::new();
    for (id, version) in &due {
        let found = store::tally::disturbed(tx, *id, BATCH).await?;
        if found.is_none() {
            store::tally::calm(tx, *id, *version).await?;
        }
        customers.extend(found.customers);
        customers.extend(store::purchase::customers(tx, &found.purchases).await?);
        of_time.extend(found.periods);
    }
    let mut found = Found::again();
    let mut messages = Vec::new();
    if !customers.is_empty() {
        messages = post(tx, at, scope_of(at), (&customers, &mut found), now).await?;
    }
    if !of_time.is_empty() {
        let before = earned(tx, &of_time).await?;
        messages.extend(periods(tx, &of_time, now).await?);
        found.note(at, &moved(before, earned(tx, &of_time).await?));
    }
    found.write(tx, at, now).await?;
    Ok((messages, due.is_empty() && of_time.is_empty()))
}

/// What stands for what these periods earned.
async fn earned(tx: &DatabaseTransaction, of: &BTreeSet<TierPeriodId>) -> Result<Vec<Compared>, ServiceError> {
    let mut rows = Vec::new();
    for id in of {
        rows.extend(store::commission::of_period(tx, *id).await?);
    }
    Ok(standing_of(tx, rows).await?)
}
