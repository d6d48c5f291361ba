//! Rewards under conditions (CO-8).

use serde::{Deserialize, Serialize};

use super::Reward;
use crate::value::{Currency, PartnerGroupId, PartnerId};

/// A reward in place of the terms' own ones, for lines on which a condition holds.
///
/// Of all that hold on a line the one with the greatest priority decides; among equals the most specific one ([`Condition::specificity`]);
/// then the one with the smaller id. A product rule that matches the line decides before it unless the priority here is the greater one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConditionalReward {
    /// Its name within the version: 1 to 64 letters, digits, hyphens and underscores.
    pub id: String,
    /// The greatest goes first, -1000 to 1000.
    #[serde(default)]
    pub priority: i16,
    /// When it holds.
    pub when: Condition,
    /// What is earned then.
    pub reward: Reward,
}

/// What must be so. Something that is not known equals nothing. Texts are compared as they stand, metadata and all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Condition {
    /// All of these hold.
    All {
        /// Which.
        of: Vec<Self>,
    },
    /// At least one of these holds.
    Any {
        /// Which.
        of: Vec<Self>,
    },
    /// None of these holds.
    None {
        /// Which.
        of: Vec<Self>,
    },
    /// The country of the customer's billing address is one of these.
    CustomerCountry {
        /// Codes of ISO 3166-1 with two capital letters.
        values: Vec<String>,
    },
    /// Whether the customer had bought nothing before the partner brought them.
    CustomerNew {
        /// Whether that must be so.
        is: bool,
    },
    /// The metadata of the customer at Stripe has one of these values.
    CustomerMetadata {
        /// Under this key.
        key: String,
        /// Which.
        values: Vec<String>,
    },
    /// The partner is one of these.
    Partner {
        /// Which.
        values: Vec<PartnerId>,
    },
    /// The partner is in one of these groups at the time of the purchase.
    PartnerGroup {
        /// Which.
        values: Vec<PartnerGroupId>,
    },
    /// The metadata of the partner has one of these values.
    PartnerMetadata {
        /// Under this key.
        key: String,
        /// Which.
        values: Vec<String>,
    },
    /// The net of all lines, without tax, shipping and refunds, lies within bounds. It never holds in another currency.
    PurchaseAmount {
        /// The currency of the bounds.
        currency: Currency,
        /// At least so many minor units.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<i64>,
        /// Fewer than so many minor units.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        below: Option<i64>,
    },
    /// The currency of the purchase is one of these.
    PurchaseCurrency {
        /// Which.
        values: Vec<Currency>,
    },
    /// Whether the purchase is the first one as payments are counted for the duration (CO-3).
    PurchaseFirst {
        /// Whether that must be so.
        is: bool,
    },
    /// Whether the purchase belongs to a subscription.
    PurchaseSubscription {
        /// Whether that must be so.
        is: bool,
    },
    /// The metadata of the purchase's own objects has one of these values.
    PurchaseMetadata {
        /// Under this key.
        key: String,
        /// Which.
        values: Vec<String>,
    },
    /// The line's price is one of these.
    Price {
        /// Ids of Stripe's.
        values: Vec<String>,
    },
    /// The lookup key of the line's price is one of these.
    LookupKey {
        /// Which.
        values: Vec<String>,
    },
    /// The line's product is one of these.
    Product {
        /// Ids of Stripe's.
        values: Vec<String>,
    },
    /// The metadata of the line's product has one of these values.
    ProductMetadata {
        /// Under this key.
        key: String,
        /// Which.
        values: Vec<String>,
    },
}

impl Condition {
    /// How much must be so at the least: what stands together adds up, of alternatives the least counts.
    #[must_use]
    pub fn specificity(&self) -> usize {
        match self {
            Self::All { of } => of.iter().map(Self::specificity).sum(),
            Self::Any { of } => of.iter().map(Self::specificity).min().unwrap_or(0),
            Self::None { of } => of.len(),
            _ => 1,
        }
    }

    /// Whether it asks what is known of prices and products beyond their ids.
    pub(super) fn asks_catalogue(&self) -> bool {
        matches!(self, Self::LookupKey { .. } | Self::ProductMetadata { .. }) || self.parts().iter().any(Self::asks_catalogue)
    }

    /// What stands inside, for a group; nothing for a test of one thing.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::All { of } | Self::Any { of } | Self::None { of } => of,
            _ => &[],
        }
    }
}
