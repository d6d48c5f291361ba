//! Settling: gather a person, decide in `domain`, and write what follows. The only place that posts commissions.

mod compare;
mod period;
mod post;
mod tally;
mod wide;
mod write;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::customer;
use entity::value::{CommissionId, CustomerId, MessageId, PayoutId};
use sea_orm::DatabaseTransaction;

pub use self::compare::{Compared, Kept, Stood, compare, moved, standing, standing_of};
pub use self::period::{Looked, period, periods};
use self::post::Poster;
pub use self::wide::{decide, suppose, write_down};
use self::write::Writer;
use super::person::Gathered;
use super::{ServiceError, Services, kin, parent, payout, person, referral, retry};
use crate::domain::access::Scope;
use crate::domain::kin::Group;
use crate::queue::{Job, JobKind};
use crate::store::payout::{Claims, Earners};
use crate::store::{self, StoreError};

/// The topic of the outbox and of the live feed on which changed commissions are told.
pub const COMMISSION_CHANGED: &str = "commission.changed";

/// Settles the persons behind these customers inside the caller's transaction. Returns the messages that became owed to the outside, for
/// which to ring after the commit.
///
/// # Errors
/// [`ServiceError`] when the database fails or a sum is beyond 64 bits.
pub async fn settle(
    tx: &DatabaseTransaction,
    scope: Scope,
    customers: &BTreeSet<CustomerId>,
    now: DateTime<Utc>,
) -> Result<Vec<MessageId>, ServiceError> {
    settle_all(tx, scope, Earners { customers: customers.clone(), ..Earners::default() }, now).await
}

/// Settles persons, and periods of tiers.
///
/// RF-8: where that changed what a planned payout claims, the payout is planned anew in the same transaction, and whoever is in or out of it by
/// that is settled as well.
///
/// # Errors
/// [`ServiceError`] when the database fails or a sum is beyond 64 bits.
pub async fn settle_all(
    tx: &DatabaseTransaction,
    scope: Scope,
    earners: Earners,
    now: DateTime<Utc>,
) -> Result<Vec<MessageId>, ServiceError> {
    let (mut messages, mut next) = (Vec::new(), earners);
    while !next.is_empty() {
        let poster = Poster { tx, scope, now };
        let mut planned = persons(&poster, &next.customers, &mut messages).await?;
        for id in &next.periods {
            planned.extend(period::once(&poster, *id, &mut messages).await?);
        }
        next = payout::replan(tx, scope, &planned, now).await?;
    }
    Ok(messages)
}

/// Settles each person once. Returns those of their commissions that planned payouts claim.
async fn persons(
    poster: &Poster<'_>,
    customers: &BTreeSet<CustomerId>,
    messages: &mut Vec<MessageId>,
) -> Result<Vec<CommissionId>, ServiceError> {
    let Poster { tx, scope, now } = *poster;
    let (mut settled, mut planned) = (BTreeSet::new(), Vec::new());
    for start in customers {
        if settled.contains(start) {
            continue;
        }
        let Some(group) = kin::lock_group(tx, scope, *start).await? else {
            continue;
        };
        if !settled.contains(&group.root) {
            let mut gathered = gather(tx, scope, &group).await?;
            let settlement = decide(tx, &mut gathered, now).await?;
            messages.extend(Writer { poster: *poster, gathered: &gathered }.write(&group, &settlement).await?);
            planned.extend(gathered.claims.planned.into_keys());
        }
        settled.extend(group.members);
    }
    messages.extend(referral::concern(tx, scope, &settled, now).await?);
    Ok(planned)
}

async fn gather(tx: &DatabaseTransaction, scope: Scope, group: &Group) -> Result<Gathered, ServiceError> {
    let mut kept = BTreeSet::new();
    loop {
        let gathered = person::gather(tx, scope, group).await?;
        if !gathered.claims.planned.is_empty() {
            // Sums are locked before payouts, as where periods are settled.
            wide::lock(tx, &gathered.world).await?;
        }
        if keep(tx, &gathered.claims, &mut kept).await? {
            return Ok(gathered);
        }
    }
}

/// Keeps the planned payouts among these claims from being sent until the transaction ends: whether they were decides what is posted (RF-8).
/// False when some were not kept yet: then another transaction may have changed them meanwhile, and the claims are to be read again.
async fn keep(tx: &DatabaseTransaction, claims: &Claims, kept: &mut BTreeSet<PayoutId>) -> Result<bool, StoreError> {
    let planned: BTreeSet<PayoutId> = claims.planned.values().flat_map(|of| &of.payouts).copied().collect();
    if planned.is_subset(kept) {
        return Ok(true);
    }
    store::payout::lock(tx, &planned).await?;
    kept.extend(planned);
    Ok(false)
}

/// Settles one customer in a transaction of its own: what a job of the queue asks for. What the customer's purchases still wait for is asked
/// of Stripe first, outside the transaction.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn customer(services: &Services, id: CustomerId) -> Result<(), ServiceError> {
    parent::fetch(services, id).await?;
    let messages = retry::races(|| async {
        let tx = services.db.begin().await?;
        let Some(row) = store::customer::by_id(&tx, id).await? else {
            return Ok(Vec::new());
        };
        let messages = settle(&tx, scope_of(&row), &[id].into(), services.clock.now()).await?;
        tx.commit().await?;
        Ok(messages)
    })
    .await?;
    ring(services, &messages).await;
    Ok(())
}

fn scope_of(row: &customer::Model) -> Scope {
    Scope::merchant_wide(row.merchant_id, entity::value::Mode::from_livemode(row.livemode))
}

/// Rings for messages. A bell that is not heard only costs time: the sweeper rings again (QU-1), and the queue itself logs its trouble.
pub async fn ring(services: &Services, messages: &[MessageId]) {
    let jobs: Vec<Job> = messages.iter().map(|id| Job { kind: JobKind::Message, id: id.uuid() }).collect();
    if jobs.is_empty() {
        return;
    }
    if let Err(error) = services.queue.push(&jobs).await {
        tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
    }
}
