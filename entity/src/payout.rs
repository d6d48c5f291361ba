//! A paid group of approved commissions of one partner in one currency.

use sea_orm::entity::prelude::*;

use crate::value::{Currency, MerchantId, PartnerId, PayoutId, PayoutStatus, UserId};

/// A paid group of approved commissions of one partner in one currency.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Who was paid.
    pub partner_id: PartnerId,
    /// In what.
    pub currency: Currency,
    /// How much, in minor units; the sum of its lines (MO-6).
    pub amount: i64,
    /// What the merchant's bank or tool calls it.
    #[sea_orm(column_type = "Text", nullable)]
    pub reference: Option<String>,
    /// Its state.
    pub status: PayoutStatus,
    /// Who made it; empty when an API key did.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Who was paid.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
    /// Who made it; empty when an API key did.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}
