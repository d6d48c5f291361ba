//! One piece of evidence that a partner brought a person.

use sea_orm::entity::prelude::*;

use crate::value::{ClickId, CustomerId, EnrollmentId, MerchantId, PurchaseId, TouchId, TouchKind};

/// One piece of evidence that a partner brought a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "touch")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TouchId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Who was brought.
    pub customer_id: CustomerId,
    /// What kind of evidence.
    pub kind: TouchKind,
    /// The object or call that told of it.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// When it happened.
    pub at: DateTimeUtc,
    /// The click, for kinds that name one.
    pub click_id: Option<ClickId>,
    /// The promotion code, `<connection id>/promo_...`.
    #[sea_orm(column_type = "Text", nullable)]
    pub promotion_code: Option<String>,
    /// The coupon, `<connection id>/<Stripe id>`.
    #[sea_orm(column_type = "Text", nullable)]
    pub coupon: Option<String>,
    /// What metadata or a call named the partner by.
    #[sea_orm(column_type = "Text", nullable)]
    pub partner_key: Option<String>,
    /// The enrollment, where the evidence names it outright.
    pub enrollment_id: Option<EnrollmentId>,
    /// The one purchase it is about, if it is about one.
    pub purchase_id: Option<PurchaseId>,
    /// Its place among touches of the same source, in Stripe's order (AT-9).
    pub position: i32,
    /// When it was rejected as fraud (FR-5).
    pub rejected_at: Option<DateTimeUtc>,
    /// When it was stored.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Who was brought.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The click, for kinds that name one.
    #[sea_orm(belongs_to = "super::click::Entity", from = "Column::ClickId", to = "super::click::Column::Id")]
    Click,
    /// The enrollment, where the evidence names it outright.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The one purchase it is about, if it is about one.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
}

impl ActiveModelBehavior for ActiveModel {}
