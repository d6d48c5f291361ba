//! What to ask Stripe when a payload cannot say it (IN-6), and how: purely, without a network.
//!
//! Decides which reads a projection calls for and which requests they are. [`super::client`] sends them.

use std::collections::BTreeSet;

use stripe_billing::invoice::RetrieveInvoice;
use stripe_billing::invoice_line_item::ListInvoiceInvoiceLineItem;
use stripe_billing::invoice_payment::{ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType};
use stripe_checkout::checkout_session::RetrieveCheckoutSession;
use stripe_client_core::{RequestBuilder, StripeRequest};
use stripe_core::charge::RetrieveCharge;
use stripe_core::customer::RetrieveCustomer;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_product::price::RetrievePrice;
use stripe_product::promotion_code::RetrievePromotionCode;

use super::error::ReadError;
use super::event::Projection;
use crate::domain::fact::{Charge, Checkout, CheckoutMode, Fact, Intent, IntentStatus, Invoice, InvoiceStatus};

/// The most that Stripe gives in one page of a list.
const PAGE: i64 = 100;

/// One thing to ask Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Read {
    /// The invoices behind a payment: newer payments do not name theirs (SL-8). When there is none, the answer says so of the intent and
    /// of the charge ([`super::event::NoInvoice`]).
    InvoicePayments {
        /// The intent.
        intent: String,
        /// A charge of the intent that waits for the answer too.
        charge: Option<String>,
    },
    /// An invoice with all of its lines, its discounts as whole objects, its payments, and what was paid elsewhere.
    Invoice(String),
    /// A checkout with its discounts.
    Checkout(String),
    /// An intent.
    Intent(String),
    /// A charge.
    Charge(String),
    /// A customer, whose metadata may name the merchant's own id (ID-2).
    Customer(String),
    /// A promotion code, whose text events do not carry.
    PromotionCode(String),
    /// A price with its product, which newer lines name by their ids alone.
    Price(String),
}

impl Read {
    /// The read that fetches an object, such as the unseen parent of a refund (IN-8). Nothing for ids of other kinds.
    #[must_use]
    pub fn object(id: &str) -> Option<Self> {
        let (prefix, _) = id.split_once('_')?;
        let read = match prefix {
            "in" => Self::Invoice,
            "cs" => Self::Checkout,
            "pi" => Self::Intent,
            "ch" | "py" => Self::Charge,
            "cus" => Self::Customer,
            "promo" => Self::PromotionCode,
            _ => return None,
        };
        Some(read(id.to_owned()))
    }

    /// The request that begins the read.
    pub(super) fn request(&self) -> Result<RequestBuilder, ReadError> {
        Ok(match self {
            Self::InvoicePayments { intent, .. } => invoice_payments(intent, None)?,
            Self::Invoice(id) => RetrieveInvoice::new(checked(id)?).expand(expanded(&INVOICE_PARTS)).build(),
            Self::Checkout(id) => RetrieveCheckoutSession::new(checked(id)?).expand(expanded(&["total_details.breakdown"])).build(),
            Self::Intent(id) => RetrievePaymentIntent::new(checked(id)?).expand(expanded(&["latest_charge"])).build(),
            Self::Charge(id) => RetrieveCharge::new(checked(id)?).build(),
            Self::Customer(id) => RetrieveCustomer::new(checked(id)?).build(),
            Self::PromotionCode(id) => RetrievePromotionCode::new(checked(id)?).build(),
            Self::Price(id) => RetrievePrice::new(checked(id)?).expand(expanded(&["product"])).build(),
        })
    }
}

/// What an invoice leaves out unless asked. Discounts that stand on a line are only among the amounts. Promotion codes stay ids: to expand
/// them needs one more permission.
const INVOICE_PARTS: [&str; 4] = ["discounts", "total_discount_amounts.discount", "payments", "amount_paid_off_stripe"];

/// A page of the payments towards invoices that an intent made.
pub(super) fn invoice_payments(intent: &str, after: Option<&str>) -> Result<RequestBuilder, ReadError> {
    let mut payment = ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent);
    payment.payment_intent = Some(checked(intent)?.to_owned());
    let list = ListInvoicePayment::new().payment(payment).limit(PAGE);
    Ok(match after {
        Some(after) => list.starting_after(after).build(),
        None => list.build(),
    })
}

