//! One immutable line; those of one posting sum to zero (MO-6). The database refuses to change or delete it.

use sea_orm::entity::prelude::*;

use crate::value::{
    CommissionId, Currency, DecisionId, EnrollmentId, EntryId, EntryKind, LedgerAccount, MerchantId, PartnerId, PayoutId, PostingId,
    PurchaseId,
};

/// One immutable line; those of one posting sum to zero (MO-6). The database refuses to change or delete it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EntryId,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// The posting it is part of.
    pub posting_id: PostingId,
    /// The account.
    pub account: LedgerAccount,
    /// What moved it.
    pub kind: EntryKind,
    /// Minor units, never zero.
    pub amount: i64,
    /// In what.
    pub currency: Currency,
    /// The same in the program's currency, in its minor units (MO-2). May be zero where `amount` is not.
    pub program_amount: Option<i64>,
    /// The program's currency.
    pub program_currency: Option<Currency>,
    /// The upper side of the rate from `currency` to `program_currency`.
    pub rate_num: Option<i64>,
    /// Its lower side.
    pub rate_den: Option<i64>,
    /// Of which day the rate is.
    pub rate_day: Option<Date>,
    /// Who told the rate; nothing where both currencies are one.
    #[sea_orm(column_type = "Text", nullable)]
    pub rate_source: Option<String>,
    /// The partner of the account, for accounts kept by partner.
    pub partner_id: Option<PartnerId>,
    /// The enrollment it is about.
    pub enrollment_id: Option<EnrollmentId>,
    /// The purchase it is about.
    pub purchase_id: Option<PurchaseId>,
    /// The commission it is about.
    pub commission_id: Option<CommissionId>,
    /// The decision that moved it.
    pub decision_id: Option<DecisionId>,
    /// The payout that moved it.
    pub payout_id: Option<PayoutId>,
    /// When what it records happened.
    pub occurred_at: DateTimeUtc,
    /// When it was written.
    pub created_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The tenant.
    #[sea_orm(belongs_to = "super::merchant::Entity", from = "Column::MerchantId", to = "super::merchant::Column::Id")]
    Merchant,
    /// The partner of the account, for accounts kept by partner.
    #[sea_orm(belongs_to = "super::partner::Entity", from = "Column::PartnerId", to = "super::partner::Column::Id")]
    Partner,
    /// The enrollment it is about.
    #[sea_orm(belongs_to = "super::enrollment::Entity", from = "Column::EnrollmentId", to = "super::enrollment::Column::Id")]
    Enrollment,
    /// The purchase it is about.
    #[sea_orm(belongs_to = "super::purchase::Entity", from = "Column::PurchaseId", to = "super::purchase::Column::Id")]
    Purchase,
    /// The commission it is about.
    #[sea_orm(belongs_to = "super::commission::Entity", from = "Column::CommissionId", to = "super::commission::Column::Id")]
    Commission,
    /// The decision that moved it.
    #[sea_orm(belongs_to = "super::decision::Entity", from = "Column::DecisionId", to = "super::decision::Column::Id")]
    Decision,
    /// The payout that moved it.
    #[sea_orm(belongs_to = "super::payout::Entity", from = "Column::PayoutId", to = "super::payout::Column::Id")]
    Payout,
}

impl ActiveModelBehavior for ActiveModel {}
