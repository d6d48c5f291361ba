//! Commissions. A partner sees their own.

use chrono::{DateTime, Duration, Utc};
use entity::commission::{Column, Entity, Model};
use entity::value::{CommissionId, CommissionKind, CommissionState, Currency, EnrollmentId, PartnerId, ProgramId, PurchaseId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter};
use uuid::Uuid;

use super::children::Listed;
use crate::domain::access::Scope;
use crate::domain::step::Step;
use crate::store::StoreError;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::store::scoped::{scoped, select};

scoped!(commission, CommissionId, |partner| Condition::all().add(Column::PartnerId.eq(partner)));

/// Which commissions; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct CommissionFilter {
    /// In one of these states.
    pub state: Option<Vec<CommissionState>>,
    /// Of one of these kinds.
    pub kind: Option<Vec<CommissionKind>>,
    /// Of this program.
    pub program_id: Option<ProgramId>,
    /// Of this partner.
    pub partner_id: Option<PartnerId>,
    /// Of this enrollment.
    pub enrollment_id: Option<EnrollmentId>,
    /// Of this purchase.
    pub purchase_id: Option<PurchaseId>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// Earned at or after this time: when the purchase was paid, the customer became a lead, or the period ended.
    pub from: Option<DateTime<Utc>>,
    /// Earned before this time.
    pub to: Option<DateTime<Utc>>,
}

/// What a list of commissions is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
pub enum CommissionSort {
    /// The last one that was earned first.
    #[default]
    Newest,
    /// The first one that was earned first.
    Oldest,
    /// The last one that changed first.
    LatestChange,
}

impl CommissionFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.state.as_ref().map(|states| Column::State.is_in(states.iter().copied())))
            .add_option(self.kind.as_ref().map(|kinds| Column::Kind.is_in(kinds.iter().copied())))
            .add_option(self.program_id.map(|program| Column::ProgramId.eq(program)))
            .add_option(self.partner_id.map(|partner| Column::PartnerId.eq(partner)))
            .add_option(self.enrollment_id.map(|enrollment| Column::EnrollmentId.eq(enrollment)))
            .add_option(self.purchase_id.map(|purchase| Column::PurchaseId.eq(purchase)))
            .add_option(self.currency.map(|currency| Column::Currency.eq(currency)))
            .add_option(self.from.map(|from| Column::PurchasedAt.gte(from)))
            .add_option(self.to.map(|to| Column::PurchasedAt.lt(to)))
    }
}

/// How the amount of a commission came about, where no decision of a purchase tells.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub fn steps(row: &Model) -> Result<Vec<Step>, StoreError> {
    serde_json::from_value(row.steps.clone()).map_err(|error| StoreError::Corrupt { what: "steps of a commission", why: error.to_string() })
}

/// A page of commissions.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: &CommissionFilter,
    sort: CommissionSort,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let order = match sort {
        CommissionSort::Newest => by_creation(true),
        CommissionSort::Oldest => by_creation(false),
        CommissionSort::LatestChange => by_change(true),
    };
    fetch(conn, select::<Entity>(scope).filter(filter.condition()), &order, window).await
}

/// How far [`changed`] looks back before its cursor. A transaction takes its time before it commits, so a change can show up behind the
/// cursor; PostgreSQL ends transactions that idle for longer than this.
const OVERLAP: Duration = Duration::seconds(30);

/// Where the replay of changes after `last` begins.
#[must_use]
pub fn resume(last: &Position) -> Position {
    let at = last.time().unwrap_or(DateTime::UNIX_EPOCH);
    Position::new(SortKey::Time(at.checked_sub_signed(OVERLAP).unwrap_or(DateTime::UNIX_EPOCH)), Uuid::nil())
}

/// The place of a commission in the order of changes.
#[must_use]
pub fn place_of_change(row: &Model) -> Position {
    Position::new(SortKey::Time(row.updated_at), row.id.uuid())
}

/// Commissions that changed after a place, in the order of their last change.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn changed<C: ConnectionTrait>(conn: &C, scope: Scope, after: Position, limit: u64) -> Result<Vec<Model>, PageError> {
    let window = Window { after: Some(after), ..Window::first(limit) };
    let page = fetch(conn, select::<Entity>(scope), &by_change(false), &window).await?;
    Ok(page.rows.into_iter().map(|(_, row)| row).collect())
}

fn by_creation(descending: bool) -> Ordering<Entity> {
    Ordering {
        column: Column::CreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending,
        place: |row| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
    }
}

fn by_change(descending: bool) -> Ordering<Entity> {
    Ordering { column: Column::UpdatedAt, kind: SortKind::Time, id: Column::Id, descending, place: place_of_change }
}

/// The commissions of a purchase, in the order in which they were earned.
impl Listed<PurchaseId> for Entity {
    fn parent() -> Column {
        Column::PurchaseId
    }

    fn parent_of(row: &Model) -> Option<PurchaseId> {
        row.purchase_id
    }

    fn order() -> Ordering<Self> {
        by_creation(false)
    }
}
