//! Filled rows of the tables of recounts.

use entity::value::{
    CommissionKind, DecisionReason, RecountCapId, RecountId, RecountKind, RecountPhase, RecountRowId, RecountStatus, RecountSumId, Terms,
};
use entity::{customer, enrollment, merchant, partner, program, purchase, recount, recount_cap, recount_row, recount_sum, terms, user};
use uuid::Uuid;

use super::{at, euro};

/// One row of each.
pub struct Rows {
    pub recount: recount::Model,
    pub recount_row: recount_row::Model,
    pub recount_sum: recount_sum::Model,
    pub recount_cap: recount_cap::Model,
}

/// Whose they are, and what they are about.
pub struct Of<'a> {
    pub merchant: &'a merchant::Model,
    pub program: &'a program::Model,
    pub terms: &'a terms::Model,
    pub enrollment: &'a enrollment::Model,
    pub partner: &'a partner::Model,
    pub purchase: &'a purchase::Model,
    pub customer: &'a customer::Model,
    pub user: &'a user::Model,
}

/// One row of each, in no database yet.
pub fn rows(of: &Of<'_>) -> Rows {
    let recount = recount(of);
    Rows { recount_row: row(of, &recount), recount_sum: sum(of, &recount), recount_cap: cap(of, &recount), recount }
}

fn recount(of: &Of<'_>) -> recount::Model {
    recount::Model {
        id: RecountId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        kind: RecountKind::Simulation,
        program_id: of.program.id,
        terms_id: Some(of.terms.id),
        proposed: Some(Terms::default()),
        from_at: at(1),
        to_at: at(2),
        preview_id: None,
        status: RecountStatus::Running,
        phase: RecountPhase::NewPeriods,
        round: 3,
        place: Uuid::max(),
        persons: i64::MAX,
        purchases: 2,
        total: Some(3),
        changed: 4,
        attempts: i32::MAX,
        error: Some("recount error".into()),
        next_at: Some(at(3)),
        created_at: at(4),
        created_by: Some(of.user.id),
        updated_at: at(5),
        finished_at: Some(at(6)),
    }
}

fn row(of: &Of<'_>, recount: &recount::Model) -> recount_row::Model {
    recount_row::Model {
        id: RecountRowId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        recount_id: recount.id,
        program_id: of.program.id,
        enrollment_id: of.enrollment.id,
        partner_id: of.partner.id,
        kind: CommissionKind::Sale,
        subject: "recount_row subject".into(),
        purchase_id: Some(of.purchase.id),
        customer_id: Some(of.customer.id),
        earned_at: at(1),
        within: true,
        currency: euro(),
        before: i64::MIN,
        after: i64::MAX,
        pending_before: 3,
        pending_after: 4,
        paid: 5,
        reason_before: Some(DecisionReason::NoTouch),
        reason_after: Some(DecisionReason::Commissioned),
        created_at: at(2),
    }
}

fn sum(of: &Of<'_>, recount: &recount::Model) -> recount_sum::Model {
    recount_sum::Model {
        id: RecountSumId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        recount_id: recount.id,
        program_id: of.program.id,
        enrollment_id: of.enrollment.id,
        partner_id: of.partner.id,
        currency: euro(),
        commissions_before: 1,
        commissions_after: 2,
        before: i64::MIN,
        after: i64::MAX,
        beyond: 5,
        delta: 6,
    }
}

fn cap(of: &Of<'_>, recount: &recount::Model) -> recount_cap::Model {
    recount_cap::Model {
        id: RecountCapId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        recount_id: recount.id,
        cap: "recount_cap cap".into(),
        currency: euro(),
        purchases: i64::MAX,
        cut: i64::MIN,
    }
}
