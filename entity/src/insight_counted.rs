//! What a purchase, a customer or a period has added to the figures so far.

use sea_orm::entity::prelude::*;

use crate::value::MerchantId;

/// What a purchase, a customer or a period has added to the figures so far.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "insight_counted")]
pub struct Model {
    /// The id of the purchase, customer or period.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What it adds, and where.
    #[sea_orm(column_type = "JsonBinary")]
    pub counted: Json,
    /// When that last changed.
    pub counted_at: DateTimeUtc,
}

/// The rows that a row of this table points to: none by foreign keys, as the figures can be made anew from what they count.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
