//! A group of approved commissions of one partner in one currency that is paid together.

use sea_orm::entity::prelude::*;

use crate::value::{Currency, MerchantId, PartnerId, PayoutId, PayoutStatus, UserId};

/// A group of approved commissions of one partner in one currency that is paid together.
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
    /// Who is paid.
    pub partner_id: PartnerId,
    /// In what it was earned.
    pub currency: Currency,
    /// How much, in minor units; the sum of its lines (MO-6). Never changes (PO-1).
    pub amount: i64,
    /// What the merchant's bank or tool calls it.
    #[sea_orm(column_type = "Text", nullable)]
    pub reference: Option<String>,
    /// Its state.
    pub status: PayoutStatus,
    /// When it was said to be on its way; from then on it counts as paid for whatever is decided (RF-8).
    pub sent_at: Option<DateTimeUtc>,
    /// When it was confirmed.
    pub paid_at: Option<DateTimeUtc>,
    /// When it was cancelled, or said not to have come.
    pub cancelled_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text", nullable)]
    pub cancelled_reason: Option<String>,
    /// The payout that was planned in its place (RF-8).
    pub replaced_by_id: Option<PayoutId>,
    /// The currency in which it is paid, where that is another one (MO-5).
    pub paid_currency: Option<Currency>,
    /// How much is paid in that one, in its minor units.
    pub paid_amount: Option<i64>,
    /// The upper side of the rate from `currency` to `paid_currency`.
    pub rate_num: Option<i64>,
    /// Its lower side.
    pub rate_den: Option<i64>,
    /// Of which day the rate is.
    pub rate_day: Option<Date>,
    /// Who told the rate.
    #[sea_orm(column_type = "Text", nullable)]
    pub rate_source: Option<String>,
    /// Who planned it; empty when an API key did.
    pub created_by: Option<UserId>,
    /// When it was planned.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Who is paid.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
    /// Who planned it; empty when an API key did.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}
