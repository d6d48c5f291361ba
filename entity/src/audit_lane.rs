//! How far one part of the audit has come.

use sea_orm::entity::prelude::*;

use crate::value::{AuditLane, AuditLaneId};

/// How far one part of the audit has come.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_lane")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditLaneId,
    /// Which part.
    pub lane: AuditLane,
    /// The last id that was looked at.
    pub place: Uuid,
    /// How often it has gone through everything.
    pub laps: i64,
    /// How many rows were looked at in this lap.
    pub checked: i64,
    /// How many there were in the last whole lap.
    pub checked_last_lap: i64,
    /// When this lap began.
    pub began_at: DateTimeUtc,
    /// When the last whole lap ended.
    pub lap_ended_at: Option<DateTimeUtc>,
    /// When the next slice is due; whoever moves it does the slice.
    pub next_at: DateTimeUtc,
}

/// The rows that a row of this table points to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
