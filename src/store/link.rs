//! Partners' tracked links.

use entity::link::{Column, Entity, Model};
use entity::value::{EnrollmentId, LinkId, ProgramId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use super::enrollment::held_by;
use super::page::{Ordering, PageError, Slice, TimeOrder, Window, by_time, fetch};
use super::read::children::Listed;
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(link, LinkId, |partner| held_by(Column::EnrollmentId, partner));

/// Which links; an empty filter is all.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkFilter {
    /// In this program.
    pub program: Option<ProgramId>,
    /// Of this enrollment.
    pub enrollment: Option<EnrollmentId>,
    /// Archived ones, or those in use.
    pub archived: Option<bool>,
}

/// A page of links.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: LinkFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let archived = filter.archived.map(|yes| if yes { Column::ArchivedAt.is_not_null() } else { Column::ArchivedAt.is_null() });
    let condition = Condition::all()
        .add_option(filter.program.map(|program| Column::ProgramId.eq(program)))
        .add_option(filter.enrollment.map(|enrollment| Column::EnrollmentId.eq(enrollment)))
        .add_option(archived);
    fetch(conn, select::<Entity>(scope).filter(condition), &by_time!(link, order), window).await
}

/// The links of an enrollment, the newest first.
impl Listed<EnrollmentId> for Entity {
    fn parent() -> Column {
        Column::EnrollmentId
    }

    fn parent_of(row: &Model) -> Option<EnrollmentId> {
        Some(row.enrollment_id)
    }

    fn order() -> Ordering<Self> {
        by_time!(link, TimeOrder::Newest)
    }
}

/// The link of a program with this code, in any case.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_code<C: ConnectionTrait>(conn: &C, program: ProgramId, folded: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::ProgramId.eq(program)).filter(Column::CodeFolded.eq(folded)).one(conn).await?)
}
