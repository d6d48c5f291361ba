//! The shop: what is sold, paid, given back and disputed, and the events that Stripe makes of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::model::{
    Bill, Charge, Customer, Discount, Dispute, Event, Intent, Invoice, InvoicePayment, Object, PromotionCode, Refund, Session, Subscription,
};

/// One account of Stripe in one mode, in one currency unless a bill names another.
pub struct Shop {
    pub livemode: bool,
    pub currency: String,
    pub customers: BTreeMap<String, Customer>,
    pub invoices: BTreeMap<String, Invoice>,
    pub payments: BTreeMap<String, InvoicePayment>,
    pub intents: BTreeMap<String, Intent>,
    pub charges: BTreeMap<String, Charge>,
    pub sessions: BTreeMap<String, Session>,
    pub refunds: BTreeMap<String, Refund>,
    pub disputes: BTreeMap<String, Dispute>,
    pub codes: BTreeMap<String, PromotionCode>,
    events: Vec<Event>,
    counter: u32,
}

impl Shop {
    pub fn new(livemode: bool) -> Self {
        Self {
            livemode,
            currency: "usd".into(),
            customers: BTreeMap::new(),
            invoices: BTreeMap::new(),
            payments: BTreeMap::new(),
            intents: BTreeMap::new(),
            charges: BTreeMap::new(),
            sessions: BTreeMap::new(),
            refunds: BTreeMap::new(),
            disputes: BTreeMap::new(),
            codes: BTreeMap::new(),
            events: Vec::new(),
            counter: 0,
        }
    }

