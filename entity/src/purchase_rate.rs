//! A rate that a purchase uses: it stays, whatever is told later (MO-3).

use sea_orm::entity::prelude::*;

use crate::value::{Currency, MerchantId, PurchaseId};

/// A rate that a purchase uses: it stays, whatever is told later (MO-3).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_rate")]
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
    /// From one unit of this currency …
    pub base: Currency,
    /// … to `num / den` units of this one.
    pub quote: Currency,
    /// The upper side of the ratio.
    pub num: i64,
    /// The lower side of the ratio.
    pub den: i64,
    /// Of which day (UTC).
    pub day: Date,
    /// For which day of the purchase it holds (UTC): for no other. Empty for those that were used before this was written down.
    pub holds_for: Option<Date>,
    /// Who says so.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// When it was first used.
    pub created_at: DateTimeUtc,
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
