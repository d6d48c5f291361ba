//! Partners for whom the same is to hold. A partner is in one group at most.

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, PartnerGroupId};

/// Partners for whom the same is to hold. A partner is in one group at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_group")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnerGroupId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What it is called, unique in a merchant and mode.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
