//! One thing of a shop's business as it is listed: a customer, payment, refund, dispute, product, price, movement, or the shop itself.

use sea_orm::entity::prelude::*;

use crate::value::{CommerceId, CommerceKind, ConnectionId, Currency, MerchantId};

/// One thing of a shop's business as it is listed. What it looks like is read from the object as last told, so that personal data stands
/// in one place.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "commerce_record")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommerceId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it was told.
    pub connection_id: ConnectionId,
    /// What it is.
    pub kind: CommerceKind,
    /// Stripe's id of it.
    #[sea_orm(column_type = "Text")]
    pub source_id: String,
    /// Stripe's id of what it belongs to: the product of a price, the payment of a refund or dispute, the source of a movement.
    #[sea_orm(column_type = "Text", nullable)]
    pub parent_id: Option<String>,
    /// The word of its state, or of its type where it is a movement; which words there are depends on the kind.
    #[sea_orm(column_type = "Text")]
    pub status: String,
    /// Its currency; `XXX` when it is not known.
    pub currency: Currency,
    /// Its amount in minor units; negative for money that goes away. Zero for what has none.
    pub amount: i64,
    /// Whether it is known only by another object, such as a payment by its charge.
    pub derived: bool,
    /// The raw object, JSON in UTF-8, where no snapshot holds it.
    pub body: Option<Vec<u8>>,
    /// A hash of the raw object: the same when nothing changed.
    pub digest: i64,
    /// When it was made at Stripe.
    pub source_created_at: DateTimeUtc,
    /// When it last changed at Stripe, as far as it was told.
    pub source_modified_at: DateTimeUtc,
    /// The time of the news that this row holds; older news changes nothing.
    pub told_at: DateTimeUtc,
    /// Where that news stands among those of the same second.
    pub told_rank: i32,
    /// When it was first stored.
    pub created_at: DateTimeUtc,
    /// When the stored row last changed.
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
}

impl ActiveModelBehavior for ActiveModel {}
