//! Money that comes and goes back.

use chrono::{DateTime, Utc};

use super::{Discount, Metadata, Shipping};

#[derive(Clone, Debug)]
pub struct Intent {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub amount: i64,
    pub status: &'static str,
    pub customer: Option<String>,
    pub email: Option<String>,
    pub charge: Option<String>,
    pub invoice: Option<String>,
    pub shipping: Option<Shipping>,
    pub description: Option<String>,
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub struct Charge {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub amount: i64,
    pub status: &'static str,
    pub method: &'static str,
    pub refunded: i64,
    pub disputed: bool,
    pub customer: Option<String>,
    pub email: Option<String>,
    pub intent: String,
    pub invoice: Option<String>,
    pub refunds: Vec<Refund>,
    /// The fingerprint of the card.
    pub card: Option<String>,
    /// The balance transaction, once the money is there.
    pub movement: Option<String>,
    pub shipping: Option<Shipping>,
    pub description: Option<String>,
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub mode: &'static str,
    pub status: &'static str,
    pub payment_status: &'static str,
    pub total: i64,
    pub tax: i64,
    pub off: i64,
    pub customer: Option<String>,
    pub email: Option<String>,
    pub client_reference: Option<String>,
    pub discounts: Vec<Discount>,
    pub invoice: Option<String>,
    pub intent: Option<String>,
    pub subscription: Option<String>,
    pub payment_link: Option<String>,
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub struct PaymentLink {
    pub id: String,
    /// No version shows it; it gives the list its order.
    pub created: DateTime<Utc>,
    pub currency: String,
    pub active: bool,
    pub url: String,
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub struct Refund {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub amount: i64,
    pub status: &'static str,
    pub charge: String,
    pub intent: String,
    pub customer: Option<String>,
    pub reason: Option<String>,
    pub movement: Option<String>,
    pub metadata: Metadata,
}

#[derive(Clone, Debug)]
pub struct Dispute {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub amount: i64,
    pub status: &'static str,
    pub charge: String,
    pub intent: String,
    pub due_by: DateTime<Utc>,
    /// The balance transactions that took the money and gave it back.
    pub withdrawn: Option<Movement>,
    pub reinstated: Option<Movement>,
}

/// `txn_`: a movement on the account's balance.
#[derive(Clone, Debug)]
pub struct Movement {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub amount: i64,
    pub fee: i64,
    /// Stripe's word, such as `charge`.
    pub kind: &'static str,
    pub category: &'static str,
    pub source: Option<String>,
    pub description: Option<String>,
}
