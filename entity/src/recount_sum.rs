//! What a recount comes to for one partner in one currency.

use sea_orm::entity::prelude::*;

use crate::value::{Currency, EnrollmentId, MerchantId, PartnerId, ProgramId, RecountId, RecountSumId};

/// What a recount comes to for one partner in one currency.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recount_sum")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecountSumId,
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
    /// The currency of the amounts.
    pub currency: Currency,
    /// How many commissions of the time came to anything.
    pub commissions_before: i64,
    /// How many do, or would.
    pub commissions_after: i64,
    /// What commissions of the time came to, in minor units.
    pub before: i64,
    /// What they come to, or would.
    pub after: i64,
    /// By how much commissions outside of the time change.
    pub beyond: i64,
    /// `after` less `before`, and `beyond`.
    pub delta: i64,
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
}

impl ActiveModelBehavior for ActiveModel {}
