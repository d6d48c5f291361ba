//! What is sold: prices and products, as far as rules ask about them.

use serde::{Deserialize, Serialize};

use super::merge::{Dated, link, newest};
use super::{Metadata, Stamp};

/// What something costs. Prices are changed in place, so it is kept what was told when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// What it is the price of. Link.
    pub product: Option<String>,
    /// What rules ask about. Dated.
    pub traits: Dated<PriceTraits>,
}

/// What rules ask about a price (BA-6, CO-8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTraits {
    /// The key under which the merchant looks it up; it may pass from one price to another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup_key: Option<String>,
    /// What the merchant noted.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Price {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self { product: link(new.product, old.product), traits: new.traits.merge(old.traits), stamp: new.stamp }
    }
}

/// What is sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// When the newest telling was true.
    pub stamp: Stamp,
    /// What the merchant noted (BA-6, CO-8). Dated.
    pub metadata: Dated<Metadata>,
}

impl Product {
    pub(super) fn merge(self, other: Self) -> Self {
        let (new, old) = newest(self, other, |f| f.stamp);
        Self { metadata: new.metadata.merge(old.metadata), stamp: new.stamp }
    }
}
