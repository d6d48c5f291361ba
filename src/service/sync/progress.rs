//! Telling how far a sync has come, to whoever listens. The tables are the truth: what nobody heard is read there.

use entity::value::{ConnectionId, MerchantId, Mode, SyncDataType};
use serde_json::json;

use crate::service::Services;

/// The topic of the live feed for the syncs of one merchant's mode.
#[must_use]
pub fn topic(merchant: MerchantId, mode: Mode) -> String {
    format!("sync:{merchant}:{}", mode.as_str())
}

/// Tells that a kind of data has come further.
pub(super) async fn tell(services: &Services, merchant: MerchantId, livemode: bool, (connection, data): (ConnectionId, SyncDataType)) {
    let hint = json!({ "connection": connection, "dataType": data.as_str() }).to_string();
    if let Err(error) = services.feed.publish(&topic(merchant, Mode::from_livemode(livemode)), hint).await {
        tracing::debug!(%error, "nobody hears how far a sync has come");
    }
}
