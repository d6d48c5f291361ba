//! Bills: subscriptions, invoices with their lines, payments towards them, corrections.

use chrono::{DateTime, Utc};

use super::{Discount, Metadata, Price};

#[derive(Clone, Debug)]
pub struct Line {
    pub id: String,
    pub amount: i64,
    pub discount: i64,
    pub inclusive_tax: i64,
    pub exclusive_tax: i64,
    pub price: String,
    pub product: String,
    pub proration: bool,
    /// The price as a whole, once the line stands on an invoice.
    pub of: Option<Price>,
}

impl Line {
    /// A line without tax or discount.
    pub fn of(amount: i64) -> Self {
        Self {
            id: String::new(),
            amount,
            discount: 0,
            inclusive_tax: 0,
            exclusive_tax: 0,
            price: "price_plan".into(),
            product: "prod_plan".into(),
            proration: false,
            of: None,
        }
    }

    pub fn tax(mut self, amount: i64) -> Self {
        self.exclusive_tax = amount;
        self
    }

    pub fn including_tax(mut self, amount: i64) -> Self {
        self.inclusive_tax = amount;
        self
    }

    pub fn off(mut self, amount: i64) -> Self {
        self.discount = amount;
        self
    }

    pub fn proration(mut self) -> Self {
        self.proration = true;
        self
    }

    pub fn total(&self) -> i64 {
        self.amount - self.discount + self.exclusive_tax
    }
}

/// What an invoice is made from.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    pub customer: Option<String>,
    pub currency: Option<&'static str>,
    pub lines: Vec<Line>,
    pub discounts: Vec<Discount>,
    pub subscription: Option<String>,
    pub subscription_metadata: Metadata,
    pub metadata: Metadata,
    pub reason: Option<&'static str>,
}

impl Bill {
    pub fn to(customer: &str) -> Self {
        Self { customer: Some(customer.to_owned()), ..Self::default() }
    }

    pub fn line(mut self, line: Line) -> Self {
        self.lines.push(line);
        self
    }

    pub fn subscription(mut self, id: &str) -> Self {
        self.subscription = Some(id.to_owned());
        self
    }

    pub fn discount(mut self, discount: &Discount) -> Self {
        self.discounts.push(discount.clone());
        self
    }

    pub const fn currency(mut self, currency: &'static str) -> Self {
        self.currency = Some(currency);
        self
    }

    pub const fn reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.insert(key.to_owned(), value.to_owned());
        self
    }
}

#[derive(Clone, Debug)]
pub struct Invoice {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub email: Option<String>,
    pub bill: Bill,
    pub status: &'static str,
    pub paid: i64,
    /// What was paid beyond the total; it went to the customer's balance.
    pub overpaid: i64,
    pub paid_at: Option<DateTime<Utc>>,
    /// The intent and charge that paid it, the last ones of several, and the invoice payment that links them.
    pub payment: Option<(String, String, String)>,
}

impl Invoice {
    pub fn total(&self) -> i64 {
        self.bill.lines.iter().map(Line::total).sum()
    }
}

/// `inpay_`.
#[derive(Clone, Debug)]
pub struct InvoicePayment {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub invoice: String,
    pub intent: String,
    pub amount: i64,
}

/// What a subscription is for.
#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub price: Price,
    pub quantity: i64,
}

#[derive(Clone, Debug)]
pub struct Subscription {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub customer: String,
    pub status: &'static str,
    pub items: Vec<Item>,
    pub period_start: DateTime<Utc>,
    pub period_end: DateTime<Utc>,
    pub trial_end: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub latest_invoice: Option<String>,
    pub discounts: Vec<Discount>,
    pub metadata: Metadata,
}

/// A correction of a paid invoice.
#[derive(Clone, Debug)]
pub struct CreditNote {
    pub id: String,
    pub created: DateTime<Utc>,
    pub currency: String,
    pub customer: Option<String>,
    pub invoice: String,
    pub amount: i64,
    pub out_of_band: i64,
    /// The refund that gave the money back, and how much of it.
    pub refund: Option<(String, i64)>,
    pub voided: bool,
    pub metadata: Metadata,
}
