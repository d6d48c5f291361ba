//! Ledger entries and their sums. A partner sees the entries on their own accounts; the merchant's side of a posting is not theirs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ledger_entry::{Column, Entity, Model};
use entity::value::{CommissionId, Currency, EntryId, EntryKind, LedgerAccount, Money, PartnerId, PostingId, PurchaseId};
use entity::{commission, ledger_entry, payout};
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::children::Listed;
use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, fetch};
use crate::store::scoped::{scoped, select};

/// The accounts on which a partner's claim stands.
const OWN: [LedgerAccount; 2] = [LedgerAccount::PartnerPending, LedgerAccount::PartnerPayable];

scoped!(ledger_entry, EntryId, |partner| Condition::all().add(Column::PartnerId.eq(partner)).add(Column::Account.is_in(OWN)));

/// Which entries; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct LedgerEntryFilter {
    /// On this account.
    pub account: Option<LedgerAccount>,
    /// Moved by this.
    pub kind: Option<EntryKind>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// About this partner.
    pub partner_id: Option<PartnerId>,
    /// About this purchase.
    pub purchase_id: Option<PurchaseId>,
    /// About this commission.
    pub commission_id: Option<CommissionId>,
    /// Of this posting.
    pub posting_id: Option<PostingId>,
    /// Written at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Written before this time.
    pub to: Option<DateTime<Utc>>,
}

impl LedgerEntryFilter {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(self.account.map(|account| Column::Account.eq(account)))
            .add_option(self.kind.map(|kind| Column::Kind.eq(kind)))
            .add_option(self.currency.map(|currency| Column::Currency.eq(currency)))
            .add_option(self.partner_id.map(|partner| Column::PartnerId.eq(partner)))
            .add_option(self.purchase_id.map(|purchase| Column::PurchaseId.eq(purchase)))
            .add_option(self.commission_id.map(|commission| Column::CommissionId.eq(commission)))
            .add_option(self.posting_id.map(|posting| Column::PostingId.eq(posting)))
            .add_option(self.from.map(|from| Column::CreatedAt.gte(from)))
            .add_option(self.to.map(|to| Column::CreatedAt.lt(to)))
    }
}

/// A page of entries, the newest first.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    filter: &LedgerEntryFilter,
    window: &Window,
) -> Result<Slice<Model>, PageError> {
    fetch(conn, select::<Entity>(scope).filter(filter.condition()), &by_creation(true), window).await
}

pub(super) fn by_creation(descending: bool) -> Ordering<Entity> {
    Ordering {
        column: Column::CreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending,
        place: |row| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
    }
}

/// The entries of a commission, in the order in which they were written.
impl Listed<CommissionId> for Entity {
    fn parent() -> Column {
        Column::CommissionId
    }

    fn parent_of(row: &Model) -> Option<CommissionId> {
        row.commission_id
    }

    fn order() -> Ordering<Self> {
        by_creation(false)
    }
}

/// The sum of amounts as a 64-bit integer: PostgreSQL sums into a wider type.
fn sum() -> SimpleExpr {
    Expr::col((Entity, Column::Amount)).sum().cast_as("BIGINT")
}

/// What each of these commissions has earned its partner so far, in minor units of its currency. Being paid does not lessen it. What stood in
/// another currency before came to nothing (BA-8).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn earned<C: ConnectionTrait>(conn: &C, scope: Scope, of: &[CommissionId]) -> Result<HashMap<CommissionId, i64>, StoreError> {
    let query = select::<Entity>(scope)
        .select_only()
        .column(Column::CommissionId)
        .column_as(sum(), "sum")
        .filter(Column::CommissionId.is_in(of.iter().copied()))
        .join(JoinType::InnerJoin, ledger_entry::Relation::Commission.def())
        .filter(Expr::col((Entity, Column::Currency)).equals((commission::Entity, commission::Column::Currency)))
        .filter(Column::Account.is_in(OWN))
        .filter(Column::Kind.ne(EntryKind::Payout))
        .group_by(Column::CommissionId);
    Ok(query.into_tuple().all(conn).await?.into_iter().collect())
}

/// What each of these commissions has earned its partner so far in its program's currency, in minor units (MO-2).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn earned_stated<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: &[CommissionId],
) -> Result<HashMap<CommissionId, i64>, StoreError> {
    let query = select::<Entity>(scope)
        .select_only()
        .column(Column::CommissionId)
        .column_as(sum_stated(), "sum")
        .filter(Column::CommissionId.is_in(of.iter().copied()))
        .filter(Column::ProgramAmount.is_not_null())
        .filter(Column::Account.is_in(OWN))
        .filter(Column::Kind.ne(EntryKind::Payout))
        .group_by(Column::CommissionId);
    Ok(query.into_tuple().all(conn).await?.into_iter().collect())
}

fn sum_stated() -> SimpleExpr {
    Expr::col((Entity, Column::ProgramAmount)).sum().cast_as("BIGINT")
}

