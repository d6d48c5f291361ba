//! Programs.

use entity::program::{Column, Entity, Model};
use entity::value::{PartnerId, ProgramId, ProgramStatus};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::StoreError;
use super::page::{NameOrder, PageError, Slice, Window, by_name, fetch};
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(program, ProgramId, |partner| joined_by(Column::Id, partner));

/// Rows whose column names a program that a partner is in, or asked to join.
pub(super) fn joined_by(column: impl ColumnTrait, partner: PartnerId) -> Condition {
    use entity::enrollment::{Column as Enrollment, Entity as Enrollments};
    let mut joined = Query::select();
    joined.column(Enrollment::ProgramId).from(Enrollments).and_where(Enrollment::PartnerId.eq(partner));
    Condition::all().add(column.in_subquery(joined))
}

/// A page of programs, of one state if that is given.
///
/// # Errors
/// [`PageError`] for a foreign cursor, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    status: Option<ProgramStatus>,
    order: NameOrder,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let status = status.map(|status| Column::Status.eq(status));
    let query = select::<Entity>(scope).filter(Condition::all().add_option(status));
    fetch(conn, query, &by_name!(program, order), window).await
}

/// Whether any commission of a program is stated in a currency of the program.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_stated<C: ConnectionTrait>(conn: &C, id: ProgramId) -> Result<bool, StoreError> {
    use entity::commission::{Column as Commission, Entity as Commissions};
    let query = Commissions::find().filter(Commission::ProgramId.eq(id)).filter(Commission::ProgramCurrency.is_not_null());
    Ok(query.one(conn).await?.is_some())
}
