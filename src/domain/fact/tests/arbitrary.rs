//! Facts of every kind, made at random.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::Currency;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::fact::*;

/// Small worlds collide often: equal times, equal ids, equal amounts.
fn time() -> impl Strategy<Value = DateTime<Utc>> {
    (0..3_i64).prop_map(|seconds| DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap())
}

fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), Just(i64::MAX), Just(i64::MIN), -3..3_i64]
}

fn id() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

fn link() -> impl Strategy<Value = Option<String>> {
    of(id())
}

fn ids() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(id(), 0..3)
}

fn currency() -> impl Strategy<Value = Currency> {
    select(vec![Currency::UNKNOWN, Currency::parse_or_unknown("eur")])
}

fn persona() -> impl Strategy<Value = Persona> {
    (link(), link(), any::<bool>()).prop_map(|(buyer, email, skip)| Persona { buyer, email, skip, ..Persona::default() })
}

/// Told with the fact, as by intake.
fn traits(stamp: Stamp, persona: &Persona) -> Dated<Traits> {
    Dated::told(stamp, Traits { country: persona.email.clone(), ..Traits::default() })
}

fn code() -> impl Strategy<Value = Code> {
    (link(), link()).prop_map(|(promotion_code, coupon)| Code { promotion_code, coupon })
}

fn invoice_link() -> impl Strategy<Value = InvoiceLink> {
    (link(), any::<bool>()).prop_map(|(known, none_stated)| InvoiceLink { known, none_stated })
}

/// A stamp before its digest is known.
fn stamp() -> impl Strategy<Value = Stamp> {
    (time(), 0..2_u8).prop_map(|(at, rank)| Stamp { at, rank, digest: 0 })
}

fn told<T: std::fmt::Debug + Clone>(item: impl Strategy<Value = T>) -> impl Strategy<Value = Told<T>> {
    let stamp = Stamp { at: DateTime::UNIX_EPOCH, rank: 0, digest: 0 };
    (0..3_u8, vec(item, 0..3)).prop_map(move |(how, list)| match how {
        0 => Told::default(),
        1 => Told::part(stamp, list),
        _ => Told::whole(stamp, list),
    })
}

pub(super) fn checkout() -> impl Strategy<Value = Fact> {
    let modes = select(vec![CheckoutMode::Payment, CheckoutMode::Subscription, CheckoutMode::Setup]);
    let payments = select(vec![CheckoutPayment::Unpaid, CheckoutPayment::Failed, CheckoutPayment::NothingDue, CheckoutPayment::Paid]);
    let core = (stamp(), modes, payments, any::<bool>(), amount(), currency(), persona());
    let grown = (told(code()), of(time()), of(time()), link(), link(), link());
    (core, grown, time()).prop_map(|((stamp, mode, payment, completed, total, currency, persona), grown, created_at)| {
        let (codes, completed_at, paid_at, invoice, intent, subscription) = grown;
        Fact::Checkout(Checkout {
            stamp,
            mode,
            payment,
            completed,
            total,
            tax: total,
            shipping: total,
            currency,
            created_at,
            persona,
            codes,
            completed_at,
            paid_at,
            invoice,
            intent,
            subscription,
        })
    })
}

pub(super) fn invoice() -> impl Strategy<Value = Fact> {
    use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
    let lines = told((id(), amount()).prop_map(|(id, amount)| Line { id, amount, ..Line::default() }));
    let core = (stamp(), select(vec![Draft, Open, Uncollectible, Void, Paid]), amount(), currency(), persona(), time());
    let sums = (any::<bool>(), amount(), amount(), amount());
    let grown = (lines, told(code()), told(id()), of(time()), link(), ids());
    (core, sums, grown).prop_map(|((stamp, status, total, currency, persona, created_at), sums, grown)| {
        let (out_of_band, off_platform, overpaid, paid) = sums;
        let (lines, codes, discounts, paid_at, subscription, payments) = grown;
        Fact::Invoice(Invoice {
            stamp,
            status,
            currency,
            total,
            total_excluding_tax: total,
            discount_total: total,
            shipping: total,
            out_of_band,
            off_platform,
            overpaid,
            created_at,
            subscription_persona: persona.clone(),
            persona,
            lines,
            codes,
            discounts,
            paid,
            paid_at,
            subscription,
            payments,
        })
    })
}

pub(super) fn collection() -> impl Strategy<Value = Fact> {
    let statuses = select(vec![CollectionStatus::Open, CollectionStatus::Canceled, CollectionStatus::Paid]);
    (stamp(), statuses, amount(), of(time()), link(), link(), link()).prop_map(
        |(stamp, status, amount, paid_at, invoice, intent, charge)| {
            Fact::Collection(Collection { stamp, status, amount, paid_at, invoice, intent, charge })
        },
    )
}

pub(super) fn intent() -> impl Strategy<Value = Fact> {
    use IntentStatus::{Canceled, Open, Processing, Succeeded};
    let core = (stamp(), select(vec![Open, Processing, Canceled, Succeeded]), amount(), currency(), time(), persona());
    (core, amount(), of(time()), ids(), invoice_link()).prop_map(|(core, received, succeeded_at, charges, invoice)| {
        let (stamp, status, amount, currency, created_at, persona) = core;
        Fact::Intent(Intent { stamp, status, amount, currency, created_at, persona, received, succeeded_at, charges, invoice })
    })
}

