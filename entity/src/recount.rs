//! A recount of what a program's purchases of a time earn.

use sea_orm::entity::prelude::*;

use crate::value::{MerchantId, ProgramId, RecountId, RecountKind, RecountPhase, RecountStatus, Terms, TermsId, UserId};

/// A recount of what a program's purchases of a time earn.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recount")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecountId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// Why.
    pub kind: RecountKind,
    /// Of which program.
    pub program_id: ProgramId,
    /// The version by which the time is judged; empty for the terms in force.
    pub terms_id: Option<TermsId>,
    /// The rules by which it is judged, where they are no version.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub proposed: Option<Terms>,
    /// Purchases from when on.
    pub from_at: DateTimeUtc,
    /// Purchases up to when, not included.
    pub to_at: DateTimeUtc,
    /// The preview that it carries out.
    pub preview_id: Option<RecountId>,
    /// How far it has come.
    pub status: RecountStatus,
    /// What it is at.
    pub phase: RecountPhase,
    /// How often it has gone through everybody to add up sums of its own; 0 when it goes by those of the ledger.
    pub round: i32,
    /// The last customer, period or sum that was looked at.
    pub place: Uuid,
    /// How many persons were looked at.
    pub persons: i64,
    /// How many purchases of the time were looked at.
    pub purchases: i64,
    /// How many there were when it began; empty before.
    pub total: Option<i64>,
    /// How many commissions differ.
    pub changed: i64,
    /// How often in a row it failed.
    pub attempts: i32,
    /// Why it failed the last time.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// When a worker may go on; empty when there is nothing more to do.
    pub next_at: Option<DateTimeUtc>,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// Who asked; empty when an API key did.
    pub created_by: Option<UserId>,
    /// When it last went on.
    pub updated_at: DateTimeUtc,
    /// When it ended.
    pub finished_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// Of which program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// The version by which the time is judged.
    #[sea_orm(belongs_to = "super::terms::Entity", from = "Column::TermsId", to = "super::terms::Column::Id")]
    Terms,
    /// The preview that it carries out.
    #[sea_orm(belongs_to = "Entity", from = "Column::PreviewId", to = "Column::Id")]
    Preview,
    /// Who asked.
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::CreatedBy", to = "super::user::Column::Id")]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}
