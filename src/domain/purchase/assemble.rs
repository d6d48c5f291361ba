//! From facts to the state of one purchase: a pure function of the set of facts, whatever their order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::value::{Currency, PurchaseStatus, mul_div_half_up};

use super::lines::{nets, whole};
use super::payer::tell_who;
use super::returned::{Reversals, reversals};
use super::{Flag, Key, KeyKind, Payer, PurchaseState};
use crate::domain::exchange::Rates;
use crate::domain::fact::{
    Charge, ChargeStatus, Checkout, CheckoutMode, CheckoutPayment, Collection, CollectionStatus, CreditNote, Dispute, Fact, Intent,
    IntentStatus, Invoice, InvoiceStatus, Metadata, Refund,
};

/// The facts of one purchase, sorted by kind.
#[derive(Default)]
pub(super) struct Facts<'a> {
    pub invoices: Vec<(&'a str, &'a Invoice)>,
    pub collections: Vec<(&'a str, &'a Collection)>,
    pub intents: BTreeMap<&'a str, &'a Intent>,
    pub charges: BTreeMap<&'a str, &'a Charge>,
    pub checkouts: Vec<(&'a str, &'a Checkout)>,
    pub refunds: Vec<(&'a str, &'a Refund)>,
    pub disputes: Vec<(&'a str, &'a Dispute)>,
    pub notes: Vec<(&'a str, &'a CreditNote)>,
}

/// What was owed and received.
struct Money {
    status: PurchaseStatus,
    at: Option<DateTime<Utc>>,
    currency: Currency,
    total: i64,
    collected: i64,
    off_platform: i64,
    lines: Vec<super::NetLine>,
    shipping: i64,
    /// What was authorised in the buyer's currency, where that is not `currency` (BA-8): it stands for `total`.
    presented: Option<i64>,
}

/// Puts the state of a purchase together from everything told of its objects. Returns nothing when no fact belongs to a purchase.
///
/// `references` are all objects that the purchase owns, told of or only named: the strongest is its key (SL-1).
#[must_use]
pub fn assemble(facts: &BTreeMap<String, Fact>, references: &BTreeSet<Key>) -> Option<PurchaseState> {
    let known_at = facts.values().filter(|f| f.belongs_to_purchase()).map(earliest).min()?;
    let key = references.first()?.clone();
    let sorted = sort(facts);
    let mut flags = BTreeSet::new();
    let money = money(&sorted, &key, &mut flags);
    let mut went_back = reversals(&sorted.charges, &sorted.refunds, &sorted.disputes, &sorted.notes);
    if let Some(presented) = money.presented {
        went_back.convert(money.total, presented);
    }
    let Reversals { returned, at_risk, credits, credited, credited_before } = went_back;
    let mut state = PurchaseState {
        key,
        status: money.status,
        at: money.at,
        known_at,
        currency: money.currency,
        total: money.total,
        collected: money.collected,
        off_platform: money.off_platform,
        payment_known: references.iter().any(|r| matches!(r.kind, KeyKind::Intent | KeyKind::Charge)),
        lines: money.lines,
        shipping: money.shipping,
        returned,
        at_risk,
        credits,
        credited,
        credited_before,
        flags,
        payer: Payer::default(),
        partner_keys: Vec::new(),
        references: Vec::new(),
        codes: Vec::new(),
        discounts: Vec::new(),
        discounted_at: None,
        subscription: None,
        skip: false,
        rates: Rates::none(),
        metadata: Metadata::new(),
    };
    tell_who(&mut state, &sorted);
    if state.payer.buyer.is_none() {
        let guest = references.iter().filter(|r| matches!(r.kind, KeyKind::Checkout | KeyKind::Intent | KeyKind::Charge));
        state.payer.guests = guest.map(|r| r.object.clone()).collect();
    }
    Some(state)
}

fn earliest(fact: &Fact) -> DateTime<Utc> {
    match fact {
        Fact::Checkout(f) => f.created_at,
        Fact::Invoice(f) => f.created_at,
        Fact::Intent(f) => f.created_at,
        Fact::Charge(f) => f.created_at,
        Fact::Refund(f) => f.created_at,
        Fact::Dispute(f) => f.created_at,
        Fact::CreditNote(f) => f.created_at,
        other => other.stamp().at,
    }
}

