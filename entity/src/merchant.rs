//! A merchant: the business that runs programs, and the tenant of all that is its own.

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, MerchantSettings};

/// A merchant: the business that runs programs, and the tenant of all that is its own.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merchant")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MerchantId,
    /// What it calls itself.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What it can set for itself.
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: MerchantSettings,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
