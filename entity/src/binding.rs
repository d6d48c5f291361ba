//! Customer to enrollment, with the terms in force. At most one is open per person.

use sea_orm::entity::prelude::*;

use crate::value::{BindingId, BindingStage, CustomerId, EnrollmentId, MerchantId, ProgramId, TermsId, TouchId, TouchKind};

/// Customer to enrollment, with the terms in force. At most one is open per person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "binding")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BindingId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The root of the person; one customer of it, where the terms do not match by e-mail (ID-4).
    pub customer_id: CustomerId,
    /// Who brought the person.
    pub enrollment_id: EnrollmentId,
    /// The program.
    pub program_id: ProgramId,
    /// The version in force when it was made (CO-1).
    pub terms_id: TermsId,
    /// How far the customer has come.
    pub stage: BindingStage,
    /// What kind of evidence made it.
    pub source: TouchKind,
    /// The evidence.
    pub touch_id: Option<TouchId>,
    /// From when it holds.
    pub bound_at: DateTimeUtc,
    /// When another took its place.
    pub ended_at: Option<DateTimeUtc>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The root of the person.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// Who brought the person.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The version in force when it was made (CO-1).
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
    /// The evidence.
    #[sea_orm(belongs_to = "super::touch::Entity", from = "Column::TouchId", to = "super::touch::Column::Id")]
    Touch,
}

impl ActiveModelBehavior for ActiveModel {}
