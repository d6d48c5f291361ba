//! Subscriptions, invoices, and how they are paid.

use chrono::{DateTime, Duration, Utc};

use super::Shop;
use crate::model::{Bill, CreditNote, Invoice, InvoicePayment, Item, Metadata, Object, Subscription};

impl Shop {
    /// A subscription of a customer to a price. Gives its id.
    pub fn subscription(&mut self, at: DateTime<Utc>, customer: &str, price: &str, trial: Option<Duration>) -> String {
        let id = self.id("sub");
        let of = self.new_subscription(id.clone(), at, customer, price, trial);
        self.subscriptions.insert(of.clone());
        self.tell(at, "customer.subscription.created", Object::Subscription(of));
        id
    }

    fn new_subscription(&mut self, id: String, at: DateTime<Utc>, customer: &str, price: &str, trial: Option<Duration>) -> Subscription {
        self.known_price(price, "prod_plan", 0, true);
        let item = Item { id: self.id("si"), price: self.prices[price].clone(), quantity: 1 };
        Subscription {
            id,
            created: at,
            currency: self.currency.clone(),
            customer: customer.to_owned(),
            status: if trial.is_some() { "trialing" } else { "active" },
            items: vec![item],
            period_start: at,
            period_end: at + trial.unwrap_or(Duration::days(30)),
            trial_end: trial.map(|trial| at + trial),
            ended_at: None,
            latest_invoice: None,
            discounts: Vec::new(),
            metadata: Metadata::new(),
        }
    }

    /// Changes a subscription.
    pub fn change_subscription(&mut self, at: DateTime<Utc>, id: &str, change: impl FnOnce(&mut Subscription)) {
        let of = self.subscriptions.get_mut(id).expect("a subscription");
        change(of);
        let told = of.clone();
        self.tell(at, "customer.subscription.updated", Object::Subscription(told));
    }

    /// Ends a subscription.
    pub fn end_subscription(&mut self, at: DateTime<Utc>, id: &str) {
        let of = self.subscriptions.get_mut(id).expect("a subscription");
        (of.status, of.ended_at) = ("canceled", Some(at));
        let told = of.clone();
        self.tell(at, "customer.subscription.deleted", Object::Subscription(told));
    }

    /// Bills, collects at once, and tells of it. Gives the invoice's id.
    pub fn pay(&mut self, at: DateTime<Utc>, bill: Bill) -> String {
        let id = self.invoice(at, bill);
        let total = self.invoices[&id].total();
        if total > 0 {
            self.take_for(at, &id, total, "card");
        }
        self.close(at, &id);
        id
    }

    /// Bills, and collects nothing yet. Gives the invoice's id.
    pub fn bill(&mut self, at: DateTime<Utc>, bill: Bill) -> String {
        let id = self.invoice(at, bill);
        let told = self.invoices[&id].clone();
        self.tell(at, "invoice.finalized", Object::Invoice(told));
        id
    }

    /// Collects a part of an open invoice, and tells of the end when nothing is left.
    pub fn pay_part(&mut self, at: DateTime<Utc>, invoice: &str, amount: i64) {
        self.take_for(at, invoice, amount, "card");
        let of = self.invoices.get_mut(invoice).expect("an invoice");
        of.paid += amount;
        if of.paid >= of.total() {
            self.close(at, invoice);
        } else {
            let told = of.clone();
            self.tell(at, "invoice.updated", Object::Invoice(told));
        }
    }

    /// Bills, and is sent this much for it by the customer's bank. What is too much goes to the customer's balance. Gives the invoice's id.
    pub fn pay_by_transfer(&mut self, at: DateTime<Utc>, bill: Bill, amount: i64) -> String {
        let id = self.bill(at, bill);
        self.take_for(at, &id, amount, "customer_balance");
        let of = self.invoices.get_mut(&id).unwrap();
        of.overpaid = (amount - of.total()).max(0);
        self.close(at, &id);
        id
    }

    fn take_for(&mut self, at: DateTime<Utc>, invoice: &str, amount: i64, method: &'static str) {
        let (intent, charge) = self.collect(at, invoice, amount, method);
        let payment = self.link(at, invoice, &intent, amount);
        self.invoices.get_mut(invoice).unwrap().payment = Some((intent, charge, payment));
    }

