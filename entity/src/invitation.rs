//! An invitation to become a member of a merchant, or one of its partners.

use sea_orm::entity::prelude::*;

use crate::value::{InvitationId, MerchantId, PartnerId, Role};

/// An invitation to become a member of a merchant, or one of its partners.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    /// Who invites.
    pub merchant_id: MerchantId,
    /// The mode of the partner; empty for the other roles.
    pub livemode: Option<bool>,
    /// The normalised address it was sent to.
    #[sea_orm(column_type = "Text")]
    pub email: String,
    /// The role it gives.
    pub role: Role,
    /// Which partner it makes the user, for the role of a partner.
    pub partner_id: Option<PartnerId>,
    /// Hash of the token; the token itself is not kept.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// From when it is refused.
    pub expires_at: DateTimeUtc,
    /// When it was accepted.
    pub used_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who invites.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Which partner it makes the user, for the role of a partner.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
}

impl ActiveModelBehavior for ActiveModel {}
