//! Customers, and what belongs to them.

use chrono::{DateTime, Utc};

use super::{Discount, Metadata};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
}

/// Where goods go, and the numbers under which they travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shipping {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub address: Address,
}

#[derive(Clone, Debug)]
pub struct Customer {
    pub id: String,
    pub created: DateTime<Utc>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub description: Option<String>,
    pub currency: Option<String>,
    pub address: Option<Address>,
    pub shipping: Option<Shipping>,
    /// What the merchant owes (below zero) or is owed.
    pub balance: i64,
    pub discount: Option<Discount>,
    pub metadata: Metadata,
    pub deleted: bool,
}

impl Customer {
    pub fn new(id: String, created: DateTime<Utc>) -> Self {
        Self {
            id,
            created,
            email: None,
            name: None,
            phone: None,
            description: None,
            currency: None,
            address: None,
            shipping: None,
            balance: 0,
            discount: None,
            metadata: Metadata::new(),
            deleted: false,
        }
    }
}

/// `cbtxn_`: a change of a customer's balance.
#[derive(Clone, Debug)]
pub struct BalanceChange {
    pub id: String,
    pub created: DateTime<Utc>,
    pub customer: String,
    pub amount: i64,
    pub ending: i64,
    pub currency: String,
    pub description: Option<String>,
    pub metadata: Metadata,
}
