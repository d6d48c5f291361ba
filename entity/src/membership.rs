//! The role of a user with one merchant.

use sea_orm::entity::prelude::*;

use crate::value::{MembershipId, MerchantId, PartnerId, Role, UserId};

/// The role of a user with one merchant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipId,
    /// Whose role.
    pub user_id: UserId,
    /// With which merchant.
    pub merchant_id: MerchantId,
    /// What the user may do.
    pub role: Role,
    /// Which partner the user is, for the role of a partner.
    pub partner_id: Option<PartnerId>,
    /// The mode of that partner; empty for the other roles, which see both.
    pub livemode: Option<bool>,
    /// When it was given.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose role.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
    User,
    /// With which merchant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Which partner the user is, for the role of a partner.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
}

impl ActiveModelBehavior for ActiveModel {}
