//! Money that goes back: refunds and disputes.

use chrono::{DateTime, Duration, Utc};

use super::Shop;
use crate::model::{Dispute, Metadata, Object, Refund};

/// What the bank of a buyer takes for a dispute.
const DISPUTE_FEE: i64 = 15_00;

impl Shop {
    /// Gives a part of a charge back at once. Gives the refund's id.
    pub fn refund(&mut self, at: DateTime<Utc>, charge: &str, amount: i64) -> String {
        self.refund_as(at, charge, amount, "succeeded")
    }

    /// Begins to give a part of a charge back by a slow method.
    pub fn refund_slowly(&mut self, at: DateTime<Utc>, charge: &str, amount: i64) -> String {
        self.refund_as(at, charge, amount, "pending")
    }

    fn refund_as(&mut self, at: DateTime<Utc>, charge: &str, amount: i64, status: &'static str) -> String {
        let id = self.id("re");
        let currency = self.charges[charge].currency.clone();
        let movement = self.move_money(at, ("refund", "refund"), (-amount, 0), (&currency, Some(&id)));
        let of = self.charges.get_mut(charge).unwrap();
        let refund = Refund {
            id: id.clone(),
            created: at,
            currency,
            amount,
            status,
            charge: charge.to_owned(),
            intent: of.intent.clone(),
            customer: of.customer.clone(),
            reason: None,
            movement: Some(movement),
            metadata: Metadata::new(),
        };
        of.refunded += amount;
        of.refunds.insert(0, refund.clone());
        let told = of.clone();
        self.refunds.insert(refund.clone());
        self.tell(at, "refund.created", Object::Refund(refund));
        self.tell(at, "charge.refunded", Object::Charge(told));
        id
    }

    /// A slow refund comes to its end: `succeeded` or `failed`.
    pub fn refund_ends(&mut self, at: DateTime<Utc>, refund: &str, status: &'static str) {
        let of = self.refunds.get_mut(refund).unwrap();
        of.status = status;
        let told = of.clone();
        let charge = self.charges.get_mut(&told.charge).unwrap();
        for one in charge.refunds.iter_mut().filter(|one| one.id == refund) {
            one.status = status;
        }
        if status == "failed" {
            charge.refunded -= told.amount;
            let currency = told.currency.clone();
            self.move_money(at, ("refund_failure", "refund_failure"), (told.amount, 0), (&currency, Some(refund)));
            self.tell(at, "refund.failed", Object::Refund(told.clone()));
        } else {
            self.tell(at, "refund.updated", Object::Refund(told.clone()));
        }
        self.tell(at, "charge.refund.updated", Object::Refund(told));
    }

    /// The buyer's bank asks for the money back. Gives the dispute's id.
    pub fn dispute(&mut self, at: DateTime<Utc>, charge: &str) -> String {
        let id = self.id("du");
        let of = self.charges.get_mut(charge).unwrap();
        of.disputed = true;
        let dispute = Dispute {
            id: id.clone(),
            created: at,
            currency: of.currency.clone(),
            amount: of.amount - of.refunded,
            status: "needs_response",
            charge: charge.to_owned(),
            intent: of.intent.clone(),
            due_by: at + Duration::days(9),
            withdrawn: None,
            reinstated: None,
        };
        self.disputes.insert(dispute.clone());
        self.tell(at, "charge.dispute.created", Object::Dispute(dispute));
        id
    }

    /// The bank takes the money.
    pub fn dispute_withdrawn(&mut self, at: DateTime<Utc>, dispute: &str) {
        let of = self.disputes[dispute].clone();
        let moved = self.move_money(at, ("adjustment", "dispute"), (-of.amount, DISPUTE_FEE), (&of.currency, Some(dispute)));
        let moved = self.movements[&moved].clone();
        self.change_dispute(at, dispute, "charge.dispute.funds_withdrawn", |d| d.withdrawn = Some(moved));
    }

    /// The bank gives the money back.
    pub fn dispute_reinstated(&mut self, at: DateTime<Utc>, dispute: &str) {
        let of = self.disputes[dispute].clone();
        let moved = self.move_money(at, ("adjustment", "dispute_reversal"), (of.amount, -DISPUTE_FEE), (&of.currency, Some(dispute)));
        let moved = self.movements[&moved].clone();
        self.change_dispute(at, dispute, "charge.dispute.funds_reinstated", |d| d.reinstated = Some(moved));
    }

    /// The bank decides: `won` or `lost`, as the merchant sees it.
    pub fn dispute_closed(&mut self, at: DateTime<Utc>, dispute: &str, status: &'static str) {
        self.change_dispute(at, dispute, "charge.dispute.closed", |d| d.status = status);
    }

    fn change_dispute(&mut self, at: DateTime<Utc>, dispute: &str, kind: &'static str, change: impl FnOnce(&mut Dispute)) {
        let of = self.disputes.get_mut(dispute).unwrap();
        change(of);
        let told = of.clone();
        self.tell(at, kind, Object::Dispute(told));
    }
}
