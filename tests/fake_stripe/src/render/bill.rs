//! Subscriptions, invoices, payments towards them, corrections.

use serde_json::{Map, Value, json};

use super::{View, catalog, list, put, seconds};
use crate::model::{CreditNote, Discount, Invoice, InvoicePayment, Line, Subscription};
use crate::version::Version;

pub fn invoice(of: &Invoice, view: View) -> Value {
    let version = view.version;
    let total = of.total();
    let tax: i64 = of.bill.lines.iter().map(|line| line.exclusive_tax + line.inclusive_tax).sum();
    let off: i64 = of.bill.lines.iter().map(|line| line.discount).sum();
    let amounts: Vec<Value> = of.bill.discounts.iter().map(|d| json!({ "amount": off, "discount": d.id })).collect();
    let lines = of.bill.lines.iter().map(|line| self::line(line, of, view)).collect();
    let mut shown = json!({
        "id": of.id, "object": "invoice", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "customer": of.bill.customer, "customer_email": of.email, "number": format!("SHOP-{}", of.id), "status": of.status,
        "total": total, "subtotal": total - tax + off, "amount_due": total.max(0), "amount_paid": of.paid,
        "amount_remaining": (total.max(0) - of.paid).max(0), "metadata": of.bill.metadata, "due_date": null,
        "billing_reason": of.bill.reason.unwrap_or("subscription_cycle"), "collection_method": "charge_automatically",
        "status_transitions": { "finalized_at": of.created.timestamp(), "paid_at": seconds(of.paid_at) },
        "discounts": of.bill.discounts.iter().map(|d| &d.id).collect::<Vec<_>>(), "total_discount_amounts": amounts,
        "lines": list(lines, &format!("/v1/invoices/{}/lines", of.id))
    });
    put(&mut shown, if version >= Version::Basil { new_invoice(of, total, tax) } else { old_invoice(of, tax, view) });
    if version >= Version::June {
        put(&mut shown, json!({ "total_excluding_tax": total - tax }));
    }
    shown
}

fn old_invoice(of: &Invoice, tax: i64, view: View) -> Value {
    let (intent, charge) = of.payment.as_ref().map(|(intent, charge, _)| (intent, charge)).unzip();
    let taxes = if tax > 0 { vec![json!({ "amount": tax, "inclusive": false })] } else { Vec::new() };
    let mut shown = json!({
        "subscription": of.bill.subscription, "payment_intent": intent, "charge": charge, "paid": of.status == "paid",
        "paid_out_of_band": false, "tax": if tax > 0 { Some(tax) } else { None }, "total_tax_amounts": taxes,
        "discount": of.bill.discounts.first().map(|d| catalog::discount(d, view))
    });
    if view.version >= Version::June && of.bill.subscription.is_some() {
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
    json!({ "parent": parent, "total_taxes": taxes, "amount_overpaid": of.overpaid, "total_pretax_credit_amounts": [], "subtotal_excluding_tax": total - tax })
}

pub fn line(of: &Line, invoice: &Invoice, view: View) -> Value {
    let version = view.version;
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
        "id": of.id, "object": "line_item", "amount": of.amount, "currency": invoice.currency, "quantity": 1, "discounts": [],
        "discount_amounts": amounts,
        "livemode": view.livemode, "metadata": {}
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
        let metadata = if version < Version::June && !of.proration { json!(invoice.bill.subscription_metadata) } else { json!({}) };
        json!({
            "type": if of.proration || subscription.is_none() { "invoiceitem" } else { "subscription" }, "subscription": subscription,
            "proration": of.proration, "price": of.of.as_ref().map(|price| catalog::price(price, view)), "metadata": metadata,
            "tax_amounts": taxes(|within| json!({ "inclusive": within }))
        })
    };
    put(&mut shown, more);
    shown
}

pub fn invoice_payment(of: &InvoicePayment, view: View) -> Value {
    json!({
        "id": of.id, "object": "invoice_payment", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "invoice": of.invoice, "amount_paid": of.amount, "amount_requested": of.amount, "status": "paid", "is_default": true,
        "payment": { "type": "payment_intent", "payment_intent": of.intent },
        "status_transitions": { "paid_at": of.created.timestamp(), "canceled_at": null }
    })
}

pub fn subscription(of: &Subscription, view: View) -> Value {
    let (start, end) = (of.period_start.timestamp(), of.period_end.timestamp());
    let item = |item: &crate::model::Item| {
        let mut shown = json!({
            "id": item.id, "object": "subscription_item", "created": of.created.timestamp(), "subscription": of.id, "metadata": {},
            "price": catalog::price(&item.price, view), "quantity": item.quantity, "tax_rates": []
        });
        if view.version >= Version::Basil {
            put(&mut shown, json!({ "current_period_start": start, "current_period_end": end }));
        }
        shown
    };
    let items = list(of.items.iter().map(item).collect(), &format!("/v1/subscription_items?subscription={}", of.id));
    let mut shown = json!({
        "id": of.id, "object": "subscription", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "customer": of.customer, "status": of.status, "items": items, "start_date": of.created.timestamp(),
        "trial_start": of.trial_end.map(|_| of.created.timestamp()), "trial_end": seconds(of.trial_end), "ended_at": seconds(of.ended_at),
        "canceled_at": seconds(of.ended_at), "cancel_at_period_end": false, "collection_method": "charge_automatically",
        "latest_invoice": of.latest_invoice, "metadata": of.metadata
    });
    if view.version < Version::Basil {
        let discount = of.discounts.first().map(|d| catalog::discount(d, view));
        put(&mut shown, json!({ "current_period_start": start, "current_period_end": end, "discount": discount }));
    }
    if view.version >= Version::June {
        put(&mut shown, json!({ "discounts": of.discounts.iter().map(|d| &d.id).collect::<Vec<_>>() }));
    }
    shown
}

pub fn credit_note(of: &CreditNote, view: View) -> Value {
    let mut shown = json!({
        "id": of.id, "object": "credit_note", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "customer": of.customer, "invoice": of.invoice, "amount": of.amount, "total": of.amount, "subtotal": of.amount,
        "out_of_band_amount": if of.out_of_band > 0 { Some(of.out_of_band) } else { None },
        "status": if of.voided { "void" } else { "issued" }, "type": "post_payment", "customer_balance_transaction": null,
        "number": format!("SHOP-{}", of.id), "reason": null, "lines": list(Vec::new(), &format!("/v1/credit_notes/{}/lines", of.id)),
        "metadata": of.metadata
    });
    let refund = of.refund.as_ref();
    let more = if view.version >= Version::Basil {
        let refunds: Vec<Value> = refund.iter().map(|(id, amount)| json!({ "refund": id, "amount_refunded": amount })).collect();
        json!({ "refunds": refunds, "pre_payment_amount": 0, "post_payment_amount": of.amount })
    } else {
        json!({ "refund": refund.map(|(id, _)| id) })
    };
    put(&mut shown, more);
    shown
}
