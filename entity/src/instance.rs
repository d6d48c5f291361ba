//! The one row that says which secret this database belongs to.

use sea_orm::entity::prelude::*;

/// The one row that says which secret this database belongs to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "instance")]
pub struct Model {
    /// Always the same id: there is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The public name of the secret.
    #[sea_orm(column_type = "Text")]
    pub key_id: String,
    /// What only the holder of the secret can compute, in hex. Says nothing of it.
    #[sea_orm(column_type = "Text")]
    pub proof: String,
    /// When the instance was begun.
    pub created_at: DateTimeUtc,
    /// When the secret was last changed.
    pub updated_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
