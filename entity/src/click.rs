//! One visit through a link.

use sea_orm::entity::prelude::*;

use crate::value::{ClickId, EnrollmentId, LinkId, MerchantId, ProgramId};

/// One visit through a link.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "click")]
pub struct Model {
    /// Its id, which is also the token that the visitor carries.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ClickId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The program of the link.
    pub program_id: ProgramId,
    /// The link.
    pub link_id: LinkId,
    /// Whose link.
    pub enrollment_id: EnrollmentId,
    /// The visitor as the snippet or the redirect knows it.
    pub visitor: Uuid,
    /// When, by our clock.
    pub clicked_at: DateTimeUtc,
    /// Where the visit landed.
    #[sea_orm(column_type = "Text", nullable)]
    pub landing_url: Option<String>,
    /// Where the visitor came from.
    #[sea_orm(column_type = "Text", nullable)]
    pub referrer: Option<String>,
    /// The browser's name for itself, at most 300 characters.
    #[sea_orm(column_type = "Text", nullable)]
    pub user_agent: Option<String>,
    /// Keyed hash of the address, never the address (PV-1).
    pub ip_hash: Option<Vec<u8>>,
    /// Whether it looked like a machine; such a click never counts (AT-2).
    pub bot: bool,
    /// When it was rejected as fraud (FR-5).
    pub rejected_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The program of the link.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The link.
    #[sea_orm(belongs_to = "super::link::Entity", from = "Column::LinkId", to = "super::link::Column::Id")]
    Link,
    /// Whose link.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
}

impl ActiveModelBehavior for ActiveModel {}
