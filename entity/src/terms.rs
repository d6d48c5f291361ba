//! One version of a program's rules. Never changed once written (CO-1).

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, ProgramId, Terms, TermsId, UserId};

/// One version of a program's rules. Never changed once written (CO-1).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terms")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TermsId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Whose rules.
    pub program_id: ProgramId,
    /// 1 for the first, then one more each time.
    pub version: i32,
    /// The rules.
    #[sea_orm(column_type = "JsonBinary")]
    pub body: Terms,
    /// From when new bindings take it.
    pub effective_from: DateTimeUtc,
    /// Whether only those take it to whom it is assigned.
    pub assigned: bool,
    /// Whether the rules ask what is known of prices and products beyond their ids.
    pub asks_catalogue: bool,
    /// When it was written.
    pub created_at: DateTimeUtc,
    /// Who wrote it; empty when an API key did.
    pub created_by: Option<UserId>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Whose rules.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// Who wrote it; empty when an API key did.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}
