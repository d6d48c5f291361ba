//! Finding in Stripe's list of events what deliveries missed (IN-12). What is found goes into the inbox like any delivery.

use entity::stripe_connection::Model;
use entity::value::{ConnectionMethod, EventId, InboxStatus};
use serde_json::Value;

use super::pull::{Ended, Held};
use crate::queue::{Job, JobKind};
use crate::service::{ServiceError, Services, retry};
use crate::store;
use crate::store::inbox::Received;
use crate::stripe::event::Envelope;

/// Stores the events that did not come by delivery, with the place behind them, and rings for them.
pub(super) async fn take_in(held: &mut Held<'_>, items: Vec<Value>) -> Result<Option<Ended>, ServiceError> {
    let services = held.services;
    let row = &held.access.row;
    let received: Vec<Received> = items.iter().filter_map(|item| delivery(services, row, item)).collect();
    let view: &Held<'_> = held;
    let stored = retry::races(|| store_part(view, &received)).await?;
    let Some(fresh) = stored else { return Ok(Some(Ended::Lost)) };
    held.place.missed += i64::try_from(fresh.len()).unwrap_or(0);
    if !fresh.is_empty() {
        tracing::info!(connection = %held.pull.connection_id, count = fresh.len(), "events were found that no delivery brought");
        let jobs: Vec<Job> = fresh.iter().map(|id| Job { kind: JobKind::Event, id: id.uuid() }).collect();
        if let Err(error) = services.queue.push(&jobs).await {
            tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
        }
    }
    Ok(None)
}

/// An event as it would be if it were delivered, so that the delivery is found to be the same. Nothing for what is no event of this mode.
fn delivery(services: &Services, row: &Model, item: &Value) -> Option<Received> {
    let body = item.to_string().into_bytes();
    let event = Envelope::parse(&body).ok().filter(|event| event.livemode == row.livemode)?;
    let source = match (row.method, &row.account) {
        (ConnectionMethod::Oauth | ConnectionMethod::App, Some(account)) => account.clone(),
        _ => row.id.to_string(),
    };
    Some(Received {
        connection: Some((row.id, row.merchant_id)),
        livemode: row.livemode,
        source,
        event_id: event.id,
        event_type: event.event_type,
        account: event.account.or_else(|| row.account.clone()),
        api_version: event.api_version,
        occurred_at: event.created,
        body: services.hashes.without_fingerprints(&body).into_owned(),
        status: InboxStatus::Received,
        reason: None,
    })
}

/// Gives the events that are new; nothing when another worker has the pull by now.
async fn store_part(held: &Held<'_>, received: &[Received]) -> Result<Option<Vec<EventId>>, ServiceError> {
    let now = held.services.clock.now();
    let tx = held.services.db.begin().await?;
    let mut fresh: Vec<EventId> = Vec::new();
    for event in received {
        fresh.extend(store::inbox::insert(&tx, event.clone(), now).await?);
    }
    let mut place = held.place.clone();
    place.missed += i64::try_from(fresh.len()).unwrap_or(0);
    if !store::sync::pull::advance(&tx, held.pull.id, held.owner, &place, held.until(), now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(fresh))
}
