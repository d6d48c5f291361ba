//! An address from which a partner was seen, by a keyed hash whose key changes with the day (PV-1).

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, PartnerId};

/// An address from which a partner was seen, by a keyed hash whose key changes with the day (PV-1).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_address")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The partner.
    pub partner_id: PartnerId,
    /// The keyed hash of one day.
    pub ip_hash: Vec<u8>,
    /// When the partner was first seen there.
    pub first_seen_at: DateTimeUtc,
    /// When the partner was last seen there.
    pub last_seen_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The partner.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
}

impl ActiveModelBehavior for ActiveModel {}