/// What stands for a partner in one currency, in minor units. Together all of it is what the partner earned, less what was written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// In what.
    pub currency: Currency,
    /// Earned and not payable yet, with what is held.
    pub pending: i64,
    /// The part of `pending` that is kept back for a reason, and not by time alone.
    pub held: i64,
    /// Payable. Negative when refunds of paid commissions outweigh it (RF-7).
    pub payable: i64,
    /// In payouts that are planned or on their way.
    pub reserved: i64,
    /// What was paid out so far, in the currency in which it was earned.
    pub paid: i64,
}

/// What stands for each of these partners, by currency.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn balances<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<Balance>>, StoreError> {
    let kept = (commission::Column::Currency, commission::Column::Held);
    balances_in(conn, scope, of, (Column::Currency, Column::Amount), kept).await
}

/// The same in the programs' currencies, over everything that is stated in one, whatever its own currency is (MO-2).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn program_balances<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: &[PartnerId],
) -> Result<HashMap<PartnerId, Vec<Balance>>, StoreError> {
    let kept = (commission::Column::ProgramCurrency, commission::Column::ProgramHeld);
    balances_in(conn, scope, of, (Column::ProgramCurrency, Column::ProgramAmount), kept).await
}

async fn balances_in<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: &[PartnerId],
    (currency, amount): (Column, Column),
    kept: (commission::Column, commission::Column),
) -> Result<HashMap<PartnerId, Vec<Balance>>, StoreError> {
    let sums = standing(scope, of, (currency, amount), Condition::all().add(payout::Column::PaidAt.is_not_null()));
    let held = held(conn, scope, of, kept).await?;
    let held: HashMap<(PartnerId, Currency), i64> = held.into_iter().map(|(partner, currency, sum)| ((partner, currency), sum)).collect();
    let mut balances: HashMap<PartnerId, Vec<Balance>> = HashMap::new();
    for Stands { partner, currency, pending, payable, reserved, paid } in sums.into_model::<Stands>().all(conn).await? {
        let held = held.get(&(partner, currency)).copied().unwrap_or(0);
        balances.entry(partner).or_default().push(Balance { currency, pending, held, payable, reserved, paid });
    }
    Ok(balances)
}

/// What stands on a partner's own accounts in one currency.
#[derive(FromQueryResult)]
pub(super) struct Stands {
    pub partner: PartnerId,
    pub currency: Currency,
    pub pending: i64,
    pub payable: i64,
    pub reserved: i64,
    pub paid: i64,
}

/// What stands for each of these partners, in order of the currencies. What payouts took from the payable account is paid where the payout
/// meets `is_paid`, and else reserved.
pub(super) fn standing(
    scope: Scope,
    of: &[PartnerId],
    (currency, amount): (Column, Column),
    is_paid: Condition,
) -> sea_orm::Select<Entity> {
    let sum = |which: Condition, amount: SimpleExpr| Expr::case(which, amount).finally(0).sum().cast_as("BIGINT");
    let own = || Expr::col((Entity, amount));
    let on = |account: LedgerAccount| Condition::all().add(Column::Account.eq(account));
    let by_payout = || on(LedgerAccount::PartnerPayable).add(Column::Kind.eq(EntryKind::Payout));
    select::<Entity>(scope)
        .select_only()
        .column_as(Column::PartnerId, "partner")
        .column_as(currency, "currency")
        .column_as(sum(on(LedgerAccount::PartnerPending), own()), "pending")
        .column_as(sum(on(LedgerAccount::PartnerPayable), own()), "payable")
        .column_as(sum(by_payout().add(is_paid.clone().not()), own().mul(-1)), "reserved")
        .column_as(sum(by_payout().add(is_paid), own().mul(-1)), "paid")
        .join(JoinType::LeftJoin, ledger_entry::Relation::Payout.def())
        .filter(Column::PartnerId.is_in(of.iter().copied()))
        .filter(Column::Account.is_in(OWN))
        .filter(currency.is_not_null())
        .group_by(Column::PartnerId)
        .group_by(currency)
        .order_by_asc(currency)
}

/// What is kept back of the commissions of these partners, by currency: their own, or their programs'.
async fn held<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: &[PartnerId],
    (currency, held): (commission::Column, commission::Column),
) -> Result<Vec<(PartnerId, Currency, i64)>, StoreError> {
    let sum = Expr::col((commission::Entity, held)).sum().cast_as("BIGINT");
    let query = select::<commission::Entity>(scope)
        .select_only()
        .columns([commission::Column::PartnerId, currency])
        .column_as(sum, "sum")
        .filter(commission::Column::PartnerId.is_in(of.iter().copied()))
        .filter(held.ne(0))
        .filter(currency.is_not_null())
        .group_by(commission::Column::PartnerId)
        .group_by(currency);
    Ok(query.into_tuple().all(conn).await?)
}

/// The sum over all accounts of the merchant for each currency: zero, or the ledger is broken (MO-6).
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn sums<C: ConnectionTrait>(conn: &C, scope: Scope) -> Result<Vec<Money>, StoreError> {
    let query = select::<Entity>(scope)
        .select_only()
        .column(Column::Currency)
        .column_as(sum(), "sum")
        .group_by(Column::Currency)
        .order_by_asc(Column::Currency);
    let sums: Vec<(Currency, i64)> = query.into_tuple().all(conn).await?;
    Ok(sums.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect())
}
