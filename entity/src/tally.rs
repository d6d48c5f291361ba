//! A sum over many persons: what came to a cap, or what a partner brought (CO-6, CO-7).

use sea_orm::entity::prelude::*;

use crate::value::{EnrollmentId, MerchantId, ProgramId, RecountId, TallyId};

/// A sum over many persons: what came to a cap, or what a partner brought (CO-6, CO-7).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TallyId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Whose, of what, over which time, in which currency: no two share it.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// The enrollment, where it is that of one.
    pub enrollment_id: Option<EnrollmentId>,
    /// The program, where it is that of a whole one.
    pub program_id: Option<ProgramId>,
    /// The recount that adds it up for itself; nothing for those by which things are settled.
    pub recount_id: Option<RecountId>,
    /// When those are to be looked for whose outcome an earlier entry may have changed.
    pub due_at: Option<DateTimeUtc>,
    /// Raised with each change that may concern others, to see whether there was another one meanwhile.
    pub version: i64,
    /// When its first entry was written.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The enrollment, where it is that of one.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The program, where it is that of a whole one.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The recount that adds it up for itself.
    #[sea_orm(belongs_to = "super::recount::Entity", from = "Column::RecountId", to = "super::recount::Column::Id")]
    Recount,
}

impl ActiveModelBehavior for ActiveModel {}
