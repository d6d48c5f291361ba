//! Checkout sessions: what Payment Links, pricing tables and buy buttons open.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::code::{self, Discount};
use super::customer::Buyer;
use super::{Shape, with};

/// A session that the buyer went through.
#[derive(Clone, Debug)]
pub struct Session {
    /// Makes the id.
    pub name: String,
    /// Whether it opens a subscription; otherwise it takes one payment.
    pub subscription: Option<String>,
    /// The invoice that a subscription began with.
    pub invoice: Option<String>,
    /// The intent of a payment.
    pub intent: Option<String>,
    /// Who bought; nobody for a guest.
    pub buyer: Option<Buyer>,
    /// The name and address typed at the checkout.
    pub typed: (String, String),
    /// What came with the link: the visitor's token, alone or behind a value of the shop's own.
    pub reference: Option<String>,
    /// The code that was typed.
    pub discount: Option<Discount>,
    /// Before discount and tax, in minor units.
    pub subtotal: i64,
    /// Taken off.
    pub off: i64,
    /// Tax on top.
    pub tax: i64,
    /// Whether the money has come.
    pub paid: bool,
    /// When the session was completed.
    pub at: DateTime<Utc>,
}

impl Session {
    /// A session of one payment of `amount`.
    pub fn payment(name: &str, buyer: Option<Buyer>, typed: &Buyer, amount: i64, at: DateTime<Utc>) -> Self {
        Self {
            name: name.to_owned(),
            subscription: None,
            invoice: None,
            intent: Some(super::id("pi", name)),
            buyer,
            typed: (typed.typed_name(), typed.email()),
            reference: None,
            discount: None,
            subtotal: amount,
            off: 0,
            tax: 0,
            paid: true,
            at,
        }
    }
}

/// `checkout.session`.
pub(super) fn session(shape: Shape, of: &Session) -> Value {
    let total = of.subtotal - of.off + of.tax;
    let (name, email) = &of.typed;
    let status = match (total, of.paid) {
        (0, _) => "no_payment_required",
        (_, true) => "paid",
        (_, false) => "unpaid",
    };
    let linked = of.subscription.is_none().then_some("plink_1DemoShop");
    let discount = |one: &Discount| json!({ "coupon": null, "promotion_code": one.code.promotion_code });
    let discounts = of.discount.iter().map(discount).collect::<Vec<_>>();
    let session = json!({
        "id": format!("cs_live_a1Demo{}", of.name),
        "object": "checkout.session",
        "allow_promotion_codes": true,
        "amount_subtotal": of.subtotal,
        "amount_total": total,
        "client_reference_id": of.reference,
        "created": of.at.timestamp(),
        "currency": "usd",
        "customer": of.buyer.as_ref().map(Buyer::id),
        "customer_details": { "address": null, "email": email, "name": name, "phone": null, "tax_exempt": "none", "tax_ids": [] },
        "customer_email": null,
        "discounts": discounts,
        "expires_at": of.at.timestamp() + 24 * 3600,
        "invoice": of.invoice,
        "livemode": true,
        "metadata": {},
        "mode": if of.subscription.is_some() { "subscription" } else { "payment" },
        "payment_intent": of.intent,
        "payment_link": linked,
        "payment_method_types": ["card"],
        "payment_status": status,
        "status": "complete",
        "subscription": of.subscription,
        "total_details": { "amount_discount": of.off, "amount_shipping": 0, "amount_tax": of.tax },
    });
    let shipping = match shape {
        Shape::Old => json!({ "shipping": null }),
        Shape::Acacia => json!({ "shipping_details": null }),
        Shape::Basil | Shape::Endive => json!({ "collected_information": null }),
    };
    with(session, shipping)
}

/// `checkout.session`, as a read of the API answers it: with its discounts in full.
pub(super) fn answered(of: &Session) -> Value {
    let buyer = of.buyer.as_ref().map(Buyer::id);
    let whole = |one: &Discount| json!({ "amount": of.off, "discount": code::discount(Shape::Endive, one, buyer.as_deref(), None) });
    let discounts = of.discount.iter().map(whole).collect::<Vec<_>>();
    let details = json!({
        "amount_discount": of.off,
        "amount_shipping": 0,
        "amount_tax": of.tax,
        "breakdown": { "discounts": discounts, "taxes": [] },
    });
    with(session(Shape::Endive, of), json!({ "total_details": details }))
}
