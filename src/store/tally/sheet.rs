//! Sheets: the sums by which things are settled, and those that recounts add up for themselves, as if other rules held.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::value::{ProgramId, RecountId, RecountKind, RecountStatus, TallyId};
use entity::{enrollment, recount, tally, tally_entry, tally_sum};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{StoreError, disturbed};
use crate::domain::tally::{Measure, Tally};

/// Where sums are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// Those by which things are settled.
    Ledger,
    /// Those that a recount adds up of its program, as if what it supposes held. Those of other programs are the ledger's.
    Recount(RecountId, ProgramId),
}

impl Sheet {
    /// The recount, if it is one's.
    #[must_use]
    pub const fn recount(self) -> Option<RecountId> {
        match self {
            Self::Ledger => None,
            Self::Recount(id, _) => Some(id),
        }
    }

    /// Whether sums of this program are added up on it.
    #[must_use]
    pub fn is_of(self, program: Option<ProgramId>) -> bool {
        match self {
            Self::Ledger => true,
            Self::Recount(_, own) => program == Some(own),
        }
    }

    /// By which name a sum is stored.
    #[must_use]
    pub fn name(self, tally: &Tally) -> String {
        self.recount().map_or_else(|| tally.to_string(), |id| format!("{id}/{tally}"))
    }
}

/// The next sums of a recount that are of what levels add at the end of a period, by id.
///
/// # Errors
/// [`StoreError`] when the database fails or a name cannot be read.
pub async fn uplifts<C: ConnectionTrait>(db: &C, of: RecountId, after: Uuid, limit: u64) -> Result<Vec<(TallyId, Tally)>, StoreError> {
    use tally::Column;
    let query = tally::Entity::find().select_only().column(Column::Id).column(Column::Name);
    let query = query.filter(Column::RecountId.eq(of)).filter(Column::Id.gt(after)).filter(Column::Name.contains("/uplift "));
    let rows: Vec<(TallyId, String)> = query.order_by_asc(Column::Id).limit(limit).into_tuple().all(db).await?;
    let prefix = format!("{of}/");
    let read = |(id, name): (TallyId, String)| {
        let tally: Option<Tally> = name.strip_prefix(&prefix).and_then(|name| name.parse().ok());
        let corrupt = || StoreError::Corrupt { what: "sum over many persons", why: format!("{name} is no name of one") };
        Ok((id, tally.ok_or_else(corrupt)?))
    };
    rows.into_iter().map(read).collect()
}

/// Whether a level below this one has a sum of the same period on the sheet, by which the period is known already.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn has_lower<C: ConnectionTrait>(db: &C, sheet: Sheet, tally: &Tally) -> Result<bool, StoreError> {
    let Measure::Uplift { terms, level } = tally.measure else { return Ok(false) };
    let lower = |level| sheet.name(&Tally { measure: Measure::Uplift { terms, level }, ..*tally });
    Ok(!super::sum::ids(db, (0..level).map(lower).collect()).await?.is_empty())
}

/// Whether the outcome of every entry of a recount's sums fits them.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn is_settled<C: ConnectionTrait>(db: &C, of: RecountId) -> Result<bool, StoreError> {
    use tally::Column;
    let query = tally::Entity::find().select_only().column(Column::Id).filter(Column::RecountId.eq(of)).filter(Column::DueAt.is_not_null());
    for id in query.into_tuple::<TallyId>().all(db).await? {
        if !disturbed(db, id, 1).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The due sums of a program, longest overdue first, with their versions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_program<C: ConnectionTrait>(
    db: &C,
    program: ProgramId,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<BTreeMap<TallyId, i64>, StoreError> {
    use tally::Column;
    let mut own = Query::select();
    own.column(enrollment::Column::Id).from(enrollment::Entity).and_where(enrollment::Column::ProgramId.eq(program));
    let whose = Condition::any().add(Column::ProgramId.eq(program)).add(Column::EnrollmentId.in_subquery(own));
    let query = tally::Entity::find().select_only().column(Column::Id).column(Column::Version).filter(whose);
    let query = query.filter(Column::RecountId.is_null()).filter(Column::DueAt.lte(now)).order_by_asc(Column::DueAt).limit(limit);
    Ok(query.into_tuple().all(db).await?.into_iter().collect())
}

/// Whether a reattribution of the program goes on whose sum it is.
pub(super) fn reattributed() -> SimpleExpr {
    let program = |id: SimpleExpr| {
        let mut own: SelectStatement = Query::select();
        own.expr(Expr::value(1)).from(recount::Entity).and_where(Expr::col((recount::Entity, recount::Column::ProgramId)).eq(id));
        own.and_where(recount::Column::Kind.eq(RecountKind::Reattribution));
        own.and_where(recount::Column::Status.eq(RecountStatus::Running));
        own
    };
    let of_program = program(Expr::col((tally::Entity, tally::Column::ProgramId)).into());
    let mut of_enrollment = program(Expr::col((enrollment::Entity, enrollment::Column::ProgramId)).into());
    of_enrollment.from(enrollment::Entity);
    let own = Expr::col((enrollment::Entity, enrollment::Column::Id)).equals((tally::Entity, tally::Column::EnrollmentId));
    of_enrollment.and_where(own);
    Expr::exists(of_program).or(Expr::exists(of_enrollment))
}

/// Forgets all sums of a recount.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn forget<C: ConnectionTrait>(db: &C, of: RecountId) -> Result<(), StoreError> {
    let own = || {
        let mut own = Query::select();
        own.column(tally::Column::Id).from(tally::Entity).and_where(tally::Column::RecountId.eq(of));
        own
    };
    tally_entry::Entity::delete_many().filter(tally_entry::Column::TallyId.in_subquery(own())).exec(db).await?;
    tally_sum::Entity::delete_many().filter(tally_sum::Column::TallyId.in_subquery(own())).exec(db).await?;
    tally::Entity::delete_many().filter(tally::Column::RecountId.eq(of)).exec(db).await?;
    Ok(())
}
