//! Partners in programs.

use entity::enrollment::{Column, Entity, Model};
use entity::value::{EnrollmentId, EnrollmentStatus, PartnerId, ProgramId};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::StoreError;
use super::page::{PageError, Slice, TimeOrder, Window, by_time, fetch};
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

/// All enrollments of a partner, to be changed in this transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock_of_partner(tx: &DatabaseTransaction, partner: PartnerId) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(Column::PartnerId.eq(partner)).lock_exclusive().all(tx).await?)
}
