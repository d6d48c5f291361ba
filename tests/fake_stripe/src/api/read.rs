//! What can be read: single objects and lists.

use serde_json::{Value, json};

use super::Refusal;
use super::call::{Call, Done};
use crate::render;

/// Events are listed for so long.
const EVENTS: chrono::Duration = chrono::Duration::days(30);
/// As many types of events can be asked for at a time.
const TYPES: usize = 20;

/// One object by its id.
pub fn one(call: &mut Call<'_>) -> Done {
    let id = &call.ids[0];
    call.object(id).ok_or_else(|| Refusal::missing("object", id))
}

pub fn own_account(call: &mut Call<'_>) -> Done {
    Ok(render::account(&call.shop.account))
}

pub fn account(call: &mut Call<'_>) -> Done {
    one(call)
}

pub fn balance(call: &mut Call<'_>) -> Done {
    let now = call.shop.now();
    Ok(render::balance(&call.shop.balance(now), call.view))
}

pub fn movements(call: &mut Call<'_>) -> Done {
    let (kind, source, currency) = (call.filter("type"), call.filter("source"), call.filter("currency"));
    call.at("/v1/balance_transactions").page(
        |shop| &shop.movements,
        |of| kind(Some(of.kind)) && source(of.source.as_deref()) && currency(Some(&of.currency)),
        |_, of, _| render::movement(of),
    )
}

pub fn customers(call: &mut Call<'_>) -> Done {
    let email = call.filter("email");
    call.at("/v1/customers").page(
        |shop| &shop.customers,
        |of| !of.deleted && email(of.email.as_deref()),
        |_, of, view| render::customer(of, view),
    )
}

pub fn balance_changes(call: &mut Call<'_>) -> Done {
    let customer = call.ids[0].clone();
    let url = format!("/v1/customers/{customer}/balance_transactions");
    call.at(&url).page(|shop| &shop.balance_changes, |of| of.customer == customer, |_, of, view| render::balance_change(of, view))
}

pub fn balance_change(call: &mut Call<'_>) -> Done {
    let id = &call.ids[1];
    let found = call.shop.balance_changes.get(id).filter(|of| of.customer == call.ids[0]);
    found.map(|of| render::balance_change(of, call.view)).ok_or_else(|| Refusal::missing("customer balance transaction", id))
}

pub fn products(call: &mut Call<'_>) -> Done {
    let (active, shippable) = (call.switch("active"), call.switch("shippable"));
    call.at("/v1/products").page(
        |shop| &shop.products,
        |of| active(of.active) && shippable(of.shippable.unwrap_or(false)),
        |_, of, view| render::product(of, view),
    )
}

pub fn prices(call: &mut Call<'_>) -> Done {
    let (active, product, currency) = (call.switch("active"), call.filter("product"), call.filter("currency"));
    call.at("/v1/prices").page(
        |shop| &shop.prices,
        |of| active(of.active) && product(Some(&of.product)) && currency(Some(&of.currency)),
        |_, of, view| render::price(of, view),
    )
}

pub fn coupons(call: &mut Call<'_>) -> Done {
    call.at("/v1/coupons").page(|shop| &shop.coupons, |_| true, |_, of, view| render::coupon(of, view))
}

pub fn promotion_codes(call: &mut Call<'_>) -> Done {
    let (active, coupon, customer) = (call.switch("active"), call.filter("coupon"), call.filter("customer"));
    let code = call.params.take("code");
    call.at("/v1/promotion_codes").page(
        |shop| &shop.codes,
        |of| {
            let named = code.as_deref().is_none_or(|code| of.code.eq_ignore_ascii_case(code));
            named && active(of.active) && coupon(Some(&of.coupon.id)) && customer(of.customer.as_deref())
        },
        |_, of, view| render::promotion_code(of, view),
    )
}

pub fn intents(call: &mut Call<'_>) -> Done {
    let customer = call.filter("customer");
    call.at("/v1/payment_intents").page(|shop| &shop.intents, |of| customer(of.customer.as_deref()), |_, of, view| render::intent(of, view))
}

pub fn charges(call: &mut Call<'_>) -> Done {
    let (customer, intent) = (call.filter("customer"), call.filter("payment_intent"));
    call.at("/v1/charges").page(
        |shop| &shop.charges,
        |of| customer(of.customer.as_deref()) && intent(Some(&of.intent)),
        |_, of, view| render::charge(of, view),
    )
}

pub fn refunds(call: &mut Call<'_>) -> Done {
    let (charge, intent) = (call.filter("charge"), call.filter("payment_intent"));
    call.at("/v1/refunds").page(
        |shop| &shop.refunds,
        |of| charge(Some(&of.charge)) && intent(Some(&of.intent)),
        |_, of, view| render::refund(of, view),
    )
}

pub fn disputes(call: &mut Call<'_>) -> Done {
    let (charge, intent) = (call.filter("charge"), call.filter("payment_intent"));
    call.at("/v1/disputes").page(
        |shop| &shop.disputes,
        |of| charge(Some(&of.charge)) && intent(Some(&of.intent)),
        |_, of, view| render::dispute(of, view),
    )
}

