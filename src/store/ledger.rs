//! The ledger: entries are added, never changed (the database refuses it). Balances are sums.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::ledger_entry::{ActiveModel, Column, Entity};
use entity::value::{
    CommissionId, Currency, DecisionId, EnrollmentId, EntryId, EntryKind, LedgerAccount, PartnerId, PayoutId, PostingId, PurchaseId,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::StoreError;
use crate::domain::access::Scope;
use crate::domain::exchange::Quote;
use crate::domain::ledger::{Posting, Standing};

/// What stands for one commission, by currency. More than one when the purchase's currency became another after its first entry (BA-8).
pub type Standings = BTreeMap<Currency, Standing>;

/// What stands on the partners' accounts for each of these commissions.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn standings<C: ConnectionTrait>(db: &C, commissions: &[CommissionId]) -> Result<BTreeMap<CommissionId, Standings>, StoreError> {
    sums_of(db, commissions, Column::Amount).await
}

/// The same in the programs' currencies, still by the currency of the entries themselves (MO-2); nothing for entries that are stated in none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn standings_stated<C: ConnectionTrait>(
    db: &C,
    commissions: &[CommissionId],
) -> Result<BTreeMap<CommissionId, Standings>, StoreError> {
    sums_of(db, commissions, Column::ProgramAmount).await
}

async fn sums_of<C: ConnectionTrait>(
    db: &C,
    commissions: &[CommissionId],
    amount: Column,
) -> Result<BTreeMap<CommissionId, Standings>, StoreError> {
    if commissions.is_empty() {
        return Ok(BTreeMap::new());
    }
    let by = [Column::CommissionId, Column::Currency, Column::Account, Column::Kind];
    let query = Entity::find()
        .select_only()
        .columns(by)
        .column_as(sum(amount), "sum")
        .filter(amount.is_not_null())
        .filter(Column::CommissionId.is_in(commissions.iter().copied()))
        .filter(Column::Account.is_in([LedgerAccount::PartnerPending, LedgerAccount::PartnerPayable]));
    let query = by.into_iter().fold(query, QuerySelect::group_by);
    let mut standings: BTreeMap<CommissionId, Standings> = BTreeMap::new();
    let rows = query.into_tuple::<(CommissionId, Currency, LedgerAccount, EntryKind, i64)>().all(db).await?;
    for (commission, currency, account, kind, sum) in rows {
        standings.entry(commission).or_default().entry(currency).or_default().insert((account, kind), sum);
    }
    Ok(standings)
}

/// The sum of amounts as a 64-bit integer: PostgreSQL sums into a wider type.
fn sum(amount: Column) -> sea_orm::sea_query::SimpleExpr {
    Expr::col((Entity, amount)).sum().cast_as("BIGINT")
}

/// What a posting is about.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its currency.
    pub currency: Currency,
    /// The partner.
    pub partner: PartnerId,
    /// The enrollment, for postings of a commission.
    pub enrollment: Option<EnrollmentId>,
    /// The purchase, for postings of a commission.
    pub purchase: Option<PurchaseId>,
    /// The commission, for postings of one.
    pub commission: Option<CommissionId>,
    /// The decision from which it follows.
    pub decision: Option<DecisionId>,
    /// The payout, for postings of one.
    pub payout: Option<PayoutId>,
    /// The source time of what it follows from.
    pub occurred_at: DateTime<Utc>,
}

/// A posting's lines in a program's currency (MO-2).
#[derive(Clone, Debug)]
pub struct Stated {
    /// In what.
    pub currency: Currency,
    /// One amount for each line, in minor units.
    pub amounts: Vec<i64>,
    /// The rate; nothing where the currency is the posting's own, or the lines came about by several rates.
    pub quote: Option<Quote>,
}

/// Adds a posting. Its entries are returned in the order of its lines.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn post<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    posting: &Posting,
    about: &About,
    now: DateTime<Utc>,
) -> Result<Vec<EntryId>, StoreError> {
    post_stated(db, scope, (posting, None), about, now).await
}

/// The same with what the lines are in a program's currency.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn post_stated<C: ConnectionTrait>(
    db: &C,
    scope: Scope,
    (posting, stated): (&Posting, Option<&Stated>),
    about: &About,
    now: DateTime<Utc>,
) -> Result<Vec<EntryId>, StoreError> {
    let quote = stated.and_then(|stated| stated.quote.as_ref());
    let amount = |line: usize| stated.and_then(|stated| stated.amounts.get(line).copied());
    let posting_id = PostingId::new_at(now);
    let ids: Vec<EntryId> = posting.lines.iter().map(|_| EntryId::new_at(now)).collect();
    let rows = posting.lines.iter().zip(&ids).enumerate().map(|(place, (line, id))| ActiveModel {
        id: Set(*id),
        merchant_id: Set(scope.merchant()),
        livemode: Set(scope.livemode()),
        posting_id: Set(posting_id),
        account: Set(line.account),
        kind: Set(posting.kind),
        amount: Set(line.amount),
        currency: Set(about.currency),
        program_amount: Set(amount(place)),
        program_currency: Set(stated.map(|stated| stated.currency)),
        rate_num: Set(quote.map(|quote| quote.rate.num())),
        rate_den: Set(quote.map(|quote| quote.rate.den())),
        rate_day: Set(quote.map(|quote| quote.day)),
        rate_source: Set(quote.map(|quote| quote.source.clone())),
        partner_id: Set(Some(about.partner)),
        enrollment_id: Set(about.enrollment),
        purchase_id: Set(about.purchase),
        commission_id: Set(about.commission),
        decision_id: Set(about.decision),
        payout_id: Set(about.payout),
        occurred_at: Set(about.occurred_at),
        created_at: Set(now),
    });
    Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(ids)
}