fn sort(facts: &BTreeMap<String, Fact>) -> Facts<'_> {
    let mut sorted = Facts::default();
    for (id, fact) in facts.iter().filter(|(_, fact)| fact.belongs_to_purchase()) {
        let id = id.as_str();
        match fact {
            Fact::Invoice(f) => sorted.invoices.push((id, f)),
            Fact::Collection(f) => sorted.collections.push((id, f)),
            Fact::Intent(f) => {
                sorted.intents.insert(id, f);
            }
            Fact::Charge(f) => {
                sorted.charges.insert(id, f);
            }
            Fact::Checkout(f) => sorted.checkouts.push((id, f)),
            Fact::Refund(f) => sorted.refunds.push((id, f)),
            Fact::Dispute(f) => sorted.disputes.push((id, f)),
            Fact::CreditNote(f) => sorted.notes.push((id, f)),
            Fact::Buyer(_)
            | Fact::Subscription(_)
            | Fact::Coupon(_)
            | Fact::PromotionCode(_)
            | Fact::Discount(_)
            | Fact::Price(_)
            | Fact::Product(_) => {}
        }
    }
    sorted
}

fn money(facts: &Facts<'_>, key: &Key, flags: &mut BTreeSet<Flag>) -> Money {
    if let Some((_, invoice)) = facts.invoices.first() {
        return invoice_money(invoice, facts, flags);
    }
    if key.kind == KeyKind::Invoice {
        return parentless(facts);
    }
    let checkout = facts.checkouts.iter().map(|(_, c)| *c).find(|c| c.mode == CheckoutMode::Payment);
    if facts.intents.is_empty() && facts.charges.is_empty() {
        return checkout.map_or_else(|| parentless(facts), checkout_money);
    }
    payment_money(checkout, facts, flags)
}

/// An invoice says what is owed and paid (SL-5, SL-6, BA-3).
fn invoice_money(invoice: &Invoice, facts: &Facts<'_>, flags: &mut BTreeSet<Flag>) -> Money {
    let paid_parts = facts.collections.iter().filter(|(_, c)| c.status == CollectionStatus::Paid);
    let parts = paid_parts.clone().fold(0_i64, |sum, (_, c)| sum.saturating_add(c.amount));
    let paid = invoice.paid.max(parts);
    let total = invoice.total;
    let owed = total.max(0);
    let outside = outside(invoice, facts, paid);
    if outside > 0 || (invoice.out_of_band && owed > 0) {
        flags.insert(Flag::OutOfBand);
    }
    if invoice.overpaid > 0 || paid > owed {
        flags.insert(Flag::Overpaid);
    }
    let collected = paid.max(outside).saturating_sub(outside).clamp(0, owed);
    let status = match invoice.status {
        InvoiceStatus::Paid => PurchaseStatus::Paid,
        InvoiceStatus::Void => PurchaseStatus::Voided,
        InvoiceStatus::Uncollectible => PurchaseStatus::Failed,
        InvoiceStatus::Draft | InvoiceStatus::Open => PurchaseStatus::Unpaid,
    };
    let first_part = paid_parts.filter_map(|(_, c)| c.paid_at).min();
    Money {
        status,
        at: if status == PurchaseStatus::Paid { invoice.paid_at.or(first_part) } else { first_part },
        currency: invoice.currency,
        total,
        collected,
        off_platform: outside.clamp(0, owed - collected),
        lines: nets(invoice, flags),
        shipping: invoice.shipping,
        presented: None,
    }
}

/// The part of an invoice's money that did not come this way (SL-6). What payments brought before the rest was marked as paid outside did
/// come, and a bill that was marked as paid without any amount was paid outside as a whole.
fn outside(invoice: &Invoice, facts: &Facts<'_>, paid: i64) -> i64 {
    let came = facts.collections.iter().filter(|(_, c)| c.status == CollectionStatus::Paid && (c.intent.is_some() || c.charge.is_some()));
    let came = came.fold(0_i64, |sum, (_, c)| sum.saturating_add(c.amount));
    let rest = paid.saturating_sub(came).max(0);
    match (invoice.out_of_band, invoice.off_platform) {
        (true, 0) if paid == 0 && invoice.status == InvoiceStatus::Paid => invoice.total.max(0),
        (true, 0) => rest,
        (_, told) => told.min(rest),
    }
}

/// A hosted checkout tells of its own money until the payment does.
fn checkout_money(checkout: &Checkout) -> Money {
    let (status, collected) = match checkout.payment {
        CheckoutPayment::Paid => (PurchaseStatus::Paid, checkout.total.max(0)),
        CheckoutPayment::NothingDue => (PurchaseStatus::Paid, 0),
        CheckoutPayment::Failed => (PurchaseStatus::Failed, 0),
        CheckoutPayment::Unpaid => (PurchaseStatus::Unpaid, 0),
    };
    Money {
        status,
        at: if status == PurchaseStatus::Paid { checkout.money_at() } else { None },
        currency: checkout.currency,
        total: checkout.total,
        collected,
        off_platform: 0,
        lines: vec![whole(checkout_net(checkout))],
        shipping: checkout.shipping,
        presented: None,
    }
}

fn checkout_net(checkout: &Checkout) -> i64 {
    checkout.total.saturating_sub(checkout.tax).saturating_sub(checkout.shipping)
}

