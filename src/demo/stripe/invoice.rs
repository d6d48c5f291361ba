//! Invoices.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::code::{self, Discount};
use super::customer::{Buyer, product_of};
use super::payment::Payment;
use super::{Shape, id, list, with};

/// The tax of a line, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tax {
    /// None.
    None,
    /// On top of the amount.
    OnTop(i64),
    /// Within the amount.
    Within(i64),
}

/// A line of an invoice; amounts in minor units.
#[derive(Clone, Debug)]
pub struct Line {
    /// What for.
    pub text: &'static str,
    /// The price.
    pub price: &'static str,
    /// Before discount.
    pub amount: i64,
    /// Taken off by the invoice's discount.
    pub off: i64,
    /// Its tax.
    pub tax: Tax,
    /// Whether it settles a change within a period.
    pub proration: bool,
}

impl Line {
    /// A line without discount and tax.
    pub const fn new(text: &'static str, price: &'static str, amount: i64) -> Self {
        Self { text, price, amount, off: 0, tax: Tax::None, proration: false }
    }
}

/// A paid invoice.
#[derive(Clone, Debug)]
pub struct Bill {
    /// Makes the ids of the invoice and of its payment.
    pub name: String,
    /// Who pays.
    pub buyer: Buyer,
    /// Stripe's `billing_reason`.
    pub reason: &'static str,
    /// In lower case, as Stripe writes it.
    pub currency: &'static str,
    /// What for.
    pub lines: Vec<Line>,
    /// The subscription that it is of.
    pub subscription: Option<String>,
    /// The code that was used.
    pub discount: Option<Discount>,
    /// When it was paid.
    pub at: DateTime<Utc>,
}

impl Bill {
    /// Stripe's id.
    pub fn id(&self) -> String {
        id("in", &self.name)
    }

    fn sum(&self, of: impl Fn(&Line) -> i64) -> i64 {
        self.lines.iter().map(of).sum()
    }

    fn tax_on_top(&self) -> i64 {
        self.sum(|line| if let Tax::OnTop(tax) = line.tax { tax } else { 0 })
    }

    fn tax(&self) -> i64 {
        self.sum(|line| match line.tax {
            Tax::None => 0,
            Tax::OnTop(tax) | Tax::Within(tax) => tax,
        })
    }

    fn off(&self) -> i64 {
        self.sum(|line| line.off)
    }

    /// What was asked for and paid.
    pub fn total(&self) -> i64 {
        self.sum(|line| line.amount) - self.off() + self.tax_on_top()
    }

    /// The payment; nothing for an invoice of zero.
    pub fn payment(&self) -> Option<Payment> {
        (self.total() > 0).then(|| Payment {
            name: self.name.clone(),
            amount: self.total(),
            currency: self.currency,
            buyer: Some(self.buyer.clone()),
            email: None,
            invoice: Some(self.id()),
            at: self.at,
            refunds: Vec::new(),
        })
    }
}

/// `invoice`, as an event carries it.
pub(super) fn invoice(shape: Shape, bill: &Bill) -> Value {
    let at = bill.at.timestamp();
    let total = bill.total();
    let discount = bill.discount.as_ref();
    let lines = bill.lines.iter().enumerate().map(|(index, one)| line(shape, bill, index, one)).collect();
    let off = discount.map(|discount| json!({ "amount": bill.off(), "discount": discount.id() }));
    let invoice = json!({
        "id": bill.id(),
        "object": "invoice",
        "amount_due": total,
        "amount_paid": total,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "attempt_count": 1,
        "attempted": true,
        "billing_reason": bill.reason,
        "collection_method": "charge_automatically",
        "created": at,
        "currency": bill.currency,
        "customer": bill.buyer.id(),
        "customer_email": bill.buyer.email(),
        "customer_name": bill.buyer.typed_name(),
        "discounts": discount.map(Discount::id).into_iter().collect::<Vec<_>>(),
        "ending_balance": 0,
        "lines": list(lines, &format!("/v1/invoices/{}/lines", bill.id())),
        "livemode": true,
        "metadata": {},
        "number": format!("DEMO-{}", bill.name),
        "starting_balance": 0,
        "status": "paid",
        "status_transitions": { "finalized_at": at, "marked_uncollectible_at": null, "paid_at": at, "voided_at": null },
        "subtotal": bill.sum(|line| line.amount),
        "total": total,
        "total_discount_amounts": off.into_iter().collect::<Vec<_>>(),
    });
    with(invoice, if shape.links_payments() { old_fields(shape, bill) } else { new_fields(bill) })
}

/// What basil took away.
fn old_fields(shape: Shape, bill: &Bill) -> Value {
    let payment = bill.payment();
    let taxes =
        amounts(bill.tax(), |amount| json!({ "amount": amount, "inclusive": bill.tax_on_top() == 0, "tax_rate": "txr_1DemoSales" }));
    let discount = bill.discount.as_ref();
    let whole = discount.map(|one| code::discount(shape, one, Some(&bill.buyer.id()), Some(&bill.id())));
    let fields = json!({
        "charge": payment.as_ref().map(Payment::charge),
        "discount": whole,
        "paid": true,
        "paid_out_of_band": false,
        "payment_intent": payment.as_ref().map(Payment::intent),
        "subscription": bill.subscription,
        "tax": (bill.tax() > 0).then(|| bill.tax()),
        "total_tax_amounts": taxes,
    });
    if shape == Shape::Old {
        return fields;
    }
    let details = json!({ "metadata": bill.buyer.metadata() });
    let details = bill.subscription.as_ref().map(|_| details);
    with(fields, json!({ "subscription_details": details, "total_excluding_tax": bill.total() - bill.tax() }))
}

