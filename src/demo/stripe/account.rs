//! The account: which events each happening in the shop makes, and what a read of the API answers afterwards.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::code::{self, Code};
use super::customer::{self, Buyer, Subscription};
use super::invoice::{self, Bill};
use super::payment::{self, Payment, Refund};
use super::session::{self, Session};
use super::{Event, Shape, envelope};
use crate::demo::books::Books;

/// The first word of the ids of events.
const EVENT: &str = "evt_1Demo";

/// How far a dispute has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStage {
    /// The bank asks for the money back.
    Opened,
    /// Stripe has given it.
    Withdrawn,
    /// The shop was right: the money comes back.
    Won,
    /// The buyer was right.
    Lost,
}

/// The shop's account at the pretended Stripe.
pub struct Account {
    books: Books,
    events: u32,
    payments: BTreeMap<String, (Shape, Payment)>,
    disputed: BTreeMap<String, DateTime<Utc>>,
}

impl Account {
    /// An account in which nothing has happened, and whose objects are written into `books`.
    pub fn new(books: Books) -> Self {
        Self { books, events: 0, payments: BTreeMap::new(), disputed: BTreeMap::new() }
    }

    /// An event about an object as it is at `at`.
    fn event(&mut self, shape: Shape, kind: &'static str, at: DateTime<Utc>, object: &Value) -> Event {
        self.tell(shape, kind, at, true, object)
    }

    fn tell(&mut self, shape: Shape, kind: &'static str, at: DateTime<Utc>, livemode: bool, object: &Value) -> Event {
        self.events += 1;
        let id = format!("{EVENT}{:04}", self.events);
        Event { kind, body: envelope(shape, (&id, kind), at, livemode, object) }
    }

    /// A coupon and a promotion code on it were made.
    pub fn code_made(&mut self, shape: Shape, code: Code, at: DateTime<Utc>) -> Vec<Event> {
        self.books.write(code::promotion_code(Shape::Endive, code, at));
        let coupon = self.event(shape, "coupon.created", at, &code::coupon(code, at));
        let promotion_code = self.event(shape, "promotion_code.created", at, &code::promotion_code(shape, code, at));
        vec![coupon, promotion_code]
    }

    /// A customer was made.
    pub fn customer_made(&mut self, shape: Shape, buyer: &Buyer, at: DateTime<Utc>) -> Vec<Event> {
        vec![self.event(shape, "customer.created", at, &customer::customer(shape, buyer, at))]
    }

    /// A subscription began.
    pub fn subscribed(&mut self, shape: Shape, subscription: &Subscription) -> Vec<Event> {
        let object = customer::subscription(shape, subscription);
        vec![self.event(shape, "customer.subscription.created", subscription.started, &object)]
    }

    /// An invoice was paid: one fact, told by up to five events.
    pub fn invoice_paid(&mut self, shape: Shape, bill: &Bill) -> Vec<Event> {
        self.books.write(invoice::answered(bill));
        let object = invoice::invoice(shape, bill);
        let mut events = vec![self.event(shape, "invoice.paid", bill.at, &object)];
        if shape == Shape::Old {
            events.push(self.event(shape, "invoice.payment_succeeded", bill.at, &object));
        }
        let Some(payment) = bill.payment() else { return events };
        if !shape.links_payments() {
            let link = invoice::invoice_payment(&payment);
            self.books.write(link.clone());
            events.push(self.event(shape, "invoice_payment.paid", bill.at, &link));
        }
        events.extend(self.paid(shape, payment));
        events
    }

    /// A payment succeeded.
    pub fn paid(&mut self, shape: Shape, payment: Payment) -> Vec<Event> {
        self.write_payment(&payment);
        let intent = self.event(shape, "payment_intent.succeeded", payment.at, &payment::intent(shape, &payment));
        let charge = self.event(shape, "charge.succeeded", payment.at, &payment::charge(shape, &payment));
        self.payments.insert(payment.name.clone(), (shape, payment));
        vec![intent, charge]
    }

    fn write_payment(&self, payment: &Payment) {
        self.books.write(payment::intent(Shape::Endive, payment));
        self.books.write(payment::charge(Shape::Endive, payment));
    }

    /// A checkout was completed.
    pub fn checked_out(&mut self, shape: Shape, session: &Session) -> Vec<Event> {
        self.books.write(session::answered(session));
        vec![self.event(shape, "checkout.session.completed", session.at, &session::session(shape, session))]
    }

    /// The money of a completed checkout came later, at `at`.
    pub fn money_came(&mut self, shape: Shape, session: &Session, at: DateTime<Utc>) -> Vec<Event> {
        self.books.write(session::answered(session));
        vec![self.event(shape, "checkout.session.async_payment_succeeded", at, &session::session(shape, session))]
    }

    /// Part of a payment was given back.
    ///
    /// # Errors
    /// When there is no payment of that name.
    pub fn refunded(&mut self, name: &str, amount: i64, at: DateTime<Utc>) -> Result<Vec<Event>> {
        let (shape, payment) = self.payments.get_mut(name).context("a refund of a payment that was never made")?;
        payment.refunds.push(Refund { amount, at });
        let (shape, payment) = (*shape, payment.clone());
        self.write_payment(&payment);
        let charge = self.event(shape, "charge.refunded", at, &payment::charge(shape, &payment));
        if shape == Shape::Old {
            // Refunds had no event of their own; they stand inside the charge.
            return Ok(vec![charge]);
        }
        let refund = payment::refund(&payment, payment.refunds.len() - 1);
        Ok(vec![self.event(shape, "refund.created", at, &refund), charge])
    }

    /// A dispute about a payment came to a stage.
    ///
    /// # Errors
    /// When there is no payment of that name.
    pub fn disputed(&mut self, name: &str, stage: DisputeStage, at: DateTime<Utc>) -> Result<Vec<Event>> {
        let (shape, payment) = self.payments.get(name).cloned().context("a dispute about a payment that was never made")?;
        let opened = *self.disputed.entry(name.to_owned()).or_insert(at);
        let told: &[(&'static str, &str)] = match stage {
            DisputeStage::Opened => &[("charge.dispute.created", "needs_response")],
            DisputeStage::Withdrawn => &[("charge.dispute.funds_withdrawn", "under_review")],
            DisputeStage::Won => &[("charge.dispute.funds_reinstated", "won"), ("charge.dispute.closed", "won")],
            DisputeStage::Lost => &[("charge.dispute.closed", "lost")],
        };
        let event = |(kind, status): &(&'static str, &str)| self.event(shape, kind, at, &payment::dispute(&payment, status, opened));
        Ok(told.iter().map(event).collect())
    }

    /// A test-mode event, as an app that is installed in both modes gets it on its live address too (IN-3).
    pub fn test_mode_payment(&mut self, shape: Shape, payment: &Payment) -> Vec<Event> {
        vec![self.tell(shape, "payment_intent.succeeded", payment.at, false, &payment::intent(shape, payment))]
    }
}
