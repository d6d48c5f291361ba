//! Products and their prices.

use chrono::{DateTime, Utc};
use entity::value::{CommerceKind, CommerceStatus, Currency};
use serde_json::Value;

use super::{Entry, entry, path, text};

/// Something that is sold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// Its name.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// What it counts as: Stripe's tax code, or whether it is a good or a service.
    pub category: Option<String>,
    /// Whether it has to be sent, where that is told.
    pub shippable: Option<bool>,
    /// Where it is shown.
    pub url: Option<String>,
}

/// What a product costs, in one way of buying it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// The merchant's key for it, or the name that they gave it.
    pub sku: Option<String>,
    /// How it is called.
    pub name: Option<String>,
    /// `day`, `week`, `month` or `year` when it is paid again and again.
    pub interval: Option<String>,
    /// What one costs, in minor units, for each currency; nothing for a currency in which it depends.
    pub prices: Vec<(Currency, Option<i64>)>,
}

fn status(object: &Value) -> &'static str {
    let status = match (path::flag(object, &["deleted"]), path::flag(object, &["active"])) {
        (Some(true), _) => CommerceStatus::Deleted,
        (_, Some(false)) => CommerceStatus::Archived,
        _ => CommerceStatus::Active,
    };
    status.as_str()
}

pub(super) fn index(product: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let updated_at = path::time(product, &["updated"]);
    Some(Entry { updated_at, keep: true, ..entry(CommerceKind::Product, product, status(product), at)? })
}

pub(super) fn index_price(price: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let amount = path::int(price, &["unit_amount"]).unwrap_or(0);
    let parent_id = path::id(price, &["product"]);
    Some(Entry { amount, parent_id, keep: true, ..entry(CommerceKind::Price, price, status(price), at)? })
}

impl Product {
    /// Reads a product.
    #[must_use]
    pub fn read(product: &Value) -> Self {
        Self {
            name: text(product, &["name"]),
            description: text(product, &["description"]),
            category: text(product, &["tax_code", "type"]),
            shippable: path::flag(product, &["shippable"]),
            url: text(product, &["url"]),
        }
    }
}

impl Price {
    /// Reads a price.
    #[must_use]
    pub fn read(price: &Value) -> Self {
        let own = (path::currency(price, &["currency"]), path::int(price, &["unit_amount"]));
        let options = path::at(price, "currency_options").and_then(Value::as_object);
        let others =
            options.into_iter().flatten().map(|(code, option)| (Currency::parse_or_unknown(code), path::int(option, &["unit_amount"])));
        let mut prices = vec![own];
        prices.extend(others.filter(|(currency, _)| *currency != own.0));
        Self {
            sku: text(price, &["lookup_key", "nickname"]),
            name: text(price, &["nickname"]),
            interval: text(price, &["recurring.interval"]),
            prices,
        }
    }
}
