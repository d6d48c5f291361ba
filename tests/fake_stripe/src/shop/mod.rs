//! The shop: one account of Stripe's in one mode, what is sold, paid, given back and disputed there, and the events that Stripe makes of it.
//!
//! It moves money as Stripe does and tells of it in Stripe's words. Who may ask, and in which version the answer is shown, is decided elsewhere.

mod balance;
mod bill;
mod catalog;
mod checkout;
mod payment;
mod people;
mod returned;
mod seed;

use std::collections::HashMap;

use chrono::{DateTime, TimeZone, Utc};

pub use checkout::Cart;
pub use seed::{Plan, Seeded};

use crate::model::{
    Account, Address, BalanceChange, Charge, Coupon, CreditNote, Customer, Discount, Dispute, Endpoint, Event, Intent, Invoice,
    InvoicePayment, Movement, Object, PaymentLink, Price, Product, PromotionCode, Refund, Session, Subscription,
};
use crate::table::Table;
use crate::version::Version;

/// One account of Stripe in one mode, in one currency unless a bill names another.
pub struct Shop {
    pub livemode: bool,
    pub currency: String,
    /// The account's default version: in it the list of events is rendered, and what is sent to endpoints that are not pinned.
    pub version: Version,
    /// The time for what is made over the API. Without it, the time of the last thing that happened.
    pub now: Option<DateTime<Utc>>,
    /// The card with which everybody pays from now on, by its fingerprint.
    pub card: Option<String>,
    pub account: Account,
    pub customers: Table<Customer>,
    pub balance_changes: Table<BalanceChange>,
    pub products: Table<Product>,
    pub prices: Table<Price>,
    pub coupons: Table<Coupon>,
    pub codes: Table<PromotionCode>,
    /// Uses of coupons. They have no list and cannot be asked for; they stand in other objects, by id or as a whole.
    pub discounts: HashMap<String, Discount>,
    pub subscriptions: Table<Subscription>,
    pub invoices: Table<Invoice>,
    pub payments: Table<InvoicePayment>,
    pub credit_notes: Table<CreditNote>,
    pub intents: Table<Intent>,
    pub charges: Table<Charge>,
    pub sessions: Table<Session>,
    pub links: Table<PaymentLink>,
    pub refunds: Table<Refund>,
    pub disputes: Table<Dispute>,
    pub movements: Table<Movement>,
    pub endpoints: Table<Endpoint>,
    pub events: Table<Event>,
    /// The events that nobody asked for yet, by [`Shop::news`] and by deliveries.
    unheard: Vec<Event>,
    unsent: Vec<Event>,
    /// Whether what happens is not told.
    silent: bool,
    counter: u32,
    latest: DateTime<Utc>,
}

impl Shop {
    pub fn new(livemode: bool) -> Self {
        Self::of("acct_1FakeShop", livemode)
    }

    /// The shop of an account.
    pub fn of(account: &str, livemode: bool) -> Self {
        let opened = Utc.with_ymd_and_hms(2020, 1, 1, 0, 0, 0).unwrap();
        Self {
            livemode,
            currency: "usd".into(),
            version: Version::Endive,
            now: None,
            card: None,
            account: business(account, opened),
            customers: Table::default(),
            balance_changes: Table::default(),
            products: Table::default(),
            prices: Table::default(),
            coupons: Table::default(),
            codes: Table::default(),
            discounts: HashMap::new(),
            subscriptions: Table::default(),
            invoices: Table::default(),
            payments: Table::default(),
            credit_notes: Table::default(),
            intents: Table::default(),
            charges: Table::default(),
            sessions: Table::default(),
            links: Table::default(),
            refunds: Table::default(),
            disputes: Table::default(),
            movements: Table::default(),
            endpoints: Table::default(),
            events: Table::default(),
            unheard: Vec::new(),
            unsent: Vec::new(),
            silent: false,
            counter: 0,
            latest: opened,
        }
    }

    /// The events since the last time that somebody asked, in Stripe's own order.
    pub fn news(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.unheard)
    }

    /// The events that were not sent to endpoints yet, in Stripe's own order.
    pub(crate) fn unsent(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.unsent)
    }

    /// Whether it has such an object of sales.
    pub fn has(&self, id: &str) -> bool {
        self.customers.contains(id)
            || self.intents.contains(id)
            || self.charges.contains(id)
            || self.invoices.contains(id)
            || self.sessions.contains(id)
            || self.subscriptions.contains(id)
            || self.refunds.contains(id)
            || self.disputes.contains(id)
            || self.movements.contains(id)
    }

    /// The time for what is made over the API.
    pub fn now(&self) -> DateTime<Utc> {
        self.now.unwrap_or(self.latest)
    }

    pub(crate) fn id(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}_{:04}", self.counter)
    }

    pub(crate) fn tell(&mut self, at: DateTime<Utc>, kind: &'static str, object: Object) {
        self.latest = self.latest.max(at);
        if self.silent {
            return;
        }
        let id = self.id("evt");
        let event = Event { id, kind, at, livemode: self.livemode, object, version: self.version };
        self.events.insert(event.clone());
        self.unheard.push(event.clone());
        self.unsent.push(event);
    }
}

fn business(account: &str, opened: DateTime<Utc>) -> Account {
    Account {
        id: account.to_owned(),
        created: opened,
        name: "Example Shop".into(),
        legal_name: "Example Shop Ltd.".into(),
        email: "shop@example.com".into(),
        phone: "+15555550100".into(),
        url: "https://shop.example".into(),
        country: "US".into(),
        currency: "usd".into(),
        address: Address {
            line1: Some("1 Main Street".into()),
            city: Some("Springfield".into()),
            postal_code: Some("12345".into()),
            country: Some("US".into()),
            ..Address::default()
        },
    }
}
