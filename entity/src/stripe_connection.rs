//! One Stripe account in one mode, with the access to it.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionHealth, ConnectionId, ConnectionMethod, ConnectionStatus, MerchantId, Sealed, SealedList};

/// One Stripe account in one mode, with the access to it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_connection")]
pub struct Model {
    /// Its id, kept when it is linked again (CN-1).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConnectionId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What the merchant calls it.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The account, `acct_...`, once it is known.
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// When Stripe said, asked with the present credential, that it is this account's. Empty while the account is only claimed (IN-4).
    pub verified_at: Option<DateTimeUtc>,
    /// How access was given.
    pub method: ConnectionMethod,
    /// Its state.
    pub status: ConnectionStatus,
    /// Why it is in that state.
    #[sea_orm(column_type = "Text", nullable)]
    pub status_reason: Option<String>,
    /// When access was taken back at Stripe: what came since had no effect (S14).
    pub disabled_at: Option<DateTimeUtc>,
    /// The key or token, encrypted.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub secret: Option<Sealed>,
    /// The last four characters of the key, for people to recognise it (S1).
    #[sea_orm(column_type = "Text", nullable)]
    pub key_last4: Option<String>,
    /// What was granted as a whole: a scope of OAuth, or `full` for a key that can do everything in the account.
    #[sea_orm(column_type = "Text", nullable)]
    pub granted_scope: Option<String>,
    /// What the next token is had for, encrypted; for an app.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub refresh_secret: Option<Sealed>,
    /// When the token ends, if it does.
    pub token_expires_at: Option<DateTimeUtc>,
    /// Until when somebody fetches the next token.
    pub refresh_until: Option<DateTimeUtc>,
    /// Who.
    #[sea_orm(column_type = "Text", nullable)]
    pub refresh_owner: Option<String>,
    /// When the present credential was given.
    pub linked_at: Option<DateTimeUtc>,
    /// The random word of its webhook URL.
    #[sea_orm(column_type = "Text")]
    pub endpoint: String,
    /// Signing secrets, encrypted; several while one replaces the other.
    #[sea_orm(column_type = "JsonBinary")]
    pub webhook_secrets: SealedList,
    /// The endpoint that was made for it at Stripe, `we_...`.
    #[sea_orm(column_type = "Text", nullable)]
    pub webhook_endpoint: Option<String>,
    /// The API version its webhooks come in.
    #[sea_orm(column_type = "Text", nullable)]
    pub api_version: Option<String>,
    /// When the last event came (CN-3), to within ten seconds.
    pub last_event_at: Option<DateTimeUtc>,
    /// How many deliveries were refused for their signature, as far as they were counted.
    pub refused_count: i64,
    /// When the last of them came.
    pub refused_at: Option<DateTimeUtc>,
    /// What was wrong with it.
    #[sea_orm(column_type = "Text", nullable)]
    pub refused_reason: Option<String>,
    /// What the last look at it found.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub health: Option<ConnectionHealth>,
    /// When to look next.
    pub check_at: Option<DateTimeUtc>,
    /// Until when somebody looks.
    pub check_until: Option<DateTimeUtc>,
    /// Who.
    #[sea_orm(column_type = "Text", nullable)]
    pub check_owner: Option<String>,
    /// When it was begun.
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
}

impl ActiveModelBehavior for ActiveModel {}
