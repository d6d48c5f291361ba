//! A partner in a program.

use sea_orm::entity::prelude::*;

use crate::value::{Absences, EnrollmentEnd, EnrollmentId, EnrollmentStatus, MerchantId, PartnerId, ProgramId, TermsHistory, TermsId};

/// A partner in a program.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnrollmentId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The program.
    pub program_id: ProgramId,
    /// The partner.
    pub partner_id: PartnerId,
    /// Where the partner stands.
    pub status: EnrollmentStatus,
    /// The own terms in which the history ends, begun or not; empty for those of the group or the program.
    pub terms_id: Option<TermsId>,
    /// Which terms it had from when on, oldest first, the present ones and those to come last; before the first entry those of the group
    /// or the program.
    #[sea_orm(column_type = "JsonBinary")]
    pub terms_history: TermsHistory,
    /// Since when touches count (AT-2).
    pub approved_at: Option<DateTimeUtc>,
    /// When it was banned or archived; judged against the time of a purchase (AT-14).
    pub ended_at: Option<DateTimeUtc>,
    /// Which of the two.
    pub ended_kind: Option<EnrollmentEnd>,
    /// Earlier ends that were taken back: what was bought meanwhile still earns nothing (AT-14).
    #[sea_orm(column_type = "JsonBinary")]
    pub absences: Absences,
    /// When the partner applied or was added.
    pub created_at: DateTimeUtc,
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
    /// The partner.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
    /// The own terms in which the history ends.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
}

impl ActiveModelBehavior for ActiveModel {}
