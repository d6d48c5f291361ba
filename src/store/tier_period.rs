//! Periods of tiers (CO-7).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::recount;
use entity::tier_period::{ActiveModel, Column, Entity, Model};
use entity::value::{Currency, EnrollmentId, PartnerId, ProgramId, RecountKind, RecountStatus, TermsId, TierPeriodId};
use sea_orm::sea_query::{Expr, LockType, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use uuid::Uuid;

use super::StoreError;
use super::scoped::{nothing, scoped};
use super::tally::Moved;
use crate::domain::access::Scope;
use crate::domain::tally::{Entry, Measure, Owner};

scoped!(tier_period, TierPeriodId, |_partner| nothing());

/// A period in which a level of the tiers may add something at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Draft {
    enrollment: EnrollmentId,
    program: ProgramId,
    partner: PartnerId,
    terms: TermsId,
    currency: Currency,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Draft {
    /// The period of an entry, if it is of what a level adds.
    pub fn of(entry: &Entry, whose: impl Fn(EnrollmentId) -> Option<(ProgramId, PartnerId)>) -> Option<Self> {
        let (Owner::Enrollment(enrollment), Measure::Uplift { terms, .. }) = (entry.tally.owner, entry.tally.measure) else { return None };
        let (program, partner) = whose(enrollment)?;
        let stretch = entry.tally.stretch;
        Some(Self { enrollment, program, partner, terms, currency: entry.tally.currency?, from: stretch.from(), to: stretch.to()? })
    }
}

/// Sees to it that these periods are there; they are due at their end.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn begin<C: ConnectionTrait>(db: &C, scope: Scope, periods: BTreeSet<Draft>, now: DateTime<Utc>) -> Result<(), StoreError> {
    if periods.is_empty() {
        return Ok(());
    }
    let rows = periods.into_iter().map(|period| ActiveModel {
        id: Set(TierPeriodId::new_at(now)),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        enrollment_id: Set(period.enrollment),
        program_id: Set(period.program),
        partner_id: Set(period.partner),
        terms_id: Set(period.terms),
        currency: Set(period.currency),
        from_at: Set(period.from),
        to_at: Set(period.to),
        due_at: Set(Some(period.to)),
        created_at: Set(now),
    });
    let name = [Column::EnrollmentId, Column::TermsId, Column::FromAt, Column::Currency];
    let known = OnConflict::columns(name).do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// Makes the periods due in which a sum of their enrollment has changed: at their end, or now when that is over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn wake<C: ConnectionTrait>(db: &C, moved: &Moved, now: DateTime<Utc>) -> Result<(), StoreError> {
    for (enrollment, at) in moved {
        let own = Condition::all().add(Column::EnrollmentId.eq(*enrollment)).add(Column::FromAt.lte(*at)).add(Column::ToAt.gt(*at));
        let over = Entity::update_many().col_expr(Column::DueAt, Expr::value(now)).filter(own.clone()).filter(Column::ToAt.lte(now));
        over.exec(db).await?;
        let runs = Entity::update_many().col_expr(Column::DueAt, Expr::col(Column::ToAt)).filter(own).filter(Column::ToAt.gt(now));
        runs.exec(db).await?;
    }
    Ok(())
}

/// Makes all periods of an enrollment due that are over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn wake_all<C: ConnectionTrait>(db: &C, enrollment: EnrollmentId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = ActiveModel { due_at: Set(Some(now)), ..Default::default() };
    let over = Entity::update_many().set(change).filter(Column::EnrollmentId.eq(enrollment)).filter(Column::ToAt.lte(now));
    over.exec(db).await?;
    Ok(())
}

/// Makes these periods due now.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn make_due<C: ConnectionTrait>(db: &C, ids: &BTreeSet<TierPeriodId>, now: DateTime<Utc>) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let change = ActiveModel { due_at: Set(Some(now)), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.is_in(ids.iter().copied())).exec(db).await?;
    Ok(())
}

/// Periods for which something is due by `now`, longest overdue first. A reattribution sees to those of its program itself.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, limit: u64) -> Result<Vec<TierPeriodId>, StoreError> {
    let mut reattributed = Query::select();
    reattributed.column(recount::Column::ProgramId).from(recount::Entity);
    reattributed.and_where(recount::Column::Kind.eq(RecountKind::Reattribution));
    reattributed.and_where(recount::Column::Status.eq(RecountStatus::Running));
    let query = Entity::find().filter(Column::DueAt.lte(now)).filter(Column::ProgramId.not_in_subquery(reattributed));
    Ok(query.order_by_asc(Column::DueAt).limit(limit).select_only().column(Column::Id).into_tuple().all(db).await?)
}

/// The same of one program, whatever goes on there.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn due_in<C: ConnectionTrait>(
    db: &C,
    program: ProgramId,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<BTreeSet<TierPeriodId>, StoreError> {
    let query =
        Entity::find().filter(Column::ProgramId.eq(program)).filter(Column::DueAt.lte(now)).order_by_asc(Column::DueAt).limit(limit);
    Ok(query.select_only().column(Column::Id).into_tuple().all(db).await?.into_iter().collect())
}

/// The next periods of a program, by id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_program<C: ConnectionTrait>(db: &C, program: ProgramId, after: Uuid, limit: u64) -> Result<Vec<Model>, StoreError> {
    let query = Entity::find().filter(Column::ProgramId.eq(program)).filter(Column::Id.gt(after)).order_by_asc(Column::Id);
    Ok(query.limit(limit).all(db).await?)
}

/// The period of an enrollment under a version that begins at a time, for purchases in one currency, if there is one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn known<C: ConnectionTrait>(
    db: &C,
    (enrollment, terms): (EnrollmentId, TermsId),
    from: DateTime<Utc>,
    currency: Currency,
) -> Result<Option<Model>, StoreError> {
    let query = Entity::find().filter(Column::EnrollmentId.eq(enrollment)).filter(Column::TermsId.eq(terms));
    Ok(query.filter(Column::FromAt.eq(from)).filter(Column::Currency.eq(currency)).one(db).await?)
}

/// A period by its id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_id<C: ConnectionTrait>(db: &C, id: TierPeriodId) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// A period by its id, locked until the end of the transaction.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock<C: ConnectionTrait>(db: &C, id: TierPeriodId) -> Result<Option<Model>, StoreError> {
    // SQLite has one writer and no row locks; its builder leaves the lock out.
    Ok(Entity::find_by_id(id).lock(LockType::Update).one(db).await?)
}

/// Writes when time alone will next change something for a period.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn settled<C: ConnectionTrait>(db: &C, id: TierPeriodId, due: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    let change = ActiveModel { due_at: Set(due), ..Default::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}
