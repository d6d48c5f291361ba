//! How money went back: refunds and disputes.

use chrono::{DateTime, Utc};
use entity::value::Currency;
use serde::{Deserialize, Serialize};

use super::Stamp;
use super::merge::{first_seen, link, newest};

/// Whether a refund moved money. A refund may fail after it succeeded, never the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Not yet, or in a state not known to us.
    Pending,
    /// It did.
    Succeeded,
    /// It did not, or came back.
    Failed,
}

/// Money given back by the merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Whether it moved money.
    pub status: RefundStatus,
    /// How much, in minor units of the charge's currency.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// First time at which it was told as failed. Shrinks.
    #[serde(default)]
    pub failed_at: Option<DateTime<Utc>>,
    /// The charge. Link.
    pub charge: Option<String>,
    /// The intent. Link.
    pub intent: Option<String>,
}

impl Refund {
    /// Whether it had not failed before that time, so that a running total of then still counted it.
    #[must_use]
    pub fn had_not_failed(&self, at: DateTime<Utc>) -> bool {
        self.status != RefundStatus::Failed || self.failed_at.unwrap_or(self.stamp.at) >= at
    }

    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        let failed_at = first_seen(new.failed_at, old.failed_at);
        Self { failed_at, charge: link(new.charge, old.charge), intent: link(new.intent, old.intent), ..new }
    }
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// The bank only asks; no money moved.
    Inquiry,
    /// Under way.
    Open,
    /// The bank asked and nothing came of it.
    InquiryClosed,
    /// Settled before it became one; a refund that settled it is told as a refund.
    Prevented,
    /// A state that is not known to us: hold and show (DP-2).
    Unknown,
    /// The merchant keeps the money.
    Won,
    /// The buyer keeps the money.
    Lost,
}

/// Money that the buyer's bank claims back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// Where it stands.
    pub status: DisputeStatus,
    /// How much is disputed, in minor units of the charge's currency.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// First time at which the money was told as gone, by loss or withdrawal. Shrinks.
    pub gone_at: Option<DateTime<Utc>>,
    /// Whether the money was told as withdrawn. Grows.
    pub withdrawn: bool,
    /// How much was told as given back to the merchant. Grows.
    pub reinstated: i64,
    /// The charge. Link.
    pub charge: Option<String>,
    /// The intent. Link.
    pub intent: Option<String>,
}

impl Dispute {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self {
            gone_at: first_seen(new.gone_at, old.gone_at),
            withdrawn: new.withdrawn || old.withdrawn,
            reinstated: new.reinstated.max(old.reinstated),
            charge: link(new.charge, old.charge),
            intent: link(new.intent, old.intent),
            ..new
        }
    }
}
