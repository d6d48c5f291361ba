//! How each version shows an object. After the table of paths in Stripe's change log, not after the code under test.

use serde_json::{Map, Value, json};

use super::model::{
    Charge, Customer, Discount, Dispute, Event, Intent, Invoice, InvoicePayment, Line, Object, PromotionCode, Refund, Session,
    Subscription, Version,
};

impl Event {
    /// The body of the delivery.
    pub fn body(&self, version: Version) -> Vec<u8> {
        let event = json!({
            "id": self.id, "object": "event", "api_version": version.name(), "created": self.at.timestamp(), "type": self.kind,
            "livemode": self.livemode, "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
            "data": { "object": self.object.shown(version) }
        });
        serde_json::to_vec_pretty(&event).unwrap()
    }
}

impl Object {
    pub fn shown(&self, version: Version) -> Value {
        match self {
            Self::Customer(of) => customer(of),
            Self::Invoice(of) => invoice(of, version),
            Self::InvoicePayment(of) => invoice_payment(of),
            Self::Intent(of) => intent(of, version),
            Self::Charge(of) => charge(of, version),
            Self::Session(of) => session(of, version),
            Self::Refund(of) => refund(of),
            Self::Dispute(of) => dispute(of),
            Self::PromotionCode(of) => promotion_code(of, version),
            Self::Subscription(of) => subscription(of),
        }
    }
}

fn put(object: &mut Value, more: Value) {
    let (Value::Object(fields), Value::Object(more)) = (object, more) else { panic!("only objects are put together") };
    fields.extend(more);
}

fn list(items: Vec<Value>) -> Value {
    json!({ "object": "list", "data": items, "has_more": false })
}

pub(super) fn customer(of: &Customer) -> Value {
    let mut shown =
        json!({ "id": of.id, "object": "customer", "created": of.created.timestamp(), "email": of.email, "metadata": of.metadata });
    if of.deleted {
        put(&mut shown, json!({ "deleted": true }));
    }
    shown
}

pub(super) fn coupon(id: &str) -> Value {
    json!({ "id": id, "object": "coupon", "percent_off": 25, "duration": "forever", "valid": true })
}

/// A discount as a whole: its coupon inside until basil, named by id since clover.
pub(super) fn discount(of: &Discount, version: Version) -> Value {
    let mut shown = json!({ "id": of.id, "object": "discount", "promotion_code": of.promotion_code });
    let more = if version >= Version::Endive {
        json!({ "source": { "type": "coupon", "coupon": of.coupon } })
    } else {
        json!({ "coupon": coupon(&of.coupon) })
    };
    put(&mut shown, more);
    shown
}

fn promotion_code(of: &PromotionCode, version: Version) -> Value {
    let mut shown =
        json!({ "id": of.id, "object": "promotion_code", "code": of.code, "active": of.active, "created": of.created.timestamp() });
    let more = if version >= Version::Endive {
        json!({ "promotion": { "type": "coupon", "coupon": of.coupon } })
    } else {
        json!({ "coupon": coupon(&of.coupon) })
    };
    put(&mut shown, more);
    shown
}

fn subscription(of: &Subscription) -> Value {
    json!({
        "id": of.id, "object": "subscription", "created": of.created.timestamp(), "customer": of.customer, "status": of.status,
        "trial_start": of.trial_start.map(|at| at.timestamp()), "metadata": {}
    })
}

pub(super) fn invoice(of: &Invoice, version: Version) -> Value {
    let total = of.total();
    let tax: i64 = of.bill.lines.iter().map(|line| line.exclusive_tax + line.inclusive_tax).sum();
    let off: i64 = of.bill.lines.iter().map(|line| line.discount).sum();
    let amounts: Vec<Value> = of.bill.discounts.iter().map(|d| json!({ "amount": off, "discount": d.id })).collect();
    let lines = of.bill.lines.iter().map(|line| self::line(line, of, version)).collect();
    let mut shown = json!({
        "id": of.id, "object": "invoice", "created": of.created.timestamp(), "currency": of.currency, "customer": of.bill.customer,
        "customer_email": of.email, "status": of.status, "total": total, "subtotal": total - tax + off, "amount_due": total.max(0),
        "amount_paid": of.paid, "amount_remaining": total.max(0) - of.paid, "metadata": of.bill.metadata,
        "billing_reason": of.bill.reason.unwrap_or("subscription_cycle"), "collection_method": "charge_automatically",
        "status_transitions": { "finalized_at": of.created.timestamp(), "paid_at": of.paid_at.map(|at| at.timestamp()) },
        "discounts": of.bill.discounts.iter().map(|d| &d.id).collect::<Vec<_>>(), "total_discount_amounts": amounts, "lines": list(lines)
    });
    put(&mut shown, if version >= Version::Basil { new_invoice(of, total, tax) } else { old_invoice(of, tax, version) });
    if version >= Version::Acacia {
        put(&mut shown, json!({ "total_excluding_tax": total - tax }));
    }
    shown
}

