//! Exchange rates by day, and those that purchases use (MO-2, MO-3).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::exchange_rate::{Column, Entity, Model};
use entity::value::{CommissionId, CommissionKind, CommissionState, Currency, DecisionReason, ExchangeRate, MerchantId, PurchaseId};
use entity::{commission, customer, decision, ledger_entry, purchase, purchase_rate};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::StoreError;
use super::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::domain::access::Scope;
use crate::domain::exchange::{Daily, Quote, REACH, Rates};

/// More rates than any choice of one needs.
const MOST: u64 = 2000;

/// The rates that decide which one holds for a purchase of `day` between any of these currencies: from some days before it on, the earliest
/// first; the merchant's own and the instance's.
///
/// # Errors
/// [`StoreError`] when the database fails or a stored rate cannot be read.
pub async fn around<C: ConnectionTrait>(
    db: &C,
    merchant: MerchantId,
    currencies: &BTreeSet<Currency>,
    day: NaiveDate,
) -> Result<Vec<Daily>, StoreError> {
    let query = Entity::find()
        .filter(of(Some(merchant)).add(Column::MerchantId.is_null()))
        .filter(Column::Quote.is_in(currencies.iter().copied()))
        .filter(Column::Day.gte(day.checked_sub_days(REACH).unwrap_or(day)))
        .order_by_asc(Column::Day)
        .limit(MOST);
    query.all(db).await?.into_iter().map(daily).collect()
}

/// Rows of one merchant, or of the instance.
fn of(merchant: Option<MerchantId>) -> Condition {
    Condition::any().add(merchant.map_or_else(|| Column::MerchantId.is_null(), |merchant| Column::MerchantId.eq(merchant)))
}

fn daily(row: Model) -> Result<Daily, StoreError> {
    let rate = ratio(row.num, row.den)?;
    Ok(Daily { day: row.day, base: row.base, quote: row.quote, rate, source: row.source, own: row.merchant_id.is_some() })
}

fn ratio(num: i64, den: i64) -> Result<ExchangeRate, StoreError> {
    ExchangeRate::new(num, den).map_err(|error| StoreError::Corrupt { what: "exchange rate", why: error.to_string() })
}

/// The rates that purchases use.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// Those of each purchase.
    pub rates: BTreeMap<PurchaseId, Rates>,
    /// The purchases that used rates for another day than is theirs.
    pub outdated: BTreeSet<PurchaseId>,
}

/// The rates that these purchases use already for these days of theirs. What one used for another day is not asked any more: the rate is that
/// of the purchase's own day, and not of the day that it was once thought to be of (MO-2).
///
/// # Errors
/// [`StoreError`] when the database fails or a stored rate cannot be read.
pub async fn used<C: ConnectionTrait>(db: &C, purchases: &BTreeMap<PurchaseId, Option<NaiveDate>>) -> Result<Used, StoreError> {
    let mut used = Used::default();
    if purchases.is_empty() {
        return Ok(used);
    }
    let query = purchase_rate::Entity::find().filter(purchase_rate::Column::PurchaseId.is_in(purchases.keys().copied()));
    for row in query.all(db).await? {
        let day = purchases.get(&row.purchase_id).copied().flatten();
        if row.holds_for.is_some_and(|held| day.is_some_and(|day| day != held)) {
            used.outdated.insert(row.purchase_id);
            continue;
        }
        let quote = Quote { rate: ratio(row.num, row.den)?, day: row.day, source: row.source };
        used.rates.entry(row.purchase_id).or_default().add(row.base, row.quote, quote);
    }
    Ok(used)
}

/// A rate by which something is stated already that no purchase earned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedBy {
    /// On which day (UTC) that was earned.
    pub earned_on: NaiveDate,
    /// From one unit of this currency …
    pub from: Currency,
    /// … to units of this one.
    pub to: Currency,
    /// The rate.
    pub quote: Quote,
}

/// The rates by which these commissions are stated on the ledger, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails or a stored rate cannot be read.
pub async fn stated<C: ConnectionTrait>(db: &C, commissions: &[CommissionId]) -> Result<Vec<StatedBy>, StoreError> {
    use ledger_entry::Column;
    if commissions.is_empty() {
        return Ok(Vec::new());
    }
    let query = ledger_entry::Entity::find()
        .filter(Column::CommissionId.is_in(commissions.iter().copied()))
        .filter(Column::RateNum.is_not_null())
        .order_by_asc(Column::Id);
    let mut used = Vec::new();
    for row in query.all(db).await? {
        let (Some(to), Some(num), Some(den), Some(day)) = (row.program_currency, row.rate_num, row.rate_den, row.rate_day) else {
            continue;
        };
        let quote = Quote { rate: ratio(num, den)?, day, source: row.rate_source.unwrap_or_default() };
        used.push(StatedBy { earned_on: row.occurred_at.date_naive(), from: row.currency, to, quote });
    }
    Ok(used)
}

