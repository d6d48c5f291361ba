//! Filled rows of what reaches beyond one person.

use entity::value::{RecruitmentId, TallyEntryId, TallyId};
use entity::{enrollment, merchant, purchase, recruitment, tally, tally_entry, tally_sum, tier_period};
use uuid::Uuid;

use super::at;

/// A row of `recruitment`.
pub fn recruitment(merchant: &merchant::Model, enrollment: &enrollment::Model) -> recruitment::Model {
    recruitment::Model {
        id: RecruitmentId::new(),
        merchant_id: merchant.id,
        livemode: true,
        enrollment_id: enrollment.id,
        recruiter_id: enrollment.id,
        from_at: at(17),
        to_at: Some(at(18)),
        created_at: at(66),
    }
}

/// A row of `tally`.
pub fn tally(merchant: &merchant::Model, enrollment: &enrollment::Model) -> tally::Model {
    tally::Model {
        id: TallyId::new(),
        merchant_id: merchant.id,
        livemode: true,
        name: "tally name".into(),
        enrollment_id: Some(enrollment.id),
        program_id: Some(enrollment.program_id),
        recount_id: None,
        due_at: Some(at(19)),
        version: 7,
        created_at: at(66),
    }
}

/// A row of `tally_entry`.
pub fn tally_entry(tally: &tally::Model, purchase: &purchase::Model, period: &tier_period::Model) -> tally_entry::Model {
    tally_entry::Model {
        id: TallyEntryId::new(),
        tally_id: tally.id,
        place: vec![0, 255, 7],
        amount: 500,
        low: Some(1),
        high: Some(2),
        most: Some(3),
        purchase_id: Some(purchase.id),
        customer_id: purchase.customer_id,
        tier_period_id: Some(period.id),
    }
}

/// A row of `tally_sum`.
pub fn tally_sum(tally: &tally::Model) -> tally_sum::Model {
    tally_sum::Model { id: Uuid::now_v7(), tally_id: tally.id, level: 2, bucket: -5, amount: 500 }
}
