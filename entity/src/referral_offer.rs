//! What friends and those who bring them are given in a program (RA).

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, Gift, MerchantId, ProgramId, ReferralOfferId, ReferralTrigger};

/// What friends and those who bring them are given in a program (RA).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "referral_offer")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReferralOfferId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The program.
    pub program_id: ProgramId,
    /// Where gifts of Stripe's are given, and codes are made.
    pub connection_id: Option<ConnectionId>,
    /// What a friend is given.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub friend: Option<Gift>,
    /// What the friend is given it for.
    pub friend_for: ReferralTrigger,
    /// What who brought the friend is given.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub referrer: Option<Gift>,
    /// For how many days a purchase is held back before who brought the friend is rewarded for it.
    pub hold_days: i32,
    /// For how many friends one may be rewarded at most.
    pub cap: Option<i32>,
    /// After how many days without a purchase a reward ends.
    pub expires_days: Option<i32>,
    /// Stripe's id of the coupon of which each referrer gets a code for friends.
    #[sea_orm(column_type = "Text", nullable)]
    pub code_coupon: Option<String>,
    /// Whether whoever signs up or buys becomes a referrer.
    pub everybody: bool,
    /// Whether new friends are rewarded.
    pub enabled: bool,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last changed.
    pub updated_at: DateTimeUtc,
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
    /// Where gifts are given.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
}

impl ActiveModelBehavior for ActiveModel {}
