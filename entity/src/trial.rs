//! A trial that a customer began: what makes them a lead (CO-10).

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, CustomerId, MerchantId, TrialId};

/// A trial that a customer began: what makes them a lead (CO-10).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trial")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TrialId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it was told.
    pub connection_id: ConnectionId,
    /// The subscription's id there.
    #[sea_orm(column_type = "Text")]
    pub object_id: String,
    /// Who began it.
    pub customer_id: CustomerId,
    /// When.
    pub began_at: DateTimeUtc,
    /// When it was first told.
    pub created_at: DateTimeUtc,
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
    /// Who began it.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
}

impl ActiveModelBehavior for ActiveModel {}
