//! What was found at the last look at a connection, as one JSON column holds it.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

use super::{PermissionState, StripePermission};

/// What Stripe answered at the last look at a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionHealth {
    /// When Stripe was asked.
    pub checked_at: DateTime<Utc>,
    /// Why it could not be asked in full; nothing when it could.
    pub error: Option<String>,
    /// By how many seconds our clock is ahead of Stripe's.
    pub skew_seconds: Option<i64>,
    /// Every right that was asked for, with what was found.
    pub permissions: Vec<(StripePermission, PermissionState)>,
    /// The endpoints at Stripe that deliver here; nothing while the key may not see them.
    #[serde(default)]
    pub endpoints: Option<Vec<EndpointHealth>>,
    /// Why the endpoint could not be registered or repaired.
    #[serde(default)]
    pub endpoint_error: Option<String>,
}

impl ConnectionHealth {
    /// What was found of a right.
    #[must_use]
    pub fn state_of(&self, permission: StripePermission) -> PermissionState {
        self.permissions.iter().find(|(known, _)| *known == permission).map_or(PermissionState::Unknown, |(_, state)| *state)
    }
}

/// An endpoint at Stripe that delivers here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointHealth {
    /// Its id, `we_...`.
    pub id: String,
    /// Whether we registered it and hold its secret.
    pub own: bool,
    /// Whether Stripe sends to it.
    pub enabled: bool,
    /// Its version, if it is pinned to one.
    pub api_version: Option<String>,
    /// Events that are used and that it does not ask for.
    pub missing: Vec<String>,
    /// Events that it asks for and that are not used.
    pub unused: Vec<String>,
}
