//! Filled rows of the tables of the audit and of the figures.

use entity::value::{AuditFindingId, AuditLane, AuditLaneId, AuditRule, InsightCut, InsightGrain};
use entity::{audit_finding, audit_lane, enrollment, insight, insight_counted, insight_delta, link, merchant};
use uuid::Uuid;

use super::{at, euro, fact};

/// One row of each.
pub struct Rows {
    pub audit_lane: audit_lane::Model,
    pub audit_finding: audit_finding::Model,
    pub insight_delta: insight_delta::Model,
    pub insight: insight::Model,
    pub insight_counted: insight_counted::Model,
}

/// One row of each, in no database yet.
pub fn rows(merchant: &merchant::Model, enrollment: &enrollment::Model, link: &link::Model) -> Rows {
    Rows {
        audit_lane: audit_lane(),
        audit_finding: audit_finding(merchant),
        insight_delta: insight_delta(enrollment, link),
        insight: insight(enrollment, link),
        insight_counted: insight_counted(merchant),
    }
}

/// A row of `audit_lane`.
fn audit_lane() -> audit_lane::Model {
    audit_lane::Model {
        id: AuditLaneId::new(),
        lane: AuditLane::Purchases,
        place: Uuid::max(),
        laps: i64::MAX,
        checked: 1,
        checked_last_lap: 2,
        began_at: at(1),
        lap_ended_at: Some(at(2)),
        next_at: at(3),
    }
}

/// A row of `audit_finding`.
fn audit_finding(merchant: &merchant::Model) -> audit_finding::Model {
    audit_finding::Model {
        id: AuditFindingId::new(),
        merchant_id: merchant.id,
        livemode: true,
        rule: AuditRule::PostingSumsToZero,
        place: Uuid::now_v7(),
        subject_id: Uuid::now_v7(),
        currency: Some(euro()),
        expected: i64::MIN,
        found: i64::MAX,
        first_seen_at: at(4),
        last_seen_at: at(5),
        cleared_at: Some(at(6)),
    }
}

/// A row of `insight_delta`.
fn insight_delta(enrollment: &enrollment::Model, link: &link::Model) -> insight_delta::Model {
    insight_delta::Model {
        id: Uuid::now_v7(),
        merchant_id: enrollment.merchant_id,
        livemode: true,
        bucket: i64::MIN,
        currency: Some(euro()),
        program_id: Some(enrollment.program_id),
        enrollment_id: Some(enrollment.id),
        partner_id: Some(enrollment.partner_id),
        link_id: Some(link.id),
        code: Some("insight code".into()),
        clicks: 1,
        sign_ups: 2,
        customers: 3,
        purchases: 4,
        gross: 5,
        refunded: 6,
        net: 7,
        pending_count: 8,
        pending: 9,
        held_count: 10,
        held: 11,
        approved_count: 12,
        approved: 13,
        reserved_count: 14,
        reserved: 15,
        paid_count: 16,
        paid: 17,
        reversed_count: 18,
        rejected_count: 19,
    }
}

/// A row of `insight`.
fn insight(enrollment: &enrollment::Model, link: &link::Model) -> insight::Model {
    insight::Model {
        id: Uuid::now_v7(),
        merchant_id: enrollment.merchant_id,
        livemode: true,
        cut: InsightCut::Program,
        grain: InsightGrain::Day,
        bucket: i64::MIN,
        currency: Some(euro()),
        program_id: Some(enrollment.program_id),
        enrollment_id: Some(enrollment.id),
        partner_id: Some(enrollment.partner_id),
        link_id: Some(link.id),
        code: Some("insight code".into()),
        clicks: 1,
        sign_ups: 2,
        customers: 3,
        purchases: 4,
        gross: 5,
        refunded: 6,
        net: 7,
        pending_count: 8,
        pending: 9,
        held_count: 10,
        held: 11,
        approved_count: 12,
        approved: 13,
        reserved_count: 14,
        reserved: 15,
        paid_count: 16,
        paid: 17,
        reversed_count: 18,
        rejected_count: 19,
    }
}

/// A row of `insight_counted`.
fn insight_counted(merchant: &merchant::Model) -> insight_counted::Model {
    insight_counted::Model { id: Uuid::now_v7(), merchant_id: merchant.id, livemode: true, counted: fact(), counted_at: at(7) }
}
