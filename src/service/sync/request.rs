//! Asking for pulls by hand (S8).

use entity::sync_pull;
use entity::value::{ConnectionId, SyncDataType, SyncReason};

use super::adopt::{plan, pull, ring};
use super::needs;
use crate::domain::access::{Action, Viewer};
use crate::service::{Refusal, RefusalCode, ServiceError, Services};
use crate::store;

/// Why a kind of data is not pulled: it is switched off, or one that it needs is.
fn is_off(data: SyncDataType, disabled: SyncDataType) -> Refusal {
    let text = match data == disabled {
        true => format!("TYPE_DISABLED({disabled}): switch it on with stripeSyncDatasetUpdate, then pull again"),
        false => format!("TYPE_DISABLED({disabled}): {data} cannot be understood without it; switch it on with stripeSyncDatasetUpdate"),
    };
    Refusal::new("dataTypes", RefusalCode::TypeDisabled, text)
}

/// What became of a request.
#[derive(Clone, Debug, Default)]
pub struct Requested {
    /// The pulls that were put in line; those that waited already are not among them.
    pub pulls: Vec<sync_pull::Model>,
    /// The kinds that are not pulled; the others are.
    pub refused: Vec<Refusal>,
}

/// Puts kinds of data of a connection in line: those that are named, or all but the events. Each is pulled from the beginning, as far back
/// as its settings say.
///
/// # Errors
/// Refused when there is no such connection, it is not linked, or its sync is switched off; denied to those who may not connect.
pub async fn request(
    services: &Services,
    viewer: &Viewer,
    connection: ConnectionId,
    wanted: Option<Vec<SyncDataType>>,
) -> Result<Requested, ServiceError> {
    let scope = viewer.allow(Action::Connect)?;
    let now = services.clock.now();
    let tx = services.db.begin().await?;
    let found = store::scoped::lock::<entity::stripe_connection::Entity>(&tx, scope, connection).await?;
    let found = found.ok_or_else(|| Refusal::not_found("connectionId", "connection"))?;
    if found.status != entity::value::ConnectionStatus::Linked || found.secret.is_none() {
        return Err(Refusal::new("connectionId", RefusalCode::WrongState, "the connection is not linked").into());
    }
    match store::sync::plan::of(&tx, scope, connection).await? {
        Some(plan) if !plan.enabled => {
            return Err(Refusal::new("connectionId", RefusalCode::WrongState, "the sync of this connection is switched off").into());
        }
        Some(_) => {}
        None => {
            plan(&tx, &found, services.settings.sync, now).await?;
        }
    }
    let datasets = store::sync::dataset::of(&tx, scope, connection).await?;
    let switched_off: Vec<SyncDataType> = datasets.iter().filter(|dataset| !dataset.enabled).map(|dataset| dataset.data_type).collect();
    let mut waiting = store::sync::pull::waiting_kinds(&tx, connection).await?;
    let mut done = Requested::default();
    for dataset in datasets {
        let data = dataset.data_type;
        if !wanted.as_ref().map_or(data != SyncDataType::Events, |wanted| wanted.contains(&data)) {
            continue;
        }
        if let Some(off) = std::iter::once(&data).chain(needs(data)).find(|needed| switched_off.contains(needed)) {
            done.refused.push(is_off(data, *off));
        } else if !waiting.contains(&data) {
            done.pulls.push(pull(&tx, dataset, SyncReason::Manual, now).await?);
            waiting.push(data);
        }
    }
    let first = store::sync::pull::next(&tx, connection).await?;
    tx.commit().await?;
    if let Some(first) = first {
        ring(services, first.id).await;
    }
    Ok(done)
}
