//! Making the customers of a merchant referrers of a program (S20).

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, ProgramId, ReferralSyncId, ReferralSyncStatus, UserId};

/// Making the customers of a merchant referrers of a program (S20).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "referral_sync")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReferralSyncId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The program.
    pub program_id: ProgramId,
    /// How far it has come.
    pub status: ReferralSyncStatus,
    /// The last customer who was looked at.
    pub place: Uuid,
    /// How many customers were looked at.
    pub seen: i64,
    /// How many of them became referrers.
    pub made: i64,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// Who asked; empty when an API key did.
    pub created_by: Option<UserId>,
    /// When it last went on.
    pub updated_at: DateTimeUtc,
    /// When it ended.
    pub finished_at: Option<DateTimeUtc>,
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
    /// Who asked.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    User,
}

impl ActiveModelBehavior for ActiveModel {}
