//! Customers and their subscriptions.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::{Shape, id, list, with};

/// Somebody who buys and whom Stripe knows as a customer.
#[derive(Clone, Debug)]
pub struct Buyer {
    /// The name; makes the ids.
    pub name: &'static str,
    /// The merchant's own id of the person, where the shop wrote it into Stripe's metadata.
    pub external_id: Option<String>,
}

impl Buyer {
    /// A buyer whom the shop does not name to Stripe.
    pub const fn new(name: &'static str) -> Self {
        Self { name, external_id: None }
    }

    /// A buyer with an account at the shop, whose id the shop writes into Stripe's metadata.
    pub fn with_account(name: &'static str) -> Self {
        Self { external_id: Some(external_id(name)), ..Self::new(name) }
    }

    /// Stripe's id.
    pub fn id(&self) -> String {
        id("cus", self.name)
    }

    /// The name as it is typed.
    pub fn typed_name(&self) -> String {
        self.name.to_owned()
    }

    /// The address.
    pub fn email(&self) -> String {
        format!("{}@example.com", self.name.to_lowercase())
    }

    /// The metadata by which the shop names the person.
    pub fn metadata(&self) -> Value {
        self.external_id.as_ref().map_or_else(|| json!({}), |id| json!({ "tributary_customer_id": id }))
    }
}

/// The shop's id of a person.
fn external_id(name: &str) -> String {
    format!("user-{}", name.to_lowercase())
}

/// A running subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Whose.
    pub buyer: Buyer,
    /// The price.
    pub price: &'static str,
    /// Since when.
    pub started: DateTime<Utc>,
    /// Days free of charge at the start.
    pub trial_days: i64,
}

impl Subscription {
    /// Stripe's id.
    pub fn id(&self) -> String {
        id("sub", self.buyer.name)
    }
}

/// `customer`.
pub(super) fn customer(shape: Shape, buyer: &Buyer, at: DateTime<Utc>) -> Value {
    let customer = json!({
        "id": buyer.id(),
        "object": "customer",
        "balance": 0,
        "created": at.timestamp(),
        "currency": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": buyer.email(),
        "livemode": true,
        "metadata": buyer.metadata(),
        "name": buyer.typed_name(),
        "preferred_locales": ["en"],
        "tax_exempt": "none",
    });
    match shape {
        Shape::Old => with(customer, json!({ "default_source": null, "invoice_prefix": "DEMO" })),
        Shape::Acacia | Shape::Basil => customer,
        Shape::Endive => with(customer, json!({ "customer_account": null })),
    }
}

/// `subscription`.
pub(super) fn subscription(shape: Shape, of: &Subscription) -> Value {
    let (start, trial) = (of.started.timestamp(), of.trial_days > 0);
    let trial_end = (of.started + Duration::days(of.trial_days)).timestamp();
    let end = if trial { trial_end } else { (of.started + Duration::days(7)).timestamp() };
    let mut item = json!({
        "id": id("si", of.buyer.name),
        "object": "subscription_item",
        "created": start,
        "quantity": 1,
        "subscription": of.id(),
        "price": { "id": of.price, "object": "price", "product": product_of(of.price), "type": "recurring" },
    });
    let mut subscription = json!({
        "id": of.id(),
        "object": "subscription",
        "cancel_at_period_end": false,
        "collection_method": "charge_automatically",
        "created": start,
        "currency": "usd",
        "customer": of.buyer.id(),
        "livemode": true,
        "metadata": of.buyer.metadata(),
        "start_date": start,
        "status": if trial { "trialing" } else { "active" },
        "trial_start": trial.then_some(start),
        "trial_end": trial.then_some(trial_end),
    });
    let period = json!({ "current_period_start": start, "current_period_end": end });
    if shape.links_payments() {
        subscription = with(with(subscription, period), json!({ "discount": null }));
    } else {
        item = with(item, period);
        subscription = with(subscription, json!({ "discounts": [], "billing_mode": { "type": "flexible" } }));
    }
    with(subscription, json!({ "items": list(vec![item], "/v1/subscription_items") }))
}

/// The product that a price is of.
pub(super) fn product_of(price: &str) -> String {
    price.replacen("price_", "prod_", 1)
}
