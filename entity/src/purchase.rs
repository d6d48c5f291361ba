//! One normalised money event of a customer, whatever Stripe objects told of it.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, Currency, CustomerId, MerchantId, PurchaseId, PurchaseStatus};

/// One normalised money event of a customer, whatever Stripe objects told of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PurchaseId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it was told; empty for purchases told by API or import.
    pub connection_id: Option<ConnectionId>,
    /// The strongest reference of its objects, such as `invoice:in_1`.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Whose purchase, once that is known.
    pub customer_id: Option<CustomerId>,
    /// What is known of its payment.
    pub status: PurchaseStatus,
    /// When it was paid, by Stripe's clock.
    pub purchased_at: Option<DateTimeUtc>,
    /// The currency of its sums.
    pub currency: Option<Currency>,
    /// What was asked for, tax included, in minor units.
    pub total: i64,
    /// Money actually received (BA-3).
    pub collected: i64,
    /// Money that went back (RF-1).
    pub reduction: i64,
    /// When the first of it went back (FR-3).
    pub returned_at: Option<DateTimeUtc>,
    /// What the current decision found commissionable.
    pub base: i64,
    /// The purchase as put together from its facts.
    #[sea_orm(column_type = "JsonBinary")]
    pub state: Json,
    /// The purchase that took over its objects.
    pub merged_into: Option<PurchaseId>,
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
    /// Where it was told; empty for purchases told by API or import.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
    /// Whose purchase, once that is known.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The purchase that took over its objects.
    #[sea_orm(belongs_to = "Entity", from = "Column::MergedInto", to = "Column::Id")]
    MergedInto,
}

impl ActiveModelBehavior for ActiveModel {}
