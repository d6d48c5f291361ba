//! What a recount changes of one commission.

use sea_orm::entity::prelude::*;

use crate::value::{
    CommissionKind, Currency, CustomerId, DecisionReason, EnrollmentId, MerchantId, PartnerId, ProgramId, PurchaseId, RecountId,
    RecountRowId,
};

/// What a recount changes of one commission.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recount_row")]
pub struct Model {
    /// Its id; rows are written in the order of their ids.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecountRowId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The recount.
    pub recount_id: RecountId,
    /// In which program it is earned.
    pub program_id: ProgramId,
    /// By which enrollment.
    pub enrollment_id: EnrollmentId,
    /// By which partner.
    pub partner_id: PartnerId,
    /// What kind of commission.
    pub kind: CommissionKind,
    /// What earns it, as the commission says.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// The purchase that earns it.
    pub purchase_id: Option<PurchaseId>,
    /// The customer whose lead earns it.
    pub customer_id: Option<CustomerId>,
    /// When it is earned.
    pub earned_at: DateTimeUtc,
    /// Whether that lies within the time of the recount: what was bought then can change what was bought later.
    pub within: bool,
    /// The currency of the amounts.
    pub currency: Currency,
    /// What stood on the ledger, in minor units.
    pub before: i64,
    /// What stands there, or would.
    pub after: i64,
    /// The part of `before` that was not payable.
    pub pending_before: i64,
    /// The part of `after` that is not payable.
    pub pending_after: i64,
    /// What payouts had paid of it.
    pub paid: i64,
    /// The conclusion that stood, for a purchase.
    pub reason_before: Option<DecisionReason>,
    /// The new one.
    pub reason_after: Option<DecisionReason>,
    /// When it was found, or posted.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The recount.
    #[sea_orm(belongs_to = "super::recount::Entity", from = "Column::RecountId", to = "super::recount::Column::Id")]
    Recount,
    /// In which program it is earned.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// By which enrollment.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// By which partner.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
    /// The purchase that earns it.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
    /// The customer whose lead earns it.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
}

impl ActiveModelBehavior for ActiveModel {}
