//! A message owed to the outside.

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, MessageId, OutboxStatus};

/// A message owed to the outside.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_message")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What it is about.
    #[sea_orm(column_type = "Text")]
    pub topic: String,
    /// What it is told of, so that messages of one thing stay in order.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// What it says.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// How far it has come.
    pub status: OutboxStatus,
    /// How often it was tried.
    pub attempts: i32,
    /// When to try again.
    pub next_attempt_at: Option<DateTimeUtc>,
    /// When it was written.
    pub created_at: DateTimeUtc,
    /// When nothing more was to be done.
    pub finished_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
