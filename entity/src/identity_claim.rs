//! What one source says of who somebody is: a line for each key that it names.

use sea_orm::entity::prelude::*;

use crate::value::{CustomerId, IdentityClaimId, IdentityKind, MerchantId};

/// A key that one source names. What the source no longer names is taken out again, so that identities are what all sources together say
/// now, and not what came first (IN-6, ID-6).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_claim")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityClaimId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The object, purchase or sign-up that says it.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// What kind of key.
    pub kind: IdentityKind,
    /// The key; its shape depends on the kind.
    #[sea_orm(column_type = "Text")]
    pub value: String,
    /// Whose the source was taken to be.
    pub customer_id: CustomerId,
    /// Since when the source says so, by the source's own time.
    pub stated_at: DateTimeUtc,
    /// Until when it held, if that is over: the payment provider's customer was deleted (ID-9).
    pub ended_at: Option<DateTimeUtc>,
    /// Whether it is believed against what was matched before: not when anybody on a page can say it.
    pub trusted: bool,
    /// Whether a page says it, with a click that makes it believed or without.
    pub by_page: bool,
    /// The name that the source gives, on each of its lines.
    #[sea_orm(column_type = "Text", nullable)]
    pub name: Option<String>,
    /// The address of an e-mail's hash, normalised.
    #[sea_orm(column_type = "Text", nullable)]
    pub email: Option<String>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Whose the source was taken to be.
    #[sea_orm(belongs_to = "super::customer::Entity", from = "Column::CustomerId", to = "super::customer::Column::Id")]
    Customer,
}

impl ActiveModelBehavior for ActiveModel {}
