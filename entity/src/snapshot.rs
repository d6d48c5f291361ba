//! One Stripe object as last told, raw and as a fact.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, Currency, MerchantId, PurchaseId, SnapshotId};

/// One Stripe object as last told, raw and as a fact.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "snapshot")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SnapshotId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it was told.
    pub connection_id: ConnectionId,
    /// Stripe's id.
    #[sea_orm(column_type = "Text")]
    pub object_id: String,
    /// Stripe's word for the kind of object.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The time of the news that `body` is of.
    pub source_at: DateTimeUtc,
    /// The raw object as last told, JSON in UTF-8.
    pub body: Vec<u8>,
    /// All that was ever told of it, merged.
    #[sea_orm(column_type = "JsonBinary")]
    pub fact: Json,
    /// The purchase it is of, once that is known.
    pub purchase_id: Option<PurchaseId>,
    /// When it took money, for an object that did.
    pub money_at: Option<DateTimeUtc>,
    /// How much it took, in minor units.
    pub money: Option<i64>,
    /// In what.
    pub money_currency: Option<Currency>,
    /// When it was first told.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
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
    /// The purchase it is of, once that is known.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
}

impl ActiveModelBehavior for ActiveModel {}
