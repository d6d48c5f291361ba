//! Money that comes: sessions, intents, charges.

use serde_json::{Value, json};

use super::people::shipping;
use super::returned::refund;
use super::{View, list, put};
use crate::model::{Charge, Discount, Intent, PaymentLink, Session};
use crate::version::Version;

pub fn intent(of: &Intent, view: View) -> Value {
    let version = view.version;
    let received = if of.status == "succeeded" { of.amount } else { 0 };
    let mut shown = json!({
        "id": of.id, "object": "payment_intent", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "amount": of.amount, "amount_received": received, "amount_capturable": 0, "status": of.status, "customer": of.customer,
        "receipt_email": of.email, "description": of.description, "capture_method": "automatic", "confirmation_method": "automatic",
        "canceled_at": null, "payment_method": null, "payment_method_types": ["card"], "last_payment_error": null,
        "shipping": of.shipping.as_ref().map(shipping), "metadata": of.metadata
    });
    if version < Version::Basil {
        put(&mut shown, json!({ "invoice": of.invoice }));
    }
    if version < Version::June {
        let charge = of.charge.as_ref().map(|id| json!({ "id": id }));
        put(&mut shown, json!({ "charges": list(charge.into_iter().collect(), &format!("/v1/charges?payment_intent={}", of.id)) }));
    } else {
        put(&mut shown, json!({ "latest_charge": of.charge }));
    }
    shown
}

pub fn charge(of: &Charge, view: View) -> Value {
    let version = view.version;
    let taken = of.status == "succeeded";
    let failure = (of.status == "failed").then_some("card_declined");
    let mut shown = json!({
        "id": of.id, "object": "charge", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "amount": of.amount, "amount_captured": if taken { of.amount } else { 0 }, "amount_refunded": of.refunded, "captured": taken,
        "paid": taken, "refunded": of.refunded >= of.amount, "disputed": of.disputed, "status": of.status, "customer": of.customer,
        "payment_intent": of.intent, "balance_transaction": of.movement, "description": of.description, "failure_code": failure,
        "billing_details": { "email": of.email, "name": null, "phone": null, "address": null }, "receipt_email": null,
        "payment_method": null, "payment_method_details": method(of), "shipping": of.shipping.as_ref().map(shipping), "metadata": of.metadata
    });
    if version < Version::Basil {
        put(&mut shown, json!({ "invoice": of.invoice }));
    }
    if version < Version::June {
        let refunds = of.refunds.iter().map(|of| refund(of, view)).collect();
        put(&mut shown, json!({ "refunds": list(refunds, &format!("/v1/charges/{}/refunds", of.id)) }));
    }
    shown
}

fn method(of: &Charge) -> Value {
    let mut shown = json!({ "type": of.method });
    let mut details = if of.method == "card" { json!({ "brand": "visa", "last4": "4242", "country": "US" }) } else { json!({}) };
    if let Some(card) = &of.card {
        details["fingerprint"] = json!(card);
    }
    shown[of.method] = details;
    shown
}

pub fn session(of: &Session, view: View) -> Value {
    let mut shown = json!({
        "id": of.id, "object": "checkout.session", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "mode": of.mode, "status": of.status, "payment_status": of.payment_status, "amount_total": of.total,
        "amount_subtotal": of.total - of.tax + of.off,
        "total_details": { "amount_tax": of.tax, "amount_discount": of.off, "amount_shipping": 0 }, "customer": of.customer,
        "customer_details": { "email": of.email, "name": null }, "client_reference_id": of.client_reference, "invoice": of.invoice,
        "payment_intent": of.intent, "subscription": of.subscription, "payment_link": of.payment_link, "metadata": of.metadata
    });
    if view.version >= Version::Acacia {
        // What the buyer typed is told by its promotion code; the coupon is named only where it was applied as such.
        let coupon = |d: &Discount| if d.promotion_code.is_some() { None } else { Some(d.coupon.id.clone()) };
        let discounts: Vec<Value> =
            of.discounts.iter().map(|d| json!({ "coupon": coupon(d), "promotion_code": d.promotion_code })).collect();
        put(&mut shown, json!({ "discounts": discounts }));
    }
    shown
}

pub fn payment_link(of: &PaymentLink, view: View) -> Value {
    json!({
        "id": of.id, "object": "payment_link", "livemode": view.livemode, "active": of.active, "currency": of.currency, "url": of.url,
        "metadata": of.metadata
    })
}
