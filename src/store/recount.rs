//! Recounts of what purchases earn: how far they have come, and what they find.

use chrono::{DateTime, Duration, Utc};
use entity::recount::{ActiveModel, Column, Entity, Model};
use entity::value::{Currency, CustomerId, ProgramId, RecountId, RecountKind, RecountStatus, Span};
use entity::{customer, purchase, recount_cap, recount_row, recount_sum, trial};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    FromQueryResult, Iden, IntoActiveModel, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::StoreError;
use super::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, TimeOrder, Window, by_time, fetch};
use super::scoped::{nothing, scoped, select};
use crate::domain::access::Scope;
use entity::value::{RecountRowId, RecountSumId};

scoped!(recount, RecountId, |_partner| nothing());
scoped!(recount_row, RecountRowId, |_partner| nothing());
scoped!(recount_sum, RecountSumId, |_partner| nothing());

/// Which recounts; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct RecountFilter {
    /// Of this program.
    pub program_id: Option<ProgramId>,
    /// Of this kind.
    pub kind: Option<RecountKind>,
    /// In this state.
    pub status: Option<RecountStatus>,
}

/// A page of recounts, the newest first.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(conn: &C, scope: Scope, filter: &RecountFilter, window: &Window) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.program_id.map(|program| Column::ProgramId.eq(program)))
        .add_option(filter.kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(filter.status.map(|status| Column::Status.eq(status)));
    fetch(conn, select::<Entity>(scope).filter(condition), &by_time!(recount, TimeOrder::Newest), window).await
}

/// A page of what a recount changes, in the order in which it was found.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn rows<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: RecountId,
    window: &Window,
) -> Result<Slice<recount_row::Model>, PageError> {
    let query = select::<recount_row::Entity>(scope).filter(recount_row::Column::RecountId.eq(of));
    fetch(conn, query, &by_time!(recount_row, TimeOrder::Oldest), window).await
}

/// A page of what a recount comes to for each partner: who loses most first, or who gains most.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn sums<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: RecountId,
    gains_first: bool,
    window: &Window,
) -> Result<Slice<recount_sum::Model>, PageError> {
    let order: Ordering<recount_sum::Entity> = Ordering {
        column: recount_sum::Column::Delta,
        kind: SortKind::Number,
        id: recount_sum::Column::Id,
        descending: gains_first,
        place: |row: &recount_sum::Model| Position::new(SortKey::Number(row.delta), row.id.uuid()),
    };
    fetch(conn, select::<recount_sum::Entity>(scope).filter(recount_sum::Column::RecountId.eq(of)), &order, window).await
}

/// What a recount comes to in one currency.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Total {
    /// The currency.
    pub currency: Currency,
    /// How many commissions of the time came to anything.
    pub commissions_before: i64,
    /// How many do, or would.
    pub commissions_after: i64,
    /// What commissions of the time came to, in minor units.
    pub before: i64,
    /// What they come to, or would.
    pub after: i64,
    /// By how much commissions outside of the time change.
    pub beyond: i64,
    /// How many enrollments gain.
    pub gaining: i64,
    /// How many lose.
    pub losing: i64,
}

/// What a recount comes to, by currency.
///
/// # Errors
/// [`StoreError`] when the database fails, also where a sum is beyond 64 bits.
pub async fn totals<C: ConnectionTrait>(conn: &C, scope: Scope, of: RecountId) -> Result<Vec<Total>, StoreError> {
    use recount_sum::Column as Sum;
    let sum = |column: Sum| Expr::col((recount_sum::Entity, column)).sum().cast_as("BIGINT");
    let count = |condition: Condition| Expr::case(condition, 1).finally(0).sum().cast_as("BIGINT");
    let query = select::<recount_sum::Entity>(scope)
        .filter(Sum::RecountId.eq(of))
        .select_only()
        .column(Sum::Currency)
        .column_as(sum(Sum::CommissionsBefore), "commissions_before")
        .column_as(sum(Sum::CommissionsAfter), "commissions_after")
        .column_as(sum(Sum::Before), "before")
        .column_as(sum(Sum::After), "after")
        .column_as(sum(Sum::Beyond), "beyond")
        .column_as(count(Condition::all().add(Sum::Delta.gt(0))), "gaining")
        .column_as(count(Condition::all().add(Sum::Delta.lt(0))), "losing")
        .group_by(Sum::Currency)
        .order_by_asc(Sum::Currency);
    Ok(query.into_model::<Total>().all(conn).await?)
}

/// The most caps that are listed: terms have fewer.
const CAPS: u64 = 200;

/// What a recount says of caps, the deepest cut first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn caps<C: ConnectionTrait>(conn: &C, scope: Scope, of: RecountId) -> Result<Vec<recount_cap::Model>, StoreError> {
    use recount_cap::Column as Cap;
    let query = recount_cap::Entity::find()
        .filter(Cap::MerchantId.eq(scope.merchant()))
        .filter(Cap::Livemode.eq(scope.livemode()))
        .filter(Cap::RecountId.eq(of))
        .order_by_desc(Cap::Cut)
        .order_by_asc(Cap::Cap)
        .limit(CAPS);
    Ok(query.all(conn).await?)
}

