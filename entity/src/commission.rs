//! What an enrollment earned by one thing, mostly a purchase. Its amount is the sum of its ledger entries.

use sea_orm::entity::prelude::*;

use crate::value::{
    CommissionId, CommissionKind, CommissionState, Currency, CustomerId, EnrollmentId, HoldReasons, MerchantId, PartnerId, ProgramId,
    PurchaseId, TierPeriodId,
};

/// What an enrollment earned by one thing, mostly a purchase. Its amount is the sum of its ledger entries.
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
    /// By what kind of thing it was earned.
    pub kind: CommissionKind,
    /// By which: a text that no two commissions of one enrollment and kind share, whatever becomes of the rows it names.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// The purchase; empty for what no purchase earned.
    pub purchase_id: Option<PurchaseId>,
    /// The customer, for a lead.
    pub customer_id: Option<CustomerId>,
    /// The period, for what a level of the tiers adds at its end.
    pub tier_period_id: Option<TierPeriodId>,
    /// The recruited partner's enrollment, for the second level.
    pub through_id: Option<EnrollmentId>,
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
    /// How the amount came about, where no decision of a purchase tells.
    #[sea_orm(column_type = "JsonBinary")]
    pub steps: Json,
    /// How much of it is kept back for the reasons in `holds`, in minor units.
    pub held: i64,
    /// The same in the program's currency, in its minor units (MO-2); zero where the program has none.
    pub program_held: i64,
    /// When the purchase was paid, the customer became a lead, or the period ended.
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
    /// The purchase; empty for what no purchase earned.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
    /// The customer, for a lead.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The period, for what a level of the tiers adds at its end.
    #[sea_orm(belongs_to = "super::tier_period::Entity", from = "Column::TierPeriodId", to = "super::tier_period::Column::Id")]
    TierPeriod,
    /// The recruited partner's enrollment, for the second level.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::ThroughId", to = "super::enrollment::Column::Id")]
    Through,
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
