//! Facts in few words: each factory gives a usual object, and a test changes the fields that it is about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{currency, number};
use crate::domain::fact::*;
use crate::domain::purchase::{Key, KeyKind, PurchaseState, assemble};

/// A stamp whose digest is set when the fact is told.
pub fn stamp(at: DateTime<Utc>, rank: u8) -> Stamp {
    Stamp { at, rank, digest: 0 }
}

/// Stripe's customer, unless a test says otherwise.
pub const BUYER: &str = "cus_1";

pub fn persona() -> Persona {
    Persona { buyer: Some(BUYER.to_owned()), ..Persona::default() }
}

pub fn line(id: &str, amount: i64) -> Line {
    Line { id: id.to_owned(), amount, quantity: 1, ..Line::default() }
}

/// An invoice of one line, without tax, paid at `paid_at`.
pub fn invoice(total: i64, paid_at: DateTime<Utc>) -> Invoice {
    Invoice {
        stamp: stamp(paid_at, 5),
        status: InvoiceStatus::Paid,
        currency: currency("USD"),
        total,
        total_excluding_tax: total,
        discount_total: 0,
        shipping: 0,
        out_of_band: false,
        off_platform: 0,
        overpaid: 0,
        created_at: paid_at,
        persona: persona(),
        subscription_persona: Persona::default(),
        lines: Told::whole(stamp(paid_at, 0), vec![line("il_1", total)]),
        codes: Told::default(),
        discounts: Told::default(),
        paid: total.max(0),
        paid_at: Some(paid_at),
        subscription: None,
        payments: BTreeSet::new(),
    }
}

impl Invoice {
    /// These lines, and a total without tax that fits them.
    pub fn with_lines(mut self, lines: Vec<Line>) -> Self {
        let net = lines.iter().map(Line::net).sum::<i64>();
        let tax = self.total - self.total_excluding_tax;
        self.lines = Told::whole(self.stamp, lines);
        (self.total, self.total_excluding_tax) = (net + tax, net);
        self.paid = self.total.max(0);
        self
    }

    /// A tax that comes on top.
    pub fn with_tax(mut self, tax: i64) -> Self {
        self.total += tax;
        self.paid = self.total.max(0);
        self
    }

    /// These discounts, by promotion code.
    pub fn with_codes(mut self, codes: &[&str]) -> Self {
        self.codes = Told::whole(self.stamp, codes.iter().map(|code| promotion(code)).collect());
        self
    }
}

pub fn promotion(id: &str) -> Code {
    Code { promotion_code: Some(id.to_owned()), coupon: None }
}

/// A payment towards an invoice.
pub fn collection(invoice: &str, intent: &str, amount: i64, paid_at: DateTime<Utc>) -> Collection {
    Collection {
        stamp: stamp(paid_at, 2),
        status: CollectionStatus::Paid,
        amount,
        paid_at: Some(paid_at),
        invoice: Some(invoice.to_owned()),
        intent: Some(intent.to_owned()),
        charge: None,
    }
}

/// An intent whose money came at `at`, of which nobody said whether an invoice stands behind it.
pub fn intent(amount: i64, at: DateTime<Utc>) -> Intent {
    Intent {
        stamp: stamp(at, 3),
        status: IntentStatus::Succeeded,
        amount,
        currency: currency("USD"),
        created_at: at,
        persona: persona(),
        received: amount,
        succeeded_at: Some(at),
        charges: BTreeSet::new(),
        invoice: InvoiceLink::default(),
    }
}

/// A captured charge without intent, which says that it has no invoice.
pub fn charge(amount: i64, at: DateTime<Utc>) -> Charge {
    Charge {
        stamp: stamp(at, 2),
        status: ChargeStatus::Succeeded,
        amount,
        currency: currency("USD"),
        created_at: at,
        persona: persona(),
        captured: amount,
        refunded: Running::default(),
        waited: false,
        captured_at: Some(at),
        intent: None,
        invoice: no_invoice(),
    }
}

impl Charge {
    /// The same charge, told at `at` with this running total of refunds.
    pub fn refunded(self, total: i64, at: DateTime<Utc>) -> Self {
        Self { refunded: Running::to(total, at), stamp: stamp(at, 2), ..self }
    }
}

/// A captured charge of an intent, of which nobody said whether an invoice stands behind it.
pub fn charge_of(intent: &str, amount: i64, at: DateTime<Utc>) -> Charge {
    Charge { intent: Some(intent.to_owned()), invoice: InvoiceLink::default(), ..charge(amount, at) }
}

/// The source said that there is no invoice.
pub fn no_invoice() -> InvoiceLink {
    InvoiceLink { known: None, none_stated: true }
}

/// A completed and paid checkout in payment mode.
pub fn checkout(total: i64, at: DateTime<Utc>) -> Checkout {
    Checkout {
        stamp: stamp(at, 3),
        mode: CheckoutMode::Payment,
        payment: CheckoutPayment::Paid,
        completed: true,
        total,
        tax: 0,
        shipping: 0,
        currency: currency("USD"),
        created_at: at - chrono::Duration::minutes(5),
        persona: persona(),
        codes: Told::default(),
        completed_at: Some(at),
        paid_at: Some(at),
        invoice: None,
        intent: None,
        subscription: None,
    }
}

