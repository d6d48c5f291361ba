//! Money that goes back.

use serde_json::{Value, json};

use super::{View, movement, put};
use crate::model::{Dispute, Refund};
use crate::version::Version;

pub fn refund(of: &Refund, view: View) -> Value {
    let mut shown = json!({
        "id": of.id, "object": "refund", "created": of.created.timestamp(), "currency": of.currency, "amount": of.amount,
        "status": of.status, "charge": of.charge, "payment_intent": of.intent, "reason": of.reason,
        "balance_transaction": of.movement, "metadata": of.metadata
    });
    if of.status == "failed" {
        put(&mut shown, json!({ "failure_reason": "unknown" }));
    }
    if view.version >= Version::Endive {
        put(&mut shown, json!({ "customer": of.customer }));
    }
    shown
}

pub fn dispute(of: &Dispute, view: View) -> Value {
    let moved: Vec<Value> = of.withdrawn.iter().chain(&of.reinstated).map(movement).collect();
    json!({
        "id": of.id, "object": "dispute", "created": of.created.timestamp(), "livemode": view.livemode, "currency": of.currency,
        "amount": of.amount, "status": of.status, "charge": of.charge, "payment_intent": of.intent, "reason": "fraudulent",
        "is_charge_refundable": false, "balance_transactions": moved, "evidence": {}, "metadata": {},
        "evidence_details": { "due_by": of.due_by.timestamp(), "has_evidence": false, "past_due": false, "submission_count": 0 }
    })
}
