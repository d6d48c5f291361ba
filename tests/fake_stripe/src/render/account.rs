//! The account, its balance, its endpoints.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::View;
use super::people::address;
use crate::model::{Account, Endpoint, Movement};

pub fn account(of: &Account) -> Value {
    json!({
        "id": of.id, "object": "account", "type": "standard", "created": of.created.timestamp(), "country": of.country,
        "default_currency": of.currency, "email": of.email, "charges_enabled": true, "details_submitted": true, "payouts_enabled": true,
        "business_type": "company", "company": { "name": of.legal_name, "phone": of.phone, "address": address(&of.address) },
        "business_profile": {
            "name": of.name, "url": of.url, "mcc": null, "product_description": null, "support_email": of.email, "support_phone": of.phone,
            "support_url": null, "support_address": address(&of.address)
        },
        "settings": { "dashboard": { "display_name": of.name, "timezone": "Etc/UTC" } }, "metadata": {}
    })
}

pub fn balance(sums: &[(String, i64, i64)], view: View) -> Value {
    let shown = |pick: fn(&(String, i64, i64)) -> i64| -> Vec<Value> {
        sums.iter().map(|sum| json!({ "amount": pick(sum), "currency": sum.0, "source_types": { "card": pick(sum) } })).collect()
    };
    json!({ "object": "balance", "livemode": view.livemode, "available": shown(|sum| sum.1), "pending": shown(|sum| sum.2) })
}

/// A balance transaction. It says nothing of its mode.
pub fn movement(of: &Movement) -> Value {
    let detail = json!({ "amount": of.fee, "application": null, "currency": of.currency, "description": "Stripe processing fees", "type": "stripe_fee" });
    let details = if of.fee == 0 { Vec::new() } else { vec![detail] };
    let status = |now: DateTime<Utc>| if of.available_on() <= now { "available" } else { "pending" };
    json!({
        "id": of.id, "object": "balance_transaction", "created": of.created.timestamp(), "available_on": of.available_on().timestamp(),
        "amount": of.amount, "currency": of.currency, "description": of.description, "exchange_rate": null, "fee": of.fee,
        "fee_details": details, "net": of.amount - of.fee, "reporting_category": of.category, "source": of.source,
        "status": status(Utc::now()), "type": of.kind
    })
}

/// A webhook endpoint; its secret is shown only to who makes it.
pub fn endpoint(of: &Endpoint, view: View) -> Value {
    json!({
        "id": of.id, "object": "webhook_endpoint", "created": of.created.timestamp(), "livemode": view.livemode, "url": of.url,
        "enabled_events": of.events, "api_version": of.version_name, "application": null, "description": of.description,
        "status": if of.enabled { "enabled" } else { "disabled" }, "metadata": of.metadata
    })
}
