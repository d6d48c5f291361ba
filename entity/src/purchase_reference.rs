//! Which purchase a reference of Stripe's belongs to. Objects that share one are of one purchase.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, MerchantId, PurchaseId};

/// Which purchase a reference of Stripe's belongs to. Objects that share one are of one purchase.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_reference")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it was told.
    pub connection_id: ConnectionId,
    /// The reference, such as `intent:pi_1`.
    #[sea_orm(column_type = "Text")]
    pub reference: String,
    /// The purchase.
    pub purchase_id: PurchaseId,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Where it was told.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
    /// The purchase.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
}

impl ActiveModelBehavior for ActiveModel {}
