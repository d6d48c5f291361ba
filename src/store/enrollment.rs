//! Partners in programs.

use std::collections::HashMap;

use entity::enrollment::{Column, Entity, Model};
use entity::value::{EnrollmentId, EnrollmentStatus, PartnerId, ProgramId};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::StoreError;
use super::page::{Ordering, PageError, Slice, TimeOrder, Window, by_time, fetch};
use super::read::children::{Listed, pages_of};
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(enrollment, EnrollmentId, |partner| Condition::all().add(Column::PartnerId.eq(partner)));

/// Rows whose column names an enrollment of a partner.
pub(super) fn held_by(column: impl ColumnTrait, partner: PartnerId) -> Condition {
    let mut own = Query::select();
    own.column(Column::Id).from(Entity).and_where(Column::PartnerId.eq(partner));
    Condition::all().add(column.in_subquery(own))
}

/// Which enrollments; an empty filter is all.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnrollmentFilter {
    /// In this program.
    pub program: Option<ProgramId>,
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// In this state.
    pub status: Option<EnrollmentStatus>,
}

/// A page of enrollments.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: EnrollmentFilter,
    order: TimeOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.program.map(|program| Column::ProgramId.eq(program)))
        .add_option(filter.partner.map(|partner| Column::PartnerId.eq(partner)))
        .add_option(filter.status.map(|status| Column::Status.eq(status)));
    fetch(conn, select::<Entity>(scope).filter(condition), &by_time!(enrollment, order), window).await
}

/// The enrollments of a partner, the newest first.
impl Listed<PartnerId> for Entity {
    fn parent() -> Column {
        Column::PartnerId
    }

    fn parent_of(row: &Model) -> Option<PartnerId> {
        Some(row.partner_id)
    }

    fn order() -> Ordering<Self> {
        by_time!(enrollment, TimeOrder::Newest)
    }
}

/// The enrollments in a program, the newest first unless asked otherwise.
impl Listed<ProgramId> for Entity {
    fn parent() -> Column {
        Column::ProgramId
    }

    fn parent_of(row: &Model) -> Option<ProgramId> {
        Some(row.program_id)
    }

    fn order() -> Ordering<Self> {
        by_time!(enrollment, TimeOrder::Newest)
    }
}

/// A page of the enrollments in each of these programs, of one state if that is given.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn of_programs<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    (programs, status): (&[ProgramId], Option<EnrollmentStatus>),
    order: TimeOrder,
    window: &Window,
) -> Result<HashMap<ProgramId, Slice<Model>>, PageError> {
    let status = status.map(|status| Column::Status.eq(status));
    let query = select::<Entity>(scope).filter(Condition::all().add_option(status));
    pages_of(conn, query, &by_time!(enrollment, order), programs, window).await
}

/// All enrollments of a partner, to be changed in this transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_of_partner(tx: &DatabaseTransaction, partner: PartnerId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::PartnerId.eq(partner)).lock_exclusive().all(tx).await?)
}

/// The place of a partner in a program.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn in_program<C: ConnectionTrait>(conn: &C, program: ProgramId, partner: PartnerId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::ProgramId.eq(program)).filter(Column::PartnerId.eq(partner)).one(conn).await?)
}
