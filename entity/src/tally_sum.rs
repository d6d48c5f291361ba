//! What all entries of a tally within one bucket of time come to.

use sea_orm::entity::prelude::*;

use crate::value::TallyId;

/// What all entries of a tally within one bucket of time come to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tally_sum")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of which tally.
    pub tally_id: TallyId,
    /// How wide the bucket is, from 0 for the narrowest.
    pub level: i32,
    /// Which of that width, counted from 1970.
    pub bucket: i64,
    /// The sum.
    pub amount: i64,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Of which tally.
    #[sea_orm(belongs_to = "super::tally::Entity", from = "Column::TallyId", to = "super::tally::Column::Id")]
    Tally,
}

impl ActiveModelBehavior for ActiveModel {}
