//! Who pays, and the evidence that the purchase itself carries (ID-2, AT-6).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::assemble::Facts;
use super::{PurchaseState, Reference};
use crate::domain::fact::Persona;

/// Collects who pays and which evidence the purchase carries. Payment and checkout speak before the subscription's copy (ID-2).
///
/// A client reference is evidence from the end of its checkout on, or from when the money came: an attempt that led to nothing brought nobody
/// (AT-13).
pub(super) fn tell_who(state: &mut PurchaseState, facts: &Facts<'_>) {
    let paid = state.at;
    for (id, checkout) in &facts.checkouts {
        note_persona(state, id, checkout.done_at(), &checkout.persona);
        state.codes.extend(checkout.codes.list.iter().cloned());
        state.subscription = state.subscription.take().or_else(|| checkout.subscription.clone());
    }
    for (id, intent) in &facts.intents {
        note_persona(state, id, paid, &intent.persona);
    }
    for (id, charge) in &facts.charges {
        note_persona(state, id, paid, &charge.persona);
    }
    for (id, invoice) in &facts.invoices {
        note_persona(state, id, paid, &invoice.persona);
        note_persona(state, id, paid, &invoice.subscription_persona);
        state.codes.extend(invoice.codes.list.iter().cloned());
        state.discounts.extend(invoice.discounts.list.iter().cloned());
        state.subscription = state.subscription.take().or_else(|| invoice.subscription.clone());
    }
    let checkout_done = facts.checkouts.iter().filter_map(|(_, c)| c.done_at()).min();
    state.discounted_at = checkout_done.or_else(|| facts.invoices.iter().map(|(_, i)| i.created_at).min());
    let mut seen = BTreeSet::new();
    state.codes.retain(|code| seen.insert(code.clone()));
    state.references.sort_by(|a, b| (a.at, &a.object).cmp(&(b.at, &b.object)));
}

fn note_persona(state: &mut PurchaseState, object: &str, evident: Option<DateTime<Utc>>, persona: &Persona) {
    let payer = &mut state.payer;
    if let Some(id) = persona.external_id.as_ref().filter(|id| !payer.external_ids.contains(id)) {
        payer.external_ids.push(id.clone());
    }
    payer.buyer = payer.buyer.take().or_else(|| persona.buyer.clone());
    payer.email = payer.email.take().or_else(|| persona.email.clone());
    payer.name = payer.name.take().or_else(|| persona.name.clone());
    payer.country = payer.country.take().or_else(|| persona.country.clone());
    for (key, value) in &persona.metadata {
        state.metadata.entry(key.clone()).or_insert_with(|| value.clone());
    }
    if let Some(key) = persona.partner_key.as_ref().filter(|key| !state.partner_keys.contains(key)) {
        state.partner_keys.push(key.clone());
    }
    if let (Some(text), Some(at)) = (&persona.client_reference, evident) {
        state.references.push(Reference { object: object.to_owned(), text: text.clone(), at });
    }
    state.skip |= persona.skip;
}
