//! What somebody is given for a friend (RA-4).

use sea_orm::entity::prelude::*;

use crate::value::{
    CustomerId, Gift, MerchantId, ProgramId, PurchaseId, ReferralCause, ReferralRewardId, ReferralSide, ReferralState, ReferralTrigger,
    ReferrerId, StripeWriteId,
};

/// What somebody is given for a friend (RA-4).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "referral_reward")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReferralRewardId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The program.
    pub program_id: ProgramId,
    /// Who brought the friend.
    pub referrer_id: ReferrerId,
    /// Who came.
    pub friend_id: CustomerId,
    /// Which of the two is given it.
    pub side: ReferralSide,
    /// What it is.
    #[sea_orm(column_type = "JsonBinary")]
    pub gift: Gift,
    /// What it is for, as the offer said then.
    pub earned_for: ReferralTrigger,
    /// For how many days the purchase is held back.
    pub hold_days: i32,
    /// How far it has come.
    pub state: ReferralState,
    /// Why it is where it is.
    pub cause: Option<ReferralCause>,
    /// The purchase that it is for.
    pub purchase_id: Option<PurchaseId>,
    /// What gives it at Stripe.
    pub write_id: Option<StripeWriteId>,
    /// By which the merchant knows what it gave.
    #[sea_orm(column_type = "Text", nullable)]
    pub reference: Option<String>,
    /// When the friend came.
    pub bound_at: DateTimeUtc,
    /// Until when there has to be a purchase.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was noted.
    pub created_at: DateTimeUtc,
    /// When it last moved.
    pub updated_at: DateTimeUtc,
    /// When it was given.
    pub applied_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// Who brought the friend.
    #[sea_orm(belongs_to = "super::referrer::Entity", from = "Column::ReferrerId", to = "super::referrer::Column::Id")]
    Referrer,
    /// Who came.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::FriendId", to = "super::customer::Column::Id")]
    Friend,
    /// The purchase that it is for.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
    /// What gives it at Stripe.
    #[sea_orm(belongs_to = "super::stripe_write::Entity", from = "Column::WriteId", to = "super::stripe_write::Column::Id")]
    Write,
}

impl ActiveModelBehavior for ActiveModel {}
