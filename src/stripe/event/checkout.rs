//! Checkout sessions: Payment Links, pricing tables, buy buttons and sessions made by the merchant's server.

use entity::value::{Currency, mul_div_half_up};
use serde_json::Value;

use super::telling::{Kind, Telling};
use super::{Unreadable, discount, metadata, path};
use crate::domain::fact::{Checkout, CheckoutMode, CheckoutPayment, Code, Fact, Persona, Stamp, Told};

pub(super) const COMPLETED: &str = "checkout.session.completed";
pub(super) const ASYNC_SUCCEEDED: &str = "checkout.session.async_payment_succeeded";
pub(super) const ASYNC_FAILED: &str = "checkout.session.async_payment_failed";

pub(super) const KIND: Kind = Kind { object: "checkout.session", fact };

fn fact(session: &Value, telling: &Telling<'_>, stamp: Stamp) -> Result<Fact, Unreadable> {
    let mode = mode(session);
    let payment = payment(session, telling);
    let completed = path::word(session, &["status"]) == Some("complete")
        || [COMPLETED, ASYNC_SUCCEEDED, ASYNC_FAILED].iter().any(|event| telling.is(event));
    let money = Amounts::of(session);
    // A session that collects nothing has no amount. One that was paid without saying how much must not pass as one of zero.
    if payment == CheckoutPayment::Paid && money.is_none() {
        return Err(Unreadable { object: KIND.object, field: "amount_total" });
    }
    let money = money.unwrap_or_default();
    Ok(Fact::Checkout(Checkout {
        stamp,
        mode,
        payment,
        completed,
        total: money.total,
        tax: money.tax,
        shipping: money.shipping,
        currency: money.currency,
        created_at: path::time(session, &["created"]).unwrap_or(telling.at),
        persona: persona(session),
        codes: codes(session, stamp),
        // A checkout that is looked at later does not say when that was.
        completed_at: (completed && !telling.is_late()).then_some(telling.at),
        paid_at: (payment == CheckoutPayment::Paid && !telling.is_late()).then_some(telling.at),
        invoice: path::id(session, &["invoice"]),
        intent: path::id(session, &["payment_intent"]),
        subscription: path::id(session, &["subscription"]),
    }))
}

fn mode(session: &Value) -> CheckoutMode {
    match path::word(session, &["mode"]) {
        Some("subscription") => CheckoutMode::Subscription,
        Some("setup") => CheckoutMode::Setup,
        Some("payment") => CheckoutMode::Payment,
        // Sessions before there were modes, and modes to come: what hangs on the session tells.
        _ if path::at(session, "subscription").is_some() => CheckoutMode::Subscription,
        _ if path::at(session, "setup_intent").is_some() => CheckoutMode::Setup,
        _ => CheckoutMode::Payment,
    }
}

fn payment(session: &Value, telling: &Telling<'_>) -> CheckoutPayment {
    match path::word(session, &["payment_status"]) {
        Some("paid") => CheckoutPayment::Paid,
        Some("no_payment_required") => CheckoutPayment::NothingDue,
        _ if telling.is(ASYNC_FAILED) => CheckoutPayment::Failed,
        _ => CheckoutPayment::Unpaid,
    }
}

/// What is paid, in the merchant's currency (BA-8).
struct Amounts {
    total: i64,
    tax: i64,
    shipping: i64,
    currency: Currency,
}

impl Default for Amounts {
    fn default() -> Self {
        Self { total: 0, tax: 0, shipping: 0, currency: Currency::UNKNOWN }
    }
}

impl Amounts {
    /// With Adaptive Pricing older sessions are in the buyer's currency and give the merchant's total in `currency_conversion`; the parts
    /// of the total are scaled to it. Newer ones are in the merchant's currency and give the buyer's in `presentment_details`.
    fn of(session: &Value) -> Option<Self> {
        let shown = path::int(session, &["amount_total"])?;
        let tax = path::int(session, &["total_details.amount_tax"]).unwrap_or(0);
        let shipping = shipping(session).unwrap_or(0);
        let Some(total) = path::int(session, &["currency_conversion.amount_total"]) else {
            return Some(Self { total: shown, tax, shipping, currency: path::currency(session, &["currency"]) });
        };
        // A zero total has no parts to scale; amounts too large to scale do not exist at Stripe.
        let scaled = |part: i64| mul_div_half_up(part.into(), total.into(), shown.into()).unwrap_or(0);
        let currency = path::currency(session, &["currency_conversion.source_currency"]);
        Some(Self { total, tax: scaled(tax), shipping: scaled(shipping), currency })
    }
}

/// Shipping without tax.
pub(super) fn shipping(object: &Value) -> Option<i64> {
    let total = path::int(object, &["shipping_cost.amount_total"]);
    let tax = path::int(object, &["shipping_cost.amount_tax"]);
    let net = total.map(|total| total.saturating_sub(tax.unwrap_or(0)));
    net.or_else(|| path::int(object, &["shipping_cost.amount_subtotal", "total_details.amount_shipping", "amount_shipping"]))
}

fn persona(session: &Value) -> Persona {
    let named = metadata::persona(session, &["metadata"]);
    Persona {
        buyer: path::id(session, &["customer", "customer_account"]),
        email: path::text(session, &["customer_details.email", "customer_email"], metadata::EMAIL_LENGTH),
        name: path::text(session, &["customer_details.name"], metadata::NAME_LENGTH),
        country: metadata::country(session, &["customer_details.address.country"]),
        // A token under our own key is more explicit than a reference that the merchant may use for anything.
        client_reference: named.client_reference.or_else(|| path::text(session, &["client_reference_id"], metadata::VALUE_LENGTH)),
        ..named
    }
}

/// The discounts, told in `discounts` since January 2025 and before that only in an expanded breakdown. An empty list beside a discounted
/// amount is a list that this version does not fill.
fn codes(session: &Value, stamp: Stamp) -> Told<Code> {
    let items = path::filled(session, &["discounts", "total_details.breakdown.discounts"]);
    // A breakdown wraps each discount together with its amount.
    let codes: Vec<Code> = items.iter().filter_map(|item| discount::code(path::at(item, "discount").unwrap_or(item))).collect();
    if !items.is_empty() && codes.len() == items.len() {
        return Told::whole(stamp, codes);
    }
    if !codes.is_empty() {
        return Told::part(stamp, codes);
    }
    if path::int(session, &["total_details.amount_discount"]) == Some(0) { Told::whole(stamp, codes) } else { Told::default() }
}
