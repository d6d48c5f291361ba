//! What the shop is made of: Stripe's objects with the fields that any version shows, without any version's shape.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// The API versions in which events are rendered, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 2020-08-27: charges hold their refunds, intents their charges, invoices whole discounts.
    Old,
    /// 2025-02-24.acacia: the last in which payments and invoices name each other.
    Acacia,
    /// 2025-03-31.basil: invoices have payments of their own, and payments do not name invoices.
    Basil,
    /// 2026-09-30.endive: discounts name their coupon by a bare id.
    Endive,
}

impl Version {
    pub const ALL: [Self; 4] = [Self::Old, Self::Acacia, Self::Basil, Self::Endive];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Old => "2020-08-27",
            Self::Acacia => "2025-02-24.acacia",
            Self::Basil => "2025-03-31.basil",
            Self::Endive => "2026-09-30.endive",
        }
    }
}

pub type Metadata = BTreeMap<String, String>;

/// A coupon's use: `di_`, with what it applies.
#[derive(Clone, Debug)]
pub struct Discount {
    pub id: String,
    pub coupon: String,
    pub promotion_code: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Customer {
    pub id: String,
    pub created: DateTime<Utc>,
    pub email: Option<String>,
    pub metadata: Metadata,
    pub deleted: bool,
}

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
    pub paid_at: Option<DateTime<Utc>>,
    /// The intent and charge that paid it, and the invoice payment that links them.
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
    pub withdrawn: bool,
    pub reinstated: bool,
}

#[derive(Clone, Debug)]
pub struct PromotionCode {
    pub id: String,
    pub created: DateTime<Utc>,
    pub code: String,
    pub coupon: String,
    pub active: bool,
}

#[derive(Clone, Debug)]
pub struct Subscription {
    pub id: String,
    pub created: DateTime<Utc>,
    pub customer: String,
    pub status: &'static str,
    pub trial_start: Option<DateTime<Utc>>,
}

/// Anything that an event can be about.
#[derive(Clone, Debug)]
pub enum Object {
    Customer(Customer),
    Invoice(Invoice),
    InvoicePayment(InvoicePayment),
    Intent(Intent),
    Charge(Charge),
    Session(Session),
    Refund(Refund),
    Dispute(Dispute),
    PromotionCode(PromotionCode),
    Subscription(Subscription),
}

/// Something that happened in the shop, with the object as it was then.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub kind: &'static str,
    pub at: DateTime<Utc>,
    pub livemode: bool,
    pub object: Object,
}

impl Event {
    /// Whether endpoints of this version get such events at all.
    pub fn exists_in(&self, version: Version) -> bool {
        match self.kind {
            "invoice_payment.paid" => version >= Version::Basil,
            "refund.created" | "refund.updated" | "refund.failed" => version >= Version::Acacia,
            "charge.refund.updated" => version < Version::Acacia,
            _ => true,
        }
    }

    /// The same news under another id, as Stripe sometimes sends it.
    pub fn again(&self) -> Self {
        Self { id: format!("{}_again", self.id), ..self.clone() }
    }
}
