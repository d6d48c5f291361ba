//! What one unit of a currency is worth in another on a day (MO-2).

use sea_orm::entity::prelude::*;

use crate::value::{Currency, ExchangeRateId, MerchantId};

/// What one unit of a currency is worth in another on a day (MO-2).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange_rate")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExchangeRateId,
    /// Whose rate it is; nothing for those of the whole instance.
    pub merchant_id: Option<MerchantId>,
    /// Of which day (UTC).
    pub day: Date,
    /// One unit of this currency …
    pub base: Currency,
    /// … is worth `num / den` units of this one.
    pub quote: Currency,
    /// The upper side of the ratio.
    pub num: i64,
    /// The lower side of the ratio.
    pub den: i64,
    /// Who says so.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// When it was told.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose rate it is.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
