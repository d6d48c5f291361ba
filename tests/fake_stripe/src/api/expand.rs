//! Expanding: an id becomes its object, and what is left out is put in. Each expanded object asks for the permission to read it.

use serde_json::{Value, json};

use super::Refusal;
use super::call::Call;
use crate::render;
use crate::version::Version;

/// Stripe expands no deeper.
const DEPTH: usize = 4;

/// Expands the paths that were asked for.
pub fn expand(call: &Call<'_>, body: &mut Value, paths: &[String]) -> Result<(), Refusal> {
    for path in paths {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.iter().filter(|step| **step != "data").count() > DEPTH {
            return Err(Refusal::wrong(None, &format!("You cannot expand more than {DEPTH} levels of a property. Property: {path}")));
        }
        follow(call, body, &steps, path)?;
    }
    Ok(())
}

fn follow(call: &Call<'_>, value: &mut Value, steps: &[&str], path: &str) -> Result<(), Refusal> {
    let Some((step, rest)) = steps.split_first() else { return Ok(()) };
    if let Value::Array(items) = value {
        return items.iter_mut().try_for_each(|item| follow(call, item, steps, path));
    }
    if let Some(more) = left_out(call, value, step)? {
        value[*step] = more;
    }
    let Some(child) = value.get_mut(*step) else {
        return Err(Refusal::wrong(None, &format!("This property cannot be expanded ({path}).")));
    };
    turn(call, child)?;
    follow_into(call, child, rest, path)
}

fn follow_into(call: &Call<'_>, child: &mut Value, rest: &[&str], path: &str) -> Result<(), Refusal> {
    if child.is_null() || child.as_array().is_some_and(Vec::is_empty) { Ok(()) } else { follow(call, child, rest, path) }
}

/// Puts objects in the place of ids.
fn turn(call: &Call<'_>, child: &mut Value) -> Result<(), Refusal> {
    match child {
        Value::Array(items) => items.iter_mut().filter(|item| item.is_string()).try_for_each(|item| turn(call, item)),
        Value::String(id) => {
            if let Some(object) = call.object(id) {
                may(call, object["object"].as_str().unwrap_or_default())?;
                *child = object;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn may(call: &Call<'_>, object: &str) -> Result<(), Refusal> {
    let resource = match object {
        "refund" => "charge",
        "discount" => "coupon",
        "invoice_payment" => "invoice",
        "checkout.session" => "checkout_session",
        "payment_link" => "payment_links",
        "price" => "plan",
        "balance_transaction" => "balance",
        "account" => "connected_account",
        other => other,
    };
    let permission = format!("{resource}_read");
    // A discount stands whole in what it lowers; to see it there asks for no more.
    if object == "discount" || call.access.may(&permission) { Ok(()) } else { Err(call.access.lacks(&permission)) }
}

/// What an object leaves out unless it is asked for.
fn left_out(call: &Call<'_>, value: &Value, step: &str) -> Result<Option<Value>, Refusal> {
    let id = value["id"].as_str().unwrap_or_default();
    let shop = &call.shop;
    let found = match (value["object"].as_str(), step) {
        (Some("invoice"), "payments") if call.view.version >= Version::Basil => {
            let own = shop.payments.values().filter(|payment| payment.invoice == id);
            let shown = own.map(|payment| render::invoice_payment(payment, call.view)).collect();
            Some(render::list(shown, &format!("/v1/invoice_payments?invoice={id}")))
        }
        (Some("invoice"), "amount_paid_off_stripe") if call.view.version >= Version::Endive => Some(json!(0)),
        (Some("charge"), "refunds") => {
            let shown = shop.charges[id].refunds.iter().map(|refund| render::refund(refund, call.view)).collect();
            Some(render::list(shown, &format!("/v1/charges/{id}/refunds")))
        }
        (Some("coupon"), "applies_to") => Some(json!({ "products": shop.coupons.get(id).map(|coupon| &coupon.products) })),
        (Some("price"), "currency_options") => {
            let price = &shop.prices[id];
            let option = json!({ "unit_amount": price.unit_amount, "tax_behavior": "exclusive" });
            Some(json!({ price.currency.as_str(): option }))
        }
        (Some("customer"), "subscriptions") => {
            may(call, "subscription")?;
            let own = shop.subscriptions.values().rev().filter(|of| of.customer == id && of.ended_at.is_none());
            let shown = own.map(|of| render::subscription(of, call.view)).collect();
            Some(render::list(shown, &format!("/v1/customers/{id}/subscriptions")))
        }
        (Some("checkout.session"), "line_items") => {
            Some(render::list(super::read::sold(call, id), &format!("/v1/checkout/sessions/{id}/line_items")))
        }
        (Some("checkout.session"), "total_details") => {
            let mut details = value["total_details"].clone();
            details["breakdown"] = breakdown(call, id);
            Some(details)
        }
        _ => None,
    };
    Ok(found)
}

/// What lowered and raised the total of a session, one by one.
fn breakdown(call: &Call<'_>, session: &str) -> Value {
    let of = &call.shop.sessions[session];
    let shown = |discount| json!({ "amount": of.off, "discount": render::discount(discount, call.view) });
    json!({ "discounts": of.discounts.iter().map(shown).collect::<Vec<_>>(), "taxes": [] })
}
