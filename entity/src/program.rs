//! An affiliate or refer-a-friend programme, in one mode.

use sea_orm::entity::prelude::*;

use crate::value::{Currency, FraudSettings, MerchantId, Pauses, ProgramId, ProgramKind, ProgramStatus, TextList};

/// An affiliate or refer-a-friend programme, in one mode.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "program")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProgramId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// What it is called.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What it is for.
    pub kind: ProgramKind,
    /// Whether it takes part in attribution.
    pub status: ProgramStatus,
    /// The query parameter that carries a link's code.
    #[sea_orm(column_type = "Text")]
    pub query_param: String,
    /// Where links lead that name no place of their own.
    #[sea_orm(column_type = "Text")]
    pub landing_url: String,
    /// The hosts links may lead to.
    #[sea_orm(column_type = "JsonBinary")]
    pub allowed_hosts: TextList,
    /// Whether an application is approved at once.
    pub auto_approve: bool,
    /// The currency commissions are also stated in (MO-2).
    pub currency: Option<Currency>,
    /// Of purchases paid from when on; nothing means of all.
    pub currency_from: Option<DateTimeUtc>,
    /// Since when it is paused or archived; judged against the time of a purchase.
    pub inactive_from: Option<DateTimeUtc>,
    /// Earlier pauses that are over: what was bought meanwhile still earns nothing (AT-2).
    #[sea_orm(column_type = "JsonBinary")]
    pub pauses: Pauses,
    /// What it makes of signs of fraud (FR-1 to FR-3).
    #[sea_orm(column_type = "JsonBinary")]
    pub fraud: FraudSettings,
    /// When it was created.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
