//! Who refers: an affiliate, or a customer who refers friends.

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, PartnerId, PartnerStatus};

/// Who refers: an affiliate, or a customer who refers friends.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnerId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What it is called.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The normalised address; unique in the merchant and mode.
    #[sea_orm(column_type = "Text")]
    pub email: String,
    /// Whether it may take part at all.
    pub status: PartnerStatus,
    /// The merchant's own id of the partner.
    #[sea_orm(column_type = "Text", nullable)]
    pub external_id: Option<String>,
    /// Keyed hash of where the partner is paid to, where that is known: equal for two accounts of one payee (FR-3).
    #[sea_orm(column_type = "Text", nullable)]
    pub payout_hash: Option<String>,
    /// What the merchant keeps beside it; an object.
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