/// A refund of a charge that succeeded.
pub fn refund(charge: &str, amount: i64, at: DateTime<Utc>) -> Refund {
    Refund {
        stamp: stamp(at, 1),
        status: RefundStatus::Succeeded,
        amount,
        currency: currency("USD"),
        created_at: at,
        failed_at: None,
        charge: Some(charge.to_owned()),
        intent: None,
    }
}

/// A dispute that is open, with its money not withdrawn.
pub fn dispute(charge: &str, amount: i64, at: DateTime<Utc>) -> Dispute {
    Dispute {
        stamp: stamp(at, 1),
        status: DisputeStatus::Open,
        amount,
        currency: currency("USD"),
        created_at: at,
        gone_at: None,
        withdrawn: false,
        reinstated: 0,
        charge: Some(charge.to_owned()),
        intent: None,
    }
}

impl Dispute {
    /// The same dispute, told later with another state.
    pub fn then(mut self, status: DisputeStatus, at: DateTime<Utc>) -> Self {
        self.stamp = stamp(at, if matches!(status, DisputeStatus::Won | DisputeStatus::Lost) { 9 } else { 2 });
        self.gone_at = (status == DisputeStatus::Lost).then_some(at).or(self.gone_at);
        self.status = status;
        self
    }
}

/// A credit note over a refund of the same amount.
pub fn note(invoice: &str, amount: i64, at: DateTime<Utc>) -> CreditNote {
    CreditNote {
        stamp: stamp(at, 1),
        void: false,
        amount,
        out_of_band: 0,
        before_payment: 0,
        created_at: at,
        lines: Vec::new(),
        refunded: amount,
        invoice: Some(invoice.to_owned()),
    }
}

macro_rules! into_fact {
    ($($name:ident),+) => {$(
        impl From<$name> for Fact {
            fn from(fact: $name) -> Self {
                Self::$name(fact)
            }
        }
    )+};
}
into_fact!(Checkout, Invoice, Collection, Intent, Charge, Refund, Dispute, CreditNote);

/// Everything told so far, by object.
#[derive(Clone, Debug, Default)]
pub struct Book(pub BTreeMap<String, Fact>);

impl Book {
    pub fn of<const N: usize>(facts: [(&str, Fact); N]) -> Self {
        let mut book = Self::default();
        for (id, fact) in facts {
            book.tell(id, fact);
        }
        book
    }

    /// One more telling: joined with what is known of the object.
    pub fn tell(&mut self, id: &str, fact: impl Into<Fact>) -> &mut Self {
        let fact = sealed(fact.into());
        let joined = match self.0.remove(id) {
            Some(known) => known.merge(fact).unwrap(),
            None => fact,
        };
        self.0.insert(id.to_owned(), joined);
        self
    }

    /// The purchases: objects that share references are one (SL-8).
    pub fn purchases(&self) -> Vec<PurchaseState> {
        let mut groups: Vec<BTreeSet<String>> = Vec::new();
        for (id, fact) in self.0.iter().filter(|(_, fact)| fact.belongs_to_purchase()) {
            let mut all: BTreeSet<String> = fact.references().into_iter().map(str::to_owned).collect();
            all.insert(id.clone());
            let (touching, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| !group.is_disjoint(&all));
            all.extend(touching.into_iter().flatten());
            groups = rest;
            groups.push(all);
        }
        groups.iter().filter_map(|group| self.one(group)).collect()
    }

    /// The only purchase there is.
    pub fn purchase(&self) -> PurchaseState {
        let mut all = self.purchases();
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    fn one(&self, group: &BTreeSet<String>) -> Option<PurchaseState> {
        let facts = self.0.iter().filter(|(id, _)| group.contains(*id)).map(|(id, fact)| (id.clone(), fact.clone())).collect();
        assemble(&facts, &group.iter().map(|id| key(id)).collect())
    }
}

/// The digest as intake makes it: a hash of the content.
fn sealed(mut fact: Fact) -> Fact {
    let digest = number(&format!("{fact:?}"));
    let stamp = match &mut fact {
        Fact::Checkout(f) => &mut f.stamp,
        Fact::Invoice(f) => &mut f.stamp,
        Fact::Collection(f) => &mut f.stamp,
        Fact::Intent(f) => &mut f.stamp,
        Fact::Charge(f) => &mut f.stamp,
        Fact::Refund(f) => &mut f.stamp,
        Fact::Dispute(f) => &mut f.stamp,
        Fact::CreditNote(f) => &mut f.stamp,
        _ => return fact,
    };
    stamp.digest = digest;
    let stamp = *stamp;
    if let Fact::Invoice(f) = &mut fact {
        f.lines.stamp = f.lines.stamp.map(|_| stamp);
        f.codes.stamp = f.codes.stamp.map(|_| stamp);
    }
    if let Fact::Checkout(f) = &mut fact {
        f.codes.stamp = f.codes.stamp.map(|_| stamp);
    }
    fact
}

fn key(id: &str) -> Key {
    let kind = match id.split('_').next() {
        Some("in") => KeyKind::Invoice,
        Some("pi") => KeyKind::Intent,
        Some("ch") => KeyKind::Charge,
        Some("cs") => KeyKind::Checkout,
        _ => KeyKind::Other,
    };
    Key { kind, object: id.to_owned() }
}