pub fn sessions(call: &mut Call<'_>) -> Done {
    let (customer, intent, subscription) = (call.filter("customer"), call.filter("payment_intent"), call.filter("subscription"));
    let (link, status) = (call.filter("payment_link"), call.filter("status"));
    call.at("/v1/checkout/sessions").page(
        |shop| &shop.sessions,
        |of| {
            customer(of.customer.as_deref())
                && intent(of.intent.as_deref())
                && subscription(of.subscription.as_deref())
                && link(of.payment_link.as_deref())
                && status(Some(of.status))
        },
        |_, of, view| render::session(of, view),
    )
}

pub fn line_items(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    if !call.shop.sessions.contains(&id) {
        return Err(Refusal::missing("checkout session", &id));
    }
    let items = sold(call, &id);
    call.at(&format!("/v1/checkout/sessions/{id}/line_items")).inner_page(items)
}

/// What a session sells: one thing.
pub fn sold(call: &Call<'_>, session: &str) -> Vec<Value> {
    let of = &call.shop.sessions[session];
    let subtotal = of.total - of.tax + of.off;
    vec![json!({
        "id": format!("li_{session}"), "object": "item", "amount_subtotal": subtotal, "amount_total": of.total, "amount_tax": of.tax,
        "amount_discount": of.off, "currency": of.currency, "description": "Goods", "quantity": 1
    })]
}

pub fn payment_links(call: &mut Call<'_>) -> Done {
    let active = call.switch("active");
    call.at("/v1/payment_links").page(|shop| &shop.links, |of| active(of.active), |_, of, view| render::payment_link(of, view))
}

pub fn subscriptions(call: &mut Call<'_>) -> Done {
    let (customer, price) = (call.filter("customer"), call.filter("price"));
    let status = call.params.take("status");
    call.at("/v1/subscriptions").page(
        |shop| &shop.subscriptions,
        |of| {
            let shown = match status.as_deref() {
                Some("all") => true,
                // Those that are over are not listed unless they are asked for.
                None => of.status != "canceled",
                Some("ended") => of.ended_at.is_some(),
                Some(status) => of.status == status,
            };
            shown && customer(Some(&of.customer)) && price(of.items.first().map(|item| item.price.id.as_str()))
        },
        |_, of, view| render::subscription(of, view),
    )
}

pub fn invoices(call: &mut Call<'_>) -> Done {
    let (customer, subscription, status) = (call.filter("customer"), call.filter("subscription"), call.filter("status"));
    call.at("/v1/invoices").page(
        |shop| &shop.invoices,
        |of| customer(of.bill.customer.as_deref()) && subscription(of.bill.subscription.as_deref()) && status(Some(of.status)),
        |_, of, view| render::invoice(of, view),
    )
}

pub fn lines(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let of = call.shop.invoices.get(&id).ok_or_else(|| Refusal::missing("invoice", &id))?;
    let items = of.bill.lines.iter().map(|line| render::line(line, of, call.view)).collect();
    call.at(&format!("/v1/invoices/{id}/lines")).inner_page(items)
}

pub fn invoice_payments(call: &mut Call<'_>) -> Done {
    let (invoice, status, intent) = (call.filter("invoice"), call.filter("status"), call.filter("payment.payment_intent"));
    call.params.take("payment.type");
    call.at("/v1/invoice_payments").page(
        |shop| &shop.payments,
        |of| invoice(Some(&of.invoice)) && status(Some("paid")) && intent(Some(&of.intent)),
        |_, of, view| render::invoice_payment(of, view),
    )
}

pub fn credit_notes(call: &mut Call<'_>) -> Done {
    let (customer, invoice) = (call.filter("customer"), call.filter("invoice"));
    call.at("/v1/credit_notes").page(
        |shop| &shop.credit_notes,
        |of| customer(of.customer.as_deref()) && invoice(Some(&of.invoice)),
        |_, of, view| render::credit_note(of, view),
    )
}

/// Events are shown in the version that was the account's default when they happened, whatever is asked for.
pub fn events(call: &mut Call<'_>) -> Done {
    let types = call.params.take_list("types");
    let kind = call.params.take("type");
    if types.len() > TYPES {
        return Err(Refusal::wrong(None, &format!("Invalid array: at most {TYPES} types at a time.")).about("types"));
    }
    if kind.is_some() && !types.is_empty() {
        return Err(Refusal::wrong(None, "You may pass either type or types, but not both."));
    }
    let oldest = call.shop.now() - EVENTS;
    let wanted = |name: &str| {
        let one = kind.as_deref().is_none_or(|kind| kind.strip_suffix('*').map_or(kind == name, |head| name.starts_with(head)));
        one && (types.is_empty() || types.iter().any(|kind| kind == name))
    };
    call.at("/v1/events").page(
        |shop| &shop.events,
        |of| of.at >= oldest && of.exists_in(of.version) && wanted(of.kind),
        |_, of, _| of.shown(of.version),
    )
}

pub fn event(call: &mut Call<'_>) -> Done {
    let id = &call.ids[0];
    call.shop.events.get(id).map(|of| of.shown(of.version)).ok_or_else(|| Refusal::missing("event", id))
}

pub fn endpoints(call: &mut Call<'_>) -> Done {
    call.at("/v1/webhook_endpoints").page(|shop| &shop.endpoints, |_| true, |_, of, view| render::endpoint(of, view))
}

pub fn endpoint(call: &mut Call<'_>) -> Done {
    let id = &call.ids[0];
    let found = call.shop.endpoints.get(id).map(|of| render::endpoint(of, call.view));
    found.ok_or_else(|| Refusal::missing("webhook endpoint", id))
}
