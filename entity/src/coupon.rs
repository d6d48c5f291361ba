//! Stripe's discount, which may belong to a partner (CS-8).

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, CouponId, Currency, EnrollmentId, MerchantId};

/// Stripe's discount, which may belong to a partner (CS-8).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CouponId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it was read.
    pub connection_id: ConnectionId,
    /// Stripe's id.
    #[sea_orm(column_type = "Text")]
    pub stripe_id: String,
    /// What customers see.
    #[sea_orm(column_type = "Text", nullable)]
    pub name: Option<String>,
    /// The share taken off, in basis points.
    pub percent_off_bps: Option<i32>,
    /// The sum taken off, in minor units of `currency`.
    pub amount_off: Option<i64>,
    /// The currency of `amount_off`.
    pub currency: Option<Currency>,
    /// Stripe's word for how long it applies.
    #[sea_orm(column_type = "Text", nullable)]
    pub duration: Option<String>,
    /// When Stripe said that it is gone.
    pub deleted_at: Option<DateTimeUtc>,
    /// Whose coupon.
    pub enrollment_id: Option<EnrollmentId>,
    /// Since when it is that partner's (AT-8).
    pub mapped_from: Option<DateTimeUtc>,
    /// Until when, not included.
    pub mapped_to: Option<DateTimeUtc>,
    /// The time of the news that this row holds; older news changes nothing.
    pub source_at: DateTimeUtc,
    /// When it was first seen.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Where it was read.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
    /// Whose coupon.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
}

impl ActiveModelBehavior for ActiveModel {}
