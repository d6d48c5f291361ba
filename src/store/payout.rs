//! Payouts and the entries that they claim: each entry is in at most one at a time (PO-2).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::ledger_entry::{self, Column, Entity};
use entity::value::{
    CommissionId, Currency, CustomerId, EntryId, EntryKind, LedgerAccount, PartnerId, PayoutId, PayoutStatus, TierPeriodId,
};
use entity::{commission, payout, payout_line, purchase};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait, Select,
};
use uuid::Uuid;

use super::StoreError;
use crate::domain::access::Scope;

/// How many lines one statement stores, or ids it names: SQLite takes 32,766 parameters, and a line has four.
const AT_ONCE: usize = 5_000;

/// Entries on a partner's payable account that no payout claims, oldest first: what the next payout is made of (PO-2).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn unclaimed<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    partner: PartnerId,
    currency: Currency,
) -> Result<Vec<ledger_entry::Model>, StoreError> {
    let query = free()
        .filter(Column::MerchantId.eq(scope.merchant()))
        .filter(Column::Livemode.eq(scope.livemode()))
        .filter(Column::PartnerId.eq(partner))
        .filter(Column::Currency.eq(currency));
    Ok(query.all(db).await?)
}

/// The same of these commissions, in whatever currency.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn unclaimed_of<C: ConnectionTrait>(db: &C, commissions: &[CommissionId]) -> Result<Vec<ledger_entry::Model>, StoreError> {
    let mut found = Vec::new();
    for some in commissions.chunks(AT_ONCE) {
        found.extend(free().filter(Column::CommissionId.is_in(some.iter().copied())).all(db).await?);
    }
    Ok(found)
}

fn free() -> Select<Entity> {
    Entity::find()
        .filter(Column::Account.eq(LedgerAccount::PartnerPayable))
        .filter(Column::Kind.ne(EntryKind::Payout))
        .filter(Expr::exists(claim_of_entry()).not())
        .order_by_asc(Column::Id)
}

/// The claim of an entry. Asked entry by entry: a list of all that was ever claimed would be made anew for each question.
fn claim_of_entry() -> SelectStatement {
    Query::select()
        .column(payout_line::Column::Id)
        .from(payout_line::Entity)
        .and_where(Expr::col((payout_line::Entity, payout_line::Column::EntryId)).equals((Entity, Column::Id)))
        .and_where(Expr::col((payout_line::Entity, payout_line::Column::ReleasedAt)).is_null())
        .take()
}

/// The entries that a payout claims; of one that was cancelled those that it had claimed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn entries<C: ConnectionTrait>(db: &C, payout: PayoutId) -> Result<Vec<ledger_entry::Model>, StoreError> {
    let query = Entity::find()
        .join_rev(JoinType::InnerJoin, payout_line::Relation::Entry.def())
        .filter(payout_line::Column::PayoutId.eq(payout))
        .order_by_asc(Column::Id);
    Ok(query.all(db).await?)
}

/// What was posted for a payout, in the order in which it was.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn posted<C: ConnectionTrait>(db: &C, payout: PayoutId) -> Result<Vec<ledger_entry::Model>, StoreError> {
    Ok(Entity::find().filter(Column::PayoutId.eq(payout)).order_by_asc(Column::Id).all(db).await?)
}

/// What payouts paid of one commission: those that are on their way included, as they count as paid (RF-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// How much, less what later ones netted, in minor units by currency.
    pub sums: BTreeMap<Currency, i64>,
    /// What of that is on its way and not confirmed.
    pub sent: BTreeMap<Currency, i64>,
    /// When one first was sent.
    pub since: DateTime<Utc>,
}

impl Paid {
    /// How much in a currency, in minor units.
    #[must_use]
    pub fn sum(&self, currency: Currency) -> i64 {
        self.sums.get(&currency).copied().unwrap_or(0)
    }

    /// What of that is on its way.
    #[must_use]
    pub fn sent(&self, currency: Currency) -> i64 {
        self.sent.get(&currency).copied().unwrap_or(0)
    }