/// Intents and charges tell of the same money twice; the greater telling counts. A checkout adds what is tax and shipping.
fn payment_money(checkout: Option<&Checkout>, facts: &Facts<'_>, flags: &mut BTreeSet<Flag>) -> Money {
    let (collected, authorised) = received(facts);
    let at = money_at(facts, checkout);
    let settled_by_checkout = checkout.is_some_and(|c| c.completed && c.invoice.is_none());
    let stated = facts.intents.values().map(|i| &i.invoice).chain(facts.charges.values().map(|c| &c.invoice));
    let open = !settled_by_checkout && !stated.clone().any(|link| link.none_stated);
    let currency =
        facts.charges.values().map(|c| c.currency).chain(facts.intents.values().map(|i| i.currency)).next().unwrap_or(Currency::UNKNOWN);
    let total = checkout.map_or(authorised, |c| c.total);
    // BA-8: a payment in the buyer's currency counts in the merchant's, as that share of the checkout's total that was received.
    let presented = checkout.filter(|c| c.currency != currency && authorised > 0).map(|_| authorised);
    let collected =
        presented.map_or(collected, |authorised| mul_div_half_up(total.into(), collected.into(), authorised.into()).unwrap_or(i64::MAX));
    let collected = collected.clamp(0, total.max(0));
    let captured_less = facts.charges.values().any(|c| c.captured > 0 && c.captured < c.amount);
    if captured_less {
        flags.insert(Flag::UnderCaptured);
    }
    let status = match (at.is_some(), open) {
        (true, true) => PurchaseStatus::Provisional,
        (true, false) => PurchaseStatus::Paid,
        (false, _) if failed(facts, checkout) => PurchaseStatus::Failed,
        (false, _) => PurchaseStatus::Unpaid,
    };
    Money {
        status,
        at,
        currency: checkout.map_or(currency, |c| c.currency),
        total,
        collected,
        off_platform: 0,
        lines: vec![whole(checkout.map_or(total, checkout_net))],
        shipping: checkout.map_or(0, |c| c.shipping),
        presented,
    }
}

/// What was received and what was authorised: per intent the greater of what it and its charges tell, plus charges without intent.
fn received(facts: &Facts<'_>) -> (i64, i64) {
    let mut by_payment: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (id, charge) in &facts.charges {
        if charge.status == ChargeStatus::Succeeded {
            let entry = by_payment.entry(charge.intent.as_deref().unwrap_or(id)).or_default();
            entry.0 = entry.0.saturating_add(if charge.captured_at.is_some() { charge.captured } else { 0 });
            entry.1 = entry.1.saturating_add(charge.amount);
        }
    }
    for (id, intent) in &facts.intents {
        let entry = by_payment.entry(id).or_default();
        let received = if intent.status == IntentStatus::Succeeded { intent.received } else { 0 };
        *entry = (entry.0.max(received), entry.1.max(intent.amount));
    }
    by_payment.values().fold((0, 0), |sum, one| (sum.0.saturating_add(one.0), sum.1.saturating_add(one.1)))
}

/// SL-7: when the money succeeded, told best by a charge, then by an intent, then by a checkout.
fn money_at(facts: &Facts<'_>, checkout: Option<&Checkout>) -> Option<DateTime<Utc>> {
    let by_charge = facts.charges.values().filter_map(|c| c.money_at()).min();
    let by_intent = facts.intents.values().filter_map(|i| i.succeeded_at).min();
    let by_checkout = checkout.filter(|c| c.payment == CheckoutPayment::Paid).and_then(Checkout::money_at);
    by_charge.or(by_intent).or(by_checkout)
}

fn failed(facts: &Facts<'_>, checkout: Option<&Checkout>) -> bool {
    if checkout.is_some_and(|c| c.payment == CheckoutPayment::Failed) {
        return true;
    }
    let intents_over = facts.intents.values().all(|i| i.status == IntentStatus::Canceled);
    let charges_failed = facts.charges.values().all(|c| c.status == ChargeStatus::Failed);
    intents_over && charges_failed && (!facts.intents.is_empty() || facts.charges.values().all(|c| c.intent.is_none()))
}

/// Something speaks of a payment or an invoice that was not told yet (IN-8).
fn parentless(facts: &Facts<'_>) -> Money {
    let currency = facts
        .charges
        .values()
        .map(|c| c.currency)
        .chain(facts.intents.values().map(|i| i.currency))
        .chain(facts.refunds.iter().map(|(_, r)| r.currency))
        .chain(facts.disputes.iter().map(|(_, d)| d.currency))
        .next()
        .unwrap_or(Currency::UNKNOWN);
    Money {
        status: PurchaseStatus::PendingParent,
        at: None,
        currency,
        total: 0,
        collected: 0,
        off_platform: 0,
        lines: Vec::new(),
        shipping: 0,
        presented: None,
    }
}
