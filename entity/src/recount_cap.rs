//! How much a cap cuts, by a recount.

use sea_orm::entity::prelude::*;

use crate::value::{Currency, MerchantId, RecountCapId, RecountId};

/// How much a cap cuts, by a recount.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recount_cap")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecountCapId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The recount.
    pub recount_id: RecountId,
    /// The cap, as steps of decisions name it.
    #[sea_orm(column_type = "Text")]
    pub cap: String,
    /// The currency of the amount.
    pub currency: Currency,
    /// How many purchases of the time it cuts.
    pub purchases: i64,
    /// By how much together, in minor units.
    pub cut: i64,
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
}

impl ActiveModelBehavior for ActiveModel {}