    /// Whether something is on its way, in whatever currency.
    #[must_use]
    pub fn is_on_its_way(&self) -> bool {
        self.sent.values().any(|sum| *sum > 0)
    }
}

/// What planned payouts claim of one commission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// How much, in minor units by currency; not above zero where it is only netted.
    pub sums: BTreeMap<Currency, i64>,
    /// Which payouts.
    pub payouts: BTreeSet<PayoutId>,
}

impl Planned {
    /// Whether it is in a payout with something to be paid.
    #[must_use]
    pub fn is_reserved(&self, currency: Currency) -> bool {
        self.sums.get(&currency).is_some_and(|sum| *sum > 0)
    }
}

/// What payouts claim of commissions.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// What was paid of those of which something was: of what a payout claimed, more came than went. A commission that became payable and was
    /// taken back before the payout comes to nothing in it, and was not paid.
    pub paid: BTreeMap<CommissionId, Paid>,
    /// What is planned of those of which any entry is claimed by a planned payout.
    pub planned: BTreeMap<CommissionId, Planned>,
}

/// What payouts claim of a commission in one currency, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// What came.
    pub paid: i64,
    /// What is on its way.
    pub sent: i64,
    /// Whether the rest of what is payable is in a payout that is planned.
    pub planned: bool,
}

impl Claims {
    /// What they claim of a commission in a currency.
    #[must_use]
    pub fn of(&self, commission: CommissionId, currency: Currency) -> Claimed {
        let paid = self.paid.get(&commission);
        let sent = paid.map_or(0, |paid| paid.sent(currency));
        let planned = self.planned.get(&commission).is_some_and(|planned| planned.is_reserved(currency));
        Claimed { paid: paid.map_or(0, |paid| paid.sum(currency).saturating_sub(sent)), sent, planned }
    }
}

/// What a payout claims of a commission: its sum, and the payout's id, state and when it was sent.
type Row = (CommissionId, Currency, i64, PayoutId, PayoutStatus, Option<DateTime<Utc>>);

/// What payouts claim of these commissions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn claims<C: ConnectionTrait>(db: &C, commissions: &[CommissionId]) -> Result<Claims, StoreError> {
    let mut claims = Claims::default();
    if commissions.is_empty() {
        return Ok(claims);
    }
    let query = Entity::find()
        .select_only()
        .columns([Column::CommissionId, Column::Currency])
        .column_as(Expr::col((Entity, Column::Amount)).sum().cast_as("BIGINT"), "sum")
        .columns([payout::Column::Id, payout::Column::Status, payout::Column::SentAt])
        .join_rev(JoinType::InnerJoin, payout_line::Relation::Entry.def())
        .join(JoinType::InnerJoin, payout_line::Relation::Payout.def())
        .filter(Column::CommissionId.is_in(commissions.iter().copied()))
        .filter(payout_line::Column::ReleasedAt.is_null());
    let query = query.group_by(Column::CommissionId).group_by(Column::Currency);
    let by = [payout::Column::Id, payout::Column::Status, payout::Column::SentAt];
    let query = by.into_iter().fold(query, QuerySelect::group_by);
    let mut since: BTreeMap<CommissionId, DateTime<Utc>> = BTreeMap::new();
    let mut paid: BTreeMap<CommissionId, [BTreeMap<Currency, i64>; 2]> = BTreeMap::new();
    for (commission, currency, sum, id, status, at) in query.into_tuple::<Row>().all(db).await? {
        let add = |sums: &mut BTreeMap<Currency, i64>| {
            let of = sums.entry(currency).or_default();
            *of = of.saturating_add(sum);
        };
        let Some(at) = at else {
            let planned = claims.planned.entry(commission).or_default();
            add(&mut planned.sums);
            planned.payouts.insert(id);
            continue;
        };
        let [all, sent] = paid.entry(commission).or_default();
        add(all);
        if status == PayoutStatus::Sent {
            add(sent);
        }
        if sum > 0 {
            since.entry(commission).and_modify(|first| *first = Ord::min(at, *first)).or_insert(at);
        }
    }
    claims.paid = since
        .into_iter()
        .map(|(commission, since)| {
            let [sums, sent] = paid.remove(&commission).unwrap_or_default();
            (commission, Paid { sums, sent, since })
        })
        .collect();
    Ok(claims)
}

