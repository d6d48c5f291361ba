//! Versions of programs' rules.

use entity::terms::{Column, Entity, Model};
use entity::value::{ProgramId, TermsId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use super::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use super::program::joined_by;
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(terms, TermsId, |partner| joined_by(Column::ProgramId, partner));

/// A page of a program's versions, the newest first.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(conn: &C, scope: Scope, program: ProgramId, window: &Window) -> Result<Slice<Model>, PageError> {
    let order = Ordering {
        column: Column::Version,
        kind: SortKind::Number,
        id: Column::Id,
        descending: true,
        place: |row: &Model| Position::new(SortKey::Number(row.version.into()), row.id.uuid()),
    };
    fetch(conn, select::<Entity>(scope).filter(Column::ProgramId.eq(program)), &order, window).await
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
