//! What a shop is made of: Stripe's objects with the fields that any version shows, without any version's shape.

mod account;
mod bill;
mod catalog;
mod payment;
mod people;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub use account::{Account, Endpoint};
pub use bill::{Bill, CreditNote, Invoice, InvoicePayment, Item, Line, Subscription};
pub use catalog::{Coupon, Discount, Price, Product, PromotionCode};
pub use payment::{Charge, Dispute, Intent, Movement, PaymentLink, Refund, Session};
pub use people::{Address, BalanceChange, Customer, Shipping};

use crate::table::{Row, rows};
use crate::version::Version;

pub type Metadata = BTreeMap<String, String>;

/// Anything that an event can be about.
#[allow(clippy::large_enum_variant, reason = "invoices, the largest, are also the most frequent")]
#[derive(Clone, Debug)]
pub enum Object {
    /// Who was given access, and by which account.
    Application(String),
    Account(Account),
    Charge(Charge),
    Coupon(Coupon),
    CreditNote(CreditNote),
    Customer(Customer),
    Dispute(Dispute),
    Intent(Intent),
    Invoice(Invoice),
    InvoicePayment(InvoicePayment),
    Price(Price),
    Product(Product),
    PromotionCode(PromotionCode),
    Refund(Refund),
    Session(Session),
    Subscription(Subscription),
}

/// Something that happened in the shop, with the object as it was then.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub kind: &'static str,
    /// When it happened.
    pub at: DateTime<Utc>,
    pub livemode: bool,
    pub object: Object,
    /// The version in which the list of events shows it: the account's default when it happened.
    pub version: Version,
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

impl Row for Event {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> DateTime<Utc> {
        self.at
    }
}

rows!(
    BalanceChange,
    Charge,
    Coupon,
    CreditNote,
    Customer,
    Dispute,
    Endpoint,
    Intent,
    Invoice,
    InvoicePayment,
    Movement,
    PaymentLink,
    Price,
    Product,
    PromotionCode,
    Refund,
    Session,
    Subscription
);
