//! The answer to a call that must not happen twice.

use sea_orm::entity::prelude::*;

/// The answer to a call that must not happen twice.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who called.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// The key the caller gave.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Hash of the request; another request under the same key is refused.
    pub request_hash: Vec<u8>,
    /// The answer, once there is one.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub response: Option<Json>,
    /// When it was first called.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