/// Keeps the rates that a purchase of `day` uses, in place of those of another day.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn keep<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    (purchase, day): (PurchaseId, Option<NaiveDate>),
    rates: &Rates,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use purchase_rate::Column as Kept;
    let rows: Vec<purchase_rate::ActiveModel> = rates
        .iter()
        .map(|(base, quote, of)| purchase_rate::ActiveModel {
            id: Set(Uuid::now_v7()),
            merchant_id: Set(scope.merchant()),
            livemode: Set(scope.livemode()),
            purchase_id: Set(purchase),
            base: Set(base),
            quote: Set(quote),
            num: Set(of.rate.num()),
            den: Set(of.rate.den()),
            day: Set(of.day),
            holds_for: Set(day),
            source: Set(of.source.clone()),
            created_at: Set(now),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let conflict = OnConflict::columns([Kept::PurchaseId, Kept::Base, Kept::Quote])
        .update_columns([Kept::Num, Kept::Den, Kept::Day, Kept::HoldsFor, Kept::Source])
        .to_owned();
    purchase_rate::Entity::insert_many(rows).on_conflict(conflict).exec_without_returning(db).await?;
    Ok(())
}

/// The stored rates of these days, one merchant's or the instance's.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn of_days<C: ConnectionTrait>(
    db: &C,
    merchant: Option<MerchantId>,
    days: &BTreeSet<NaiveDate>,
) -> Result<Vec<Model>, StoreError> {
    Ok(Entity::find().filter(of(merchant)).filter(Column::Day.is_in(days.iter().copied())).all(db).await?)
}

/// How many rates one statement stores: SQLite takes 32,766 parameters, and a rate has nine.
const AT_ONCE: usize = 1_000;

/// Stores rates, in place of those of the same day and currencies.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn save<C: ConnectionTrait>(db: &C, fresh: Vec<Model>, changed: Vec<Model>) -> Result<(), StoreError> {
    for row in changed {
        super::row::save(db, row).await?;
    }
    for some in fresh.chunks(AT_ONCE) {
        let rows = some.iter().cloned().map(sea_orm::IntoActiveModel::into_active_model);
        Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Makes due the customers of whose purchases, or of whom as leads, one waits for a rate: one merchant's, or everybody's. Says how many.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn wake<C: ConnectionTrait>(db: &C, merchant: Option<MerchantId>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let waiting = Query::select()
        .column(decision::Column::PurchaseId)
        .from(decision::Entity)
        .and_where(decision::Column::Current.eq(true))
        .and_where(decision::Column::Reason.eq(DecisionReason::AwaitingRate))
        .take();
    let whose = Query::select()
        .column(purchase::Column::CustomerId)
        .from(purchase::Entity)
        .and_where(purchase::Column::Id.in_subquery(waiting))
        .take();
    // A held lead may wait for something else; being looked at again does it no harm.
    let leads = Query::select()
        .column(commission::Column::CustomerId)
        .from(commission::Entity)
        .and_where(commission::Column::Kind.eq(CommissionKind::Lead))
        .and_where(commission::Column::State.eq(CommissionState::Held))
        .take();
    let waits = Condition::any().add(customer::Column::Id.in_subquery(whose)).add(customer::Column::Id.in_subquery(leads));
    let later = Condition::any().add(customer::Column::DueAt.is_null()).add(customer::Column::DueAt.gt(now));
    let own = Condition::all().add_option(merchant.map(|merchant| customer::Column::MerchantId.eq(merchant)));
    let query = customer::Entity::update_many().col_expr(customer::Column::DueAt, Expr::value(now));
    let done = query.filter(own).filter(later).filter(waits).exec(db).await?;
    Ok(done.rows_affected)
}

/// Which rates; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct ExchangeRateFilter {
    /// From one unit of this currency.
    pub base: Option<Currency>,
    /// To units of this currency.
    pub quote: Option<Currency>,
    /// Of this day or later, as `2025-01-31`.
    pub from: Option<NaiveDate>,
    /// Of an earlier day than this, as `2025-01-31`.
    pub to: Option<NaiveDate>,
}

/// A page of the rates that a merchant's purchases use: its own and the instance's, the last told first.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    filter: &ExchangeRateFilter,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add(of(Some(scope.merchant())).add(Column::MerchantId.is_null()))
        .add_option(filter.base.map(|base| Column::Base.eq(base)))
        .add_option(filter.quote.map(|quote| Column::Quote.eq(quote)))
        .add_option(filter.from.map(|from| Column::Day.gte(from)))
        .add_option(filter.to.map(|to| Column::Day.lt(to)));
    let order: Ordering<Entity> = Ordering {
        column: Column::CreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending: true,
        place: |row: &Model| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
    };
    fetch(db, Entity::find().filter(condition), &order, window).await
}
