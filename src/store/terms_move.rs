//! How bindings move between versions of terms.

use chrono::{DateTime, Utc};
use entity::binding;
use entity::terms_move::{Column, Entity, Model};
use entity::value::{EnrollmentId, ProgramId, TermsId, TermsMoveId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::StoreError;
use super::page::{Ordering, TimeOrder, by_time};
use super::read::children::Listed;
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;

scoped!(terms_move, TermsMoveId, |_partner| nothing());

/// The moves of a program's bindings, the newest first.
impl Listed<ProgramId> for Entity {
    fn parent() -> Column {
        Column::ProgramId
    }

    fn parent_of(row: &Model) -> Option<ProgramId> {
        Some(row.program_id)
    }

    fn order() -> Ordering<Self> {
        by_time!(terms_move, TimeOrder::Newest)
    }
}

/// Which bindings a move concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moving {
    /// Of which program.
    pub program: ProgramId,
    /// Only those to this enrollment.
    pub enrollment: Option<EnrollmentId>,
    /// Only those under this version.
    pub from: Option<TermsId>,
    /// The version to which they go over.
    pub to: TermsId,
}

/// How many open bindings stand under each version that the move concerns, those under the new version left out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn concerned<C: ConnectionTrait>(conn: &C, scope: Scope, moving: Moving) -> Result<Vec<(TermsId, i64)>, StoreError> {
    use binding::Column as Bound;
    let concerned = Condition::all()
        .add(Bound::ProgramId.eq(moving.program))
        .add(Bound::EndedAt.is_null())
        .add(Bound::TermsId.ne(moving.to))
        .add_option(moving.enrollment.map(|id| Bound::EnrollmentId.eq(id)))
        .add_option(moving.from.map(|id| Bound::TermsId.eq(id)));
    let counts = select::<binding::Entity>(scope)
        .filter(concerned)
        .select_only()
        .column(Bound::TermsId)
        .column_as(Expr::col((binding::Entity, Bound::Id)).count(), "bindings")
        .group_by(Bound::TermsId)
        .order_by_asc(Bound::TermsId);
    Ok(counts.into_tuple().all(conn).await?)
}

/// When the newest move in a program was written.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn newest<C: ConnectionTrait>(conn: &C, program: ProgramId) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = Entity::find().filter(Column::ProgramId.eq(program)).order_by_desc(Column::CreatedAt).one(conn).await?;
    Ok(row.map(|row| row.created_at))
}
