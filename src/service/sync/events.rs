//! Finding in Stripe's list of events what deliveries missed (IN-12). What is found goes into the inbox like any delivery.

use entity::value::{ConnectionMethod, EventId, InboxStatus};
use serde_json::Value;

use super::pull::{Ended, Held};
use crate::queue::{Job, JobKind};
use crate::service::{ServiceError, retry};
use crate::store;
use crate::store::inbox::Received;
use crate::stripe::event::Envelope;

/// Stores the events that did not come by delivery, with the place behind them, and rings for them.
pub(super) async fn take_in(held: &mut Held<'_>, items: Vec<Value>) -> Result<Option<Ended>, ServiceError> {
    let services = held.services;
    let now = services.clock.now();
    let Some(connection) = store::connection::by_id(services.db.read(), held.pull.connection_id).await? else {
        return Ok(Some(Ended::Lost));
    };
    // As it would be if it were delivered, so that the delivery is found to be the same.
    let source = match (connection.method, &connection.account) {
        (ConnectionMethod::Oauth | ConnectionMethod::App, Some(account)) => account.clone(),
        _ => connection.id.to_string(),
    };
    let received: Vec<Received> = items
        .iter()
        .filter_map(|item| {
            let body = item.to_string().into_bytes();
            let event = Envelope::parse(&body).ok().filter(|event| event.livemode == connection.livemode)?;
            Some(Received {
                connection: Some((connection.id, connection.merchant_id)),
                livemode: connection.livemode,
                source: source.clone(),
                event_id: event.id,
                event_type: event.event_type,
                account: event.account.or_else(|| connection.account.clone()),
                api_version: event.api_version,
                occurred_at: event.created,
                body,
                status: InboxStatus::Received,
                reason: None,
            })
        })
        .collect();
    let (place, until) = (held.place.clone(), held.until());
    let (id, owner) = (held.pull.id, held.owner);
    let stored = retry::races(|| async {
        let tx = services.db.begin().await?;
        let mut fresh: Vec<EventId> = Vec::new();
        for event in &received {
            fresh.extend(store::inbox::insert(&tx, event.clone(), now).await?);
        }
        let mut place = place.clone();
        place.changed += i64::try_from(fresh.len()).unwrap_or(0);
        if !store::sync::pull::advance(&tx, id, owner, &place, until, now).await? {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some((place, fresh)))
    })
    .await?;
    let Some((place, fresh)) = stored else { return Ok(Some(Ended::Lost)) };
    held.place = place;
    if !fresh.is_empty() {
        tracing::info!(connection = %connection.id, count = fresh.len(), "events were found that no delivery brought");
        let jobs: Vec<Job> = fresh.iter().map(|id| Job { kind: JobKind::Event, id: id.uuid() }).collect();
        if let Err(error) = services.queue.push(&jobs).await {
            tracing::debug!(%error, "the bell was not heard; the sweeper rings again");
        }
    }
    Ok(None)
}
