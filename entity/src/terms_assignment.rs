//! Terms given to an enrollment or to a group from a time on. Never changed once written.

use sea_orm::entity::prelude::*;

use crate::value::{EnrollmentId, MerchantId, PartnerGroupId, ProgramId, TermsAssignmentId, TermsId, UserId};

/// Terms given to an enrollment or to a group from a time on. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terms_assignment")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TermsAssignmentId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// In which program.
    pub program_id: ProgramId,
    /// To which group; empty when to an enrollment.
    pub group_id: Option<PartnerGroupId>,
    /// To which enrollment; empty when to a group.
    pub enrollment_id: Option<EnrollmentId>,
    /// The version; empty to have none of its own from then on.
    pub terms_id: Option<TermsId>,
    /// From when.
    pub effective_from: DateTimeUtc,
    /// When it was written.
    pub created_at: DateTimeUtc,
    /// Who wrote it; empty when an API key did.
    pub created_by: Option<UserId>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// In which program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// To which group.
    #[sea_orm(belongs_to = "super::partner_group::Entity", from = "Column::GroupId", to = "super::partner_group::Column::Id")]
    Group,
    /// To which enrollment.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The version.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
    /// Who wrote it.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}
