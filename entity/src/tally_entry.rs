//! What one event adds to a sum over many persons, and within what sums before it its outcome stays as it is.

use sea_orm::entity::prelude::*;

use crate::value::{CustomerId, PurchaseId, TallyEntryId, TallyId, TierPeriodId};

/// What one event adds to a sum over many persons, and within what sums before it its outcome stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally_entry")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TallyEntryId,
    /// To which sum.
    pub tally_id: TallyId,
    /// Where it stands among the entries: bytes that sort as places do.
    pub place: Vec<u8>,
    /// What it adds: minor units, or a number of things.
    pub amount: i64,
    /// The least sum before it with which its outcome stays.
    pub low: Option<i64>,
    /// The most before it.
    pub high: Option<i64>,
    /// The most with itself.
    pub most: Option<i64>,
    /// The purchase by which it came about.
    pub purchase_id: Option<PurchaseId>,
    /// The customer, for a lead.
    pub customer_id: Option<CustomerId>,
    /// The period, for what a level adds at its end; for a recount it may be one that there is not.
    pub tier_period_id: Option<TierPeriodId>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To which sum.
    #[sea_orm(belongs_to = "super::tally::Entity", from = "Column::TallyId", to = "super::tally::Column::Id")]
    Tally,
    /// The purchase by which it came about.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
    /// The customer, for a lead.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
}

impl ActiveModelBehavior for ActiveModel {}
