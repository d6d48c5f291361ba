//! Figures of one bucket, summed for one cut.

use sea_orm::entity::prelude::*;

use crate::value::{Currency, EnrollmentId, InsightCut, InsightGrain, LinkId, MerchantId, PartnerId, ProgramId};

/// Figures of one bucket, summed for one cut.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "insight")]
pub struct Model {
    /// Hash of everything that says where the figures count, so that the same place is the same row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub merchant_id: MerchantId,
    /// Whether it is live data; test and live never meet.
    pub livemode: bool,
    /// For whom the figures are summed.
    pub cut: InsightCut,
    /// How long the bucket is.
    pub grain: InsightGrain,
    /// Where the bucket begins, in quarters of an hour since 1970, in UTC.
    pub bucket: i64,
    /// The currency of the sums; empty for what is no money.
    pub currency: Option<Currency>,
    /// The program.
    pub program_id: Option<ProgramId>,
    /// The partner's place in it.
    pub enrollment_id: Option<EnrollmentId>,
    /// The partner.
    pub partner_id: Option<PartnerId>,
    /// The link.
    pub link_id: Option<LinkId>,
    /// The code, as `<connection id>/<Stripe id>`.
    #[sea_orm(column_type = "Text", nullable)]
    pub code: Option<String>,
    /// Visits through links, those of machines left out.
    pub clicks: i64,
    /// Tracked sign-ups.
    pub sign_ups: i64,
    /// Persons who paid for the first time.
    pub customers: i64,
    /// Purchases for which money was received.
    pub purchases: i64,
    /// What was received for them, tax included, in minor units.
    pub gross: i64,
    /// What went back of it.
    pub refunded: i64,
    /// What was found commissionable.
    pub net: i64,
    /// Commissions whose waiting time runs.
    pub pending_count: i64,
    /// What of all commissions waits for its time alone, in minor units.
    pub pending: i64,
    /// Commissions that are kept back, be it in part.
    pub held_count: i64,
    /// What of all commissions is kept back for a reason.
    pub held: i64,
    /// Commissions that can be paid.
    pub approved_count: i64,
    /// What of all commissions can be paid.
    pub approved: i64,
    /// Commissions in a payout that is not confirmed.
    pub reserved_count: i64,
    /// What of all commissions is in a payout that is not confirmed.
    pub reserved: i64,
    /// Commissions that were paid.
    pub paid_count: i64,
    /// What of all commissions was paid; later refunds lessen it.
    pub paid: i64,
    /// Commissions that fell back to nothing.
    pub reversed_count: i64,
    /// Commissions that were refused by hand.
    pub rejected_count: i64,
}

/// The rows that a row of this table points to: none by foreign keys, as the figures can be made anew from what they count.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
