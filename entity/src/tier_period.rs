//! One period of the tiers of one enrollment, in one currency: what may become due at its end (CO-7).

use sea_orm::entity::prelude::*;

use crate::value::{Currency, EnrollmentId, MerchantId, PartnerId, ProgramId, TermsId, TierPeriodId};

/// One period of the tiers of one enrollment, in one currency: what may become due at its end (CO-7).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_period")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TierPeriodId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Whose purchases are counted.
    pub enrollment_id: EnrollmentId,
    /// The program.
    pub program_id: ProgramId,
    /// The partner of the enrollment.
    pub partner_id: PartnerId,
    /// The version of the rules whose levels count.
    pub terms_id: TermsId,
    /// The currency of the purchases for which it may become due.
    pub currency: Currency,
    /// Its first moment.
    pub from_at: DateTimeUtc,
    /// Its end, not included.
    pub to_at: DateTimeUtc,
    /// When it is to be settled next.
    pub due_at: Option<DateTimeUtc>,
    /// When the first purchase in it was settled.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Whose purchases are counted.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The partner of the enrollment.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
    /// The version of the rules whose levels count.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
}

impl ActiveModelBehavior for ActiveModel {}