/// What basil put in its place.
fn new_fields(bill: &Bill) -> Value {
    let parent = bill.subscription.as_ref().map(|subscription| {
        let details = json!({ "subscription": subscription, "metadata": bill.buyer.metadata() });
        json!({ "type": "subscription_details", "quote_details": null, "subscription_details": details })
    });
    json!({
        "amount_overpaid": 0,
        "parent": parent,
        "total_excluding_tax": bill.total() - bill.tax(),
        "total_taxes": amounts(bill.tax(), |amount| tax(amount, bill.tax_on_top() == 0)),
    })
}

fn line(shape: Shape, bill: &Bill, index: usize, line: &Line) -> Value {
    let at = bill.at.timestamp();
    let discount = bill.discount.as_ref().map(Discount::id);
    let off = amounts(line.off, |amount| json!({ "amount": amount, "discount": discount }));
    let (tax_amount, inclusive) = match line.tax {
        Tax::None => (0, false),
        Tax::OnTop(tax) => (tax, false),
        Tax::Within(tax) => (tax, true),
    };
    let id = format!("il_1Demo{}{index}", bill.name);
    let common = json!({
        "id": id,
        "object": "line_item",
        "amount": line.amount,
        "currency": bill.currency,
        "description": line.text,
        "discount_amounts": off,
        "discountable": !line.proration,
        "discounts": [],
        "livemode": true,
        "metadata": {},
        "period": { "start": at, "end": at + 7 * 24 * 3600 },
        "quantity": 1,
    });
    let product = product_of(line.price);
    if shape.links_payments() {
        let price =
            json!({ "id": line.price, "object": "price", "product": product, "unit_amount": line.amount, "currency": bill.currency });
        let taxes = amounts(tax_amount, |amount| json!({ "amount": amount, "inclusive": inclusive, "tax_rate": "txr_1DemoSales" }));
        let kind = if bill.subscription.is_some() && !line.proration { "subscription" } else { "invoiceitem" };
        let old =
            json!({ "price": price, "proration": line.proration, "subscription": bill.subscription, "tax_amounts": taxes, "type": kind });
        return if shape == Shape::Old { with(common, with(old, json!({ "metadata": bill.buyer.metadata() }))) } else { with(common, old) };
    }
    let pretax = amounts(line.off, |amount| json!({ "amount": amount, "discount": discount, "type": "discount" }));
    let details = json!({ "proration": line.proration, "subscription": bill.subscription });
    let parent = if bill.subscription.is_some() && !line.proration {
        json!({ "type": "subscription_item_details", "subscription_item_details": details, "invoice_item_details": null })
    } else {
        json!({ "type": "invoice_item_details", "invoice_item_details": details, "subscription_item_details": null })
    };
    let pricing = json!({ "type": "price_details", "price_details": { "price": line.price, "product": product } });
    let taxes = amounts(tax_amount, |amount| tax(amount, inclusive));
    with(common, json!({ "parent": parent, "pretax_credit_amounts": pretax, "pricing": pricing, "taxes": taxes }))
}

fn tax(amount: i64, inclusive: bool) -> Value {
    let behavior = if inclusive { "inclusive" } else { "exclusive" };
    json!({ "amount": amount, "tax_behavior": behavior, "type": "tax_rate_details", "tax_rate_details": { "tax_rate": "txr_1DemoSales" } })
}

/// A list of one amount, or an empty one for zero.
fn amounts(amount: i64, render: impl Fn(i64) -> Value) -> Vec<Value> {
    if amount == 0 { Vec::new() } else { vec![render(amount)] }
}

/// `invoice_payment`: since basil the only thing that says which payment paid which invoice.
pub(super) fn invoice_payment(payment: &Payment) -> Value {
    json!({
        "id": id("inpay", &payment.name),
        "object": "invoice_payment",
        "amount_paid": payment.amount,
        "amount_requested": payment.amount,
        "created": payment.at.timestamp(),
        "currency": payment.currency,
        "invoice": payment.invoice,
        "is_default": true,
        "livemode": true,
        "payment": { "type": "payment_intent", "payment_intent": payment.intent() },
        "status": "paid",
        "status_transitions": { "canceled_at": null, "paid_at": payment.at.timestamp() },
    })
}

/// `invoice`, as a read of the API answers it: with whole discounts and with its payments.
pub(super) fn answered(bill: &Bill) -> Value {
    let discounts = bill.discount.iter().map(|one| code::discount(Shape::Endive, one, Some(&bill.buyer.id()), Some(&bill.id())));
    let payments = bill.payment().iter().map(invoice_payment).collect();
    let parts = json!({
        "amount_paid_off_stripe": 0,
        "discounts": discounts.collect::<Vec<_>>(),
        "payments": list(payments, "/v1/invoice_payments"),
    });
    with(invoice(Shape::Endive, bill), parts)
}
