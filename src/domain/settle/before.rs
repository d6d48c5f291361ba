//! What is decided of a purchase without asking who brought it.

use entity::value::{DecisionReason, PurchaseStatus};

use super::fold::Fold;
use crate::domain::person::Purchase;
use crate::domain::purchase::{KeyKind, PurchaseState};

impl Fold<'_> {
    /// What is decided without asking who brought the purchase.
    pub(super) fn before_choice(&mut self, purchase: &Purchase) -> Option<DecisionReason> {
        let state = &purchase.state;
        let part_paid = state.collected > 0 && state.at.is_some();
        match state.status {
            PurchaseStatus::PendingParent => return Some(self.parentless(purchase)),
            PurchaseStatus::Provisional => {
                let end = state.at.unwrap_or(state.known_at) + self.world.grace;
                if self.now < end {
                    self.due_at(end);
                    return Some(DecisionReason::Provisional);
                }
                if self.has_twin(purchase) {
                    return Some(DecisionReason::Review);
                }
            }
            PurchaseStatus::Failed if !part_paid => return Some(DecisionReason::PaymentFailed),
            PurchaseStatus::Unpaid if !part_paid => return Some(DecisionReason::PaymentNotPaid),
            PurchaseStatus::Voided | PurchaseStatus::Merged => return Some(DecisionReason::PaymentNotPaid),
            PurchaseStatus::Failed | PurchaseStatus::Unpaid | PurchaseStatus::Paid => {}
        }
        if purchase.skip {
            return Some(DecisionReason::SkippedByMerchant);
        }
        purchase.conflict.then_some(DecisionReason::IdentityConflict)
    }

    /// IN-8: what belongs to something unknown is looked at again when it is time to ask for that, and when it has waited long enough.
    fn parentless(&mut self, purchase: &Purchase) -> DecisionReason {
        let waits = [self.world.grace, self.world.orphan_after].map(|wait| purchase.told_at + wait);
        match waits.into_iter().filter(|at| self.now < *at).min() {
            Some(next) => {
                self.due_at(next);
                DecisionReason::PendingParent
            }
            None => DecisionReason::Orphan,
        }
    }

    /// SL-8: a payment that nobody linked to an invoice, beside a paid invoice of the same buyer and amount whose payment nobody named,
    /// may be the same money. It is never counted twice: it waits until the link is told either way, by the source or by a hand.
    fn has_twin(&self, payment: &Purchase) -> bool {
        let same = |p: &&Purchase| {
            let (a, b) = (&p.state, &payment.state);
            a.key.kind == KeyKind::Invoice && !a.payment_known && a.status == PurchaseStatus::Paid && same_money(a, b)
        };
        self.person.purchases.iter().any(|p| same(&p))
    }
}

fn same_money(a: &PurchaseState, b: &PurchaseState) -> bool {
    a.payer.buyer.is_some() && a.payer.buyer == b.payer.buyer && a.currency == b.currency && a.collected == b.collected
}
