//! A card that paid for a purchase, by a keyed hash of its fingerprint (S14).

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, PurchaseId};

/// A card that paid for a purchase, by a keyed hash of its fingerprint (S14).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_card")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The purchase.
    pub purchase_id: PurchaseId,
    /// The keyed hash.
    #[sea_orm(column_type = "Text")]
    pub card: String,
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
}

impl ActiveModelBehavior for ActiveModel {}
