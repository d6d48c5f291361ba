//! Made-up purchases of one customer, worked out in the order of their times.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::value::{Currency, DecisionReason, PurchaseStatus, Terms};

use crate::domain::commission::{Case, Earlier, Earned, Parties, earn};
use crate::domain::exchange::Rates;
use crate::domain::fact::Metadata;
use crate::domain::purchase::{Key, KeyKind, NetLine, Payer, PurchaseState};
use crate::domain::step::{Step, Steps};

/// A made-up purchase of one line, paid in full, without tax.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When.
    pub at: DateTime<Utc>,
    /// What was paid, in minor units of `currency`.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// How many units.
    pub quantity: i64,
    /// Price id.
    pub price: Option<String>,
    /// Product id.
    pub product: Option<String>,
    /// The price's lookup key.
    pub lookup_key: Option<String>,
    /// What is noted on the product.
    pub product_metadata: Metadata,
    /// What is noted on the purchase.
    pub metadata: Metadata,
    /// Whether it belongs to a subscription.
    pub subscription: bool,
    /// The country of the customer's billing address.
    pub country: Option<String>,
}

/// What a made-up purchase earns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worked {
    /// The conclusion.
    pub reason: DecisionReason,
    /// The base in minor units.
    pub base: i64,
    /// The commission in minor units.
    pub amount: i64,
    /// The arithmetic.
    pub steps: Vec<Step>,
}

/// Works purchases out as those of one new customer, in the order given, which must be that of their times. Caps of partners and programs and
/// levels of tiers depend on what others bought and are left out.
#[must_use]
pub fn work(terms: &Terms, samples: &[Sample], parties: Parties<'_>) -> Vec<Worked> {
    let mut earlier: Vec<Earlier> = Vec::new();
    let mut worked = Vec::with_capacity(samples.len());
    for (index, sample) in samples.iter().enumerate() {
        let (state, mut steps) = (state(index, sample), Steps::default());
        let parties = Parties { country: sample.country.as_deref(), is_new: true, ..parties };
        let earned = earn(&Case { state: &state, terms, earlier: &earlier, parties }, &mut steps).unwrap_or_else(|error| {
            steps.add("CO-2", format!("cannot be computed: {error}"), None);
            Earned { reason: DecisionReason::Review, base: 0, amount: 0, counts: false }
        });
        if earned.counts {
            earlier.push(Earlier { at: sample.at, returned_at: None, amount: earned.amount, currency: sample.currency });
        }
        let Earned { reason, base, amount, .. } = earned;
        worked.push(Worked { reason, base, amount, steps: steps.into_vec() });
    }
    worked
}

fn state(index: usize, sample: &Sample) -> PurchaseState {
    let line = NetLine {
        price: sample.price.clone(),
        product: sample.product.clone(),
        lookup_key: sample.lookup_key.clone(),
        metadata: sample.product_metadata.clone(),
        ..NetLine::plain(sample.amount, sample.quantity)
    };
    PurchaseState {
        key: Key { kind: KeyKind::Invoice, object: format!("sample {index}") },
        status: PurchaseStatus::Paid,
        at: Some(sample.at),
        known_at: sample.at,
        currency: sample.currency,
        total: sample.amount,
        collected: sample.amount.max(0),
        off_platform: 0,
        payment_known: true,
        lines: vec![line],
        shipping: 0,
        returned: Vec::new(),
        at_risk: Vec::new(),
        credits: Vec::new(),
        credited: 0,
        credited_before: 0,
        flags: BTreeSet::new(),
        payer: Payer::default(),
        partner_keys: Vec::new(),
        references: Vec::new(),
        codes: Vec::new(),
        discounts: Vec::new(),
        discounted_at: None,
        subscription: sample.subscription.then(|| "sample".to_owned()),
        skip: false,
        metadata: sample.metadata.clone(),
        rates: Rates::none(),
    }
}
