//! Stripe's typed code for a coupon, which may belong to a partner.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, EnrollmentId, MerchantId, PromotionCodeId, Spans};

/// Stripe's typed code for a coupon, which may belong to a partner.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "promotion_code")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PromotionCodeId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where it was read.
    pub connection_id: ConnectionId,
    /// Stripe's id.
    #[sea_orm(column_type = "Text")]
    pub stripe_id: String,
    /// What customers type.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// The same in lower case; not unique, as a text can come back over time (CS-2).
    #[sea_orm(column_type = "Text")]
    pub code_folded: String,
    /// Stripe's id of its coupon.
    #[sea_orm(column_type = "Text", nullable)]
    pub coupon: Option<String>,
    /// Whether Stripe still takes it.
    pub active: bool,
    /// When it could not be used (CS-5).
    #[sea_orm(column_type = "JsonBinary")]
    pub inactive: Spans,
    /// Whose code.
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
    /// Whose code.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
}

impl ActiveModelBehavior for ActiveModel {}
