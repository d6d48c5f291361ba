//! How far the audit that never ends has come, and what it found.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use entity::value::{AuditFindingId, AuditLane, AuditLaneId, AuditRule};
use entity::{audit_finding, audit_lane};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::{Violation, Which};
use crate::domain::access::Scope;
use crate::store::StoreError;

/// A slice that this process may do: nobody else does it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Of which part.
    pub lane: AuditLane,
    /// The last id that was looked at.
    pub place: Uuid,
}

/// The ids of a slice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// In their order; for the news the ids of entries.
    pub ids: Vec<Uuid>,
    /// Postings that the news are of.
    pub postings: BTreeSet<Uuid>,
    /// Purchases that the news are about.
    pub purchases: BTreeSet<Uuid>,
    /// Commissions that the news are about.
    pub commissions: BTreeSet<Uuid>,
    /// Payouts that the news are about.
    pub payouts: BTreeSet<Uuid>,
}

/// Takes the turn at a part when its time has come, and puts the next one off until `next`. A part that was never begun begins at `start`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claim<C: ConnectionTrait>(
    db: &C,
    lane: AuditLane,
    start: Uuid,
    now: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<Option<Turn>, StoreError> {
    use audit_lane::{ActiveModel, Column, Entity};
    let mine = || Entity::find().filter(Column::Lane.eq(lane));
    let row = match mine().one(db).await? {
        Some(row) => row,
        None => {
            let fresh = ActiveModel {
                id: Set(AuditLaneId::new_at(now)),
                lane: Set(lane),
                place: Set(start),
                laps: Set(0),
                checked: Set(0),
                checked_last_lap: Set(0),
                began_at: Set(now),
                lap_ended_at: Set(None),
                next_at: Set(now),
            };
            // Another process may begin it at the same moment.
            let known = OnConflict::column(Column::Lane).do_nothing().to_owned();
            Entity::insert_many([fresh]).on_conflict(known).exec_without_returning(db).await?;
            match mine().one(db).await? {
                Some(row) => row,
                None => return Ok(None),
            }
        }
    };
    let change = ActiveModel { next_at: Set(next), ..Default::default() };
    let due =
        Entity::update_many().set(change).filter(Column::Id.eq(row.id)).filter(Column::NextAt.lte(now)).filter(Column::Place.eq(row.place));
    let taken = due.exec(db).await?.rows_affected == 1;
    Ok(taken.then_some(Turn { lane, place: row.place }))
}

#[derive(FromQueryResult)]
struct Place {
    id: Uuid,
}

#[derive(FromQueryResult)]
struct News {
    id: Uuid,
    posting_id: Uuid,
    purchase_id: Option<Uuid>,
    commission_id: Option<Uuid>,
    payout_id: Option<Uuid>,
}

/// The next ids of a part.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn next<C: ConnectionTrait>(db: &C, turn: Turn, size: u64) -> Result<Slice, StoreError> {
    let (table, key) = match turn.lane {
        AuditLane::News => return news(db, turn.place, size).await,
        AuditLane::Postings => ("ledger_entry", "posting_id"),
        AuditLane::Purchases => ("purchase", "id"),
        AuditLane::Commissions => ("commission", "id"),
        AuditLane::Payouts => ("payout", "id"),
        AuditLane::Partners => ("partner", "id"),
    };
    let sql = format!("SELECT {key} AS id FROM {table} WHERE {key} > $1 GROUP BY {key} ORDER BY {key} LIMIT {size}");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [turn.place.into()]);
    let ids = Place::find_by_statement(statement).all(db).await?.into_iter().map(|row| row.id).collect();
    Ok(Slice { ids, ..Slice::default() })
}

async fn news<C: ConnectionTrait>(db: &C, place: Uuid, size: u64) -> Result<Slice, StoreError> {
    let columns = "id, posting_id, purchase_id, commission_id, payout_id";
    let sql = format!("SELECT {columns} FROM ledger_entry WHERE id > $1 ORDER BY id LIMIT {size}");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [place.into()]);
    let mut slice = Slice::default();
    for row in News::find_by_statement(statement).all(db).await? {
        slice.ids.push(row.id);
        slice.postings.insert(row.posting_id);
        slice.purchases.extend(row.purchase_id);
        slice.commissions.extend(row.commission_id);
        slice.payouts.extend(row.payout_id);
    }
    Ok(slice)
}

/// Where a slice ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The place from which the next one goes on.
    pub place: Uuid,
    /// How many rows were looked at.
    pub checked: i64,
    /// Whether that was the end of a lap.
    pub lap: bool,
}

/// Records the end of a slice. False when somebody else has moved on from its place, so that nothing of it counts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn finish<C: ConnectionTrait>(db: &C, turn: Turn, ended: Ended, now: DateTime<Utc>) -> Result<bool, StoreError> {
    use audit_lane::{Column, Entity};
    let checked = || Expr::col(Column::Checked).add(ended.checked);
    let mut change = Entity::update_many()
        .col_expr(Column::Place, Expr::value(ended.place))
        .filter(Column::Lane.eq(turn.lane))
        .filter(Column::Place.eq(turn.place));
    if ended.lap {
        change = change
            .col_expr(Column::Laps, Expr::col(Column::Laps).add(1))
            .col_expr(Column::CheckedLastLap, checked())
            .col_expr(Column::Checked, Expr::value(0_i64))
            .col_expr(Column::BeganAt, Expr::value(now))
            .col_expr(Column::LapEndedAt, Expr::value(now));
    } else {
        change = change.col_expr(Column::Checked, checked());
    }
    Ok(change.exec(db).await?.rows_affected == 1)
}