/// A recount of a program that has not ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn running<C: ConnectionTrait>(conn: &C, program: ProgramId) -> Result<Option<Model>, StoreError> {
    let of = Entity::find().filter(Column::ProgramId.eq(program)).filter(Column::Status.eq(RecountStatus::Running));
    Ok(of.order_by_desc(Column::CreatedAt).one(conn).await?)
}

/// Recounts with which a worker may go on, the longest waiting first. `older` leaves out what has just been asked for.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn waiting<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, older: Duration, limit: u64) -> Result<Vec<RecountId>, StoreError> {
    let query = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Status.eq(RecountStatus::Running))
        .filter(Column::NextAt.lte(now - older))
        .order_by_asc(Column::NextAt)
        .limit(limit);
    Ok(query.into_tuple().all(db).await?)
}

/// Takes a recount to go on with it, and lets nobody else begin before `until`. Nothing when somebody else is at it, or it has ended.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim<C: ConnectionTrait>(
    db: &C,
    id: RecountId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<Model>, StoreError> {
    let change = ActiveModel { next_at: Set(Some(until)), ..Default::default() };
    let due = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::Status.eq(RecountStatus::Running))
        .filter(Column::NextAt.lte(now));
    if due.exec(db).await?.rows_affected == 0 {
        return Ok(None);
    }
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// The recount as it is, if it still stands at this place: nobody else goes on with it before the transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn hold(tx: &DatabaseTransaction, at: &Model) -> Result<bool, StoreError> {
    let row = Entity::find_by_id(at.id).lock_exclusive().one(tx).await?;
    let stands = |row: &Model| (row.phase, row.round, row.place) == (at.phase, at.round, at.place);
    Ok(row.is_some_and(|row| row.status == RecountStatus::Running && stands(&row)))
}

/// Writes how far a recount has come. False when it does not stand at this place any more, so that nothing of it counts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn advance<C: ConnectionTrait>(db: &C, at: &Model, to: Model) -> Result<bool, StoreError> {
    let query = Entity::update_many()
        .set(to.into_active_model().reset_all())
        .filter(Column::Id.eq(at.id))
        .filter(Column::Status.eq(RecountStatus::Running))
        .filter(Column::Phase.eq(at.phase))
        .filter(Column::Round.eq(at.round))
        .filter(Column::Place.eq(at.place));
    Ok(query.exec(db).await?.rows_affected == 1)
}

/// How many purchases there are of a time.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn purchases<C: ConnectionTrait>(db: &C, scope: Scope, span: Span) -> Result<i64, StoreError> {
    let query = purchase::Entity::find()
        .filter(purchase::Column::MerchantId.eq(scope.merchant()))
        .filter(purchase::Column::Livemode.eq(scope.livemode()))
        .filter(of(span))
        .filter(purchase::Column::CustomerId.is_not_null());
    Ok(i64::try_from(query.count(db).await?).unwrap_or(i64::MAX))
}

fn of(span: Span) -> Condition {
    use purchase::Column as Bought;
    Condition::all().add(Bought::PurchasedAt.gte(span.from)).add_option(span.to.map(|to| Bought::PurchasedAt.lt(to)))
}

/// Whom a recount looks at.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Those who bought anything in this time …
    pub span: Span,
    /// … and those who became leads in it (CO-10).
    pub leads: bool,
}

impl Range {
    /// The purchases of a customer in the time.
    fn bought(&self) -> SelectStatement {
        let mut own = Query::select();
        own.from(purchase::Entity).cond_where(of(self.span));
        own.and_where(Expr::col((purchase::Entity, purchase::Column::CustomerId)).equals((customer::Entity, customer::Column::Id)));
        own
    }

    fn customers(&self) -> Condition {
        let within =
            |column: SimpleExpr| column.clone().gte(self.span.from).and(self.span.to.map_or(Expr::value(true), |to| column.lt(to)));
        let any = Condition::any().add(Expr::exists(self.bought().expr(Expr::value(1)).take()));
        if !self.leads {
            return any;
        }
        let mut trials = Query::select();
        trials.expr(Expr::value(1)).from(trial::Entity).and_where(within(Expr::col((trial::Entity, trial::Column::BeganAt)).into()));
        trials.and_where(Expr::col((trial::Entity, trial::Column::CustomerId)).equals((customer::Entity, customer::Column::Id)));
        any.add(within(Expr::col((customer::Entity, customer::Column::SignedUpAt)).into())).add(Expr::exists(trials))
    }
}

/// A customer with the number of purchases of the time.
pub type Buyer = (CustomerId, i64);

