//! Bindings that go over to another version of the terms at a time (CO-1). Never changed once written.

use sea_orm::entity::prelude::*;

use crate::value::{EnrollmentId, MerchantId, ProgramId, TermsId, TermsMoveId, UserId};

/// Bindings that go over to another version of the terms at a time (CO-1). Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terms_move")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TermsMoveId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Of which program.
    pub program_id: ProgramId,
    /// Only those to this enrollment.
    pub enrollment_id: Option<EnrollmentId>,
    /// Only those under this version.
    pub from_terms_id: Option<TermsId>,
    /// The version to which they go over.
    pub terms_id: TermsId,
    /// When: bindings made before it are moved for purchases from then on.
    pub effective_at: DateTimeUtc,
    /// Until when, not included, where it is about a past time: purchases of that time are judged by the version, whatever their bindings say.
    pub ends_at: Option<DateTimeUtc>,
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
    /// Of which program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// Only those to this enrollment.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// Only those under this version.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::FromTermsId", to = "super::terms::Column::Id")]
    FromTerms,
    /// The version to which they go over.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
    /// Who wrote it.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}
