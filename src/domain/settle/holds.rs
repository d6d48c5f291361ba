//! Why a commission is kept back.

use entity::value::{HoldReason, OutOfBand, Terms};

use super::earned::kinds_of_risk;
use crate::domain::person::Standing;
use crate::domain::purchase::{Flag, PurchaseState, RiskKind};

/// Why a commission is kept back (LC, DP-1, RF-2, SL-6). What only asks for a look ends with an approval by hand; a dispute does not.
pub(super) fn holds(state: &PurchaseState, terms: &Terms, review: bool, standing: &Standing) -> Vec<HoldReason> {
    let mut holds = Vec::new();
    let risks = kinds_of_risk(terms);
    if risks.iter().any(|kind| *kind != RiskKind::Refund && state.risks(*kind)) {
        holds.push(HoldReason::Dispute);
    }
    if state.risks(RiskKind::Refund) {
        holds.push(HoldReason::RefundPending);
    }
    if !standing.approved {
        if state.flags.contains(&Flag::OutOfBand) && terms.out_of_band == OutOfBand::Hold {
            holds.push(HoldReason::OutOfBand);
        }
        if review || state.flags.contains(&Flag::NetMismatch) {
            holds.push(HoldReason::Review);
        }
    }
    holds
}
