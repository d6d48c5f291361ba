//! A rule of the books that the audit found broken.

use sea_orm::entity::prelude::*;

use crate::value::{AuditFindingId, AuditRule, Currency, MerchantId};

/// A rule of the books that the audit found broken.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_finding")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditFindingId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The rule.
    pub rule: AuditRule,
    /// Where the audit meets the row: the id of the posting, purchase, payout or partner.
    pub place: Uuid,
    /// The row that breaks it.
    pub subject_id: Uuid,
    /// The currency of the sums.
    pub currency: Option<Currency>,
    /// What should be: minor units, or a number of rows.
    pub expected: i64,
    /// What is.
    pub found: i64,
    /// When it was first seen.
    pub first_seen_at: DateTimeUtc,
    /// When it was last seen.
    pub last_seen_at: DateTimeUtc,
    /// When it was first seen to be gone.
    pub cleared_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
}

impl ActiveModelBehavior for ActiveModel {}