/// A page of an invoice's lines.
pub(super) fn invoice_lines(invoice: &str, after: Option<&str>) -> Result<RequestBuilder, ReadError> {
    let list = ListInvoiceInvoiceLineItem::new(checked(invoice)?).limit(PAGE);
    Ok(match after {
        Some(after) => list.starting_after(after).build(),
        None => list.build(),
    })
}

fn expanded(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// An id becomes part of a path, so it must be nothing but an id.
pub(super) fn checked(id: &str) -> Result<&str, ReadError> {
    let sane = !id.is_empty() && id.len() <= 255 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if sane { Ok(id) } else { Err(ReadError::BadId) }
}

/// What a delivered body leaves open that Stripe can tell (IN-6). Only money that came is worth a question.
///
/// For projections of events. Of what it finds for an answer, the read that was answered is to be left out: asking again would leave open
/// what the answer left open.
#[must_use]
pub fn needs(projection: &Projection) -> Vec<Read> {
    let paired = paired(projection);
    let mut reads = Vec::new();
    for told in &projection.told {
        let object = told.observation.object.as_str();
        let read = match &told.observation.fact {
            Fact::Intent(intent) => need_of_intent(object, intent, &paired),
            Fact::Charge(charge) => need_of_charge(object, charge, &paired),
            Fact::Invoice(invoice) => need_of_invoice(object, invoice),
            Fact::Checkout(checkout) => need_of_checkout(object, checkout),
            _ => None,
        };
        if let Some(read) = read.filter(|read| !asked(&reads, read)) {
            reads.push(read);
        }
    }
    reads
}

/// What to ask about a payment of which it is open whether an invoice stands behind it (SL-8). Nothing when that is known.
#[must_use]
pub fn need_of_link(object: &str, fact: &Fact) -> Option<Read> {
    match fact {
        Fact::Intent(intent) => need_of_intent(object, intent, &BTreeSet::new()),
        Fact::Charge(charge) => need_of_charge(object, charge, &BTreeSet::new()),
        _ => None,
    }
}

/// A charge inside its intent, or the other way round, asks for the same list.
fn asked(reads: &[Read], read: &Read) -> bool {
    reads.iter().any(|earlier| match (earlier, read) {
        (Read::InvoicePayments { intent: a, .. }, Read::InvoicePayments { intent: b, .. }) => a == b,
        _ => earlier == read,
    })
}

/// Payments that the same body pairs with an invoice.
fn paired(projection: &Projection) -> BTreeSet<&str> {
    let mut paired = BTreeSet::new();
    for told in &projection.told {
        match &told.observation.fact {
            Fact::Invoice(invoice) => paired.extend(invoice.payments.iter().map(String::as_str)),
            Fact::Collection(collection) => paired.extend(collection.intent.iter().chain(&collection.charge).map(String::as_str)),
            _ => {}
        }
    }
    paired
}

fn need_of_intent(object: &str, intent: &Intent, paired: &BTreeSet<&str>) -> Option<Read> {
    let open = intent.status == IntentStatus::Succeeded && intent.invoice.is_open() && !paired.contains(object);
    open.then(|| Read::InvoicePayments { intent: object.to_owned(), charge: intent.charges.first().cloned() })
}

/// A charge without an intent cannot be asked about: the list knows payments by their intent.
fn need_of_charge(object: &str, charge: &Charge, paired: &BTreeSet<&str>) -> Option<Read> {
    let intent = charge.intent.as_ref().filter(|intent| !paired.contains(intent.as_str()) && !paired.contains(object))?;
    let open = charge.captured_at.is_some() && charge.invoice.is_open();
    open.then(|| Read::InvoicePayments { intent: intent.clone(), charge: Some(object.to_owned()) })
}

/// Newer bodies leave out the payments of an invoice and whether they came another way (SL-6), name discounts by bare ids (CS-7), and
/// cut long lists of lines.
fn need_of_invoice(object: &str, invoice: &Invoice) -> Option<Read> {
    let payments_open = invoice.paid > 0 && invoice.payments.is_empty() && !invoice.out_of_band;
    let discounts_open = !invoice.codes.whole;
    let open = payments_open || discounts_open || !invoice.lines.whole;
    (invoice.status == InvoiceStatus::Paid && open).then(|| Read::Invoice(object.to_owned()))
}

fn need_of_checkout(object: &str, checkout: &Checkout) -> Option<Read> {
    let open = checkout.completed && checkout.mode != CheckoutMode::Setup && !checkout.codes.whole;
    open.then(|| Read::Checkout(object.to_owned()))
}
