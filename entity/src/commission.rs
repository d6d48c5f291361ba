//! What a purchase earned an enrollment. Its amount is the sum of its ledger entries.

use sea_orm::entity::prelude::*;

use crate::value::{CommissionId, CommissionState, Currency, EnrollmentId, HoldReasons, MerchantId, PartnerId, ProgramId, PurchaseId};

/// What a purchase earned an enrollment. Its amount is the sum of its ledger entries.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "commission")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommissionId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The purchase.
    pub purchase_id: PurchaseId,
    /// Who earned it.
    pub enrollment_id: EnrollmentId,
    /// The program.
    pub program_id: ProgramId,
    /// The partner of the enrollment.
    pub partner_id: PartnerId,
    /// The currency of its entries.
    pub currency: Currency,
    /// The program's currency in which its entries are stated too (MO-2). It stays as it was when the commission was first earned.
    pub program_currency: Option<Currency>,
    /// Derived, never edited by hand.
    pub state: CommissionState,
    /// Every reason for which it is kept back.
    #[sea_orm(column_type = "JsonBinary")]
    pub holds: HoldReasons,
    /// When its waiting time ends.
    pub release_at: Option<DateTimeUtc>,
    /// When an operator approved it early.
    pub approved_at: Option<DateTimeUtc>,
    /// When an operator refused it.
    pub rejected_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text", nullable)]
    pub rejected_reason: Option<String>,
    /// When the purchase was paid.
    pub purchased_at: DateTimeUtc,
    /// When it was first earned.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The purchase.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
    /// Who earned it.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The partner of the enrollment.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
}

impl ActiveModelBehavior for ActiveModel {}
