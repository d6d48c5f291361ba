//! A time during which one partner counts as recruited by another one of the same program (CO-11).

use sea_orm::entity::prelude::*;

use crate::value::{EnrollmentId, MerchantId, RecruitmentId};

/// A time during which one partner counts as recruited by another one of the same program (CO-11).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recruitment")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecruitmentId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Who was recruited.
    pub enrollment_id: EnrollmentId,
    /// By whom.
    pub recruiter_id: EnrollmentId,
    /// Since when that counts.
    pub from_at: DateTimeUtc,
    /// Until when, not included.
    pub to_at: Option<DateTimeUtc>,
    /// When it was told.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Who was recruited.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// By whom.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::RecruiterId", to = "super::enrollment::Column::Id")]
    Recruiter,
}

impl ActiveModelBehavior for ActiveModel {}
