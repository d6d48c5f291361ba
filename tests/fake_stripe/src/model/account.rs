//! The account itself, and where it wants its events.

use chrono::{DateTime, Utc};

use super::{Address, Metadata};
use crate::version::Version;

/// The business behind the account.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: String,
    pub created: DateTime<Utc>,
    pub name: String,
    pub legal_name: String,
    pub email: String,
    pub phone: String,
    pub url: String,
    pub country: String,
    pub currency: String,
    pub address: Address,
}

/// `we_`: a webhook endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: String,
    pub created: DateTime<Utc>,
    pub url: String,
    pub events: Vec<String>,
    /// The version that it was pinned to; the account's default without.
    pub version: Option<Version>,
    pub version_name: Option<String>,
    /// Whether it is for the events of connected accounts.
    pub connect: bool,
    pub description: Option<String>,
    pub enabled: bool,
    /// What signs deliveries; several while one replaces the other, the newest first.
    pub secrets: Vec<String>,
    pub metadata: Metadata,
}

impl Endpoint {
    /// Whether it asks for events of this type.
    pub fn wants(&self, kind: &str) -> bool {
        self.enabled && self.events.iter().any(|event| event == "*" || event == kind)
    }
}
