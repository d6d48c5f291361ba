//! The terms that groups of partners have of their own in programs.

use entity::group_terms::{Column, Entity, Model};
use entity::value::{PartnerGroupId, ProgramId};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use uuid::Uuid;

use super::StoreError;
use super::page::{Ordering, Position, SortKey, SortKind};
use super::read::children::Listed;
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(group_terms, Uuid, |_partner| nothing());

/// Those of one group in one program, if it was given any.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    program: ProgramId,
    group: PartnerGroupId,
) -> Result<Option<Model>, StoreError> {
    Ok(select::<Entity>(scope).filter(Column::ProgramId.eq(program)).filter(Column::GroupId.eq(group)).one(conn).await?)
}

/// Those of the groups in a program, the group that got its first ones last before the others.
impl Listed<ProgramId> for Entity {
    fn parent() -> Column {
        Column::ProgramId
    }

    fn parent_of(row: &Model) -> Option<ProgramId> {
        Some(row.program_id)
    }

    fn order() -> Ordering<Self> {
        Ordering {
            column: Column::CreatedAt,
            kind: SortKind::Time,
            id: Column::Id,
            descending: true,
            place: |row: &Model| Position::new(SortKey::Time(row.created_at), row.id),
        }
    }
}
