//! Disputes.

use chrono::{DateTime, Utc};
use entity::value::{CommerceDisputeStatus, CommerceKind};
use serde_json::Value;

use super::{Entry, entry, path, text};

/// Money that a buyer's bank asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispute {
    /// Why, in Stripe's word, such as `fraudulent`.
    pub reason: Option<String>,
    /// Until when the merchant has to answer.
    pub due_at: Option<DateTime<Utc>>,
    /// The charge that is disputed.
    pub charge: Option<String>,
    /// The movements on the balance that it caused.
    pub movements: Vec<String>,
}

pub(super) fn index(dispute: &Value, at: DateTime<Utc>) -> Option<Entry> {
    let status = match path::word(dispute, &["status"]) {
        Some("won") => CommerceDisputeStatus::Won,
        Some("lost") => CommerceDisputeStatus::Lost,
        Some("accepted") => CommerceDisputeStatus::Accepted,
        Some("under_review") => CommerceDisputeStatus::Processing,
        // "prevented" is one that a refund settled before it began.
        Some("charge_refunded" | "prevented") => CommerceDisputeStatus::ChargeRefunded,
        Some("needs_response" | "appeal_needs_response") => CommerceDisputeStatus::EvidenceRequired,
        Some("warning_needs_response") => CommerceDisputeStatus::InquiryEvidenceRequired,
        Some("warning_under_review") => CommerceDisputeStatus::InquiryProcessing,
        Some("warning_closed") => CommerceDisputeStatus::InquiryClosed,
        Some("appeal_under_review") => CommerceDisputeStatus::WaitingThirdParty,
        _ => CommerceDisputeStatus::Unknown,
    };
    let amount = path::int(dispute, &["amount"]).unwrap_or(0);
    let parent_id = path::id(dispute, &["payment_intent", "charge"]);
    Some(Entry { amount, parent_id, ..entry(CommerceKind::Dispute, dispute, status.as_str(), at)? })
}

impl Dispute {
    /// Reads a dispute.
    #[must_use]
    pub fn read(dispute: &Value) -> Self {
        let movements = path::list(dispute, &["balance_transactions"]).unwrap_or_default();
        Self {
            reason: text(dispute, &["reason"]),
            due_at: path::time(dispute, &["evidence_details.due_by"]),
            charge: path::id(dispute, &["charge"]),
            movements: movements.iter().filter_map(path::id_of).collect(),
        }
    }
}
