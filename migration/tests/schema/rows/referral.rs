//! Filled rows of the tables of `m0061_referral`.

use entity::value::{
    Gift, Money, ReferralCause, ReferralOfferId, ReferralRewardId, ReferralSide, ReferralState, ReferralSyncId, ReferralSyncStatus,
    ReferralTrigger, ReferrerId,
};
use entity::{
    customer, enrollment, link, merchant, program, purchase, referral_offer, referral_reward, referral_sync, referrer, stripe_connection,
    stripe_write, user,
};
use uuid::Uuid;

use super::{at, euro};

/// What the rows point to.
pub struct Of<'a> {
    pub merchant: &'a merchant::Model,
    pub program: &'a program::Model,
    pub connection: &'a stripe_connection::Model,
    pub customer: &'a customer::Model,
    pub enrollment: &'a enrollment::Model,
    pub link: &'a link::Model,
    pub purchase: &'a purchase::Model,
    pub write: &'a stripe_write::Model,
    pub user: &'a user::Model,
}

/// One row of each table.
pub struct Rows {
    pub referral_offer: referral_offer::Model,
    pub referrer: referrer::Model,
    pub referral_sync: referral_sync::Model,
    pub referral_reward: referral_reward::Model,
}

/// A fresh set of rows.
pub fn rows(of: &Of<'_>) -> Rows {
    let referrer = referrer(of);
    Rows { referral_offer: offer(of), referral_sync: sync(of), referral_reward: reward(of, &referrer), referrer }
}

fn offer(of: &Of<'_>) -> referral_offer::Model {
    referral_offer::Model {
        id: ReferralOfferId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        program_id: of.program.id,
        connection_id: Some(of.connection.id),
        friend: Some(Gift::Code { coupon: "a coupon".into() }),
        friend_for: ReferralTrigger::SignUp,
        referrer: Some(Gift::Credit { money: Money::new(i64::MAX, euro()) }),
        hold_days: i32::MAX,
        cap: Some(1),
        expires_days: Some(2),
        code_coupon: Some("referral_offer code_coupon".into()),
        everybody: true,
        enabled: true,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn referrer(of: &Of<'_>) -> referrer::Model {
    referrer::Model {
        id: ReferrerId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        program_id: of.program.id,
        customer_id: of.customer.id,
        enrollment_id: of.enrollment.id,
        link_id: of.link.id,
        write_id: Some(of.write.id),
        created_at: at(3),
    }
}

fn sync(of: &Of<'_>) -> referral_sync::Model {
    referral_sync::Model {
        id: ReferralSyncId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        program_id: of.program.id,
        status: ReferralSyncStatus::Done,
        place: Uuid::max(),
        seen: i64::MAX,
        made: i64::MIN,
        created_at: at(4),
        created_by: Some(of.user.id),
        updated_at: at(5),
        finished_at: Some(at(6)),
    }
}

fn reward(of: &Of<'_>, referrer: &referrer::Model) -> referral_reward::Model {
    referral_reward::Model {
        id: ReferralRewardId::new(),
        merchant_id: of.merchant.id,
        livemode: true,
        program_id: of.program.id,
        referrer_id: referrer.id,
        friend_id: of.customer.id,
        side: ReferralSide::Referrer,
        gift: Gift::Own { name: "a mug".into() },
        earned_for: ReferralTrigger::Purchase,
        hold_days: i32::MIN,
        state: ReferralState::Review,
        cause: Some(ReferralCause::Refunded),
        purchase_id: Some(of.purchase.id),
        write_id: Some(of.write.id),
        reference: Some("referral_reward reference".into()),
        bound_at: at(7),
        expires_at: Some(at(8)),
        created_at: at(9),
        updated_at: at(10),
        applied_at: Some(at(11)),
    }
}
