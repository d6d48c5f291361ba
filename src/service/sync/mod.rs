//! Pulling what a connected account holds (S7, S8, CN-4) and looking for what deliveries missed (IN-12).
//!
//! Every linked connection has a *plan*, and for each kind of data a *dataset*: its settings and how far it has come. A *pull* fetches one
//! kind once, page by page from the newest on. Its place is stored in the transaction of the facts up to there, so that a worker that dies
//! in the middle loses nothing and repeats little, and what it repeats changes nothing. One pull of a connection runs at a time, so that
//! the pace of one is the pace of all. What is pulled goes the one road ([`super::facts`]); who bought is settled when the last pull of the
//! connection is done, or after a while.

mod adopt;
mod events;
mod outcome;
mod page;
mod plan;
mod pull;
mod request;

pub use adopt::{adopt, due};
pub use plan::{DatasetChange, PlanChange, change_dataset, change_plan};
pub use pull::process;
pub use request::{Requested, request};

pub(super) use adopt::plan;

use entity::sync_pull;
use entity::value::{ConnectionId, IgnoreReason, Mode, SyncDataType, SyncMode};

use super::{ServiceError, Services};
use crate::domain::access::Scope;
use crate::store;

/// What is pulled of a kind of data when nobody says otherwise: how often in hours.
const fn interval(data: SyncDataType) -> i32 {
    match data {
        // What money depends on, and the list of what happened (IN-12).
        SyncDataType::Invoices | SyncDataType::Payments | SyncDataType::Disputes | SyncDataType::Events => 6,
        _ => 24,
    }
}

/// The kinds of data without which another one cannot be understood (S8).
const fn needs(data: SyncDataType) -> &'static [SyncDataType] {
    match data {
        SyncDataType::Transactions | SyncDataType::Disputes => &[SyncDataType::Payments],
        _ => &[],
    }
}

/// Whether a kind is small and changes without a trace in the time of its making, so that it is always pulled as a whole.
const fn always_whole(data: SyncDataType) -> bool {
    matches!(data, SyncDataType::Company | SyncDataType::Products | SyncDataType::Coupons)
}

/// S7, S8: why deliveries to a connection have no effect: it was to be read once, or its sync is switched off.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn is_not_followed(services: &Services, connection: ConnectionId) -> Result<Option<IgnoreReason>, ServiceError> {
    let plan = store::sync::plan::mode(services.db.read(), connection).await?;
    Ok(match plan.unwrap_or((services.settings.sync, true)) {
        (_, false) => Some(IgnoreReason::ConnectionDisabled),
        (SyncMode::OneOff, true) => Some(IgnoreReason::OneOff),
        _ => None,
    })
}

/// How a connection is kept up to date.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn mode_of(services: &Services, connection: ConnectionId) -> Result<SyncMode, ServiceError> {
    let plan = store::sync::plan::mode(services.db.read(), connection).await?;
    Ok(plan.map_or(services.settings.sync, |(mode, _)| mode))
}

/// The topic of the live feed for the syncs of one merchant's mode.
#[must_use]
pub fn topic(scope: Scope) -> String {
    format!("sync:{}:{}", scope.merchant(), scope.mode().as_str())
}

/// Tells whoever follows it that the sync of a connection went on. Who does not hear it reads the rows.
async fn tell(services: &Services, pull: &sync_pull::Model) {
    if let Err(error) = services.feed.publish(&topic(scope_of(pull)), pull.connection_id.to_string()).await {
        tracing::debug!(%error, "nobody heard how far a sync has come");
    }
}

/// The rows that a pull is about.
fn scope_of(pull: &sync_pull::Model) -> Scope {
    Scope::merchant_wide(pull.merchant_id, Mode::from_livemode(pull.livemode))
}
