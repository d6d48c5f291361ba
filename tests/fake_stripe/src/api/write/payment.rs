//! What may be changed of payments, invoices and subscriptions, and giving money back.

use super::super::Refusal;
use super::super::call::{Call, Done};
use super::{merge, shipping, text};

pub fn intent(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut intent = call.shop.intents.get(&id).cloned().ok_or_else(|| Refusal::missing("payment_intent", &id))?;
    let moves = call.params.has("shipping") || call.params.has("description");
    if moves && ["succeeded", "canceled"].contains(&intent.status) {
        let message = format!(
            "This PaymentIntent's shipping could not be updated because it has a status of {}. You may only update the shipping of a \
             PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action, processing.",
            intent.status
        );
        return Err(Refusal::wrong(Some("payment_intent_unexpected_state"), &message));
    }
    text(&mut intent.description, &mut call.params, "description");
    shipping(&mut intent.shipping, &mut call.params);
    merge(&mut intent.metadata, &mut call.params)?;
    call.shop.change_intent(&id, |of| *of = intent);
    call.object(&id).ok_or_else(|| Refusal::missing("payment_intent", &id))
}

pub fn charge(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut charge = call.shop.charges.get(&id).cloned().ok_or_else(|| Refusal::missing("charge", &id))?;
    text(&mut charge.description, &mut call.params, "description");
    shipping(&mut charge.shipping, &mut call.params);
    merge(&mut charge.metadata, &mut call.params)?;
    let now = call.shop.now();
    call.shop.change_charge(now, &id, |of| *of = charge);
    call.object(&id).ok_or_else(|| Refusal::missing("charge", &id))
}

pub fn invoice(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut metadata = call.shop.invoices.get(&id).map(|of| of.bill.metadata.clone()).ok_or_else(|| Refusal::missing("invoice", &id))?;
    merge(&mut metadata, &mut call.params)?;
    let now = call.shop.now();
    call.shop.change_invoice(now, &id, |of| of.bill.metadata = metadata);
    call.object(&id).ok_or_else(|| Refusal::missing("invoice", &id))
}

pub fn subscription(call: &mut Call<'_>) -> Done {
    let id = call.ids[0].clone();
    let mut metadata =
        call.shop.subscriptions.get(&id).map(|of| of.metadata.clone()).ok_or_else(|| Refusal::missing("subscription", &id))?;
    merge(&mut metadata, &mut call.params)?;
    let now = call.shop.now();
    call.shop.change_subscription(now, &id, |of| of.metadata = metadata);
    call.object(&id).ok_or_else(|| Refusal::missing("subscription", &id))
}

pub fn new_refund(call: &mut Call<'_>) -> Done {
    let (charge, intent) = (call.params.take("charge"), call.params.take("payment_intent"));
    let named = intent.as_ref().and_then(|id| call.shop.intents.get(id)?.charge.clone()).or(charge);
    let charge = named.ok_or_else(|| Refusal::wrong(None, "One of the following params should be provided: payment_intent or charge."))?;
    let of =
        call.shop.charges.get(&charge).ok_or_else(|| Refusal::wrong(Some("resource_missing"), &format!("No such charge: '{charge}'")))?;
    let left = of.amount - of.refunded;
    let amount = call.params.take_int("amount").unwrap_or(left);
    if left == 0 {
        return Err(Refusal::wrong(Some("charge_already_refunded"), &format!("Charge {charge} has already been refunded.")));
    }
    if !(1..=left).contains(&amount) {
        let message = format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
        return Err(Refusal::wrong(None, &message).about("amount"));
    }
    let reason = call.params.take("reason");
    let now = call.shop.now();
    let id = call.shop.refund(now, &charge, amount);
    let refund = call.shop.refunds.get_mut(&id).expect("it was made");
    refund.reason = reason;
    let mut metadata = refund.metadata.clone();
    merge(&mut metadata, &mut call.params)?;
    call.shop.refunds.get_mut(&id).expect("it was made").metadata = metadata;
    call.object(&id).ok_or_else(|| Refusal::missing("refund", &id))
}