pub(super) fn charge() -> impl Strategy<Value = Fact> {
    use ChargeStatus::{Failed, Pending, Succeeded};
    let core = (stamp(), select(vec![Pending, Failed, Succeeded]), amount(), currency(), time(), persona());
    let refunded = vec((amount(), time()), 0..3)
        .prop_map(|told| told.into_iter().fold(Running::default(), |grown, (height, at)| grown.merge(Running::to(height, at))));
    let grown = (amount(), refunded, any::<bool>(), of(time()), link(), invoice_link());
    (core, grown).prop_map(|((stamp, status, amount, currency, created_at, persona), grown)| {
        let (captured, refunded, waited, captured_at, intent, invoice) = grown;
        Fact::Charge(Charge {
            stamp,
            status,
            amount,
            currency,
            created_at,
            persona,
            captured,
            refunded,
            waited,
            captured_at,
            intent,
            invoice,
        })
    })
}

pub(super) fn refund() -> impl Strategy<Value = Fact> {
    let statuses = select(vec![RefundStatus::Pending, RefundStatus::Succeeded, RefundStatus::Failed]);
    (stamp(), statuses, amount(), currency(), time(), link(), link()).prop_map(
        |(stamp, status, amount, currency, created_at, charge, intent)| {
            let failed_at = (status == RefundStatus::Failed).then_some(stamp.at);
            Fact::Refund(Refund { stamp, status, amount, currency, created_at, failed_at, charge, intent })
        },
    )
}

pub(super) fn dispute() -> impl Strategy<Value = Fact> {
    use DisputeStatus::{Inquiry, InquiryClosed, Lost, Open, Prevented, Unknown, Won};
    let statuses = select(vec![Inquiry, Open, InquiryClosed, Prevented, Unknown, Won, Lost]);
    let core = (stamp(), statuses, amount(), currency(), time());
    (core, of(time()), any::<bool>(), amount(), link(), link()).prop_map(|(core, gone_at, withdrawn, reinstated, charge, intent)| {
        let (stamp, status, amount, currency, created_at) = core;
        Fact::Dispute(Dispute { stamp, status, amount, currency, created_at, gone_at, withdrawn, reinstated, charge, intent })
    })
}

pub(super) fn credit_note() -> impl Strategy<Value = Fact> {
    let lines = vec((id(), amount()).prop_map(|(line, net)| LineCredit { line, net }), 0..2);
    (stamp(), any::<bool>(), amount(), time(), lines, link()).prop_map(|(stamp, void, amount, created_at, lines, invoice)| {
        Fact::CreditNote(CreditNote {
            stamp,
            void,
            amount,
            out_of_band: amount,
            before_payment: amount,
            created_at,
            lines,
            refunded: amount,
            invoice,
        })
    })
}

pub(super) fn buyer() -> impl Strategy<Value = Fact> {
    (stamp(), persona(), time(), of(time()), btree_map(id(), time(), 0..3)).prop_map(|(stamp, persona, created_at, deleted_at, emails)| {
        let deleted = deleted_at.is_some();
        Fact::Buyer(Buyer { stamp, traits: traits(stamp, &persona), persona, created_at, deleted, deleted_at, emails })
    })
}

pub(super) fn subscription() -> impl Strategy<Value = Fact> {
    use SubscriptionStatus::{Active, Ended, Incomplete, Trialing};
    let statuses = select(vec![Incomplete, Trialing, Active, Ended]);
    (stamp(), statuses, persona(), time(), of(time()), of(time()), vec(code(), 0..2)).prop_map(
        |(stamp, status, persona, created_at, ended_at, trial_at, codes)| {
            Fact::Subscription(Subscription { stamp, status, persona, created_at, ended_at, trial_at, codes })
        },
    )
}

pub(super) fn coupon() -> impl Strategy<Value = Fact> {
    (stamp(), link(), of(0..3_u32), of(amount()), of(currency()), of(time())).prop_map(
        |(stamp, name, percent_off, amount_off, currency, deleted_at)| {
            let (duration, deleted) = (name.clone(), deleted_at.is_some());
            Fact::Coupon(Coupon { stamp, duration, name, percent_off, amount_off, currency, deleted, deleted_at })
        },
    )
}

pub(super) fn promotion_code() -> impl Strategy<Value = Fact> {
    (stamp(), id(), any::<bool>(), time(), link()).prop_map(|(stamp, code, active, created_at, coupon)| {
        Fact::PromotionCode(PromotionCode { stamp, code, active, created_at, coupon, life: Life::told(stamp, active) })
    })
}

pub(super) fn discount() -> impl Strategy<Value = Fact> {
    (stamp(), link(), code()).prop_map(|(stamp, buyer, code)| Fact::Discount(Discount { stamp, buyer, code }))
}

fn noted() -> impl Strategy<Value = Metadata> {
    btree_map(id(), id(), 0..2)
}

pub(super) fn price() -> impl Strategy<Value = Fact> {
    (stamp(), link(), link(), noted()).prop_map(|(stamp, product, lookup_key, metadata)| {
        Fact::Price(Price { stamp, product, traits: Dated::told(stamp, PriceTraits { lookup_key, metadata }) })
    })
}

pub(super) fn product() -> impl Strategy<Value = Fact> {
    (stamp(), noted()).prop_map(|(stamp, noted)| Fact::Product(Product { stamp, metadata: Dated::told(stamp, noted) }))
}
