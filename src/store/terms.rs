//! Versions of programs' rules.

use entity::terms::{Column, Entity, Model};
use entity::value::{PartnerId, ProgramId, TermsId};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::StoreError;
use super::enrollment::held_by;
use super::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use super::partner_group::groups_of;
use super::program::joined_by;
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(terms, TermsId, |partner| joined_by(Column::ProgramId, partner).add(open_to(partner)));

/// What everybody in the program takes, what was given to the partner, and that under which customers of the partner are bound or go over. What others
/// were promised is not the partner's to see.
fn open_to(partner: PartnerId) -> Condition {
    use entity::binding::{Column as Bound, Entity as Bindings};
    use entity::terms_assignment::{Column as Given, Entity as Assignments};
    use entity::terms_move::{Column as Moved, Entity as Moves};
    let to_partner = Condition::any().add(held_by(Given::EnrollmentId, partner)).add(Given::GroupId.in_subquery(groups_of(partner)));
    let mut given = Query::select();
    given.column(Given::TermsId).from(Assignments).and_where(Given::TermsId.is_not_null()).cond_where(to_partner);
    let mut bound = Query::select();
    bound.column(Bound::TermsId).from(Bindings).cond_where(held_by(Bound::EnrollmentId, partner));
    let mut moved = Query::select();
    let to_partner = Condition::any().add(Moved::EnrollmentId.is_null()).add(held_by(Moved::EnrollmentId, partner));
    moved.column(Moved::TermsId).from(Moves).cond_where(to_partner);
    let own = [given, bound, moved].into_iter().fold(Condition::any(), |any, ids| any.add(Column::Id.in_subquery(ids)));
    own.add(Column::Assigned.eq(false))
}

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

/// All versions that everybody in these programs takes, those that begin first before the others.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_programs<C: ConnectionTrait>(conn: &C, scope: Scope, programs: &[ProgramId]) -> Result<Vec<Model>, StoreError> {
    let query = select::<Entity>(scope).filter(Column::ProgramId.is_in(programs.iter().copied())).filter(Column::Assigned.eq(false));
    Ok(query.order_by_asc(Column::EffectiveFrom).order_by_asc(Column::Version).all(conn).await?)
}

/// Whether any version of the merchant's asks what is known of prices and products beyond their ids.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn ask_catalogue<C: ConnectionTrait>(conn: &C, scope: Scope) -> Result<bool, StoreError> {
    Ok(select::<Entity>(scope).filter(Column::AsksCatalogue.eq(true)).one(conn).await?.is_some())
}

/// The newest version that everybody in a program takes, in force or not yet.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newest_for_all<C: ConnectionTrait>(conn: &C, program: ProgramId) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::ProgramId.eq(program)).filter(Column::Assigned.eq(false));
    Ok(query.order_by_desc(Column::Version).one(conn).await?)
}

/// The newest version of a program, whoever takes it.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newest<C: ConnectionTrait>(conn: &C, program: ProgramId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::ProgramId.eq(program)).order_by_desc(Column::Version).one(conn).await?)
}