    /// The events since the last time that somebody asked, in Stripe's own order.
    pub fn news(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}_{:04}", self.counter)
    }

    pub(super) fn tell(&mut self, at: DateTime<Utc>, kind: &'static str, object: Object) {
        let id = self.id("evt");
        self.events.push(Event { id, kind, at, livemode: self.livemode, object });
    }

    /// A customer of Stripe's, with the merchant's own id in the metadata where one is given.
    pub fn customer(&mut self, at: DateTime<Utc>, email: &str, external_id: Option<&str>) -> String {
        let id = self.id("cus");
        let metadata = external_id.map(|id| ("tributary_customer_id".to_owned(), id.to_owned())).into_iter().collect();
        let customer = Customer { id: id.clone(), created: at, email: Some(email.to_owned()), metadata, deleted: false };
        self.customers.insert(id.clone(), customer.clone());
        self.tell(at, "customer.created", Object::Customer(customer));
        id
    }

    /// A coupon and a code that buyers type.
    pub fn promotion_code(&mut self, at: DateTime<Utc>, text: &str) -> PromotionCode {
        let (id, coupon) = (self.id("promo"), self.id("coupon"));
        let code = PromotionCode { id: id.clone(), created: at, code: text.to_owned(), coupon, active: true };
        self.codes.insert(id, code.clone());
        self.tell(at, "promotion_code.created", Object::PromotionCode(code.clone()));
        code
    }

    /// A use of a code.
    pub fn discount(&mut self, code: &PromotionCode) -> Discount {
        Discount { id: self.id("di"), coupon: code.coupon.clone(), promotion_code: Some(code.id.clone()) }
    }

    /// A subscription that begins with a trial. Its invoice of nothing comes by [`Self::subscribe`].
    pub fn trial(&mut self, at: DateTime<Utc>, id: &str, customer: &str) {
        let (id, customer) = (id.to_owned(), customer.to_owned());
        let subscription = Subscription { id, created: at, customer, status: "trialing", trial_start: Some(at) };
        self.tell(at, "customer.subscription.created", Object::Subscription(subscription));
    }

    /// The trial is over, and what was bought is used.
    pub fn trial_ends(&mut self, at: DateTime<Utc>, id: &str, customer: &str, began: DateTime<Utc>) {
        let (id, customer) = (id.to_owned(), customer.to_owned());
        let subscription = Subscription { id, created: began, customer, status: "active", trial_start: Some(began) };
        self.tell(at, "customer.subscription.updated", Object::Subscription(subscription));
    }

    /// Bills, collects at once, and tells of it. Gives the invoice's id.
    pub fn pay(&mut self, at: DateTime<Utc>, bill: Bill) -> String {
        let id = self.invoice(at, bill);
        let total = self.invoices[&id].total();
        if total > 0 {
            let (intent, charge) = self.collect(at, &id, total);
            let payment = self.link(at, &id, &intent, total);
            let invoice = self.invoices.get_mut(&id).unwrap();
            invoice.payment = Some((intent, charge, payment));
        }
        self.close(at, &id);
        id
    }

    /// An open invoice.
    pub(super) fn invoice(&mut self, at: DateTime<Utc>, mut bill: Bill) -> String {
        let id = self.id("in");
        for line in &mut bill.lines {
            line.id = self.id("il");
        }
        let email = bill.customer.as_ref().and_then(|id| self.customers[id].email.clone());
        let currency = bill.currency.map_or_else(|| self.currency.clone(), str::to_owned);
        let created = at - Duration::seconds(60);
        let invoice = Invoice { id: id.clone(), created, currency, email, bill, status: "open", paid: 0, paid_at: None, payment: None };
        self.invoices.insert(id.clone(), invoice);
        id
    }

    /// Takes money for an invoice by card.
    fn collect(&mut self, at: DateTime<Utc>, invoice: &str, amount: i64) -> (String, String) {
        let of = &self.invoices[invoice];
        let (customer, email, currency) = (of.bill.customer.clone(), of.email.clone(), of.currency.clone());
        let intent = self.intent(at, amount, &currency, customer.as_deref(), email.as_deref(), Some(invoice));
        let charge = self.charge(at, &intent, "card", "succeeded");
        self.succeed(at, &intent);
        (intent, charge)
    }

    pub(super) fn intent(
        &mut self,
        at: DateTime<Utc>,
        amount: i64,
        currency: &str,
        customer: Option<&str>,
        email: Option<&str>,
        invoice: Option<&str>,
    ) -> String {
        let id = self.id("pi");
        let intent = Intent {
            id: id.clone(),
            created: at - Duration::seconds(2),
            currency: currency.to_owned(),
            amount,
            status: "processing",
            customer: customer.map(str::to_owned),
            email: email.map(str::to_owned),
            charge: None,
            invoice: invoice.map(str::to_owned),
            metadata: BTreeMap::new(),
        };
        self.intents.insert(id.clone(), intent);
        id
    }

    pub(super) fn charge(&mut self, at: DateTime<Utc>, intent: &str, method: &'static str, status: &'static str) -> String {
        let id = self.id("ch");
        let of = self.intents.get_mut(intent).unwrap();
        of.charge = Some(id.clone());
        let charge = Charge {
            id: id.clone(),
            created: at,
            currency: of.currency.clone(),
            amount: of.amount,
            status,
            method,
            refunded: 0,
            disputed: false,
            customer: of.customer.clone(),
            email: of.email.clone(),
            intent: intent.to_owned(),
            invoice: of.invoice.clone(),
            refunds: Vec::new(),
        };
        self.charges.insert(id.clone(), charge.clone());
        let kind = if status == "succeeded" { "charge.succeeded" } else { "charge.pending" };
        self.tell(at, kind, Object::Charge(charge));
        id
    }

    pub(super) fn succeed(&mut self, at: DateTime<Utc>, intent: &str) {
        let of = self.intents.get_mut(intent).unwrap();
        of.status = "succeeded";
        let told = of.clone();
        self.tell(at, "payment_intent.succeeded", Object::Intent(told));
    }

    fn link(&mut self, at: DateTime<Utc>, invoice: &str, intent: &str, amount: i64) -> String {
        let id = self.id("inpay");
        let currency = self.invoices[invoice].currency.clone();
        let payment =
            InvoicePayment { id: id.clone(), created: at, currency, invoice: invoice.to_owned(), intent: intent.to_owned(), amount };
        self.payments.insert(id.clone(), payment.clone());
        self.tell(at, "invoice_payment.paid", Object::InvoicePayment(payment));
        id
    }

    fn close(&mut self, at: DateTime<Utc>, id: &str) {
        let invoice = self.invoices.get_mut(id).unwrap();
        invoice.status = "paid";
        invoice.paid = invoice.total().max(0);
        invoice.paid_at = Some(at);
        let told = invoice.clone();
        self.tell(at, "invoice.paid", Object::Invoice(told.clone()));
        self.tell(at, "invoice.payment_succeeded", Object::Invoice(told));
    }

    /// The charge that paid an invoice.
    pub fn charge_of(&self, invoice: &str) -> String {
        self.invoices[invoice].payment.as_ref().expect("it was paid").1.clone()
    }
}