/// The next customers of a range, by id: at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn buyers<C: ConnectionTrait>(db: &C, scope: Scope, range: Range, after: Uuid, limit: u64) -> Result<Vec<Buyer>, StoreError> {
    let count = range.bought().expr(Expr::col((purchase::Entity, purchase::Column::Id)).count()).take();
    let query = customer::Entity::find()
        .select_only()
        .column(customer::Column::Id)
        .column_as(Expr::SubQuery(None, Box::new(count.into())), "purchases")
        .filter(customer::Column::MerchantId.eq(scope.merchant()))
        .filter(customer::Column::Livemode.eq(scope.livemode()))
        .filter(customer::Column::Id.gt(after))
        .filter(range.customers())
        .order_by_asc(customer::Column::Id)
        .limit(limit);
    Ok(query.into_tuple().all(db).await?)
}

/// Those of these customers who are of a range.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn buyers_among<C: ConnectionTrait>(db: &C, range: Range, customers: &[CustomerId]) -> Result<Vec<CustomerId>, StoreError> {
    let query = customer::Entity::find().select_only().column(customer::Column::Id);
    let query = query.filter(customer::Column::Id.is_in(customers.iter().copied())).filter(range.customers());
    Ok(query.into_tuple().all(db).await?)
}

/// Leaves out of a recount what was moved and moved back, and says how many rows are left.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn moved<C: ConnectionTrait>(db: &C, of: RecountId) -> Result<i64, StoreError> {
    use recount_row::Column as Row;
    use recount_sum::Column as Sum;
    let same = |a: Row, b: Row| Expr::col(a).eq(Expr::col(b));
    let rows = recount_row::Entity::delete_many().filter(Row::RecountId.eq(of)).filter(same(Row::Before, Row::After));
    rows.filter(same(Row::PendingBefore, Row::PendingAfter)).exec(db).await?;
    let numbers = [Sum::CommissionsBefore, Sum::CommissionsAfter, Sum::Before, Sum::After, Sum::Beyond];
    let nothing = numbers.into_iter().fold(Condition::all().add(Sum::RecountId.eq(of)), |all, column| all.add(column.eq(0)));
    recount_sum::Entity::delete_many().filter(nothing).exec(db).await?;
    let left = recount_row::Entity::find().filter(Row::RecountId.eq(of)).count(db).await?;
    Ok(i64::try_from(left).unwrap_or(i64::MAX))
}

/// How many rows one statement writes.
const CHUNK: usize = 500;

/// Writes what a recount found.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn add_rows<C: ConnectionTrait>(db: &C, rows: Vec<recount_row::Model>) -> Result<(), StoreError> {
    use recount_row::Column as Row;
    // Who became one person with somebody behind this place is looked at again: what was found first stays where it began.
    let name = [Row::RecountId, Row::EnrollmentId, Row::Kind, Row::Subject, Row::Currency];
    let again = [Row::After, Row::PendingAfter, Row::ReasonAfter];
    insert(db, rows, || OnConflict::columns(name).update_columns(again).to_owned()).await
}

/// Adds to what a recount comes to for partners.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn add_sums<C: ConnectionTrait>(db: &C, rows: Vec<recount_sum::Model>) -> Result<(), StoreError> {
    use recount_sum::Column as Sum;
    let grow = [Sum::CommissionsBefore, Sum::CommissionsAfter, Sum::Before, Sum::After, Sum::Beyond, Sum::Delta];
    insert(db, rows, || {
        let mut conflict = OnConflict::columns([Sum::RecountId, Sum::EnrollmentId, Sum::Currency]);
        for column in grow {
            conflict.value(column, grown((recount_sum::Entity, column), column.unquoted()));
        }
        conflict
    })
    .await
}

/// Adds to what a recount says of caps.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn add_caps<C: ConnectionTrait>(db: &C, rows: Vec<recount_cap::Model>) -> Result<(), StoreError> {
    use recount_cap::Column as Cap;
    insert(db, rows, || {
        let mut conflict = OnConflict::columns([Cap::RecountId, Cap::Cap, Cap::Currency]);
        for column in [Cap::Purchases, Cap::Cut] {
            conflict.value(column, grown((recount_cap::Entity, column), column.unquoted()));
        }
        conflict
    })
    .await
}

/// What stands in a column and what would have been written there, together.
fn grown(column: impl sea_orm::sea_query::IntoColumnRef, name: &str) -> sea_orm::sea_query::SimpleExpr {
    Expr::col(column).add(Expr::cust(format!("\"excluded\".\"{name}\"")))
}

async fn insert<M, A, C>(db: &C, rows: Vec<M>, conflict: impl Fn() -> OnConflict) -> Result<(), StoreError>
where
    M: ModelTrait + IntoActiveModel<A>,
    M::Entity: EntityTrait<Model = M>,
    A: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
    C: ConnectionTrait,
{
    let mut rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(CHUNK).collect();
        <M::Entity as EntityTrait>::insert_many(some).on_conflict(conflict()).exec_without_returning(db).await?;
    }
    Ok(())
}
