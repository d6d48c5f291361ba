//! One pull of one kind of data: the truth of what is still to be fetched, and the history of what was.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, MerchantId, SyncDataType, SyncPullId, SyncReason, SyncStatus};

/// One pull of one kind of data: the truth of what is still to be fetched, and the history of what was.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_pull")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SyncPullId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The connection.
    pub connection_id: ConnectionId,
    /// Which kind.
    pub data_type: SyncDataType,
    /// Its place among those that wait: the smaller comes first.
    pub sync_order: i32,
    /// Why it is made.
    pub reason: SyncReason,
    /// How far it has come.
    pub status: SyncStatus,
    /// The oldest that it fetches; everything when empty.
    pub from_at: Option<DateTimeUtc>,
    /// Which of the lists that make up the kind is being read, from 0.
    pub list: i32,
    /// The last object of that list whose facts are stored; the newest is next when empty.
    #[sea_orm(column_type = "Text", nullable)]
    pub cursor: Option<String>,
    /// How many pages were read.
    pub pages: i64,
    /// How many objects they held.
    pub objects: i64,
    /// Of events: how many no delivery had brought.
    pub missed: i64,
    /// How often it was tried since it last got on.
    pub attempts: i32,
    /// When to try next.
    pub next_attempt_at: Option<DateTimeUtc>,
    /// Until when a worker has it.
    pub lease_until: Option<DateTimeUtc>,
    /// Which worker.
    #[sea_orm(column_type = "Text", nullable)]
    pub lease_owner: Option<String>,
    /// What went wrong last.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// When the first page was asked for: everything made before is fetched.
    pub started_at: Option<DateTimeUtc>,
    /// When nothing more was to be done.
    pub finished_at: Option<DateTimeUtc>,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// When it last got on.
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
