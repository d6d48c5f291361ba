//! An event received from Stripe, as the truth of what is still to be done.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, EventId, IgnoreReason, InboxStatus, MerchantId};

/// An event received from Stripe, as the truth of what is still to be done.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_event")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// The connection it is for, once that is known.
    pub connection_id: Option<ConnectionId>,
    /// The merchant of that connection.
    pub merchant_id: Option<MerchantId>,
    /// The mode of the endpoint that took it.
    pub livemode: bool,
    /// Connection id, or the account for endpoints of the platform.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// Stripe's id, `evt_...`.
    #[sea_orm(column_type = "Text")]
    pub event_id: String,
    /// Stripe's type, such as `invoice.paid`.
    #[sea_orm(column_type = "Text")]
    pub event_type: String,
    /// The account it happened in, if it says so.
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// The API version it is written in.
    #[sea_orm(column_type = "Text", nullable)]
    pub api_version: Option<String>,
    /// When it happened, by Stripe's clock.
    pub occurred_at: DateTimeUtc,
    /// The raw event as received.
    pub body: Vec<u8>,
    /// How far it has come.
    pub status: InboxStatus,
    /// Why it was ignored.
    pub reason: Option<IgnoreReason>,
    /// How often it was tried.
    pub attempts: i32,
    /// When to try again.
    pub next_attempt_at: Option<DateTimeUtc>,
    /// Until when a worker has it.
    pub lease_until: Option<DateTimeUtc>,
    /// Which worker.
    #[sea_orm(column_type = "Text", nullable)]
    pub lease_owner: Option<String>,
    /// What went wrong last.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// When it came, by our clock.
    pub received_at: DateTimeUtc,
    /// When nothing more was to be done.
    pub finished_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The connection it is for, once that is known.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
    /// The merchant of that connection.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
