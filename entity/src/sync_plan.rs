//! How one connection is kept up to date.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, MerchantId, SyncMode, SyncPlanId};

/// How one connection is kept up to date.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_plan")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SyncPlanId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The connection, which has one plan.
    pub connection_id: ConnectionId,
    /// Once, all the time, or when asked (S7).
    pub mode: SyncMode,
    /// Whether anything is pulled at all (S8).
    pub enabled: bool,
    /// When it was made.
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
    /// The connection.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
}

impl ActiveModelBehavior for ActiveModel {}
