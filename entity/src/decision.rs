//! What the engine concluded for a purchase, and why. A changed conclusion is a new row.

use sea_orm::entity::prelude::*;

use crate::value::{Currency, DecisionId, DecisionReason, EnrollmentId, MerchantId, ProgramId, PurchaseId, TermsId};

/// What the engine concluded for a purchase, and why. A changed conclusion is a new row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DecisionId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The purchase.
    pub purchase_id: PurchaseId,
    /// Whether it is the one in force; at most one is.
    pub current: bool,
    /// The conclusion.
    pub reason: DecisionReason,
    /// Who won.
    pub enrollment_id: Option<EnrollmentId>,
    /// The program of the winner.
    pub program_id: Option<ProgramId>,
    /// The terms that were applied.
    pub terms_id: Option<TermsId>,
    /// The currency of the sums.
    pub currency: Option<Currency>,
    /// What was found commissionable, in minor units.
    pub base: i64,
    /// The target commission, in minor units.
    pub amount: i64,
    /// Every candidate with its verdict (AT-7).
    #[sea_orm(column_type = "JsonBinary")]
    pub candidates: Json,
    /// How the amount came about.
    #[sea_orm(column_type = "JsonBinary")]
    pub steps: Json,
    /// Hash of the content; an equal conclusion writes no new row.
    pub digest: Vec<u8>,
    /// When it was concluded.
    pub decided_at: DateTimeUtc,
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
    /// Who won.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The program of the winner.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The terms that were applied.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
}

impl ActiveModelBehavior for ActiveModel {}
