//! Signs of fraud that speak against a commission, and what a person decided about them.

use sea_orm::entity::prelude::*;

use crate::value::{CommissionId, FraudCaseId, FraudCaseState, MerchantId, PartnerId, ProgramId, Signals};

/// Signs of fraud that speak against a commission, and what a person decided about them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fraud_case")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FraudCaseId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The commission; one case for each.
    pub commission_id: CommissionId,
    /// Its program.
    pub program_id: ProgramId,
    /// Its partner.
    pub partner_id: PartnerId,
    /// Follows from the evidence and what people decided; never edited by hand.
    pub state: FraudCaseState,
    /// What the signs that nobody released add up to.
    pub score: i32,
    /// Every sign, as a list.
    #[sea_orm(column_type = "JsonBinary")]
    pub evidence: Json,
    /// The signs that a person looked at and released.
    #[sea_orm(column_type = "JsonBinary")]
    pub released: Signals,
    /// Why a person decided as they did, the last time.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// When the first sign was found.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The commission.
    #[sea_orm(belongs_to = "super::commission::Entity", from = "Column::CommissionId", to = "super::commission::Column::Id")]
    Commission,
    /// Its program.
    #[sea_orm(belongs_to = "super::program::Entity", from = "Column::ProgramId", to = "super::program::Column::Id")]
    Program,
    /// Its partner.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
}

impl ActiveModelBehavior for ActiveModel {}
