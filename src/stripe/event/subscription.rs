//! Subscriptions. Never money: that comes by invoices.

use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, discount, metadata, path};
use crate::domain::fact::{Code, Fact, Persona, Stamp, Subscription, SubscriptionStatus};

pub(super) const DELETED: &str = "customer.subscription.deleted";

pub(super) const KIND: Kind = Kind { object: "subscription", fact };

fn fact(subscription: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let status = match path::word(subscription, &["status"]) {
        _ if telling.is(DELETED) => SubscriptionStatus::Ended,
        Some("canceled" | "incomplete_expired") => SubscriptionStatus::Ended,
        Some("trialing") => SubscriptionStatus::Trialing,
        Some("active" | "past_due" | "unpaid" | "paused") => SubscriptionStatus::Active,
        _ => SubscriptionStatus::Incomplete,
    };
    let ended_at = || path::time(subscription, &["ended_at", "canceled_at"]).unwrap_or(telling.at);
    Ok(Fact::Subscription(Subscription {
        stamp,
        status,
        persona: Persona {
            buyer: path::id(subscription, &["customer", "customer_account"]),
            ..metadata::persona(subscription, &["metadata"])
        },
        created_at: path::time(subscription, &["created", "start_date", "start"]).unwrap_or(telling.at),
        ended_at: (status == SubscriptionStatus::Ended).then(ended_at),
        trial_at: path::time(subscription, &["trial_start"]),
        codes: codes(subscription),
    }))
}

fn codes(subscription: &Value) -> Vec<Code> {
    let listed = path::filled(subscription, &["discounts"]).iter();
    let mut codes: Vec<Code> = Vec::new();
    for code in listed.chain(path::at(subscription, "discount")).filter_map(discount::code) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}