fn old_invoice(of: &Invoice, tax: i64, version: Version) -> Value {
    let (intent, charge) = of.payment.as_ref().map(|(intent, charge, _)| (intent, charge)).unzip();
    let taxes = if tax > 0 { vec![json!({ "amount": tax, "inclusive": false })] } else { Vec::new() };
    let mut shown = json!({
        "subscription": of.bill.subscription, "payment_intent": intent, "charge": charge, "paid": of.status == "paid",
        "paid_out_of_band": false, "tax": if tax > 0 { Some(tax) } else { None }, "total_tax_amounts": taxes,
        "discount": of.bill.discounts.first().map(|d| discount(d, version))
    });
    if version >= Version::Acacia && of.bill.subscription.is_some() {
        put(&mut shown, json!({ "subscription_details": { "metadata": of.bill.subscription_metadata } }));
    }
    shown
}

fn new_invoice(of: &Invoice, total: i64, tax: i64) -> Value {
    let parent = of.bill.subscription.as_ref().map(|id| {
        json!({ "type": "subscription_details", "quote_details": null,
            "subscription_details": { "subscription": id, "metadata": of.bill.subscription_metadata } })
    });
    let taxes = if tax > 0 { vec![json!({ "amount": tax, "tax_behavior": "exclusive", "type": "tax_rate_details" })] } else { Vec::new() };
    json!({ "parent": parent, "total_taxes": taxes, "amount_overpaid": 0, "total_pretax_credit_amounts": [], "subtotal_excluding_tax": total - tax })
}

fn line(of: &Line, invoice: &Invoice, version: Version) -> Value {
    let id = |d: &Discount| json!({ "amount": of.discount, "discount": d.id });
    let amounts: Vec<Value> = invoice.bill.discounts.iter().filter(|_| of.discount > 0).map(id).collect();
    let taxes = |inclusive: fn(bool) -> Value| -> Vec<Value> {
        let parts = [(of.exclusive_tax, false), (of.inclusive_tax, true)];
        let shown = parts.into_iter().filter(|(amount, _)| *amount > 0).map(|(amount, within)| {
            let mut tax = json!({ "amount": amount });
            put(&mut tax, inclusive(within));
            tax
        });
        shown.collect()
    };
    let mut shown = json!({
        "id": of.id, "object": "line_item", "amount": of.amount, "currency": invoice.currency, "quantity": 1, "discount_amounts": amounts,
        "metadata": {}
    });
    let subscription = &invoice.bill.subscription;
    let more = if version >= Version::Basil {
        let inside = json!({ "subscription": subscription, "proration": of.proration });
        let kind = if of.proration || subscription.is_none() { "invoice_item_details" } else { "subscription_item_details" };
        let mut parent = Map::from_iter([("type".to_owned(), json!(kind))]);
        parent.insert(kind.to_owned(), inside);
        json!({
            "parent": parent, "pricing": { "type": "price_details", "price_details": { "price": of.price, "product": of.product } },
            "taxes": taxes(|within| json!({ "tax_behavior": if within { "inclusive" } else { "exclusive" } }))
        })
    } else {
        let metadata = if version < Version::Acacia && !of.proration { json!(invoice.bill.subscription_metadata) } else { json!({}) };
        json!({
            "type": if of.proration || subscription.is_none() { "invoiceitem" } else { "subscription" }, "subscription": subscription,
            "proration": of.proration, "price": { "id": of.price, "object": "price", "product": of.product }, "metadata": metadata,
            "tax_amounts": taxes(|within| json!({ "inclusive": within }))
        })
    };
    put(&mut shown, more);
    shown
}

