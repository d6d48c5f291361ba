//! A partner's tracked URL.

use sea_orm::entity::prelude::*;

use crate::value::{EnrollmentId, LinkId, MerchantId, ProgramId};

/// A partner's tracked URL.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The program.
    pub program_id: ProgramId,
    /// Whose link.
    pub enrollment_id: EnrollmentId,
    /// The code as it is shown.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// The code in lower case; unique in the program.
    #[sea_orm(column_type = "Text")]
    pub code_folded: String,
    /// The random code of the short URL; unique over all merchants.
    #[sea_orm(column_type = "Text")]
    pub short_code: String,
    /// Where it leads.
    #[sea_orm(column_type = "Text")]
    pub destination_url: String,
    /// When it was created.
    pub created_at: DateTimeUtc,
    /// Since when it no longer counts visits.
    pub archived_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// Whose link.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
}

impl ActiveModelBehavior for ActiveModel {}