    /// An open invoice.
    pub(super) fn invoice(&mut self, at: DateTime<Utc>, mut bill: Bill) -> String {
        let id = self.id("in");
        for line in &mut bill.lines {
            line.id = self.id("il");
            self.known_price(&line.price, &line.product, line.amount, bill.subscription.is_some());
            line.of = Some(self.prices[&line.price].clone());
        }
        for discount in &bill.discounts {
            self.discounts.insert(discount.id.clone(), discount.clone());
        }
        self.known_subscription(at, &bill, &id);
        let email = bill.customer.as_ref().and_then(|id| self.customers[id].email.clone());
        let currency = bill.currency.map_or_else(|| self.currency.clone(), str::to_owned);
        let created = at - Duration::seconds(60);
        self.invoices.insert(Invoice {
            id: id.clone(),
            created,
            currency,
            email,
            bill,
            status: "open",
            paid: 0,
            overpaid: 0,
            paid_at: None,
            payment: None,
        });
        id
    }

    /// Sees to it that there is the subscription that a bill names, without a word: stories tell of it only where it matters.
    fn known_subscription(&mut self, at: DateTime<Utc>, bill: &Bill, invoice: &str) {
        let (Some(id), Some(customer)) = (&bill.subscription, &bill.customer) else { return };
        if !self.subscriptions.contains(id) {
            let price = bill.lines.first().map_or("price_plan", |line| line.price.as_str()).to_owned();
            let mut of = self.new_subscription(id.clone(), at - Duration::seconds(60), customer, &price, None);
            of.metadata.clone_from(&bill.subscription_metadata);
            self.subscriptions.insert(of);
        }
        let of = self.subscriptions.get_mut(id).unwrap();
        of.latest_invoice = Some(invoice.to_owned());
    }

    /// Takes money for an invoice.
    fn collect(&mut self, at: DateTime<Utc>, invoice: &str, amount: i64, method: &'static str) -> (String, String) {
        let of = &self.invoices[invoice];
        let (customer, email, currency) = (of.bill.customer.clone(), of.email.clone(), of.currency.clone());
        let none = Metadata::new();
        let intent = self.intent(at, amount, &currency, (customer.as_deref(), email.as_deref()), (Some(invoice), &none));
        let charge = self.charge(at, &intent, method, "succeeded");
        self.succeed(at, &intent);
        (intent, charge)
    }

    fn link(&mut self, at: DateTime<Utc>, invoice: &str, intent: &str, amount: i64) -> String {
        let id = self.id("inpay");
        let currency = self.invoices[invoice].currency.clone();
        let payment =
            InvoicePayment { id: id.clone(), created: at, currency, invoice: invoice.to_owned(), intent: intent.to_owned(), amount };
        self.payments.insert(payment.clone());
        self.tell(at, "invoice_payment.paid", Object::InvoicePayment(payment));
        id
    }

    fn close(&mut self, at: DateTime<Utc>, id: &str) {
        let invoice = self.invoices.get_mut(id).unwrap();
        invoice.status = "paid";
        invoice.paid = invoice.total().max(0) + invoice.overpaid;
        invoice.paid_at = Some(at);
        let told = invoice.clone();
        self.tell(at, "invoice.paid", Object::Invoice(told.clone()));
        self.tell(at, "invoice.payment_succeeded", Object::Invoice(told));
    }

    /// Changes an invoice.
    pub fn change_invoice(&mut self, at: DateTime<Utc>, id: &str, change: impl FnOnce(&mut Invoice)) {
        let of = self.invoices.get_mut(id).expect("an invoice");
        change(of);
        let told = of.clone();
        self.tell(at, "invoice.updated", Object::Invoice(told));
    }

    /// The charge that paid an invoice.
    pub fn charge_of(&self, invoice: &str) -> String {
        self.invoices[invoice].payment.as_ref().expect("it was paid").1.clone()
    }

    /// Corrects a paid invoice by money that goes back outside of Stripe, or as far as a refund did it. Gives the note's id.
    pub fn credit(&mut self, at: DateTime<Utc>, invoice: &str, amount: i64, refund: Option<&str>) -> String {
        let id = self.id("cn");
        let of = &self.invoices[invoice];
        let note = CreditNote {
            id: id.clone(),
            created: at,
            currency: of.currency.clone(),
            customer: of.bill.customer.clone(),
            invoice: invoice.to_owned(),
            amount,
            out_of_band: if refund.is_some() { 0 } else { amount },
            refund: refund.map(|id| (id.to_owned(), amount)),
            voided: false,
            metadata: Metadata::new(),
        };
        self.credit_notes.insert(note.clone());
        self.tell(at, "credit_note.created", Object::CreditNote(note));
        id
    }

    /// Takes a correction back.
    pub fn void_credit(&mut self, at: DateTime<Utc>, note: &str) {
        let of = self.credit_notes.get_mut(note).expect("a credit note");
        of.voided = true;
        let told = of.clone();
        self.tell(at, "credit_note.voided", Object::CreditNote(told));
    }
}
