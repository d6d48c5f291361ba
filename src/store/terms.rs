//! Versions of programs' rules.

use entity::terms::{Column, Entity, Model};
use entity::value::{PartnerId, ProgramId, Terms, TermsId};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use super::enrollment::held_by;
use super::page::{Ordering, Position, SortKey, SortKind};
use super::partner_group::groups_of;
use super::program::joined_by;
use super::read::children::Listed;
use super::scoped::{scoped, select};
use crate::domain::access::Scope;

scoped!(terms, TermsId, |partner| joined_by(Column::ProgramId, partner).add(open_to(partner)));

/// What everybody in the program takes, what the partner and the partner's groups were given last, and that under which customers of the
/// partner are bound or go over. What others were promised is not the partner's to see.
fn open_to(partner: PartnerId) -> Condition {
    use entity::binding::{Column as Bound, Entity as Bindings};
    use entity::enrollment::{Column as Enrolled, Entity as Enrollments};
    use entity::group_terms::{Column as Grouped, Entity as Groups};
    use entity::terms_move::{Column as Moved, Entity as Moves};
    let mut given = Query::select();
    given.column(Enrolled::TermsId).from(Enrollments).and_where(Enrolled::PartnerId.eq(partner)).and_where(Enrolled::TermsId.is_not_null());
    let mut grouped = Query::select();
    grouped.column(Grouped::TermsId).from(Groups).and_where(Grouped::TermsId.is_not_null());
    grouped.and_where(Grouped::GroupId.in_subquery(groups_of(partner)));
    let mut bound = Query::select();
    bound.column(Bound::TermsId).from(Bindings).cond_where(held_by(Bound::EnrollmentId, partner));
    let mut moved = Query::select();
    let open = Condition::any().add(Moved::FromTermsId.is_null()).add(Moved::FromTermsId.in_subquery(bound.clone()));
    let of_all = Condition::all().add(Moved::EnrollmentId.is_null()).add(open);
    moved.column(Moved::TermsId).from(Moves).cond_where(Condition::any().add(of_all).add(held_by(Moved::EnrollmentId, partner)));
    let own = [given, grouped, bound, moved].into_iter().fold(Condition::any(), |any, ids| any.add(Column::Id.in_subquery(ids)));
    own.add(Column::Assigned.eq(false))
}

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

/// The rules of all versions of a program.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn bodies<C: ConnectionTrait>(conn: &C, program: ProgramId) -> Result<Vec<Terms>, StoreError> {
    let query = Entity::find().select_only().column(Column::Body).filter(Column::ProgramId.eq(program));
    Ok(query.into_tuple().all(conn).await?)
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
