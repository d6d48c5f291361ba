//! A ledger entry that a payout claims. An entry is in at most one at a time (PO-2).

use sea_orm::entity::prelude::*;

use crate::value::{EntryId, PayoutId};

/// A ledger entry that a payout claims. An entry is in at most one at a time (PO-2).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_line")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The payout.
    pub payout_id: PayoutId,
    /// The entry.
    pub entry_id: EntryId,
    /// When the payout was cancelled, so that the entry is free again; the line stays to tell what was claimed.
    pub released_at: Option<DateTimeUtc>,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The payout.
    #[sea_orm(belongs_to = "super::payout::Entity", from = "Column::PayoutId", to = "super::payout::Column::Id")]
    Payout,
    /// The entry.
    #[sea_orm(belongs_to = "super::ledger_entry::Entity", from = "Column::EntryId", to = "super::ledger_entry::Column::Id")]
    Entry,
}

impl ActiveModelBehavior for ActiveModel {}