/// Stores a payout and claims its entries; an entry that another one claims is refused by the database (PO-2).
///
/// # Errors
/// [`StoreError`] when the database fails; its fault is `Duplicate` when another payout has one of the entries.
pub async fn claim<C: ConnectionTrait>(db: &C, row: payout::Model, entries: &[EntryId]) -> Result<payout::Model, StoreError> {
    let row = super::row::insert(db, row).await?;
    for some in entries.chunks(AT_ONCE) {
        let line = |entry: &EntryId| payout_line::ActiveModel {
            id: Set(Uuid::now_v7()),
            payout_id: Set(row.id),
            entry_id: Set(*entry),
            released_at: Set(None),
        };
        payout_line::Entity::insert_many(some.iter().map(line)).exec_without_returning(db).await?;
    }
    Ok(row)
}

/// Frees the entries of a payout. Its lines stay.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn release<C: ConnectionTrait>(db: &C, payout: PayoutId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = payout_line::ActiveModel { released_at: Set(Some(now)), ..Default::default() };
    payout_line::Entity::update_many().set(change).filter(payout_line::Column::PayoutId.eq(payout)).exec(db).await?;
    Ok(())
}

/// Payouts by id, the smallest first: nobody else changes them before the transaction ends.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn lock<C: ConnectionTrait>(db: &C, ids: &BTreeSet<PayoutId>) -> Result<Vec<payout::Model>, StoreError> {
    let query = payout::Entity::find().filter(payout::Column::Id.is_in(ids.iter().copied())).order_by_asc(payout::Column::Id);
    Ok(query.lock(LockType::Update).all(db).await?)
}

/// Those whose settling decides on commissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earners {
    /// Of what purchases and leads earn.
    pub customers: BTreeSet<CustomerId>,
    /// Of what periods of tiers earn (CO-7).
    pub periods: BTreeSet<TierPeriodId>,
}

impl Earners {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty() && self.periods.is_empty()
    }
}

/// Those who decide on these commissions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn earners_of<C: ConnectionTrait>(db: &C, commissions: &[CommissionId]) -> Result<Earners, StoreError> {
    let mut found = Earners::default();
    for some in commissions.chunks(AT_ONCE) {
        earners(db, commission::Entity::find().filter(commission::Column::Id.is_in(some.iter().copied())), &mut found).await?;
    }
    Ok(found)
}

/// Those who decide on the commissions of a payout.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn earners_of_payout<C: ConnectionTrait>(db: &C, payout: PayoutId) -> Result<Earners, StoreError> {
    let lines = Query::select()
        .column(payout_line::Column::EntryId)
        .from(payout_line::Entity)
        .and_where(payout_line::Column::PayoutId.eq(payout))
        .take();
    let claimed = Query::select().column(Column::CommissionId).from(Entity).and_where(Column::Id.in_subquery(lines)).take();
    let mut found = Earners::default();
    earners(db, commission::Entity::find().filter(commission::Column::Id.in_subquery(claimed)), &mut found).await?;
    Ok(found)
}

async fn earners<C: ConnectionTrait>(db: &C, of: Select<commission::Entity>, found: &mut Earners) -> Result<(), StoreError> {
    let query = of
        .select_only()
        .columns([commission::Column::CustomerId, commission::Column::TierPeriodId])
        .column_as(purchase::Column::CustomerId, "buyer")
        .join(JoinType::LeftJoin, commission::Relation::Purchase.def())
        .distinct();
    for (lead, period, buyer) in query.into_tuple::<(Option<CustomerId>, Option<TierPeriodId>, Option<CustomerId>)>().all(db).await? {
        found.customers.extend(lead.into_iter().chain(buyer));
        found.periods.extend(period);
    }
    Ok(())
}
