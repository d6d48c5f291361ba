//! Rules for some of the products.

use serde::{Deserialize, Serialize};

use crate::value::text_enum::text_enum;
use crate::value::{BasisPoints, Currency};

/// A rule for some of the products (BA-6).
///
/// Of all rules that match a line the one with the greatest priority decides. Among equals a price goes before a product, a product before a
/// lookup key, a lookup key before metadata; then the one that stands first. A conditional reward decides before a product rule only where its
/// priority is greater.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductRule {
    /// What `id` is of.
    pub matches: ProductMatch,
    /// The metadata's key; only for metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Stripe's id of the price or product, the price's lookup key, or the metadata's value.
    pub id: String,
    /// What the rule does to a line that it matches.
    pub effect: ProductEffect,
    /// The greatest goes first, -1000 to 1000.
    #[serde(default)]
    pub priority: i16,
}

/// What a product rule does to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductEffect {
    /// The line earns this share instead of the reward.
    Rate {
        /// The share.
        rate: BasisPoints,
    },
    /// The line earns a fixed sum for each of its units instead of the reward.
    PerUnit {
        /// Minor units of `currency`, above zero.
        amount: i64,
        /// The currency of `amount`.
        currency: Currency,
    },
    /// The line earns nothing.
    Exclude,
}

text_enum! {
    /// What a product rule compares, in the order in which rules of one priority decide.
    ProductMatch {
        /// Stripe's price id.
        Price = "PRICE",
        /// Stripe's product id.
        Product = "PRODUCT",
        /// The price's lookup key.
        LookupKey = "LOOKUP_KEY",
        /// A key of the product's metadata and its value.
        Metadata = "METADATA",
    }
}
