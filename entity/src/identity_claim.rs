//! Which external id one source named for an identity. Two different ones make the identity disputed (ID-6).

use sea_orm::entity::prelude::*;

use crate::value::{IdentityClaimId, IdentityKind, MerchantId};

/// Which external id one source named for an identity. Two different ones make the identity disputed (ID-6).
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
    /// The object or call that said it.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// The kind of the identity.
    pub identity_kind: IdentityKind,
    /// The value of the identity.
    #[sea_orm(column_type = "Text")]
    pub identity_value: String,
    /// The external id it named.
    #[sea_orm(column_type = "Text")]
    pub external_id: String,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
