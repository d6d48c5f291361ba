//! Whose a coupon or promotion code was before it became another's. The present mapping stands in the row of the code itself.

use sea_orm::entity::prelude::*;

use crate::value::{ConnectionId, EnrollmentId, MerchantId};

/// Whose a code was in `[mapped_from, mapped_to)` (AT-8), so that what was bought then stays with them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_mapping")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Where the code is.
    pub connection_id: ConnectionId,
    /// Stripe's id of the promotion code, `promo_...`; empty for a coupon.
    #[sea_orm(column_type = "Text", nullable)]
    pub promotion_code: Option<String>,
    /// Stripe's id of the coupon; empty for a promotion code.
    #[sea_orm(column_type = "Text", nullable)]
    pub coupon: Option<String>,
    /// Whose it was.
    pub enrollment_id: EnrollmentId,
    /// From when.
    pub mapped_from: DateTimeUtc,
    /// Until when, not included.
    pub mapped_to: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Where the code is.
    #[sea_orm(belongs_to = "super::stripe_connection::Entity", from = "Column::ConnectionId", to = "super::stripe_connection::Column::Id")]
    Connection,
    /// Whose it was.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
}

impl ActiveModelBehavior for ActiveModel {}
