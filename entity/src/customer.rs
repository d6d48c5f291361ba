//! The referred person. Persons that turn out to be one are chained by `merged_into`; the last one is the root.

use sea_orm::entity::prelude::*;

use crate::value::{CustomerId, MerchantId};

/// The referred person. Persons that turn out to be one are chained by `merged_into`; the last one is the root.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What the person is called.
    #[sea_orm(column_type = "Text", nullable)]
    pub name: Option<String>,
    /// The address as it was told.
    #[sea_orm(column_type = "Text", nullable)]
    pub email: Option<String>,
    /// Whether it has an external id.
    pub claimed: bool,
    /// When the sign-up was tracked.
    pub signed_up_at: Option<DateTimeUtc>,
    /// When time alone changes something for this person; the sweeper settles it again then.
    pub due_at: Option<DateTimeUtc>,
    /// The person this one turned out to be.
    pub merged_into: Option<CustomerId>,
    /// When it was first seen.
    pub created_at: DateTimeUtc,
    /// Raised with each settlement, to see that nobody else settled meanwhile.
    pub version: i64,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The person this one turned out to be.
    #[sea_orm(belongs_to = "Entity", from = "Column::MergedInto", to = "Column::Id")]
    MergedInto,
}

impl ActiveModelBehavior for ActiveModel {}