/// A rule that was asked about some rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedRule {
    /// Which.
    pub rule: AuditRule,
    /// Whether all that breaks it was listed, so that whatever was not is gone.
    pub whole: bool,
}

/// Records what rules found among the rows that were asked about: what is new, what is still so, and what is gone. Gives what is new.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn findings<C: ConnectionTrait>(
    db: &C,
    rules: &[AskedRule],
    which: Which<'_>,
    found: Vec<Violation>,
    now: DateTime<Utc>,
) -> Result<Vec<Violation>, StoreError> {
    use audit_finding::{ActiveModel, Column, Entity};
    let mut open = Entity::find().filter(Column::ClearedAt.is_null()).filter(Column::Rule.is_in(rules.iter().map(|asked| asked.rule)));
    open = match which {
        Which::Of(scope) => open.filter(Column::MerchantId.eq(scope.merchant())).filter(Column::Livemode.eq(scope.livemode())),
        Which::Between(after, to) => open.filter(Column::Place.gt(after)).filter(Column::Place.lte(to)),
        Which::These(ids) => open.filter(Column::Place.is_in(ids.iter().copied())),
    };
    let mut known: BTreeMap<(AuditRule, Uuid), AuditFindingId> =
        open.all(db).await?.into_iter().map(|row| ((row.rule, row.subject_id), row.id)).collect();
    let (mut again, mut fresh) = (Vec::new(), Vec::new());
    let mut named = BTreeSet::new();
    // A posting or a partner can be wrong in several currencies; one finding says so.
    for violation in found.into_iter().filter(|violation| named.insert((violation.rule, violation.subject))) {
        match known.remove(&(violation.rule, violation.subject)) {
            Some(id) => again.push(id),
            None => fresh.push(violation),
        }
    }
    known.retain(|(rule, _), _| rules.iter().any(|asked| asked.rule == *rule && asked.whole));
    let of = |ids: Vec<AuditFindingId>| Entity::update_many().filter(Column::Id.is_in(ids));
    if !again.is_empty() {
        of(again).col_expr(Column::LastSeenAt, Expr::value(now)).exec(db).await?;
    }
    if !known.is_empty() {
        of(known.into_values().collect()).col_expr(Column::ClearedAt, Expr::value(now)).exec(db).await?;
    }
    let rows = fresh.iter().map(|violation| ActiveModel {
        id: Set(AuditFindingId::new_at(now)),
        merchant_id: Set(violation.merchant),
        livemode: Set(violation.livemode),
        rule: Set(violation.rule),
        place: Set(violation.place),
        subject_id: Set(violation.subject),
        currency: Set(violation.currency),
        expected: Set(violation.expected),
        found: Set(violation.found),
        first_seen_at: Set(now),
        last_seen_at: Set(now),
        cleared_at: Set(None),
    });
    if !fresh.is_empty() {
        Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(fresh)
}

/// All parts, in the order of their words.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lanes<C: ConnectionTrait>(db: &C) -> Result<Vec<audit_lane::Model>, StoreError> {
    Ok(audit_lane::Entity::find().order_by_asc(audit_lane::Column::Lane).all(db).await?)
}

/// How many findings of all merchants are open.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open_count<C: ConnectionTrait>(db: &C) -> Result<u64, StoreError> {
    use sea_orm::PaginatorTrait;
    Ok(audit_finding::Entity::find().filter(audit_finding::Column::ClearedAt.is_null()).count(db).await?)
}

/// The open findings of a merchant in one mode, the oldest first: at most `limit`, and how many there are.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn open<C: ConnectionTrait>(db: &C, scope: Scope, limit: u64) -> Result<(Vec<audit_finding::Model>, u64), StoreError> {
    use audit_finding::{Column, Entity};
    use sea_orm::PaginatorTrait;
    let open = || {
        Entity::find()
            .filter(Column::MerchantId.eq(scope.merchant()))
            .filter(Column::Livemode.eq(scope.livemode()))
            .filter(Column::ClearedAt.is_null())
    };
    let count = open().count(db).await?;
    let rows = open().order_by_asc(Column::FirstSeenAt).order_by_asc(Column::Id).limit(limit).all(db).await?;
    Ok((rows, count))
}

/// The least id that a row written at `at` can have: ids begin with their time.
#[must_use]
pub fn least_id(at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// How long a transaction may take from taking its time to its commit.
pub const LATE: Duration = Duration::seconds(60);

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::value::EntryId;

    use super::least_id;

    #[test]
    fn ids_of_a_time_are_not_before_its_least_id() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        assert!(least_id(at) < EntryId::new_at(at).uuid());
        assert!(EntryId::new_at(at - chrono::Duration::milliseconds(1)).uuid() < least_id(at));
    }
}
