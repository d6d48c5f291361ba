//! Checkout sessions: Payment Links, pricing tables, buy buttons and sessions of a merchant's server.

use chrono::{DateTime, Duration, Utc};

use super::Shop;
use crate::model::{Bill, Discount, Line, Metadata, Object, PaymentLink, Session};

/// What a buyer takes to the checkout.
#[derive(Clone, Debug, Default)]
pub struct Cart {
    pub customer: Option<String>,
    pub email: Option<String>,
    pub client_reference: Option<String>,
    pub amount: i64,
    pub tax: i64,
    pub off: i64,
    pub discounts: Vec<Discount>,
    pub metadata: Metadata,
    /// What the merchant's server put on the payment itself.
    pub payment_metadata: Metadata,
    pub payment_link: Option<String>,
}

impl Cart {
    pub fn of(amount: i64) -> Self {
        Self { amount, ..Self::default() }
    }

    pub fn email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    pub fn customer(mut self, customer: &str) -> Self {
        self.customer = Some(customer.to_owned());
        self
    }

    pub fn token(mut self, token: &str) -> Self {
        self.client_reference = Some(token.to_owned());
        self
    }

    pub fn discount(mut self, discount: &Discount, off: i64) -> Self {
        self.discounts.push(discount.clone());
        self.off += off;
        self
    }

    pub fn on_payment(mut self, key: &str, value: &str) -> Self {
        self.payment_metadata.insert(key.to_owned(), value.to_owned());
        self
    }
}

impl Shop {
    /// A link that leads to a checkout. Gives its id.
    pub fn payment_link(&mut self, at: DateTime<Utc>) -> String {
        let id = self.id("plink");
        let url = format!("https://buy.stripe.com/{id}");
        let currency = self.currency.clone();
        self.links.insert(PaymentLink { id: id.clone(), created: at, currency, active: true, url, metadata: Metadata::new() });
        id
    }

    /// One payment by card, without an invoice. Gives the session's and the charge's ids.
    pub fn checkout(&mut self, at: DateTime<Utc>, cart: Cart) -> (String, String) {
        let metadata = cart.payment_metadata.clone();
        let session = self.session(at, cart, "payment");
        let intent = self.intent_of(at, &session, &metadata);
        let charge = self.charge(at, &intent, "card", "succeeded");
        self.succeed(at, &intent);
        self.change_session(at, &session, "checkout.session.completed", "paid");
        (session, charge)
    }

    /// One payment by bank debit: the session completes unpaid. Gives the session's and the charge's ids.
    pub fn checkout_by_debit(&mut self, at: DateTime<Utc>, cart: Cart) -> (String, String) {
        let metadata = cart.payment_metadata.clone();
        let session = self.session(at, cart, "payment");
        let intent = self.intent_of(at, &session, &metadata);
        let charge = self.charge(at, &intent, "sepa_debit", "pending");
        self.change_session(at, &session, "checkout.session.completed", "unpaid");
        (session, charge)
    }

    /// The bank pays a debit.
    pub fn debit_succeeds(&mut self, at: DateTime<Utc>, session: &str) {
        let intent = self.sessions[session].intent.clone().unwrap();
        let id = self.intents[&intent].charge.clone().unwrap();
        let movement = self.receive(at, &self.charges[&id].clone());
        let charge = self.charges.get_mut(&id).unwrap();
        (charge.status, charge.movement) = ("succeeded", Some(movement));
        let told = charge.clone();
        self.tell(at, "charge.succeeded", Object::Charge(told));
        self.succeed(at, &intent);
        self.change_session(at, session, "checkout.session.async_payment_succeeded", "paid");
    }

    /// The first payment of a subscription. Gives the session's and the invoice's ids.
    pub fn subscribe(&mut self, at: DateTime<Utc>, cart: Cart, bill: Bill) -> (String, String) {
        let session = self.session(at, cart, "subscription");
        let (customer, subscription) = (bill.customer.clone(), bill.subscription.clone());
        let status = if bill.lines.iter().map(Line::total).sum::<i64>() > 0 { "paid" } else { "no_payment_required" };
        let invoice = self.pay(at, bill.reason("subscription_create"));
        let of = self.sessions.get_mut(&session).unwrap();
        of.customer = customer;
        of.subscription = subscription;
        of.invoice = Some(invoice.clone());
        self.change_session(at, &session, "checkout.session.completed", status);
        (session, invoice)
    }

    /// A checkout that only stores a card.
    pub fn store_card(&mut self, at: DateTime<Utc>, cart: Cart) {
        let session = self.session(at, cart, "setup");
        self.change_session(at, &session, "checkout.session.completed", "no_payment_required");
    }

    /// A checkout that the buyer leaves: it expires a day later.
    pub fn abandon(&mut self, at: DateTime<Utc>, cart: Cart) {
        let session = self.session(at, cart, "payment");
        let of = self.sessions.get_mut(&session).unwrap();
        of.status = "expired";
        let told = of.clone();
        self.tell(at + Duration::days(1), "checkout.session.expired", Object::Session(told));
    }

    fn session(&mut self, at: DateTime<Utc>, cart: Cart, mode: &'static str) -> String {
        let id = self.id("cs_test");
        self.sessions.insert(Session {
            id: id.clone(),
            created: at - Duration::seconds(90),
            currency: self.currency.clone(),
            mode,
            status: "open",
            payment_status: "unpaid",
            total: cart.amount + cart.tax - cart.off,
            tax: cart.tax,
            off: cart.off,
            customer: cart.customer,
            email: cart.email,
            client_reference: cart.client_reference,
            discounts: cart.discounts,
            invoice: None,
            intent: None,
            subscription: None,
            payment_link: cart.payment_link,
            metadata: cart.metadata,
        });
        id
    }

    fn intent_of(&mut self, at: DateTime<Utc>, session: &str, metadata: &Metadata) -> String {
        let of = self.sessions[session].clone();
        let payer = (of.customer.as_deref(), of.email.as_deref());
        let intent = self.intent(at, of.total, &of.currency, payer, (None, metadata));
        self.sessions.get_mut(session).unwrap().intent = Some(intent.clone());
        intent
    }

    fn change_session(&mut self, at: DateTime<Utc>, session: &str, kind: &'static str, payment: &'static str) {
        let of = self.sessions.get_mut(session).unwrap();
        of.status = "complete";
        of.payment_status = payment;
        let told = of.clone();
        self.tell(at, kind, Object::Session(told));
    }
}
