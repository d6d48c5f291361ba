//! One refresh token. Tokens that follow each other form a family; a used one that comes back ends the family.

use sea_orm::entity::prelude::*;

use crate::value::{MembershipId, RefreshTokenId, UserId};

/// One refresh token. Tokens that follow each other form a family; a used one that comes back ends the family.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefreshTokenId,
    /// The login it descends from.
    pub family: Uuid,
    /// Who logged in.
    pub user_id: UserId,
    /// In which role.
    pub membership_id: MembershipId,
    /// Hash of the token; the token itself is not kept.
    pub hash: Vec<u8>,
    /// When it was handed out.
    pub created_at: DateTimeUtc,
    /// From when it is refused.
    pub expires_at: DateTimeUtc,
    /// When it was exchanged for the next one.
    pub used_at: Option<DateTimeUtc>,
    /// When its family was ended.
    pub revoked_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who logged in.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
    User,
    /// In which role.
    #[sea_orm(belongs_to = "super::membership::Entity", from = "Column::MembershipId", to = "super::membership::Column::Id")]
    Membership,
}

impl ActiveModelBehavior for ActiveModel {}
