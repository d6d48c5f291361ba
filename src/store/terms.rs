//! Versions of programs' rules.

use entity::terms::{Column, Entity, Model};
use entity::value::{ProgramId, TermsId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use super::page::{Ordering, Position, SortKey, SortKind};
use super::program::joined_by;
use super::read::children::Listed;
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(terms, TermsId, |partner| joined_by(Column::ProgramId, partner));

/// The versions of a program, the newest first.
impl Listed<ProgramId> for Entity {
    fn parent() -> Column {
        Column::ProgramId
    }

    fn parent_of(row: &Model) -> Option<ProgramId> {
        Some(row.program_id)
    }

    fn order() -> Ordering<Self> {
        Ordering {
            column: Column::Version,
            kind: SortKind::Number,
            id: Column::Id,
            descending: true,
            place: |row: &Model| Position::new(SortKey::Number(row.version.into()), row.id.uuid()),
        }
    }
}

/// All versions of these programs, those that begin first before the others.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_programs<C: ConnectionTrait>(conn: &C, scope: Scope, programs: &[ProgramId]) -> Result<Vec<Model>, StoreError> {
    let query = select::<Entity>(scope).filter(Column::ProgramId.is_in(programs.iter().copied()));
    Ok(query.order_by_asc(Column::EffectiveFrom).order_by_asc(Column::Version).all(conn).await?)
}

/// The newest version of a program, in force or not yet.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newest<C: ConnectionTrait>(conn: &C, program: ProgramId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::ProgramId.eq(program)).order_by_desc(Column::Version).one(conn).await?)
}
