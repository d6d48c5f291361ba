//! What held of a partner in `[holds_from, holds_to)`: conditions and terms ask for the time of a purchase.

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, PartnerGroupId, PartnerId};

/// What held of a partner in `[holds_from, holds_to)`: conditions and terms ask for the time of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_trait")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Of whom.
    pub partner_id: PartnerId,
    /// The group.
    pub group_id: Option<PartnerGroupId>,
    /// The merchant's own notes: texts by key.
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
    /// From when.
    pub holds_from: DateTimeUtc,
    /// Until when, not included; empty for what holds now.
    pub holds_to: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Of whom.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
    /// The group.
    #[sea_orm(belongs_to = "super::partner_group::Entity", from = "Column::GroupId", to = "super::partner_group::Column::Id")]
    Group,
}

impl ActiveModelBehavior for ActiveModel {}
