//! Payouts. A partner sees their own.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::payout::{Column, Entity, Model};
use entity::value::{Currency, PartnerId, PayoutId, PayoutStatus};
use entity::{ledger_entry, payout_line};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait};

use super::children::ranked;
use super::ledger::by_creation;
use crate::domain::access::Scope;
use crate::store::StoreError;
use crate::store::page::{Ordering, PageError, Position, Slice, SortKey, SortKind, Window, direction, fetch, slice, within};
use crate::store::scoped::{scoped, select};

scoped!(payout, PayoutId, |partner| Condition::all().add(Column::PartnerId.eq(partner)));

/// Which payouts; every field that is given must fit.
#[derive(Clone, Debug, Default, async_graphql::InputObject)]
pub struct PayoutFilter {
    /// To this partner.
    pub partner_id: Option<PartnerId>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// In this state.
    pub status: Option<PayoutStatus>,
    /// Made at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Made before this time.
    pub to: Option<DateTime<Utc>>,
}

/// A page of payouts, the newest first.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn list<C: ConnectionTrait>(conn: &C, scope: Scope, filter: &PayoutFilter, window: &Window) -> Result<Slice<Model>, PageError> {
    let condition = Condition::all()
        .add_option(filter.partner_id.map(|partner| Column::PartnerId.eq(partner)))
        .add_option(filter.currency.map(|currency| Column::Currency.eq(currency)))
        .add_option(filter.status.map(|status| Column::Status.eq(status)))
        .add_option(filter.from.map(|from| Column::CreatedAt.gte(from)))
        .add_option(filter.to.map(|to| Column::CreatedAt.lt(to)));
    let order: Ordering<Entity> = Ordering {
        column: Column::CreatedAt,
        kind: SortKind::Time,
        id: Column::Id,
        descending: true,
        place: |row: &Model| Position::new(SortKey::Time(row.created_at), row.id.uuid()),
    };
    fetch(conn, select::<Entity>(scope).filter(condition), &order, window).await
}

/// A page of the entries that each of these payouts paid, in the order in which they were written.
///
/// # Errors
/// [`PageError`] for the cursor of another list, or when the database fails.
pub async fn entries<C: ConnectionTrait>(
    conn: &C,
    scope: Scope,
    of: &[PayoutId],
    window: &Window,
) -> Result<HashMap<PayoutId, Slice<ledger_entry::Model>>, PageError> {
    let order = by_creation(false);
    let direction = direction(&order, window);
    let claimed = || payout_line::Relation::Entry.def();
    let paid = select::<ledger_entry::Entity>(scope)
        .join_rev(JoinType::InnerJoin, claimed())
        .filter(payout_line::Column::PayoutId.is_in(of.iter().copied()));
    let near = ranked(within(paid, &order, window)?, (payout_line::Entity, payout_line::Column::PayoutId), &order, window);
    let query = ledger_entry::Entity::find()
        .join_rev(JoinType::InnerJoin, claimed())
        .select_also(payout_line::Entity)
        .filter(order.id.in_subquery(near))
        .order_by(order.column, direction.clone())
        .order_by(order.id, direction);
    let mut rows: HashMap<PayoutId, Vec<ledger_entry::Model>> = HashMap::with_capacity(of.len());
    for (entry, line) in query.all(conn).await.map_err(StoreError::from)? {
        if let Some(line) = line {
            rows.entry(line.payout_id).or_default().push(entry);
        }
    }
    Ok(rows.into_iter().map(|(payout, rows)| (payout, slice(rows, &order, window))).collect())
}
