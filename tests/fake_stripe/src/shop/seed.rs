//! A large history, made at once and the same each time.

use chrono::{DateTime, Duration, Utc};

use super::{Cart, Shop};
use crate::model::{Bill, Line, Metadata};

/// How large a history, and what stands in its metadata.
#[derive(Clone, Debug)]
pub struct Plan {
    pub customers: usize,
    pub payments: usize,
    pub seed: u64,
    /// When the first payment comes, and how far apart the first and the last are.
    pub start: DateTime<Utc>,
    pub span: Duration,
    /// A key of metadata, and the words of which each payment by intent alone carries one.
    pub partner: Option<(String, Vec<String>)>,
    /// The key under which customers carry an id of the merchant's own.
    pub customer_key: Option<String>,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    pub customers: usize,
    pub invoices: usize,
    pub checkouts: usize,
    pub intents: usize,
    pub refunds: usize,
    pub disputes: usize,
}

/// Numbers that look like chance.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

impl Shop {
    /// Makes a history without telling anybody: it was long before anyone listened, and the list of events has forgotten it.
    pub fn seed(&mut self, plan: &Plan) -> Seeded {
        self.silent = true;
        let mut dice = Dice(plan.seed);
        let mut made = Seeded::default();
        let mut customers = Vec::with_capacity(plan.customers);
        for number in 0..plan.customers {
            let id = self.customer(plan.start - Duration::days(1), &format!("buyer{number}@example.com"), None);
            if let Some(key) = &plan.customer_key {
                self.customers.get_mut(&id).unwrap().metadata.insert(key.clone(), format!("user-{number}"));
            }
            customers.push(id);
        }
        made.customers = customers.len();
        let steps = i64::try_from(plan.payments.max(1)).expect("it is not that large");
        for (number, step) in (0..plan.payments).zip(0_i64..) {
            let at = plan.start + Duration::seconds(plan.span.num_seconds() / steps * step);
            let customer = &customers[number % customers.len().max(1)];
            let charge = self.one_payment(at, customer, number, plan, &mut dice, &mut made);
            self.maybe_returned(at, &charge, &mut dice, &mut made);
        }
        self.silent = false;
        made
    }

    fn one_payment(&mut self, at: DateTime<Utc>, customer: &str, number: usize, plan: &Plan, dice: &mut Dice, made: &mut Seeded) -> String {
        let amount = 1_000 + i64::try_from(dice.roll(90)).unwrap_or(0) * 100;
        let mut metadata = Metadata::new();
        if let Some((key, words)) = &plan.partner {
            metadata.insert(key.clone(), words[number % words.len()].clone());
        }
        match dice.roll(10) {
            0..5 => {
                made.invoices += 1;
                let tax = amount / 5;
                let mut bill = Bill::to(customer).subscription(&format!("sub_of_{customer}")).line(Line::of(amount).tax(tax));
                bill.metadata = metadata;
                let invoice = self.pay(at, bill);
                self.charge_of(&invoice)
            }
            5..8 => {
                made.checkouts += 1;
                let cart = Cart { payment_metadata: metadata, ..Cart::of(amount).customer(customer) };
                self.checkout(at, cart).1
            }
            _ => {
                made.intents += 1;
                self.take(at, amount, Some(customer), &metadata).1
            }
        }
    }

    fn maybe_returned(&mut self, at: DateTime<Utc>, charge: &str, dice: &mut Dice, made: &mut Seeded) {
        let amount = self.charges[charge].amount;
        match dice.roll(100) {
            0..3 => {
                made.refunds += 1;
                self.refund(at + Duration::hours(1), charge, amount);
            }
            3..6 => {
                made.refunds += 1;
                self.refund(at + Duration::hours(1), charge, amount / 3);
            }
            6 => {
                made.disputes += 1;
                let dispute = self.dispute(at + Duration::hours(2), charge);
                self.dispute_withdrawn(at + Duration::hours(2), &dispute);
                if dice.roll(2) == 0 {
                    self.dispute_reinstated(at + Duration::hours(20), &dispute);
                    self.dispute_closed(at + Duration::hours(20), &dispute, "won");
                } else {
                    self.dispute_closed(at + Duration::hours(20), &dispute, "lost");
                }
            }
            _ => {}
        }
    }
}
