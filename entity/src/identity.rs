//! A key that finds a customer.

use sea_orm::entity::prelude::*;

use crate::value::{CustomerId, IdentityId, IdentityKind, MerchantId};

/// A key that finds a customer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What kind of key.
    pub kind: IdentityKind,
    /// The key; its shape depends on the kind.
    #[sea_orm(column_type = "Text")]
    pub value: String,
    /// Whom it finds.
    pub customer_id: CustomerId,
    /// Whether sources name different customers for it (ID-6).
    pub disputed: bool,
    /// An e-mail: since when any source says that it is this customer's, by the source's own time.
    pub stated_at: DateTimeUtc,
    /// An e-mail: since when a source says so that is believed against what was matched before (ID-4).
    pub trusted_at: Option<DateTimeUtc>,
    /// An e-mail: since when the merchant's server or the payment provider says so. A page's word alone reaches no purchase before it (SN-4).
    pub proven_at: Option<DateTimeUtc>,
    /// An e-mail: until when any source said so, if none does any longer (ID-9).
    pub ended_at: Option<DateTimeUtc>,
    /// When it was first told.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Whom it finds.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
}

impl ActiveModelBehavior for ActiveModel {}
