//! Something that somebody decided by hand: who did it, when and why. Never changed.

use sea_orm::entity::prelude::*;

use crate::value::{ApiKeyId, CustomerId, EnrollmentId, InterventionId, InterventionKind, MerchantId, PurchaseId, UserId};

/// Something that somebody decided by hand: about who is who, who brought whom, or what is paid.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "intervention")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InterventionId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What was decided.
    pub kind: InterventionKind,
    /// About whom: for a merge the customer who stays.
    pub customer_id: Option<CustomerId>,
    /// The customer who was merged into that one.
    pub merged_id: Option<CustomerId>,
    /// The payment of which something was said.
    pub purchase_id: Option<PurchaseId>,
    /// To whom the person was given, or whose the commission is.
    pub enrollment_id: Option<EnrollmentId>,
    /// The id of what else was decided on: a commission, a case of fraud, a click, a program.
    #[sea_orm(column_type = "Text", nullable)]
    pub subject: Option<String>,
    /// What was done, in a sentence.
    #[sea_orm(column_type = "Text")]
    pub what: String,
    /// Why, as given; empty when nothing was.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// The member who decided it.
    pub created_by: Option<UserId>,
    /// The API key that told of it.
    pub api_key_id: Option<ApiKeyId>,
    /// When.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// About whom.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
    /// The customer who was merged into that one.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::MergedId", to = "super::customer::Column::Id")]
    Merged,
    /// The payment of which something was said.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
    /// To whom the person was given.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The member who decided it.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    CreatedBy,
    /// The API key that told of it.
    #[sea_orm(belongs_to = "super::api_key::Entity", from = "Column::ApiKeyId", to = "super::api_key::Column::Id")]
    ApiKey,
}

impl ActiveModelBehavior for ActiveModel {}
