//! Programs.

use entity::program::{Column, Entity, Model};
use entity::value::{PartnerId, ProgramId, ProgramStatus};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};

use super::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(program, ProgramId, |partner| joined_by(partner));

/// Programs that a partner is in, or asked to join.
fn joined_by(partner: PartnerId) -> Condition {
    use entity::enrollment::{Column as Enrollment, Entity as Enrollments};
    let mut joined = Query::select();
    joined.column(Enrollment::ProgramId).from(Enrollments).and_where(Enrollment::PartnerId.eq(partner));
    Condition::all().add(Column::Id.in_subquery(joined))
}

/// What a list of programs is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
pub enum ProgramSort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By name.
    Name,
}

/// Which programs.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProgramFilter {
    /// In this state.
    pub status: Option<ProgramStatus>,
}

/// A page of programs.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: ProgramFilter,
    sort: ProgramSort,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let mut query = select::<Entity>(scope);
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    let order = match sort {
        ProgramSort::Newest | ProgramSort::Oldest => Ordering {
            column: Column::CreatedAt,
            kind: SortKind::Time,
            id: Column::Id,
            descending: sort == ProgramSort::Newest,
            place: |row: &Model| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
        },
        ProgramSort::Name => Ordering {
            column: Column::Name,
            kind: SortKind::Text,
            id: Column::Id,
            descending: false,
            place: |row: &Model| Position::new(SortKey::Text(row.name.clone()), row.id.uuid()),
        },
    };
    fetch(conn, query, &order, window).await
}
