//! A person who logs in. Stands above merchants; a membership ties it to one.

use sea_orm::entity::prelude::*;

use crate::value::UserId;

/// A person who logs in. Stands above merchants; a membership ties it to one.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The normalised address; unique over all merchants.
    #[sea_orm(column_type = "Text")]
    pub email: String,
    /// A PHC string, never the password.
    #[sea_orm(column_type = "Text")]
    pub password_hash: String,
    /// Raised to end every session at once.
    pub session_version: i32,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
