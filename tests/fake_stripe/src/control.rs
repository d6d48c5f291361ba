//! How a test in another process steers the pretended Stripe: `/_fake/...`, in JSON.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::api::{Fault, Trouble};
use crate::server::State;
use crate::shop::{Plan, Shop};

/// Does what a request for `/_fake/...` asks for.
pub fn steer(state: &State, path: &str, body: &Value) -> Value {
    match path.trim_start_matches("/_fake/") {
        "seed" => seed(state, body),
        "counts" => counts(state),
        "fault" => {
            let number = |name: &str, default| body[name].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(default);
            let fault = Fault::once(trouble(body)).on(body["path"].as_str().unwrap_or_default());
            state.fault(fault.times(number("times", 1)).every(number("every", 1)));
            json!({})
        }
        "limit" => {
            let per_second = body["perSecond"].as_u64().and_then(|n| u32::try_from(n).ok());
            state.world.lock().unwrap().limit.per_second = per_second;
            json!({})
        }
        "requests" => requests(state),
        other => json!({ "error": format!("no such thing as {other}") }),
    }
}

fn trouble(body: &Value) -> Trouble {
    match body["trouble"].as_str() {
        Some("slow") => Trouble::Slow(Duration::from_millis(body["millis"].as_u64().unwrap_or(1000))),
        Some("silence") => Trouble::Silence,
        Some("cut") => Trouble::Cut,
        Some("garbage") => Trouble::Garbage,
        _ => Trouble::Status {
            status: body["status"].as_u64().and_then(|n| u16::try_from(n).ok()).unwrap_or(500),
            should_retry: body["shouldRetry"].as_bool(),
            retry_after: body["retryAfter"].as_u64(),
        },
    }
}

fn first<T>(state: &State, look: impl FnOnce(&mut Shop) -> T) -> T {
    let shop = state.world.lock().unwrap().shops[0].clone();
    let mut shop = shop.lock().unwrap();
    look(&mut shop)
}

fn seed(state: &State, body: &Value) -> Value {
    let count = |name: &str| body[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let words: Vec<String> =
        body["partners"].as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect();
    let start = body["start"].as_i64().and_then(|at| DateTime::from_timestamp(at, 0)).unwrap_or_else(Utc::now);
    let plan = Plan {
        customers: count("customers"),
        payments: count("payments"),
        seed: body["seed"].as_u64().unwrap_or(1),
        start,
        span: chrono::Duration::seconds(body["span"].as_i64().unwrap_or(86_400)),
        partner: body["partnerKey"].as_str().filter(|_| !words.is_empty()).map(|key| (key.to_owned(), words)),
        customer_key: body["customerKey"].as_str().map(str::to_owned),
    };
    let made = first(state, |shop| shop.seed(&plan));
    json!({
        "customers": made.customers, "invoices": made.invoices, "checkouts": made.checkouts, "intents": made.intents,
        "refunds": made.refunds, "disputes": made.disputes
    })
}

fn counts(state: &State) -> Value {
    first(state, |shop| {
        json!({
            "customers": shop.customers.len(), "products": shop.products.len(), "prices": shop.prices.len(),
            "coupons": shop.coupons.len(), "promotion_codes": shop.codes.len(), "subscriptions": shop.subscriptions.len(),
            "invoices": shop.invoices.len(), "invoice_payments": shop.payments.len(), "credit_notes": shop.credit_notes.len(),
            "payment_intents": shop.intents.len(), "charges": shop.charges.len(), "sessions": shop.sessions.len(),
            "refunds": shop.refunds.len(), "disputes": shop.disputes.len(), "balance_transactions": shop.movements.len()
        })
    })
}

/// How many requests there were, by status, and the most that came in one second.
fn requests(state: &State) -> Value {
    let seen = state.seen();
    let mut statuses = std::collections::BTreeMap::<String, u64>::new();
    for one in &seen {
        *statuses.entry(one.status.to_string()).or_default() += 1;
    }
    let within =
        |start: usize| seen[start..].iter().take_while(|one| one.at.duration_since(seen[start].at) < Duration::from_secs(1)).count();
    let most = (0..seen.len()).map(within).max().unwrap_or(0);
    json!({ "requests": seen.len(), "statuses": statuses, "mostInOneSecond": most })
}
