//! Payments: intents, charges, and what takes money back.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::customer::Buyer;
use super::{Shape, id, list, with};

/// A payment that succeeded.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Makes the ids.
    pub name: String,
    /// In minor units.
    pub amount: i64,
    /// In lower case, as Stripe writes it.
    pub currency: &'static str,
    /// Who pays; nobody for a guest.
    pub buyer: Option<Buyer>,
    /// The address that a guest gave.
    pub email: Option<String>,
    /// The invoice that it pays.
    pub invoice: Option<String>,
    /// When the money came.
    pub at: DateTime<Utc>,
    /// What went back since.
    pub refunds: Vec<Refund>,
}

/// A refund that succeeded.
#[derive(Clone, Copy, Debug)]
pub struct Refund {
    /// In minor units.
    pub amount: i64,
    /// When.
    pub at: DateTime<Utc>,
}

impl Payment {
    /// Stripe's id of the intent.
    pub fn intent(&self) -> String {
        id("pi", &self.name)
    }

    /// Stripe's id of the charge.
    pub fn charge(&self) -> String {
        id("ch", &self.name)
    }

    fn refunded(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    fn who(&self) -> (Option<String>, Option<String>) {
        let email = self.buyer.as_ref().map(Buyer::email).or_else(|| self.email.clone());
        (email, self.buyer.as_ref().map(Buyer::typed_name))
    }
}

/// `charge`.
pub(super) fn charge(shape: Shape, payment: &Payment) -> Value {
    let (email, name) = payment.who();
    let charge = json!({
        "id": payment.charge(),
        "object": "charge",
        "amount": payment.amount,
        "amount_captured": payment.amount,
        "amount_refunded": payment.refunded(),
        "balance_transaction": id("txn", &payment.name),
        "billing_details": { "address": null, "email": email, "name": name, "phone": null },
        "captured": true,
        "created": payment.at.timestamp(),
        "currency": payment.currency,
        "customer": payment.buyer.as_ref().map(Buyer::id),
        "disputed": false,
        "livemode": true,
        "metadata": {},
        "paid": true,
        "payment_intent": payment.intent(),
        "payment_method_details": { "type": "card", "card": { "brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030 } },
        "refunded": payment.refunded() == payment.amount,
        "status": "succeeded",
    });
    let linked = |charge| with(charge, json!({ "invoice": payment.invoice }));
    match shape {
        Shape::Old => {
            let refunds = (0..payment.refunds.len()).rev().map(|index| refund(payment, index)).collect();
            with(linked(charge), json!({ "refunds": list(refunds, &format!("/v1/charges/{}/refunds", payment.charge())) }))
        }
        Shape::Acacia => linked(charge),
        Shape::Basil | Shape::Endive => charge,
    }
}

/// `payment_intent`.
pub(super) fn intent(shape: Shape, payment: &Payment) -> Value {
    let intent = json!({
        "id": payment.intent(),
        "object": "payment_intent",
        "amount": payment.amount,
        "amount_received": payment.amount,
        "capture_method": "automatic",
        "created": payment.at.timestamp(),
        "currency": payment.currency,
        "customer": payment.buyer.as_ref().map(Buyer::id),
        "livemode": true,
        "metadata": {},
        "payment_method_types": ["card"],
        "receipt_email": null,
        "status": "succeeded",
    });
    match shape {
        Shape::Old => {
            let charges = list(vec![charge(shape, payment)], &format!("/v1/charges?payment_intent={}", payment.intent()));
            with(intent, json!({ "charges": charges, "invoice": payment.invoice }))
        }
        Shape::Acacia => with(intent, json!({ "invoice": payment.invoice, "latest_charge": payment.charge() })),
        Shape::Basil | Shape::Endive => with(intent, json!({ "latest_charge": payment.charge() })),
    }
}

/// `refund`, the one at `index`.
pub(super) fn refund(payment: &Payment, index: usize) -> Value {
    let refund = payment.refunds.get(index);
    json!({
        "id": format!("re_1Demo{}{index}", payment.name),
        "object": "refund",
        "amount": refund.map(|refund| refund.amount),
        "charge": payment.charge(),
        "created": refund.map(|refund| refund.at.timestamp()),
        "currency": payment.currency,
        "metadata": {},
        "payment_intent": payment.intent(),
        "reason": "requested_by_customer",
        "status": "succeeded",
    })
}

/// `dispute`.
pub(super) fn dispute(payment: &Payment, status: &str, at: DateTime<Utc>) -> Value {
    json!({
        "id": id("du", &payment.name),
        "object": "dispute",
        "amount": payment.amount,
        "balance_transactions": [],
        "charge": payment.charge(),
        "created": at.timestamp(),
        "currency": payment.currency,
        "is_charge_refundable": false,
        "livemode": true,
        "metadata": {},
        "payment_intent": payment.intent(),
        "payment_method_details": { "type": "card", "card": { "brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4" } },
        "reason": "fraudulent",
        "status": status,
    })
}