pub(super) fn invoice_payment(of: &InvoicePayment) -> Value {
    json!({
        "id": of.id, "object": "invoice_payment", "created": of.created.timestamp(), "currency": of.currency, "invoice": of.invoice,
        "amount_paid": of.amount, "amount_requested": of.amount, "status": "paid", "is_default": true,
        "payment": { "type": "payment_intent", "payment_intent": of.intent }, "status_transitions": { "paid_at": of.created.timestamp() }
    })
}

pub(super) fn intent(of: &Intent, version: Version) -> Value {
    let received = if of.status == "succeeded" { of.amount } else { 0 };
    let mut shown = json!({
        "id": of.id, "object": "payment_intent", "created": of.created.timestamp(), "currency": of.currency, "amount": of.amount,
        "amount_received": received, "status": of.status, "customer": of.customer, "receipt_email": of.email, "metadata": of.metadata
    });
    if version < Version::Basil {
        put(&mut shown, json!({ "invoice": of.invoice }));
    }
    if version < Version::Acacia {
        let charge = of.charge.as_ref().map(|id| json!({ "id": id }));
        put(&mut shown, json!({ "charges": list(charge.into_iter().collect()) }));
    } else {
        put(&mut shown, json!({ "latest_charge": of.charge }));
    }
    shown
}

pub(super) fn charge(of: &Charge, version: Version) -> Value {
    let taken = of.status == "succeeded";
    let mut shown = json!({
        "id": of.id, "object": "charge", "created": of.created.timestamp(), "currency": of.currency, "amount": of.amount,
        "amount_captured": if taken { of.amount } else { 0 }, "amount_refunded": of.refunded, "captured": taken, "paid": taken,
        "refunded": of.refunded >= of.amount, "disputed": of.disputed, "status": of.status, "customer": of.customer,
        "payment_intent": of.intent, "billing_details": { "email": of.email, "name": null }, "metadata": {},
        "payment_method_details": { "type": of.method }
    });
    if version < Version::Basil {
        put(&mut shown, json!({ "invoice": of.invoice }));
    }
    if version < Version::Acacia {
        put(&mut shown, json!({ "refunds": list(of.refunds.iter().map(refund).collect()) }));
    }
    shown
}

pub(super) fn session(of: &Session, version: Version) -> Value {
    let mut shown = json!({
        "id": of.id, "object": "checkout.session", "created": of.created.timestamp(), "currency": of.currency, "mode": of.mode,
        "status": of.status, "payment_status": of.payment_status, "amount_total": of.total, "amount_subtotal": of.total - of.tax + of.off,
        "total_details": { "amount_tax": of.tax, "amount_discount": of.off, "amount_shipping": 0 }, "customer": of.customer,
        "customer_details": { "email": of.email, "name": null }, "client_reference_id": of.client_reference, "invoice": of.invoice,
        "payment_intent": of.intent, "subscription": of.subscription, "metadata": of.metadata
    });
    if version >= Version::Acacia {
        // What the buyer typed is told by its promotion code; the coupon is named only where it was applied as such.
        let coupon = |d: &Discount| if d.promotion_code.is_some() { None } else { Some(d.coupon.clone()) };
        let discounts: Vec<Value> =
            of.discounts.iter().map(|d| json!({ "coupon": coupon(d), "promotion_code": d.promotion_code })).collect();
        put(&mut shown, json!({ "discounts": discounts }));
    }
    shown
}

fn refund(of: &Refund) -> Value {
    json!({
        "id": of.id, "object": "refund", "created": of.created.timestamp(), "currency": of.currency, "amount": of.amount,
        "status": of.status, "charge": of.charge, "payment_intent": of.intent, "reason": null, "metadata": {}
    })
}

fn dispute(of: &Dispute) -> Value {
    let moved = |amount: i64| json!({ "id": format!("txn_{}_{amount}", of.id), "object": "balance_transaction", "amount": amount, "currency": of.currency });
    let taken = of.withdrawn.then(|| moved(-of.amount));
    let back = of.reinstated.then(|| moved(of.amount));
    json!({
        "id": of.id, "object": "dispute", "created": of.created.timestamp(), "currency": of.currency, "amount": of.amount,
        "status": of.status, "charge": of.charge, "payment_intent": of.intent, "reason": "fraudulent",
        "balance_transactions": taken.into_iter().chain(back).collect::<Vec<_>>()
    })
}
