//! Taking in one page: in small parts, each with its place in one transaction.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, SubsecRound, Utc};
use entity::value::{CustomerId, SyncDataType};
use serde_json::Value;

use super::pull::{Ended, Held};
use super::{events, tell};
use crate::domain::fact::Fact;
use crate::service::facts::{Source, take};
use crate::service::person::GRACE;
use crate::service::{ServiceError, retry};
use crate::store;
use crate::stripe::client::Batch;
use crate::stripe::error::ReadError;
use crate::stripe::event::{NoInvoice, Projection, Told, project_object};
use crate::stripe::list::List;
use crate::stripe::read::{Read, needs};

/// How many objects one transaction takes in: few, so that deliveries beside it do not wait.
const PART: usize = 20;
/// Who was told of in a pull is settled after this time at the latest, also when the pulls that follow it wait.
pub(super) const SETTLED_WITHIN: Duration = Duration::minutes(15);

/// Takes a page in. Gives how the turn ended, when it cannot go on.
pub(super) async fn take_in(held: &mut Held<'_>, list: &List, batch: Batch) -> Result<Option<Ended>, ServiceError> {
    let last = !batch.more;
    let parts = batch.items.len().div_ceil(PART).max(1);
    let mut rest = batch.items.into_iter();
    for part in 1..=parts {
        let items: Vec<Value> = rest.by_ref().take(PART).collect();
        let end = items.last().and_then(|item| item.get("id")?.as_str()).map(str::to_owned);
        held.place.objects += i64::try_from(items.len()).unwrap_or(0);
        held.at(list, end);
        if last && part == parts {
            held.next_list();
        }
        let ended = match held.pull.data_type {
            SyncDataType::Events => events::take_in(held, items).await?,
            _ => objects(held, list, items, batch.at).await?,
        };
        if ended.is_some() {
            return Ok(ended);
        }
    }
    // What was given counts as got on: the attempts begin anew.
    held.pull.attempts = 1;
    tell(held.services, &held.pull).await;
    let pull = &held.pull;
    tracing::debug!(connection = %pull.connection_id, data = %pull.data_type, pages = held.place.pages, objects = held.place.objects, "a page is in");
    Ok(None)
}

/// Takes a part of a page down the one road.
async fn objects(held: &mut Held<'_>, list: &List, items: Vec<Value>, at: DateTime<Utc>) -> Result<Option<Ended>, ServiceError> {
    let items = if list.path == "/charges" { untold(held, items).await? } else { items };
    let mut projection = Projection::default();
    for item in &items {
        projection.absorb(project_object(item, at));
    }
    match take_part(held, projection).await {
        // One object that cannot be used does not keep the others out.
        Err(ServiceError::Internal(why)) if items.len() > 1 => {
            tracing::warn!(connection = %held.pull.connection_id, data = %held.pull.data_type, why, "a part of a page is taken in one by one");
            one_by_one(held, &items, at).await
        }
        other => other,
    }
}

async fn one_by_one(held: &mut Held<'_>, items: &[Value], at: DateTime<Utc>) -> Result<Option<Ended>, ServiceError> {
    for item in items {
        match take_part(held, project_object(item, at)).await {
            Ok(None) => {}
            Err(ServiceError::Internal(why)) => {
                let id = item.get("id").and_then(Value::as_str).unwrap_or("without id");
                tracing::error!(connection = %held.pull.connection_id, object = id, why, "an object cannot be used");
            }
            other => return other,
        }
    }
    Ok(None)
}

/// Charges that this pull did not see inside their intents.
async fn untold(held: &Held<'_>, items: Vec<Value>) -> Result<Vec<Value>, ServiceError> {
    let id = |item: &Value| item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let ids: Vec<String> = items.iter().map(id).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let since = held.place.started_at.trunc_subsecs(0);
    let told = store::snapshot::told_since(held.services.db.read(), held.pull.connection_id, &ids, since).await?;
    Ok(items.into_iter().filter(|item| !told.contains(&id(item))).collect())
}

