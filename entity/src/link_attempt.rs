//! An attempt to link a Stripe account by Stripe's own pages, from its start to its end.

use sea_orm::entity::prelude::*;

use crate::value::{ApiKeyId, ConnectionId, ConnectionMethod, MembershipId, MerchantId};

/// An attempt to link a Stripe account by Stripe's own pages, from its start to its end.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_attempt")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant for which the account is linked.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// By which way.
    pub method: ConnectionMethod,
    /// Hash of the state that goes to Stripe and back.
    pub state_hash: Vec<u8>,
    /// Hash of what the browser holds that went to Stripe.
    pub browser_hash: Option<Vec<u8>>,
    /// The membership of the user who began it. No foreign key: a member who leaves ends the attempt.
    pub membership_id: Option<MembershipId>,
    /// The session version of that user: signing out everywhere ends the attempt.
    pub session_version: Option<i32>,
    /// The API key by which it was begun. No foreign key either.
    pub api_key_id: Option<ApiKeyId>,
    /// The connection that is to be linked again.
    pub connection_id: Option<ConnectionId>,
    /// What a new connection is to be called.
    #[sea_orm(column_type = "Text", nullable)]
    pub name: Option<String>,
    /// The scope that was asked for.
    #[sea_orm(column_type = "Text", nullable)]
    pub scope: Option<String>,
    /// Where Stripe sends the browser back to.
    #[sea_orm(column_type = "Text")]
    pub redirect_uri: String,
    /// Where the browser goes in the end.
    #[sea_orm(column_type = "Text", nullable)]
    pub return_url: Option<String>,
    /// When it was begun.
    pub created_at: DateTimeUtc,
    /// From when it is refused.
    pub expires_at: DateTimeUtc,
    /// When it was used.
    pub used_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The connection that is to be linked again.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
}

impl ActiveModelBehavior for ActiveModel {}
