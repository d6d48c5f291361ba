//! One kind of data of one connection: what is wanted of it, and how far it has come (S8).

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, MerchantId, SyncDataType, SyncDatasetId, SyncStatus};

/// One kind of data of one connection: what is wanted of it, and how far it has come (S8).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_dataset")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SyncDatasetId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The connection.
    pub connection_id: ConnectionId,
    /// Which kind.
    pub data_type: SyncDataType,
    /// Whether it is pulled.
    pub enabled: bool,
    /// Whether it is pulled when the connection is new.
    pub fetch_on_first_link: bool,
    /// How many hours lie between two pulls that nobody asked for; never pulled by itself when empty.
    pub interval_hours: Option<i32>,
    /// Its place among the kinds: the smaller is pulled first.
    pub sync_order: i32,
    /// The oldest that is pulled.
    pub sync_from: Option<DateTimeUtc>,
    /// How many months back are pulled; the later of both bounds counts.
    pub months_to_sync: Option<i32>,
    /// Whether the settings are kept from being changed.
    pub locked: bool,
    /// How far it has come; nothing while it was never to be pulled.
    pub status: Option<SyncStatus>,
    /// What is wrong, and what to do about it.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// When everything was here last.
    pub last_success_at: Option<DateTimeUtc>,
    /// Everything made at or after this time is here, up to `covered_to`; with no bound where this is empty and that is not.
    pub covered_from: Option<DateTimeUtc>,
    /// Everything made before this time is here. The next pull begins a little before it.
    pub covered_to: Option<DateTimeUtc>,
    /// When it is pulled next.
    pub next_at: Option<DateTimeUtc>,
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
