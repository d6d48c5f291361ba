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
use entity::value::{CustomerId, MessageId};
use sea_orm::DatabaseTransaction;

pub use self::compare::{Compared, Kept, Stood, compare, moved, standing, standing_of};
pub use self::period::{Looked, period, periods};
use self::post::Poster;
pub use self::wide::{decide, suppose, write_down};
use self::write::Writer;
use super::{ServiceError, Services, kin, parent, person, referral, retry};
use crate::domain::access::Scope;
use crate::queue::{Job, JobKind};
use crate::store;

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
    let mut messages = Vec::new();
    let mut settled = BTreeSet::new();
    for start in customers {
        if settled.contains(start) {
            continue;
        }
        let Some(group) = kin::lock_group(tx, scope, *start).await? else {
            continue;
        };
        if !settled.contains(&group.root) {
            let mut gathered = person::gather(tx, scope, &group).await?;
            let settlement = decide(tx, &mut gathered, now).await?;
            let poster = Poster { tx, scope, now };
            messages.extend(Writer { poster, gathered: &gathered }.write(&group, &settlement).await?);
        }
        settled.extend(group.members);
    }
    messages.extend(referral::concern(tx, scope, &settled, now).await?);
    Ok(messages)
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