/// Asks for what a part leaves open and stores it. Gives how the turn ended, when it cannot go on.
async fn take_part(held: &mut Held<'_>, mut projection: Projection) -> Result<Option<Ended>, ServiceError> {
    if let Err(error) = complete(held, &mut projection).await? {
        return Ok(Some(Ended::Refused(error)));
    }
    let view: &Held<'_> = held;
    let kept = retry::races(|| store_part(view, projection.clone())).await?;
    Ok((!kept).then_some(Ended::Lost))
}

/// Stores a part with the place behind it. False when another worker has the pull by now; then nothing was stored.
async fn store_part(held: &Held<'_>, projection: Projection) -> Result<bool, ServiceError> {
    let services = held.services;
    let now = services.clock.now();
    let source = Source { scope: held.scope, connection: held.pull.connection_id, now };
    let tx = services.db.begin().await?;
    let customers: Vec<CustomerId> = take(&tx, services, &source, projection).await?.into_iter().collect();
    store::customer::defer(&tx, &customers, now + SETTLED_WITHIN).await?;
    if !store::sync::pull::advance(&tx, held.pull.id, held.owner, &held.place, held.until(), now).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// Asks Stripe for what the page leaves open, one question at a time. Gives the refusal for which the pull has to wait, if there is one.
async fn complete(held: &mut Held<'_>, projection: &mut Projection) -> Result<Result<(), ReadError>, ServiceError> {
    let mut wanted = needs(projection);
    settle_links(held, projection, &mut wanted).await?;
    for read in wanted {
        let links = matches!(read, Read::InvoicePayments { .. });
        if links && held.blind {
            continue;
        }
        held.pace().await;
        match held.access.note(held.services, held.access.client.read(&read).await).await {
            Ok(answer) => projection.absorb(answer),
            Err(error) if error.retry() || error == ReadError::Unauthorised => return Ok(Err(error)),
            Err(error) => {
                held.blind |= links && matches!(error, ReadError::Permission { .. });
                tracing::info!(connection = %held.pull.connection_id, %error, "Stripe does not tell what a page left out");
            }
        }
    }
    Ok(Ok(()))
}

/// SL-8: whether invoices stand behind payments is known without asking about each, once all payments of invoices are here.
async fn settle_links(held: &Held<'_>, projection: &mut Projection, wanted: &mut Vec<Read>) -> Result<(), ServiceError> {
    let db = held.services.db.read();
    let intents = wanted.iter().filter_map(|read| match read {
        Read::InvoicePayments { intent, .. } => Some(intent.clone()),
        _ => None,
    });
    let intents: BTreeSet<String> = intents.collect();
    if intents.is_empty() {
        return Ok(());
    }
    let billed = store::purchase::billed(db, held.pull.connection_id, &intents).await?;
    let invoices = store::sync::dataset::one(db, held.pull.connection_id, SyncDataType::Invoices).await?;
    let covered = invoices.and_then(|invoices| Some((invoices.covered_from, invoices.covered_to? - GRACE)));
    let made = made(projection);
    let is_covered = |intent: &str| match (covered, made.iter().find(|(id, _)| id == intent)) {
        (Some((from, to)), Some((_, at))) => *at < to && from.is_none_or(|from| from <= *at),
        _ => false,
    };
    let mut links = Vec::new();
    wanted.retain(|read| match read {
        Read::InvoicePayments { intent, .. } if billed.contains(intent) => false,
        Read::InvoicePayments { intent, charge } if is_covered(intent) => {
            links.extend(std::iter::once(intent).chain(charge).map(|object| NoInvoice { object: object.clone() }));
            false
        }
        _ => true,
    });
    projection.links.extend(links);
    Ok(())
}

/// When the intents of a projection were made, and the charges for theirs.
fn made(projection: &Projection) -> Vec<(String, DateTime<Utc>)> {
    let of = |told: &Told| match &told.observation.fact {
        Fact::Intent(intent) => Some((told.observation.object.clone(), intent.created_at)),
        Fact::Charge(charge) => Some((charge.intent.clone()?, charge.created_at)),
        _ => None,
    };
    projection.told.iter().filter_map(of).collect()
}
