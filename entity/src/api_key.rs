//! A key for the API: secret for servers, publishable for web pages.

use sea_orm::entity::prelude::*;

use crate::value::{ApiKeyId, ApiKeyKind, ApiScopes, MerchantId, ProgramId, TextList};

/// A key for the API: secret for servers, publishable for web pages.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Who may hold it.
    pub kind: ApiKeyKind,
    /// The one program it is for, if it is for one.
    pub program_id: Option<ProgramId>,
    /// What it is called.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Hash of the key.
    pub hash: Vec<u8>,
    /// The key itself, kept for publishable ones only, as the guides show it again.
    #[sea_orm(column_type = "Text", nullable)]
    pub token: Option<String>,
    /// Its last four characters.
    #[sea_orm(column_type = "Text")]
    pub last4: String,
    /// What a secret key may do.
    #[sea_orm(column_type = "JsonBinary")]
    pub scopes: ApiScopes,
    /// The web origins a publishable key is bound to (SN-4).
    #[sea_orm(column_type = "JsonBinary")]
    pub origins: TextList,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<DateTimeUtc>,
    /// Since when it is refused.
    pub revoked_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The one program it is for, if it is for one.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
}

impl ActiveModelBehavior for ActiveModel {}
